//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestZZ0Prometheus12: the Prometheus and Alertmanager of the release before the newest take
// what is written for them, read what the app says of itself, and tell of an alert.
func TestZZ0Prometheus12(t *testing.T) {
	text := otherLab(t, "--release", "bookworm", "--hosts", "lb1,web1")
	prom := filepath.Join(work, "prometheus12.toml")
	text = strings.Replace(text, "[monitoring]\n", "[monitoring]\nprovider = \"prometheus\"\n", 1) + "\n[firewall]\nloopback_ports = [9999]\n"
	text = strings.Replace(text, "[app]\n", "[app]\nmetrics_path = \"/metrics\"\n", 1)
	if err := os.WriteFile(prom, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", prom)
	converged(t, prom, 2)
	eventually(t, 2*time.Minute, "the app's own figure at Prometheus", func() bool {
		return strings.Contains(on(t, "lb1", pages+`-G --data-urlencode 'query=guestbook_up{instance="web1"}' http://127.0.0.1:9090/api/v1/query`), `,"1"]`)
	})
	if got := on(t, "lb1", ". /etc/os-release; printf %s \"$VERSION_CODENAME\""); got != "bookworm" {
		t.Fatalf("lb1 runs %s", got)
	}
	rulesAreRight(t)
	dashboardAsks(t, prom)
	alerted(t, prom)
}

// TestZZ1Debian12: the release before the newest, from bare hosts to a moved primary,
// as the newest is tested.
func TestZZ1Debian12(t *testing.T) {
	text := otherLab(t, "--release", "bookworm")
	site = filepath.Join(work, "debian12.toml")
	if err := os.WriteFile(site, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, h := range hostsOfSite {
		if got := on(t, h, ". /etc/os-release; printf %s \"$VERSION_CODENAME\""); got != "bookworm" {
			t.Fatalf("%s runs %s", h, got)
		}
	}
	if c := check(t, 0, site); c.level("web1", "os") != "ok" {
		t.Errorf("check says of the system: %+v", c.Findings)
	}
	must(t, 0, "deploy", "-v", site)
	TestA3PageFromEveryServer(t)
	TestA4WriteIsReadBackFromAReplica(t)
	TestA5SecondRunChangesNothing(t)
	TestA6NothingIsOpenThatNeedNotBe(t)
	TestA7SecretsStaySecret(t)
	TestB1DriftIsShownAndRepaired(t)
	must(t, 0, "db", "switchover", site, "--to", "web2", "-y")
	TestA4WriteIsReadBackFromAReplica(t)
	must(t, 0, "deploy", site) // which learns what the hosts are now
	converged(t, site, 4)
	must(t, 0, "status", site)
	must(t, 0, "db", "status", site)
	check(t, 0, site)
}

// hostsOfSite are those of the lab that has no others.
var hostsOfSite = []string{"lb1", "web1", "web2", "web3"}

// toDebian13 takes hosts to Debian 13 side by side, as the release notes say, and boots
// them anew.
func toDebian13(t *testing.T, hosts ...string) {
	t.Helper()
	const how = `set -e
sed -i 's/bookworm/trixie/g' /etc/apt/sources.list
export DEBIAN_FRONTEND=noninteractive
apt-get -q update
apt-get -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold full-upgrade
# The tables are upgraded behind the start of the server. A change of them that is cut off
# there comes back with the server, and into its log.
while pgrep -x 'debian-start|mariadb-upgrade' >/dev/null; do sleep 0.5; done
! systemctl -q is-active mariadb || systemctl stop mariadb
`
	var all []*started
	for _, h := range hosts {
		all = append(all, background(t, "lab", "exec", h, "--", "sh", "-c", how))
	}
	for i, s := range all {
		if code := s.ended(); code != 0 {
			t.Fatalf("the upgrade of %s ends with %d:\n%s", hosts[i], code, tail(s.said.String(), 30))
		}
	}
	must(t, 0, append([]string{"lab", "kill"}, hosts...)...)
	must(t, 0, append([]string{"lab", "start"}, hosts...)...)
}

// TestZZ2UpgradedToDebian13 goes on with the hosts of ZZ1: the replicas are upgraded,
// then the primary and the balancer, with a deploy after each.
func TestZZ2UpgradedToDebian13(t *testing.T) {
	if filepath.Base(site) != "debian12.toml" {
		t.Skip("needs the hosts of TestZZ1")
	}
	toDebian13(t, "web1", "web3")
	c := check(t, 0, site)
	for host, want := range map[string]string{"web1": "warn", "web3": "warn", "web2": "", "lb1": ""} {
		if got := c.level(host, "upgrade"); got != want {
			t.Errorf("check says %q of the upgrade of %s, not %q: %+v", got, host, want, c.Findings)
		}
	}
	must(t, 0, "deploy", "-v", site)
	eventually(t, 60*time.Second, "plan without a difference", func() bool { return foobar("plan", site).code == 0 })
	converged(t, site, 4)
	TestA4WriteIsReadBackFromAReplica(t)
	must(t, 0, "db", "switchover", site, "--to", "web1", "-y")
	toDebian13(t, "web2", "lb1")
	if r := must(t, 2, "plan", site); !strings.Contains(section(r.out, "lb1"), "file:/etc/haproxy/haproxy.cfg") {
		t.Errorf("the plan does not change the balancer's configuration, whose new release can do more:\n%s", r.out)
	}
	must(t, 0, "deploy", "-v", site)
	on(t, "lb1", "grep -q X25519MLKEM768 /etc/haproxy/haproxy.cfg")
	eventually(t, 60*time.Second, "plan without a difference", func() bool { return foobar("plan", site).code == 0 })
	converged(t, site, 4)
	if c := check(t, 0, site); c.level("lb1", "upgrade") != "" {
		t.Errorf("check still speaks of an upgrade: %+v", c.Findings)
	}
	TestA3PageFromEveryServer(t)
	TestA4WriteIsReadBackFromAReplica(t)
	must(t, 0, "db", "status", site)
}
