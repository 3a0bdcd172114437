//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// byPrometheus is what watches where the provider is Prometheus.
func byPrometheus() []drift {
	return []drift{
		{"an exporter is stopped", "web1", "systemctl stop prometheus-node-exporter", "service:prometheus-node-exporter.service"},
		{"a line more in the token", "web1", "echo x >>/etc/prometheus/foobar.token", "file:/etc/prometheus/foobar.token"},
		{"the door may not read the host's key", "web1", "gpasswd -d prometheus foobar-tls", "user:prometheus"},
		{"what is asked", "lb1", "echo '# x' >>/etc/prometheus/prometheus.yml", "file:/etc/prometheus/prometheus.yml"},
		{"the rules of the alerts", "lb1", "sed -i 's/severity: critical/severity: none/' /etc/prometheus/rules.d/foobar.yml", "file:/etc/prometheus/rules.d/foobar.yml"},
		{"the folder of the rules is open", "lb1", "chmod 0777 /etc/prometheus/rules.d", "dir:/etc/prometheus/rules.d"},
		{"who is told is readable by all", "lb1", "chmod 0644 /etc/prometheus/alertmanager.yml", "file:/etc/prometheus/alertmanager.yml"},
		{"the data have another owner", "lb1", "chown root:root /var/lib/prometheus", "dir:/var/lib/prometheus"},
		{"the data are open to everyone", "web1", "chmod 0777 /var/lib/prometheus", "dir:/var/lib/prometheus"},
		{"Prometheus runs with another file", "lb1", "cp -p /etc/default/prometheus /tmp/p && sed -i 's/15d/1d/' /etc/default/prometheus && systemctl restart prometheus; cp /tmp/p /etc/default/prometheus", "service:prometheus.service"},
		{"Alertmanager does not come back", "lb1", "systemctl disable prometheus-alertmanager", "service:prometheus-alertmanager.service"},
		{"Alertmanager runs with another file", "lb1", "cp -p /etc/prometheus/alertmanager.yml /tmp/am && echo '# x' >>/etc/prometheus/alertmanager.yml && systemctl reload prometheus-alertmanager; cp /tmp/am /etc/prometheus/alertmanager.yml", "service:prometheus-alertmanager.service"},
		{"a drop-in under Prometheus", "lb1", "mkdir -p /etc/systemd/system/prometheus.service.d; printf '[Service]\nUser=root\n' >/etc/systemd/system/prometheus.service.d/eve.conf", "/etc/systemd/system/prometheus.service.d/eve.conf"},
		{"one under Alertmanager", "lb1", "mkdir -p /run/systemd/system/prometheus-alertmanager.service.d; printf '[Service]\nNice=5\n' >/run/systemd/system/prometheus-alertmanager.service.d/eve.conf", "/run/systemd/system/prometheus-alertmanager.service.d/eve.conf"},
		{"one under an exporter", "web2", "mkdir -p /etc/systemd/system/prometheus-node-exporter.service.d; printf '[Service]\nUser=root\n' >/etc/systemd/system/prometheus-node-exporter.service.d/eve.conf; systemctl daemon-reload", "/etc/systemd/system/prometheus-node-exporter.service.d/eve.conf"},
		{"Prometheus on hold", "lb1", "apt-mark hold prometheus", "prometheus: on hold"},
		{"an exporter on hold", "web3", "apt-mark hold prometheus-mysqld-exporter", "prometheus-mysqld-exporter: on hold"},
		{"an exporter listens on all addresses", "web3", "sed -i s/127.0.0.1:9100/:9100/ /etc/default/prometheus-node-exporter; systemctl restart prometheus-node-exporter", "file:/etc/default/prometheus-node-exporter"},
		{"an exporter is masked", "web2", "systemctl mask --now prometheus-nginx-exporter", "service:prometheus-nginx-exporter.service"},
		{"the login at the database is readable by all", "web2", "chmod 0644 /etc/prometheus/mysqld.cnf", "file:/etc/prometheus/mysqld.cnf"},
		{"the way to the exporters", "web3", "echo '# x' >>/etc/prometheus/exporter-exporter.yml", "file:/etc/prometheus/exporter-exporter.yml"},
		{"the token is readable by all", "lb1", "chmod 0644 /etc/prometheus/foobar.token", "file:/etc/prometheus/foobar.token"},
	}
}

// TestZWatched tries them.
func TestZWatched(t *testing.T) {
	prom := filepath.Join(work, "watched.toml")
	text := strings.Replace(otherLab(t), "[monitoring]\n", "[monitoring]\nprovider = \"prometheus\"\n", 1)
	if err := os.WriteFile(prom, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", prom)
	repairsOn(t, prom, byPrometheus())
}
