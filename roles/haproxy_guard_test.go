package roles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
)

// statusOf is the exit status by which a script tells a failure.
func statusOf(t *testing.T, code fault.Code) int {
	t.Helper()
	for status := range 125 {
		if got, _ := fault.Classify(fault.Output{Status: status}); got == code {
			return status
		}
	}
	t.Fatalf("no status says %s", code)
	return 0
}

// TestBackInService: a server that is asked for something else is put back once it answers
// that; one that does not is asked for what it was asked for before.
func TestBackInService(t *testing.T) {
	s, _ := balancerSite(t)
	s.Inv.Deploy.HealthTimeout = time.Second
	in := HAProxyDrain(s).In("web1")
	const drained = "1\n# be_id\n4 web 1 web1 a 2 8 100 100\n4 web 2 web2 a 2 0 100 100\n"
	const asked = "set map CHECKS web1 www.foobar.com/up\n"
	for name, c := range map[string]struct {
		state, stat, answer, told, file, said string
		code                                  fault.Code
	}{
		"shown anew":   {drained, "web1,UP,L7OK,", "", asked + "set server web/web1 health down\nset server web/web1 state ready\n", "web1 www.foobar.com/up\n", "", ""},
		"the only one": {"", "web1,UP,L7OK,", "HTTP/1.1 204 No Content\r\n\r\n", asked + "set server web/web1 health up\nset server web/web1 state ready\n", "web1 www.foobar.com/up\n", "", ""},
		"what HAProxy was answered": {drained, "web1,DOWN,L7STS,404 Not Found", "HTTP/1.1 404 Not Found\r\n\r\n",
			asked + "set server web/web1 health down\nset server web/web1 state ready\nset map CHECKS web1 www.foobar.com/old\n", "web1 www.foobar.com/old\n",
			"not up after 1 s: web1 (DOWN L7STS: GET www.foobar.com/up answered 404 Not Found)\n", "SVC15"},
		"what it could not reach": {drained, "web1,DOWN,L4CON,Connection refused", "",
			asked + "set server web/web1 health down\nset server web/web1 state ready\nset map CHECKS web1 www.foobar.com/old\n", "web1 www.foobar.com/old\n",
			"not up after 1 s: web1 (DOWN L4CON: Connection refused)\n", "SVC15"},
		"it does not answer": {drained, "web1,DOWN,L7STS,Not Found", "HTTP/1.1 404 Not Found\r\n\r\n",
			asked + "set server web/web1 health down\nset server web/web1 state ready\nset map CHECKS web1 www.foobar.com/old\n", "web1 www.foobar.com/old\n",
			"web1 does not answer www.foobar.com/up (404 Not Found); HAProxy asks it for www.foobar.com/old again", "SVC15"},
	} {
		b := newBalancer(t)
		if c.state != "" {
			b.write(t, "state", c.state)
		}
		b.stat(t, 0, 0, c.stat, "web2,UP,L7OK,")
		b.write(t, "answer", c.answer)
		said, code := b.run(t, in)
		want := 0
		if c.code != "" {
			want = statusOf(t, c.code)
		}
		if told := strings.ReplaceAll(b.read("told"), b.dir+"/checks.map", "CHECKS"); code != want || told != c.told || !strings.Contains(b.read("checks.map"), c.file) || !strings.Contains(said, c.said) {
			t.Errorf("%s: exit %d, told %q, file %q, said %q", name, code, told, b.read("checks.map"), said)
		}
		if strings.Count(b.read("checks.map"), "\n") != 3 {
			t.Errorf("%s: the file became %q", name, b.read("checks.map"))
		}
	}
	b := newBalancer(t)
	if said, code := b.run(t, HAProxyDrain(s).Back("web1")); code != 0 || b.read("told") != "set server web/web1 state ready\n" {
		t.Errorf("a server that is as it was: exit %d, told %q, said %q", code, b.read("told"), said)
	}
}

// TestClockThatIsSet: a clock that is set on, as chrony does after a start, ends no wait.
func TestClockThatIsSet(t *testing.T) {
	s, _ := balancerSite(t)
	s.Inv.Deploy.HealthTimeout = 30 * time.Second
	b := newBalancer(t)
	b.stat(t, 0, 0, "web1,DOWN,L4CON,")
	b.write(t, "later", strings.Replace(b.read("stat"), "DOWN", "UP", 1))
	b.write(t, "date", "#!/bin/sh\nn=$(cat "+b.dir+"/now)\necho $((n + 1000)) >"+b.dir+"/now\necho $n\n")
	b.write(t, "now", "100")
	b.write(t, "sleep", "#!/bin/sh\nn=$(cat "+b.dir+"/slept)\necho $((n + 1)) >"+b.dir+"/slept\n[ $n -lt 3 ] || cp "+b.dir+"/later "+b.dir+"/stat\n")
	b.write(t, "slept", "0")
	if said, code := b.run(t, HAProxyDrain(s).Back("web1")); code != 0 {
		t.Errorf("exit %d, said %q", code, said)
	}
}

const asksNewFile = "web1 www.foobar.com/up\nweb2 www.foobar.com/up\nweb3 www.foobar.com/up\n"

// TestBackAgain: a server that was put back in this run, and goes back to what it ran
// before, is asked for what it was asked for before.
func TestBackAgain(t *testing.T) {
	s, _ := balancerSite(t)
	s.Inv.Deploy.HealthTimeout = time.Second
	b := newBalancer(t)
	b.stat(t, 0, 0, "web1,UP,L7OK,", "web2,UP,L7OK,")
	b.write(t, "answer", "HTTP/1.1 204 No Content\r\n\r\n")
	if said, code := b.run(t, HAProxyDrain(s).In("web1")); code != 0 || !strings.Contains(b.read("checks.map"), "web1 www.foobar.com/up\n") {
		t.Fatalf("exit %d: %s", code, said)
	}
	said, code := b.run(t, HAProxyDrain(s).Back("web1"))
	if code != 0 || !strings.Contains(b.read("checks.map"), "web1 www.foobar.com/old\n") || !strings.HasSuffix(b.read("told"), "web1 www.foobar.com/old\nset server web/web1 state ready\n") {
		t.Errorf("exit %d: %s; told %q, file %q", code, said, b.read("told"), b.read("checks.map"))
	}
}

// TestSwitchOfChecks: all servers that are in use are asked for something else, or none.
func TestSwitchOfChecks(t *testing.T) {
	script := "( set -eu\n" + checking("switch", "0", "0", "web1", "10.0.0.11:443", "web1.internal", "www.foobar.com/up", "web3", "10.0.0.13:443", "web3.internal", "www.foobar.com/up") + ")\n"
	b := newBalancer(t)
	b.write(t, "answer", "HTTP/1.1 200 OK\r\n\r\nok")
	if said, code := b.run(t, script); code != 0 || b.read("checks.map") != "web2 www.foobar.com/old\nweb1 www.foobar.com/up\nweb3 www.foobar.com/up\n" {
		t.Errorf("exit %d, file %q, said %q", code, b.read("checks.map"), said)
	}
	b = newBalancer(t)
	b.write(t, "checks.map", asksNewFile)
	b.write(t, "on", "#!/bin/sh\nprintf '"+strings.ReplaceAll(mapNew, "\n", "\\n")+"'\n")
	if said, code := b.run(t, script); code != 0 || strings.Contains(b.read("told"), "set map") {
		t.Errorf("as wanted already: exit %d, told %q, said %q", code, b.read("told"), said)
	}
	b = newBalancer(t)
	before := b.read("checks.map")
	b.write(t, "answer", "HTTP/1.1 302 Found\r\n\r\n")
	said, code := b.run(t, script)
	if code != statusOf(t, "SVC15") || b.read("checks.map") != before || strings.Contains(b.read("told"), "set map") || !strings.Contains(said, "web1 (302 Found to www.foobar.com/up) web3 (302 Found to") {
		t.Errorf("not answered: exit %d, told %q, said %q", code, b.read("told"), said)
	}
	// A server that is down is no reason to go on asking the others for the old.
	b.stat(t, 0, 0, "web1,DOWN,L4CON,", "web2,UP,L7OK,", "web3,DOWN,L7STS,")
	if said, code := b.run(t, script); code != 0 {
		t.Errorf("of servers that are down: exit %d, said %q", code, said)
	}
	// HAProxy finds them ill, whatever they answer here.
	b = newBalancer(t)
	b.write(t, "answer", "HTTP/1.1 200 OK\r\n\r\n")
	b.write(t, "on", "#!/bin/sh\nsed -i 's/web1\\(.*\\),UP,\\(.*\\)L7OK/web1\\1,UP 2\\/3,\\2L7STS/' stat\necho\n")
	said, code = b.run(t, script)
	if code != statusOf(t, "SVC15") || !strings.Contains(b.read("checks.map"), "web1 www.foobar.com/old") || !strings.Contains(b.read("checks.map"), "web3 www.foobar.com/old") || !strings.Contains(said, "web1 (UP 2/3 L7STS)") {
		t.Errorf("ill: exit %d, file %q, said %q", code, b.read("checks.map"), said)
	}
}

// TestGuardedReload: a configuration with which HAProxy finds fewer servers well goes, and
// the one before it comes back.
func TestGuardedReload(t *testing.T) {
	s, lb := balancerSite(t)
	s.Inv.LB.HealthInterval = -3 * time.Second // a wait of one
	// What HAProxy finds after a reload depends on the file.
	const on = "#!/bin/sh\ncase $1 in 'show proc') echo 'failed: 0' ;; reload) echo reload >>reloads; cp stat.$(cat haproxy.cfg) stat; " +
		"if [ $(cat haproxy.cfg) = refused ]; then printf 'Success=0\\n--\\nit is refused\\n'; else echo Success=1; fi ;; esac\n"
	for name, c := range map[string]struct {
		conf, kept, after string
		reloads           int
		code              fault.Code
		said              string
	}{
		"as well as before": {"good", "old", "good", 1, "", ""},
		"worse":             {"bad", "old", "old", 2, "SVC14", "were well before: web1 (DOWN L7STS, 404 Not Found) web2 (DOWN L4TOUT)\nthe configuration before it is back, and with it all servers are as they were"},
		"refused":           {"refused", "old", "old", 2, "SVC14", "it is refused\nthe configuration before it is back"},
		"never well again":  {"bad", "dead", "dead", 2, "SVC14", "with it these are unhealthy, too: web1"},
	} {
		b := newBalancer(t)
		b.stat(t, 0, 0, "web1,DOWN,L7STS,404 Not Found", "web2,DOWN,L4TOUT,", "web3,DOWN,L4CON,")
		for _, is := range []string{"bad", "dead"} {
			b.write(t, "stat."+is, b.read("stat"))
		}
		b.stat(t, 0, 0, "web1,UP,L7OK,", "web2,UP,L7OK,", "web3,DOWN,L4CON,")
		for _, is := range []string{"good", "old", "refused"} {
			b.write(t, "stat."+is, b.read("stat"))
		}
		b.write(t, "haproxy.cfg", c.conf)
		b.write(t, "on", on)
		if err := os.Mkdir(filepath.Join(b.dir, "kept"), 0o700); err != nil {
			t.Fatal(err)
		}
		b.write(t, "kept/haproxy.cfg", c.kept)
		if err := os.Mkdir(filepath.Join(b.dir, "certs"), 0o700); err != nil {
			t.Fatal(err)
		}
		b.write(t, "certs/www.foobar.com.pem", "new")
		b.write(t, "kept/www.foobar.com.pem.absent", "")
		said, code := b.run(t, haproxyTakeIn(s, lb))
		want := 0
		if c.code != "" {
			want = statusOf(t, c.code)
		}
		if code != want || b.read("haproxy.cfg") != c.after || strings.Count(b.read("reloads"), "\n") != c.reloads || !strings.Contains(said, c.said) {
			t.Errorf("%s: exit %d, file %q, %q, said %q", name, code, b.read("haproxy.cfg"), b.read("reloads"), said)
		}
		if _, err := os.Stat(filepath.Join(b.dir, "kept")); c.code != "" && err == nil {
			t.Errorf("%s: the copy is still there", name)
		}
		if is := b.read("certs/www.foobar.com.pem"); (is == "") != (c.code != "") {
			t.Errorf("%s: a file that was not there before has %q", name, is)
		}
	}
}

// TestFailedRequests: what HAProxy itself failed is counted across reloads, beyond what
// is usual, and not what servers answered.
func TestFailedRequests(t *testing.T) {
	s, _ := balancerSite(t)
	d := HAProxyDrain(s)
	count := func(b balancer) string {
		said, _ := b.run(t, "( set -eu\n"+d.Failed+")\n")
		return strings.TrimSpace(said)
	}
	up := []string{"web1,UP,L7OK,", "web2,UP,L7OK,"}
	b := newBalancer(t)
	b.stat(t, 50, 40, up...)
	if said, code := b.run(t, "( set -eu\n"+d.Count+")\n"); code != 0 || said != "" || count(b) != "0" {
		t.Fatalf("at the beginning %q, exit %d: %q", count(b), code, said)
	}
	b.stat(t, 99, 89, up...)
	if got := count(b); got != "0" {
		t.Errorf("answers of the servers are %s failed requests", got)
	}
	b.stat(t, 102, 89, up...)
	if got := count(b); got != "3" {
		t.Errorf("%s failed, not 3", got)
	}
	b.write(t, "info", "Pid: 200\nUptime_sec: 1\n") // after a reload
	b.stat(t, 2, 1, up...)
	if got := count(b); got != "4" {
		t.Errorf("%s failed with the new worker's, not 4", got)
	}
	said, code := b.run(t, d.Out("web1"))
	if code != statusOf(t, "SVC16") || b.read("told") != "" || !strings.Contains(said, "4 requests failed at the balancer since the run began, and deploy.max_failed_requests is 0") {
		t.Errorf("a server is taken out all the same: exit %d, told %q, said %q", code, b.read("told"), said)
	}
	for most, want := range map[int]int{4: 0, -1: 0, 3: statusOf(t, "SVC16")} {
		s.Inv.Deploy.MaxFailedRequests = most
		if said, code := b.run(t, HAProxyDrain(s).Out("web1")); code != want {
			t.Errorf("with %d allowed: exit %d, %q", most, code, said)
		}
	}

	b = newBalancer(t) // one that fails one in a second
	b.write(t, "info", "Pid: 100\nUptime_sec: 1000\n")
	b.stat(t, 1000, 0, up...)
	b.run(t, "( set -eu\n"+d.Count+")\n")
	f := strings.Fields(b.read("failed"))
	b.write(t, "failed", strings.Join([]string{f[0], f[1], f[2], "-1000000", f[4], f[5]}, " ")+"\n") // begun long ago
	b.stat(t, 1030, 0, up...)
	if got := count(b); got != "0" {
		t.Errorf("what is usual is %s failed requests", got)
	}

	b = newBalancer(t) // a site that is down
	b.stat(t, 50, 0, "web1,DOWN,L4CON,")
	b.run(t, "( set -eu\n"+d.Count+")\n")
	b.stat(t, 90, 0, up...)
	if got := count(b); got != "" {
		t.Errorf("while the site was down %q failed", got)
	}
}
