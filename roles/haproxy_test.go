package roles

import (
	"bytes"
	"encoding/json"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/distro"
	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/internal/sh"
	"foobar/inventory"
)

var updateBalancer = flag.Bool("update-balancer", false, "rewrite the golden files of the roles haproxy and letsencrypt")

const balancerText = `[site]
domain = "www.foobar.com"
aliases = ["foobar.com"]
email = "ops@foobar.com"
[app]
source = "./app"
[tls]
acme_directory = "https://acme.example/dir"
acme_ca = "ca.pem"
[deploy]
drain_timeout = "2s"
health_timeout = "2s"
[lb]
balance = "leastconn"
maxconn = 50000
health_path = "/up"
health_interval = "3s"
timeout_connect = "4s"
timeout_client = "40s"
timeout_server = "1500ms"
[hosts.lb1]
address = "203.0.113.10"
private_address = "10.0.0.10"
roles = ["lb"]
[hosts.web1]
address = "10.0.0.11"
roles = ["web", "app", "db"]
[hosts.web2]
address = "10.0.0.12"
weight = 90
[hosts.web3]
address = "10.0.0.13"
weight = 80
`

// givenText has its certificate from the inventory, and as little as possible else.
const givenText = `[site]
domain = "www.foobar.com"
[app]
source = "./app"
[tls]
cert = "c.pem"
key = "k.pem"
hsts = false
[lb]
rate_limit = 0
[monitoring]
enabled = false
[hosts.lb1]
address = "203.0.113.10"
private_address = "10.0.0.10"
roles = ["lb"]
[hosts.web1]
address = "10.0.0.11"
roles = ["web", "app", "db"]
[hosts.web2]
address = "fd00::12"
weight = 90
[hosts.web3]
address = "fd00::13"
private_address = ["fd00::13", "10.0.0.13"]
weight = 80
`

// balancerSite is a site of one balancer and three web servers.
func balancerSite(t *testing.T) (*play.Site, *inventory.Host) {
	t.Helper()
	ca, err := pki.New(bytes.Repeat([]byte{7}, 32), "foobar", 1)
	if err != nil {
		t.Fatal(err)
	}
	s := &play.Site{Inv: parsed(t, balancerText), CA: ca, Facts: map[string]facts.Facts{"lb1": {OS: "debian", Codename: "trixie"}},
		Secrets: map[string]secret.String{acmeCA: secret.New("the roots\n")}}
	return s, s.Inv.Host("lb1")
}

// givenSite is of givenText, on an older system.
func givenSite(t *testing.T) (*play.Site, *inventory.Host) {
	s, _ := balancerSite(t)
	s.Inv = parsed(t, givenText)
	s.PublicPEM = secret.New("certificate and key\n")
	s.Facts["lb1"] = facts.Facts{OS: "debian", Codename: "bookworm"}
	return s, s.Inv.Host("lb1")
}

func goldenBalancer(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *updateBalancer {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./roles -update-balancer shows how. Got:\n%s", file, got)
	}
}

func TestHAProxyFiles(t *testing.T) {
	s, lb := balancerSite(t)
	have := wanted(t, HAProxy{}, s, lb)
	goldenBalancer(t, "haproxy/acme.cfg", fileText(t, have, haproxyConf))
	goldenBalancer(t, "haproxy/unit.conf", fileText(t, have, haproxyDropIn))
	goldenBalancer(t, "haproxy/rsyslog.conf", fileText(t, have, haproxySyslog))
	goldenBalancer(t, "haproxy/logrotate", fileText(t, have, haproxyRotate))
	// Every level of the runtime API may change lists and maps.
	if got := strings.Count(fileText(t, have, haproxyConf), "stats socket"); got != 1 {
		t.Errorf("%d sockets of the runtime API: it is root's alone", got)
	}
	if _, ok := have["file:/etc/haproxy/certs/www.foobar.com.pem"].(resource.Custom); !ok {
		t.Error("HAProxy has no certificate to start with")
	}
	s, lb = givenSite(t)
	have = wanted(t, HAProxy{}, s, lb)
	goldenBalancer(t, "haproxy/given.cfg", fileText(t, have, haproxyConf))
	pem, ok := have["file:/etc/haproxy/certs/www.foobar.com.pem"].(resource.File)
	if !ok || !pem.Secret || pem.Mode != 0o600 || string(pem.Content) != "certificate and key\n" {
		t.Errorf("the certificate of the inventory is %+v", pem)
	}
	if _, ok := have["user:otelcol-sumo"]; ok {
		t.Error("without monitoring there is no collector")
	}
	if got := wanted(t, LetsEncrypt{}, s, lb); len(got) != 0 {
		t.Errorf("a certificate is given, and yet wanted: %v", got)
	}
}

func TestHAProxyLoadsWhatItReads(t *testing.T) {
	for name, site := range map[string]func(*testing.T) (*play.Site, *inventory.Host){"acme": balancerSite, "given": givenSite} {
		s, lb := site(t)
		have := wanted(t, HAProxy{}, s, lb)
		service := have["service:haproxy.service"].(resource.Service)
		for _, id := range service.Loads {
			if have[id] == nil {
				t.Errorf("%s: haproxy loads %s, which nothing makes", name, id)
			}
		}
		if len(service.Loads) != 4 || len(service.Restarts) != 1 {
			t.Errorf("%s: loads %v, restarts for %v", name, service.Loads, service.Restarts)
		}
	}
}

func TestHAProxyRefuses(t *testing.T) {
	s, lb := balancerSite(t)
	s.Inv.TLS.Cert = "c.pem"
	if _, err := (HAProxy{}).Resources(s, lb); err == nil || !strings.Contains(err.Error(), "tls.cert: c.pem was not read") {
		t.Error(err)
	}
}

func TestHAProxyMaxConnFitsTheHost(t *testing.T) {
	for files, want := range map[int]string{0: "maxconn 50000\n", 1 << 20: "maxconn 50000\n", 20000: "maxconn 9500\n"} {
		s, lb := balancerSite(t)
		s.Facts["lb1"] = facts.Facts{OpenFiles: files}
		if text := fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf); !strings.Contains(text, want) {
			t.Errorf("%d files: not %q", files, want)
		}
	}
}

// TestBalancerScripts has dash, the hosts' shell, read every script.
func TestBalancerScripts(t *testing.T) {
	s, lb := balancerSite(t)
	hook := fileText(t, wanted(t, LetsEncrypt{}, s, lb), certbotHook)
	d := HAProxyDrain(s)
	scripts := map[string]string{"hook": hook, "out": d.Out("web1"), "in": d.In("web1"), "both": d.Both("web1", "web2"), "back": d.Back("web1"), "count": d.Count, "failed": d.Failed, "take in": haproxyTakeIn(s, lb), "reload": haproxyReload(distro.Known()[0]), "reload of old": haproxyReload(distro.Release{}),
		"reload in an if": "if true; then " + haproxyReload(distro.Known()[0]) + "; fi", "ask": askBalancer(), "placeholder": placeholder{names: s.Inv.Site.Names()}.script()}
	for _, r := range []play.Role{HAProxy{}, LetsEncrypt{}, BalancerHealth{}} {
		for id, x := range wanted(t, r, s, lb) {
			c, err := x.Diff(resource.Observed{State: resource.Absent})
			if err != nil {
				t.Errorf("%s: %v", id, err)
			}
			for _, step := range c.Steps {
				if run, ok := step.(resource.Run); ok {
					scripts[string(id)] = run.Script
				}
			}
			if q := x.Probe(); q.Kind == resource.Query("").Kind {
				scripts["ask "+string(id)] = q.Args[0]
			}
		}
	}
	for name, text := range scripts {
		cmd := exec.Command("sh", "-n")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%s", name, err, out, text)
		}
	}
}

// runtime is what HAProxy 2.6 to 3.x answer to the two questions, shortened.
func runtime(state, stat string) resource.Observed {
	out := "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight\n"
	for _, l := range strings.Split(state, ";") {
		f := strings.Fields(l) // name, op, admin, weight
		out += "4 web 1 " + f[0] + " 10.0.0.11 " + f[1] + " " + f[2] + " " + f[3] + " 100\n"
	}
	out += "\n# pxname,svname,scur,status,check_status,\nacme,certbot,0,no check,,\n"
	for _, l := range strings.Split(stat, ";") {
		out += "web," + l + ",\n"
	}
	return resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out + "web,BACKEND,0,UP,,\n\n"}}
}

func TestBalancerState(t *testing.T) {
	const up = "web1,0,UP,L7OK;web2,3,UP,* L7OK;web3,0,UP 1/3,L7TOUT"
	const ready = "web1 2 0 100;web2 2 0 90;web3 2 0 80"
	for name, c := range map[string]struct {
		seen            resource.Observed
		service, health string
		later           bool
	}{
		"as wanted":           {seen: runtime(ready, up)},
		"drained":             {seen: runtime("web1 2 8 100;web2 2 0 90;web3 2 0 80", "web1,0,DRAIN,L7OK;web2,0,UP,L7OK;web3,0,UP,L7OK"), service: "web1", health: "web1"},
		"in maintenance":      {seen: runtime("web1 0 1 100;web2 2 0 90;web3 2 0 80", "web1,0,MAINT,;web2,0,UP,L7OK;web3,0,UP,L7OK"), service: "web1", health: "web1"},
		"down":                {seen: runtime(ready, "web1,0,DOWN,L4CON;web2,0,UP,L7OK;web3,0,DOWN 1/2,L7STS"), health: "web1 web3"},
		"never checked":       {seen: runtime(ready, "web1,0,UP,* INI;web2,0,UP,L7OK;web3,0,UP,INI"), health: "web1 web3"},
		"another weight":      {seen: runtime("web1 2 0 1;web2 2 0 90;web3 2 0 80", up), service: "weight of web1"},
		"a frontend is shut":  {seen: runtime(ready, up+";FRONTEND,0,PAUSED,"), service: "frontend web"},
		"a server is unknown": {seen: runtime("web1 2 0 100;web2 2 0 90", up), service: "servers", health: "servers", later: true},
		"not installed":       {seen: resource.Observed{State: resource.Absent}, service: "servers", health: "servers", later: true},
		"no answer":           {seen: resource.Observed{}, service: "servers", health: "servers", later: true},
	} {
		s, lb := balancerSite(t)
		have := wanted(t, BalancerHealth{}, s, lb)
		for id, want := range map[resource.ID]string{"servers:web": c.service, "health:web": c.health} {
			change, err := have[id].Diff(c.seen)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range change.Fields {
				got = append(got, f.Name)
			}
			if strings.Join(got, " ") != want || change.Provisional != c.later || change.Empty() != (want == "") {
				t.Errorf("%s: %s: %q (%+v), not %q", name, id, got, change, want)
			}
			if !change.Empty() && change.Health != (id == "health:web") {
				t.Errorf("%s: %s: health is %v", name, id, change.Health)
			}
		}
	}
	s, lb := balancerSite(t)
	s.Inv.Hosts[1].Weight = 0
	idle := runtime("web1 2 0 0;web2 2 0 90;web3 2 0 80", "web1,0,DRAIN,L7OK;web2,0,UP,L7OK;web3,0,UP,L7OK")
	idle.Attrs["out"] = asksNew + idle.Attrs["out"] + mapNew
	for id, r := range wanted(t, BalancerHealth{}, s, lb) {
		if c, _ := r.Diff(idle); !c.Empty() {
			t.Errorf("%s: a server of weight 0 is not as wanted: %+v", id, c)
		}
	}
}

// TestServersOfTheRunningHAProxy: where they are and which there are is compared with
// the configuration, unless that is about to be loaded anew.
func TestServersOfTheRunningHAProxy(t *testing.T) {
	s, lb := balancerSite(t)
	r := wanted(t, BalancerHealth{}, s, lb)["servers:web"]
	row := func(name, addr string) string { return "4 web 1 " + name + " " + addr + " 2 0 100 100 443\n" }
	head := "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_port\n"
	o := resource.Observed{State: resource.Present, Attrs: map[string]string{"out": head + row("web1", "6.6.6.6") +
		strings.Replace(row("web2", "10.0.0.12"), "100", "90", 1) + strings.Replace(row("web3", "10.0.0.13"), "100", "80", 1) + row("eve", "6.6.6.7") + row("$(x)", "6.6.6.7")}}
	c, err := r.Diff(o)
	if err != nil || len(c.Fields) != 2 || c.Fields[0].Old != "6.6.6.6:443" || c.Fields[0].New != "10.0.0.11:443" || c.Fields[1].Old != "eve 6.6.6.7:443" {
		t.Fatalf("%+v, %v", c.Fields, err)
	}
	_, told, err := fakeHAProxy(t, c.Steps[0].(resource.Run).Script, "", "")
	want := "set server web/web1 addr 10.0.0.11 port 443\nset server web/eve state maint\nshutdown sessions server web/eve\ndel server web/eve\n"
	if err != nil || told != want {
		t.Errorf("told %q, %v", told, err)
	}
	if c, err := r.Diff(o.Before(func(id resource.ID) bool { return id == "file:"+haproxyConf })); err != nil || !c.Empty() {
		t.Errorf("before a reload: %+v, %v", c.Fields, err)
	}
}

// fakeHAProxy runs a script against a socat that answers from files and writes
// down what it was told.
func fakeHAProxy(t *testing.T, script, state, status string) (out string, told string, err error) {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "admin.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	stat := "# pxname,svname\nweb,web1,0,0," + status + ",0,,,,,,,,,,,,UP,,,,,,,,,,,,,,,,,,,* L7OK,\n"
	for name, text := range map[string]string{"state": state, "stat": stat,
		"info": "", "socat": fakeSocat(dir), "on": "#!/bin/sh\ncase $1 in */app9*) echo No such server. ;; esac\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	cmd.Stdin = strings.NewReader(strings.NewReplacer(haproxyAdmin, filepath.Join(dir, "admin.sock"), haproxyChecks, filepath.Join(dir, "none"), "PATH=/usr/sbin:/usr/bin:/sbin:/bin:", "PATH=").Replace(script))
	text, err := cmd.CombinedOutput()
	said, _ := os.ReadFile(filepath.Join(dir, "told"))
	return string(text), string(said), err
}

func TestDrain(t *testing.T) {
	s, _ := balancerSite(t)
	d := HAProxyDrain(s)
	const others = "1\n# be_id\n4 web 1 web1 a 2 0 100 100\n4 web 2 web2 a 2 0 100 100\n"
	const alone = "1\n# be_id\n4 web 1 web1 a 2 0 100 100\n4 web 2 web2 a 0 0 100 100\n4 web 3 web3 a 2 8 100 100\n"
	for name, c := range map[string]struct{ script, state, sessions, told, out string }{
		"no session left":   {d.Out("web1"), others, "0", "set server web/web1 state drain\n", ""},
		"a session stays":   {d.Out("web1"), others, "3", "set server web/web1 state drain\n", "web1 still has 3 sessions after 2 s\n"},
		"no other is up":    {d.Out("web1"), alone, "0", "", "web1 is not drained: no other server is up\n"},
		"not a server":      {d.Out("app9"), others, "0", "", ""},
		"back":              {d.In("web1"), others, "0", "set server web/web1 state ready\n", ""},
		"back, not there":   {d.In("app9"), others, "0", "set server web/app9 state ready\n", ""},
		"both":              {d.Both("web1", "web2"), others, "0", "set server web/web1 state ready\nset server web/web2 state drain\n", play.IsBack + "\nweb2 still has  sessions after 2 s\n"},
		"both, the other":   {d.Both("web1", "app9"), others, "0", "set server web/web1 state ready\n", play.IsBack + "\n"},
		"both, alone":       {d.Both("web1", "web1"), alone, "0", "set server web/web1 state ready\n", play.IsBack + "\nweb1 is not drained: no other server is up\n"},
		"both, not there":   {d.Both("app9", "web1"), others, "0", "set server web/app9 state ready\n", ""},
		"both, not up":      {d.Both("web2", "web1"), others, "0", "set server web/web2 state ready\n", "not up after 2 s: web2 (unknown)\n"},
		"back, not checked": {d.In("web2"), others, "0", "set server web/web2 state ready\n", "not up after 2 s: web2 (unknown)\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, told, err := fakeHAProxy(t, c.script, c.state, c.sessions)
			if out != c.out || told != c.told || (err != nil) != strings.HasPrefix(c.out, "not up") {
				t.Errorf("told %q and printed %q (%v), not %q and %q", told, out, err, c.told, c.out)
			}
		})
	}
}

func TestPlaceholder(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("needs openssl")
	}
	dir := t.TempDir()
	p := placeholder{path: filepath.Join(dir, "www.foobar.com.pem"), domain: "www.foobar.com", names: []string{"www.foobar.com", "foobar.com"}}
	look := func() resource.Observed {
		set := resource.Compile([]resource.Probe{p.resource().Probe()})
		out, err := exec.Command("sh", "-c", ask.Script(asktest.Token, set.Script())).Output()
		if err != nil {
			t.Fatal(err)
		}
		seen, err := set.Read(asktest.Answer(strings.Split(string(out), "\n")...))
		if err != nil {
			t.Fatal(err)
		}
		if seen[0].State == resource.Present {
			seen[0].Set("owner", "root:root") // the test need not be root
		}
		return seen[0]
	}
	converge := func(when string, want bool) {
		t.Helper()
		c, err := p.compare(look())
		if err != nil || c.Empty() == want {
			t.Fatalf("%s: %+v %v", when, c, err)
		}
		for _, step := range c.Steps {
			cmd := exec.Command("sh", "-eu")
			cmd.Stdin = strings.NewReader("chown(){ :; }\n" + sh.Files + step.(resource.Run).Script)
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Fatalf("%s: %v: %s", when, err, out)
			}
		}
		if c, _ = p.compare(look()); !c.Empty() {
			t.Fatalf("%s: did not converge: %+v", when, c)
		}
	}
	converge("nothing there", true)
	converge("as wanted", false)
	os.Chmod(p.path, 0o644)
	converge("readable by all", true)
	os.WriteFile(p.path, []byte("damaged"), 0o600)
	converge("damaged", true)
	key := filepath.Join(dir, "key") // of RSA, as certificates that were bought have it
	if out, err := exec.Command("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-addext", "subjectAltName=DNS:www.foobar.com", "-keyout", key, "-out", key+".crt").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	chain, _ := os.ReadFile(key + ".crt")
	private, _ := os.ReadFile(key)
	os.WriteFile(p.path, append(chain, private...), 0o600)
	converge("one's own", false)
	p.domain, p.names = "www.other.com", []string{"www.other.com"}
	converge("of another domain", true)
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if c, _ := p.compare(resource.Observed{}); !c.Provisional {
		t.Error("an answer that did not arrive was believed")
	}
}

// TestLogFormat expands the log line as HAProxy would and reads it as JSON.
func TestLogFormat(t *testing.T) {
	s, lb := balancerSite(t)
	_, rest, ok := strings.Cut(fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf), "log-format '")
	line, _, ok2 := strings.Cut(rest, "'\n")
	if !ok || !ok2 {
		t.Fatal("there is no log-format")
	}
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		if line[i] != '%' {
			b.WriteByte(line[i])
			continue
		}
		b.WriteByte('7')
		if i++; line[i] == '[' {
			i += strings.IndexByte(line[i:], ']')
			continue
		}
		for i+1 < len(line) && (line[i+1] >= 'a' && line[i+1] <= 'z' || line[i+1] >= 'A' && line[i+1] <= 'Z') {
			i++
		}
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(b.String()), &fields); err != nil || len(fields) < 20 {
		t.Errorf("%v: %s", err, b.String())
	}
}
