//go:build lab

package labtest

import (
	"strings"
	"testing"
)

// TestC5HostOfOthers: a host that routes for a VPN through ufw, has a point-to-point
// address and two ports of sshd, as foobar finds it when it comes. All of it stays and is
// listed; what is added later goes.
func TestC5HostOfOthers(t *testing.T) {
	const forget = `python3 -c '
import json
p = "/var/lib/foobar/owned.json"
l = json.load(open(p)); l.get("found", {}).pop("firewall:ufw", None); json.dump(l, open(p, "w"))'
`
	const nat = "-A POSTROUTING -s 10.8.0.0/24 -o host0 -j MASQUERADE"
	on(t, "web2", forget+`printf '*nat\n:POSTROUTING ACCEPT [0:0]\n`+nat+`\nCOMMIT\n' | cat - /etc/ufw/before.rules >/run/labtest-rules
sed '2i # by hand' /run/labtest-rules >/etc/ufw/before.rules
sed -i '/^# Written by foobar/d' /etc/ufw/before.rules
sed -i 's/^DEFAULT_FORWARD_POLICY=.*/DEFAULT_FORWARD_POLICY="ACCEPT"/' /etc/default/ufw
iptables -t nat `+nat+`
ufw route allow in on wg0 out on host0 >/dev/null
printf 'Port 22\nPort 2222\nMatch LocalPort 2222\n  MaxAuthTries 2\n' >/etc/ssh/sshd_config.d/10-ports.conf
systemctl restart ssh
ip addr add 10.99.0.1 peer 10.99.0.2/32 dev host0`)
	defer func() {
		on(t, "web2", forget+`rm -f /etc/ssh/sshd_config.d/10-ports.conf; systemctl restart ssh; ip addr del 10.99.0.1 peer 10.99.0.2/32 dev host0; iptables -t nat -F POSTROUTING`)
		must(t, 0, "deploy", "-y", "-l", "web2", edit(t, "purge.toml", "[site]", "[firewall]\npurge = \"all\"\n[site]"))
		must(t, 0, "deploy", "-y", "-l", "web2", site)
		must(t, 0, "plan", site)
	}()
	listed := []string{"/etc/ufw/before.rules, table nat: " + nat, `/etc/default/ufw: DEFAULT_FORWARD_POLICY="ACCEPT"`, "in_wg0!out_host0"}
	lists := func(text string) {
		t.Helper()
		for _, line := range listed {
			if !strings.Contains(text, line) {
				t.Errorf("no %q in\n%s", line, tail(text, 60))
			}
		}
	}
	plan := must(t, 2, "plan", "-l", "web2", site).all()
	lists(plan)
	if !strings.Contains(plan, "sshd listens on the ports 22, 2222: all stay open") {
		t.Errorf("the plan does not name the ports:\n%s", tail(plan, 60))
	}
	must(t, 0, "deploy", "-y", "-l", "web2", site)
	lists(must(t, 0, "plan", site).all())
	// As after a boot; the rules of the kernel's other tables are ufw's to load.
	state := on(t, "web2", `iptables -t nat -F POSTROUTING; systemctl restart ufw; iptables-save -t nat; iptables -S FORWARD | head -n 1; ufw status`)
	for _, want := range []string{nat, "-P FORWARD ACCEPT", "2222/tcp"} {
		if !strings.Contains(state, want) {
			t.Errorf("no %q after a restart of ufw:\n%s", want, state)
		}
	}
	must(t, 0, "plan", site)
	if r := foobar("lab", "dial", "web2", "2222"); !strings.HasPrefix(r.out, "SSH-") {
		t.Errorf("the second port is shut: %s", r.all())
	}

	on(t, "web2", `sed -i '0,/^COMMIT/s/^COMMIT/-A ufw-before-input -s 203.0.113.9 -j ACCEPT\nCOMMIT/' /etc/ufw/before.rules; ufw logging full >/dev/null`)
	if r := must(t, 2, "plan", "-l", "web2", site); !strings.Contains(r.all(), "203.0.113.9") || !strings.Contains(r.all(), "LOGLEVEL") {
		t.Errorf("what came later is not shown:\n%s", tail(r.all(), 60))
	}
	must(t, 0, "deploy", "-y", "-l", "web2", site)
	lists(must(t, 0, "plan", site).all())
	if got := on(t, "web2", "grep -c MASQUERADE /etc/ufw/before.rules; grep -c 203.0.113.9 /etc/ufw/before.rules || :"); got != "1\n0\n" {
		t.Errorf("of the lines that stay and go there are %q", got)
	}
}
