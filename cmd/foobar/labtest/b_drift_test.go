//go:build lab

package labtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// drift is a way a host leaves the wanted state: what someone did, and what the plan
// must say of it.
type drift struct{ name, host, do, plan string }

var drifts = []drift{
	{"nginx is stopped", "web2", "systemctl stop nginx", "service:nginx.service"},
	{"a line of haproxy.cfg is gone", "lb1", "sed -i '/timeout connect/d' /etc/haproxy/haproxy.cfg", "file:/etc/haproxy/haproxy.cfg"},
	// Policy DROP without a rule: IPv6 is then the only way in.
	{"the kernel's rules are flushed", "web3", "iptables -F", "firewall"},
	{"the IPv6 rules are flushed", "web1", "ip6tables -F", "firewall"},
	{"a stray rule lets everything in", "lb1", "iptables -I INPUT -j ACCEPT", "firewall"},
	{"a replica accepts writes", "web3", "mariadb -e 'SET GLOBAL read_only=OFF'", "database"},
	{"a replica's threads are stopped", "web2", "mariadb -e 'STOP SLAVE'", "database"},
	{"the primary accepts no writes", "web1", "mariadb -e 'SET GLOBAL read_only=ON'", "database"},
	{"a secret became readable", "web1", "chmod 0644 /etc/foobar/app.env", "/etc/foobar/app.env"},
	{"the app is stopped and its socket disabled", "web3", "systemctl stop app.service app.socket; systemctl disable app.socket", "service:app.socket"},
	{"nginx is stopped and masked", "web1", "systemctl stop nginx; systemctl mask nginx", "service:nginx.service"},
	{"a server is drained by hand", "lb1", "echo 'set server web/web1 state drain' | socat - /run/haproxy/admin.sock", "web1"},
	{"a file was restored after the reload", "web2", "cp -p /etc/nginx/nginx.conf /tmp/n && sed -i 's/worker_connections [0-9]*/worker_connections 77/' /etc/nginx/nginx.conf && systemctl reload-or-restart nginx; cp /tmp/n /etc/nginx/nginx.conf", "service:nginx.service"},
	{"the hosts do not know one another", "web1", "sed -i '/web2/d' /etc/hosts", "hosts"},
	{"the current release points elsewhere", "web2", "ln -sfn /tmp /srv/foobar/current", "/srv/foobar/current"},
	{"the collector is stopped", "web1", "systemctl stop otelcol-sumo", "service:otelcol-sumo.service"},
}

func TestB1DriftIsShownAndRepaired(t *testing.T) { repairs(t, drifts) }

// repairs does all that was done to the hosts: the plan names each, and one deploy
// takes them back.
func repairs(t *testing.T, drifts []drift) {
	t.Helper()
	repairsOn(t, site, drifts)
}

// repairsOn does so at another site.
func repairsOn(t *testing.T, site string, drifts []drift) {
	t.Helper()
	for _, host := range []string{"lb1", "web1", "web2", "web3"} {
		all := "set -e\n"
		for _, d := range drifts {
			if d.host == host {
				all += fmt.Sprintf("( %s\n) || { echo %q; exit 1; }\n", d.do, d.name)
			}
		}
		on(t, host, all)
	}
	r := must(t, 2, "plan", site)
	for _, d := range drifts {
		part := section(r.out, d.host)
		if !strings.Contains(part, d.plan) {
			t.Errorf("%s: %s: the plan does not name %s:\n%s", d.host, d.name, d.plan, part)
		}
	}
	must(t, 0, "deploy", site)
	// A replica whose packets were dropped by the flushed firewall may find out
	// only now, and connect anew: a plan in between says so.
	eventually(t, 60*time.Second, "plan without a difference", func() bool { return foobar("plan", site).code == 0 })
	// The balancer may yet find a server down that the repair has only just mended.
	eventually(t, 60*time.Second, "deploy that changes nothing", func() bool {
		r = foobar("deploy", "-o", "json", site)
		return r.code == 0 && !strings.Contains(r.out, `"changed":true`)
	})
	untouched(t, r, 4)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
}

// section is a host's part of a plan.
func section(plan, host string) string {
	var b strings.Builder
	in := false
	for _, line := range strings.Split(plan, "\n") {
		if !strings.HasPrefix(line, " ") {
			in = strings.HasPrefix(line, host+":")
		}
		if in {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// TestB2OneDriftTouchesOneThing: what need not restart does not restart.
func TestB2OneDriftTouchesOneThing(t *testing.T) {
	const pids = "systemctl show -p MainPID -p InvocationID --value app.service mariadb.service nginx.service"
	before := on(t, "web1", pids)
	on(t, "web1", "echo '# by hand' >>/etc/nginx/nginx.conf")
	r := must(t, 0, "deploy", site)
	if !strings.Contains(r.out, "deploy: 2 changed") {
		t.Errorf("one edited file is two changes, the file and its reload:\n%s", r.out)
	}
	if after := on(t, "web1", pids); after != before {
		t.Errorf("something restarted: %q became %q", before, after)
	}
}

// TestB3ReleaseUnderLoad: a release, one that fails and is taken back, the way back to
// the one before, and a deploy that goes forward again with a shorter time-out; no request
// is lost on the way. TestH3 changes the health path.
func TestB3ReleaseUnderLoad(t *testing.T) {
	source := regexp.MustCompile(`(?m)^source *= *"(.*)"`).FindStringSubmatch(read(t, site))
	if source == nil {
		t.Fatal("the inventory names no app")
	}
	writtenOnce(t, filepath.Join(source[1], "wsgi.py"))
	style := filepath.Join(source[1], "static", "style.css")
	if err := os.WriteFile(style, []byte(read(t, style)+"/* a new release */\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	one, other := browse(t), browse(t)
	// With this, root's curl posts what it should only get, and goes where an answer leads.
	on(t, "web1", `printf 'data = "x"\nlocation\n' >/root/.curlrc`)
	defer on(t, "web1", "rm -f /root/.curlrc")
	must(t, 0, "release", "-y", site)
	takenBack(t, filepath.Join(source[1], "wsgi.py"))
	r := must(t, 0, "deploy", edit(t, "short.toml", "[app]\n", "[app]\ntimeout = \"20s\"\n"))
	if !strings.Contains(r.out, ", 0 requests failed") {
		t.Errorf("the deploy counts otherwise:\n%s", tail(r.out, 3))
	}
	one("releases went round")
	other("releases went round")
	if balancer, first, last := patience(t, "40000ms"); balancer < last {
		t.Errorf("HAProxy waited for less before nginx did: its file is of %v, nginx's are of %v to %v", balancer, first, last)
	}
	must(t, 0, "deploy", site)
	if balancer, first, last := patience(t, "50000ms"); balancer > first {
		t.Errorf("HAProxy waited for more after nginx did: its file is of %v, nginx's are of %v to %v", balancer, first, last)
	}
	converged(t, site, 4)
}

// patience is when HAProxy's file was written, and the first and the last of nginx's, in
// seconds. HAProxy must wait so long for an answer.
func patience(t *testing.T, want string) (balancer, first, last float64) {
	t.Helper()
	if got := strings.TrimSpace(on(t, "lb1", "sed -n 's/^ *timeout server //p' /etc/haproxy/haproxy.cfg")); got != want {
		t.Errorf("HAProxy waits for %s, not for %s", got, want)
	}
	written := func(host, file string) float64 {
		at, err := strconv.ParseFloat(strings.TrimSpace(on(t, host, "stat -c %.Y "+file)), 64)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for i, host := range []string{"web1", "web2", "web3"} {
		at := written(host, "/etc/nginx/nginx.conf")
		if last = max(last, at); i == 0 || at < first {
			first = at
		}
	}
	return written("lb1", "/etc/haproxy/haproxy.cfg"), first, last
}

// writtenOnce: a write at which a server is when its checks fail ends there, and the client
// does not send it to another one, too.
func writtenOnce(t *testing.T, program string) {
	t.Helper()
	const slow = `

quick = app


def app(environ, start_response):
    if environ["PATH_INFO"] != "/slow":
        return quick(environ, start_response)
    import sys, time
    print("a slow write begins", file=sys.stderr, flush=True)
    while not os.path.exists("/run/labtest-write-ends"):
        time.sleep(0.1)
    start_response("200 OK", [("Content-Length", "7")])
    return [b"written"]
`
	good := read(t, program)
	if err := os.WriteFile(program, []byte(good+slow), 0o644); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "release", "-y", site)
	if err := os.WriteFile(program, []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	servers := []string{"web1", "web2", "web3"}
	begun := func() (at []string) {
		for _, host := range servers {
			n, _ := strconv.Atoi(strings.TrimSpace(on(t, host, "journalctl -u app -o cat --no-pager | grep -c 'a slow write begins' || :")))
			at = append(at, slices.Repeat([]string{host}, n)...)
		}
		return at
	}
	defer func() {
		for _, host := range servers {
			on(t, host, "rm -f /run/labtest-write-ends")
		}
	}()
	answer := make(chan result, 1)
	go func() {
		answer <- foobar("lab", "curl", "-sS", "--max-time", seconds(40*time.Second), "-d", "x", "https://www.foobar.com/slow")
	}()
	var at []string
	eventually(t, 20*time.Second, "write at a server", func() bool { at = begun(); return len(at) > 0 })
	on(t, "lb1", "echo 'set server web/"+at[0]+" health down' | socat - /run/haproxy/admin.sock")
	eventually(t, 20*time.Second, "server back in service", func() bool {
		return on(t, "lb1", `echo 'show servers state web' | socat - /run/haproxy/admin.sock | awk '$4 == "`+at[0]+`" && $6 > 0 { printf "up" }'`) == "up"
	})
	for _, host := range servers {
		on(t, host, "touch /run/labtest-write-ends")
	}
	if r := <-answer; r.out != "written" {
		t.Errorf("the write was answered: %s", r.all())
	}
	if at = begun(); len(at) != 1 {
		t.Errorf("it was written at %v", at)
	}
}

// takenBack releases an app that does not start, then goes back to the release before.
func takenBack(t *testing.T, program string) {
	t.Helper()
	good := read(t, program)
	put := func(text string) {
		if err := os.WriteFile(program, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("import os\nos.environ['NOT_THERE']\n" + good)
	r := must(t, 7, "release", "-y", site)
	for _, part := range []string{"KeyError: 'NOT_THERE'", " did not become healthy: ", " runs again", "[REL01]"} {
		if !strings.Contains(r.err, part) {
			t.Errorf("not said: %s\n%s", part, r.err)
		}
	}
	put(good)
	must(t, 0, "release", "-y", site) // changes nothing: what was before runs everywhere
	list := must(t, 0, "releases", site).out
	if !regexp.MustCompile(`failed 20`).MatchString(list) || !regexp.MustCompile(`all +all +current, app\.source`).MatchString(list) {
		t.Errorf("the releases are\n%s", list)
	}
	before := regexp.MustCompile(`(?m)^([0-9a-f]{12}) .*previous`).FindStringSubmatch(list)
	if before == nil {
		t.Fatalf("there is none before:\n%s", list)
	}
	r = must(t, 0, "rollback", "-y", site)
	if !strings.Contains(r.err, "runs release "+before[1]) {
		t.Errorf("it does not say where it went: %s", r.err)
	}
	if r = must(t, 2, "plan", site); !strings.Contains(r.out, "rolled back to "+before[1]+" on ") {
		t.Errorf("the plan does not say that the site was rolled back:\n%s", r.out)
	}
}

// TestB4AfterAReboot: hosts that lose power and come back need nothing but the
// primary to be opened, which comes up closed on purpose.
func TestB4AfterAReboot(t *testing.T) {
	must(t, 0, "lab", "kill", "lb1", "web1", "web2", "web3")
	must(t, 0, "lab", "start", "lb1", "web1", "web2", "web3")
	r := must(t, 0, "deploy", site)
	if !strings.Contains(section(r.out, "web1"), "read_only: ON -> OFF") {
		t.Errorf("the primary came up open:\n%s", r.out)
	}
	for _, h := range []string{"web2", "web3"} {
		if part := section(r.out, h); strings.Contains(part, "service:") {
			t.Errorf("%s: something was restarted after a reboot:\n%s", h, part)
		}
	}
	converged(t, site, 4)
}
