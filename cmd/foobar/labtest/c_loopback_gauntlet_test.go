//go:build lab && gauntlet

package labtest

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// planned are the changes of a plan as "host resource", with the reasons.
func planned(t *testing.T, code int, inv string) (changes []string, reasons string) {
	t.Helper()
	for line := range strings.Lines(must(t, code, "plan", "-o", "json", inv).out) {
		var e struct {
			Type, Host string
			Changes    []struct{ Resource, Reason string }
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("not JSON: %s", line)
		}
		if e.Type == "host_planned" {
			for _, c := range e.Changes {
				changes = append(changes, e.Host+" "+c.Resource)
				reasons += c.Reason + "\n"
			}
		}
	}
	return changes, reasons
}

// TestC4StrictLoopback: a site whose loopback is open gets one change a host, which
// names who is cut off; the line it prints keeps that one, and "off" goes back.
func TestC4StrictLoopback(t *testing.T) {
	const port = "6390"
	reached := func(at string) bool {
		return foobar("lab", "exec", "web1", "--", "curl", "-s", "-o", "/dev/null", "--max-time", "5", "http://"+at+":"+port+"/").code == 0
	}
	running := func() (ids string) {
		for _, host := range []string{"lb1", "web1", "web2", "web3"} {
			ids += on(t, host, "systemctl show -p InvocationID -p ActiveEnterTimestampMonotonic haproxy.service nginx.service mariadb.service app.service otelcol-sumo.service ssh.service")
		}
		return ids
	}
	on(t, "web1", "systemd-run -q --unit=labtest-listener python3 -m http.server "+port+" --bind 0.0.0.0")
	defer on(t, "web1", "systemctl stop labtest-listener.service")
	open := edit(t, "open.toml", "[site]", "[firewall]\nloopback = \"off\"\n[site]")
	must(t, 0, "deploy", "-y", open)
	on(t, "web1", "for i in 1 2 3 4 5 6 7 8 9 10; do curl -s -o /dev/null http://127.0.0.1:"+port+"/ && exit 0; sleep 1; done; exit 1")
	before := running()

	changes, reasons := planned(t, 2, site)
	if got := strings.Join(changes, ", "); got != "lb1 firewall:ufw, web1 firewall:ufw, web2 firewall:ufw, web3 firewall:ufw" {
		t.Errorf("the plan changes %s", got)
	}
	if !strings.Contains(reasons, "python3 (0.0.0.0:"+port+")") || strings.Count(reasons, "becomes strict") != 4 {
		t.Errorf("the reasons are\n%s", reasons)
	}
	line := regexp.MustCompile(`loopback_ports = \[[0-9, ]+\]`).FindString(reasons)
	found := check(t, 0, site)
	if found.level("web1", "loopback") != "warn" {
		t.Errorf("check names nobody: %+v", found)
	}
	must(t, 0, "deploy", "-y", site)
	for _, at := range []string{"127.0.0.1", "10.77.0.12"} {
		if reached(at) {
			t.Errorf("%s:%s is reached over strict loopback", at, port)
		}
	}
	if now := running(); now != before {
		t.Errorf("something restarted:\n%s\n%s", before, now)
	}
	converged(t, site, 4)
	must(t, 0, "status", site)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	on(t, "web1", `python3 -c '
import socket
a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); a.bind(("127.0.0.1", 0)); a.settimeout(5)
b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); b.sendto(b"x", a.getsockname()); a.recv(1)
for family, here in (socket.AF_INET, "127.0.0.9"), (socket.AF_INET6, "::1"):
    c = socket.socket(family); c.bind((here, 0)); c.listen()
    try: socket.create_connection(c.getsockname()[:2], 5)
    except ConnectionRefusedError: continue
    raise SystemExit(here + " is open")'`)

	kept := edit(t, "kept.toml", "[site]", "[firewall]\n"+line+"\n[site]")
	must(t, 0, "deploy", "-y", kept)
	if !reached("127.0.0.1") {
		t.Errorf("%q does not keep the port", line)
	}
	must(t, 0, "plan", kept)
	must(t, 0, "deploy", "-y", open)
	if !reached("127.0.0.1") {
		t.Error(`loopback = "off" does not open it`)
	}
	must(t, 0, "deploy", "-y", site)
	if now := running(); now != before {
		t.Errorf("something restarted:\n%s\n%s", before, now)
	}
	converged(t, site, 4)
}
