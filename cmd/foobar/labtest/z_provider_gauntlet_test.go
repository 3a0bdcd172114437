//go:build lab && gauntlet

package labtest

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestZProviderSwitched: an exporter of somebody else's is left alone; without it the site is
// monitored by Prometheus, which reaches all that there is to ask; then by the other
// provider, and nothing but the data is left.
func TestZProviderSwitched(t *testing.T) {
	before := otherLab(t) + "\n[firewall]\nloopback_ports = [9999]\n" // for who is told of alerts
	sumo, prom := filepath.Join(work, "sumologic.toml"), filepath.Join(work, "prometheus.toml")
	for path, text := range map[string]string{sumo: before, prom: strings.Replace(before, "[monitoring]\n", "[monitoring]\nprovider = \"prometheus\"\n", 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leftAlone(t, prom)
	must(t, 0, "deploy", prom)
	converged(t, prom, 4)
	const up = pages + `-G --data-urlencode 'query=count by (job) (up == 1)' http://127.0.0.1:9090/api/v1/query | grep -o '"job":"[a-z]*"},"value":\[[0-9.]*,"[0-9]*"' | sed 's/"job":"\([a-z]*\)".*,"\([0-9]*\)"/\1=\2/' | sort | tr '\n' ' '`
	eventually(t, time.Minute, "Prometheus reaches all", func() bool {
		return on(t, "lb1", up) == "alertmanager=1 haproxy=1 mysql=3 nginx=3 node=4 prometheus=1 "
	})
	on(t, "lb1", "systemctl start foobar-metrics.service")
	const figures = pages + `-G --data-urlencode 'query=count by (__name__) ({__name__=~"foobar_.*"})' http://127.0.0.1:9090/api/v1/query | grep -o '"__name__":"foobar_[a-z_]*"},"value":\[[0-9.]*,"[0-9]*"' | sed 's/"__name__":"foobar_\([a-z_]*\)".*,"\([0-9]*\)"/\1=\2/' | sort | tr '\n' ' '`
	figure := regexp.MustCompile(`^backup_awaited_seconds=3 certificate_seconds_left=4 event_timestamp_seconds=\d+ failed_units=4 reboot_pending=4 request_errors_ratio=4 requests_per_second=4 requests_total=24 response_time_seconds=\d+ servers=1 servers_up=1 unit_cpu_cores=\d+ (unit_memory_bytes=\d+ )?unit_restarts=\d+ (unit_tasks=\d+ )?$`)
	eventually(t, 2*time.Minute, "figures of all hosts at Prometheus", func() bool {
		curl(t, "-o", "/dev/null", "https://www.foobar.com/") // a minute without requests has no response times
		return figure.MatchString(on(t, "lb1", figures))
	})
	if got := on(t, "web2", "curl -sk -m 5 -o /dev/null -w '%{http_code}' https://$(hostname -I | cut -d' ' -f1):9998/proxy?module=node"); got != "401" {
		t.Errorf("without the token the exporters answer %s", got)
	}
	page, url, end := dashboard(t, prom)
	if got := fetched(t, url+"api/v1/targets?state=active"); !strings.Contains(got, `"instance":"web3"`) {
		t.Errorf("the targets: %s", got)
	}
	pageShows(t, prom, page)
	end()
	follows(t, prom)
	doorRenewed(t, prom)
	on(t, "web1", "systemctl stop prometheus-node-exporter; echo x >>/etc/prometheus/foobar.token; gpasswd -d prometheus foobar-tls")
	on(t, "lb1", "echo '# x' | tee -a /etc/prometheus/prometheus.yml >>/etc/prometheus/consoles/foobar.html")
	must(t, 0, "deploy", prom)
	converged(t, prom, 4)
	if got := must(t, 2, "plan", sumo); !strings.Contains(got.all(), "removed; its data stay") {
		t.Errorf("the plan does not say what goes and what stays:\n%s", got.all())
	}
	must(t, 0, "deploy", sumo)
	converged(t, sumo, 4)
	for _, host := range []string{"lb1", "web1"} {
		if got := on(t, host, "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' 'prometheus*' 2>/dev/null | grep ^installed; grep -rl 'Written by foobar' /etc/prometheus /etc/default/prometheus* 2>/dev/null; ls /etc/prometheus/foobar.token /etc/prometheus/foobar.password /etc/prometheus/mysqld.cnf 2>/dev/null; ls /var/lib/foobar/packages/*.agent 2>/dev/null | grep prometheus; id -nG prometheus | grep foobar; ufw status | grep 9998; :"); got != "" {
			t.Errorf("%s still has\n%s", host, got)
		}
	}
	if got := on(t, "lb1", "ls -d /var/lib/prometheus/metrics2/wal"); got == "" {
		t.Error("the data of Prometheus are gone")
	}
	leavesTwice(t, prom)
}

// leftAlone: a node exporter that an administrator has set up on web3 is refused by the plan
// and the check, and the deploy of all else changes nothing of it.
func leftAlone(t *testing.T, prom string) {
	t.Helper()
	const conf = "/etc/default/prometheus-node-exporter"
	on(t, "web3", "{ apt-get -qq update && apt-get -qqy install --no-install-recommends prometheus-node-exporter; } >/dev/null 2>&1 && echo 'ARGS=\"--web.listen-address=127.0.0.1:9100\"' >"+conf+" && systemctl restart prometheus-node-exporter")
	was := on(t, "web3", "cat "+conf+"; systemctl show -p MainPID prometheus-node-exporter")
	if got := foobar("check", prom); got.code == 0 || !strings.Contains(got.all(), "prometheus-node-exporter is there and is not foobar's") {
		t.Errorf("the check: exit %d\n%s", got.code, got.all())
	}
	got := foobar("deploy", prom)
	if want := "monitoring.provider: prometheus-node-exporter was on web3 before foobar came"; got.code == 0 || !strings.Contains(got.all(), want) {
		t.Errorf("the deploy: exit %d\n%s", got.code, got.all())
	}
	if now := on(t, "web3", "cat "+conf+"; systemctl show -p MainPID prometheus-node-exporter; ls /etc/prometheus/foobar.token 2>/dev/null; :"); now != was {
		t.Errorf("it was\n%s and now is\n%s", was, now)
	}
	on(t, "web3", "apt-get -qqy purge prometheus-node-exporter >/dev/null 2>&1")
}

// fetched is what a page of this machine says.
func fetched(t *testing.T, url string) string {
	t.Helper()
	page, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	text, err := io.ReadAll(page.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
