package roles

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/internal/sh"
)

// asking is what a look finds: the servers that are up, what the file and what the running
// HAProxy have them asked for.
func asking(file, now string) resource.Observed {
	o := runtime("web1 2 0 100;web2 2 0 90;web3 2 0 80", "web1,0,UP,L7OK;web2,3,UP,L7OK;web3,0,UP,L7OK")
	o.Attrs["out"] = file + o.Attrs["out"] + now
	return o
}

const (
	asksNew = "asks web1 www.foobar.com/up\nasks web2 www.foobar.com/up\nasks web3 www.foobar.com/up\n"
	mapNew  = "0x55d0 web1 www.foobar.com/up\n0x55d1 web2 www.foobar.com/up\n0x55d2 web3 www.foobar.com/up\n"
)

// TestChecksOfServers: what HAProxy asks each server for is compared in the running HAProxy
// and in the file of the next one.
func TestChecksOfServers(t *testing.T) {
	s, lb := balancerSite(t)
	r := wanted(t, BalancerHealth{}, s, lb)["checks:web"]
	for name, c := range map[string]struct {
		file, now, want string
		reload          bool
	}{
		"as wanted":                    {asksNew, mapNew, "", false},
		"one is asked the old way":     {strings.Replace(asksNew, "web2 www.foobar.com/up", "web2 www.foobar.com/old", 1), strings.Replace(mapNew, "web2 www.foobar.com/up", "web2 www.foobar.com/old", 1), "web2: www.foobar.com/old", false},
		"the file alone is old":        {strings.Replace(asksNew, "web3 www.foobar.com/up", "web3 www.old.com/up", 1), mapNew, "web3: www.old.com/up", false},
		"another in memory":            {asksNew, strings.Replace(mapNew, "web1 www.foobar.com/up", "web1 eve/", 1), "web1: eve/", false},
		"not known to HAProxy":         {asksNew, "Unknown map identifier. Please use #<id> or <file>.\n", "web1:  web2:  web3: ", false},
		"a reload will make it known":  {asksNew, "Unknown map identifier. Please use #<id> or <file>.\n", "", true},
		"an older foobar's, the same":  {"asks * www.foobar.com/up\n", "Unknown map identifier.\n", "", true},
		"an older foobar's, to change": {"asks * www.foobar.com/old\n", "Unknown map identifier.\n", "web1: www.foobar.com/old web2: www.foobar.com/old web3: www.foobar.com/old", true},
	} {
		o := asking(c.file, c.now)
		o = o.Before(func(id resource.ID) bool { return c.reload && id == "file:"+haproxyConf })
		change, err := r.Diff(o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range change.Fields {
			got = append(got, strings.TrimPrefix(f.Name, "health check of ")+": "+f.Old)
			if f.New != "www.foobar.com/up" {
				t.Errorf("%s: %s is to be asked for %s", name, f.Name, f.New)
			}
		}
		if strings.Join(got, " ") != c.want || len(change.Steps) != min(1, len(got)) {
			t.Errorf("%s: %q and %d steps, not %q", name, got, len(change.Steps), c.want)
		}
	}
}

// TestChecksFile: the file of an older foobar's host begins with what its configuration
// asks for; one that is there keeps what it says and gets what it lacks.
func TestChecksFile(t *testing.T) {
	s, lb := balancerSite(t)
	r := wanted(t, HAProxy{}, s, lb)["file:"+haproxyChecks]
	dir := t.TempDir()
	file, conf := filepath.Join(dir, "checks.map"), filepath.Join(dir, "haproxy.cfg")
	write := func(o resource.Observed) string {
		t.Helper()
		c, err := r.Diff(o)
		if err != nil || len(c.Steps) != 1 {
			t.Fatalf("%+v, %v", c, err)
		}
		script := strings.NewReplacer(haproxyChecks, file, haproxyConf, conf).Replace(c.Steps[0].(resource.Run).Script)
		cmd := exec.Command("sh", "-eu")
		cmd.Stdin = strings.NewReader(sh.Files + "chown(){ :; }\n" + script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		text, _ := os.ReadFile(file)
		return string(text)
	}
	same := func(check string) string { return "web1 " + check + "\nweb2 " + check + "\nweb3 " + check + "\n" }
	if got := write(resource.Observed{State: resource.Absent}); got != same("www.foobar.com/up") {
		t.Errorf("on a bare host: %q", got)
	}
	os.Remove(file)
	os.WriteFile(conf, []byte("backend web\n    http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host old.foobar.com\n"), 0o600)
	if got := write(resource.Observed{State: resource.Absent}); got != same("old.foobar.com/healthz") {
		t.Errorf("beside an older configuration: %q", got)
	}
	const two = "web1 a.com/x\nweb3 b.com/y\n"
	os.WriteFile(file, []byte(two), 0o600)
	seen := resource.Observed{State: resource.Present, Attrs: map[string]string{"type": "regular file", "mode": "0644", "owner": "root:root", "sum": "x", "content": two}}
	if got := write(seen); got != "web1 a.com/x\nweb2 www.foobar.com/up\nweb3 b.com/y\n" {
		t.Errorf("without a server: %q", got)
	}
	seen.Attrs["content"] = "web2 c.com/z\n" + two
	if c, err := r.Diff(seen); err != nil || !c.Empty() {
		t.Errorf("on the way to another question: %+v, %v", c, err)
	}
	seen.Attrs["mode"] = "0666"
	if c, err := r.Diff(seen); err != nil || len(c.Steps) != 1 || c.Fields[0].Name != "mode" {
		t.Errorf("writable for all: %+v, %v", c, err)
	}
}

// balancer is an HAProxy that a script talks to: it answers from files in its folder, and
// what it is told to change it does there.
type balancer struct{ dir string }

// fakeSocat is a program in the place of socat, which answers each command from files in its folder,
// where the program on decides what comes of those that change something.
func fakeSocat(dir string) string {
	return `#!/bin/sh
cd ` + dir + `
read -r all
IFS=';'
set -f
for q in $all; do
  case $q in
  'show servers state web') cat state ;;
  'show stat') cat stat ;;
  'show info') echo 'Name: HAProxy'; cat info ;;
  *) echo "$q" >>told
    if [ -x on ]; then ./on "$q"; continue; fi ;;
  esac
  echo
done
`
}

// newBalancer has three servers, which are asked for www.foobar.com/old.
func newBalancer(t *testing.T) balancer {
	t.Helper()
	b := balancer{t.TempDir()}
	l, err := net.Listen("unix", filepath.Join(b.dir, "admin.sock"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	b.write(t, "state", "1\n# be_id\n4 web 1 web1 a 2 0 100 100\n4 web 2 web2 a 2 0 100 100\n4 web 3 web3 a 2 0 100 100\n")
	b.write(t, "checks.map", "web1 www.foobar.com/old\nweb2 www.foobar.com/old\nweb3 www.foobar.com/old\n")
	b.stat(t, 0, 0, "web1,UP,L7OK,", "web2,UP,L7OK,", "web3,UP,* L7OK,")
	b.write(t, "info", "Pid: 100\nUptime_sec: 10\n")
	b.write(t, "socat", fakeSocat(b.dir))
	// The server's answer.
	b.write(t, "openssl", "#!/bin/sh\ncat >/dev/null\ncat "+b.dir+"/answer 2>/dev/null\n")
	return b
}

func (b balancer) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (b balancer) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(b.dir, name))
	return string(text)
}

// stat writes the statistics: how many answers 5xx there were in all and of the first
// server, and name, status, result and last words of each server.
func (b balancer) stat(t *testing.T, all, theirs int, servers ...string) {
	t.Helper()
	columns := make([]string, 60)
	for i, name := range map[int]string{0: "pxname", 1: "svname", 4: "scur", 17: "status", 36: "check_status", 37: "check_code", 43: "hrsp_5xx", 56: "last_chk"} {
		columns[i] = name
	}
	text := "# " + strings.Join(columns, ",") + "\n"
	row := func(name, status, check, last, n string) {
		cells := make([]string, 60)
		cells[37], last, _ = cutCode(last)
		cells[0], cells[1], cells[4], cells[17], cells[36], cells[43], cells[56] = "web", name, "0", status, check, n, last
		text += strings.Join(cells, ",") + "\n"
	}
	for i, server := range servers {
		f := strings.Split(server, ",")
		n := "0"
		if i == 0 {
			n = strconv.Itoa(theirs)
		}
		row(f[0], f[1], f[2], f[3], n)
	}
	row("BACKEND", "UP", "", "", strconv.Itoa(all))
	b.write(t, "stat", text)
}

// cutCode takes the status of an answer from before its words.
func cutCode(last string) (code, words string, ok bool) {
	if code, words, ok = strings.Cut(last, " "); ok && strings.Trim(code, "0123456789") == "" {
		return code, words, true
	}
	return "", last, false
}

// run runs a script against it.
func (b balancer) run(t *testing.T, script string) (said string, code int) {
	t.Helper()
	cmd := exec.Command("sh")
	cmd.Env = append(os.Environ(), "PATH="+b.dir+":"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader(strings.NewReplacer(haproxyAdmin, b.dir+"/admin.sock", haproxyChecks, b.dir+"/checks.map", haproxyConf, b.dir+"/haproxy.cfg",
		haproxyFailed, b.dir+"/failed", haproxyKept, b.dir+"/kept", haproxyCerts, b.dir+"/certs").Replace(script))
	out, _ := cmd.CombinedOutput()
	return string(out), cmd.ProcessState.ExitCode()
}
