//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestZProviderSwitched: the site is monitored by Prometheus instead, which reaches all
// that there is to ask; then as before, and nothing of it is left.
func TestZProviderSwitched(t *testing.T) {
	before := otherLab(t)
	sumo, prom := filepath.Join(work, "sumologic.toml"), filepath.Join(work, "prometheus.toml")
	for path, text := range map[string]string{sumo: before, prom: strings.Replace(before, "[monitoring]\n", "[monitoring]\nprovider = \"prometheus\"\n", 1)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	must(t, 0, "deploy", prom)
	converged(t, prom, 4)
	const up = `curl -s --noproxy '*' -G --data-urlencode 'query=count by (job) (up == 1)' http://127.0.0.1:9090/api/v1/query | grep -o '"job":"[a-z]*"},"value":\[[0-9.]*,"[0-9]*"' | sed 's/"job":"\([a-z]*\)".*,"\([0-9]*\)"/\1=\2/' | sort | tr '\n' ' '`
	eventually(t, time.Minute, "Prometheus reaches all", func() bool {
		return on(t, "lb1", up) == "alertmanager=1 haproxy=1 mysql=3 nginx=3 node=4 prometheus=1 "
	})
	if got := on(t, "web2", "curl -sk -m 5 -o /dev/null -w '%{http_code}' https://$(hostname -I | cut -d' ' -f1):9998/proxy?module=node"); got != "401" {
		t.Errorf("without the token the exporters answer %s", got)
	}
	on(t, "web1", "systemctl stop prometheus-node-exporter; echo x >>/etc/prometheus/foobar.token")
	on(t, "lb1", "echo '# x' >>/etc/prometheus/prometheus.yml")
	must(t, 0, "deploy", prom)
	converged(t, prom, 4)
	must(t, 0, "deploy", sumo)
	converged(t, sumo, 4)
	for _, host := range []string{"lb1", "web1"} {
		if got := on(t, host, "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' 'prometheus*' 2>/dev/null | grep -v ^not-installed; find /etc/prometheus /var/lib/prometheus -type f 2>/dev/null; ufw status | grep 9998; :"); got != "" {
			t.Errorf("%s still has\n%s", host, got)
		}
	}
}
