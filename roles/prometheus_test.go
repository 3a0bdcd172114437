package roles

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/inventory"
)

// TestPrometheusGolden: what Prometheus asks, and whom.
func TestPrometheusGolden(t *testing.T) {
	s := collectorSite(t)
	s.Inv.Monitoring.Provider = inventory.Prometheus
	delete(s.Secrets, "monitoring.token") // no account is needed
	for host, paths := range map[string][]string{
		"lb1":  {"/etc/prometheus/prometheus.yml", "/etc/prometheus/alertmanager.yml", "/etc/default/prometheus", "/etc/prometheus/exporter-exporter.yml"},
		"web1": {"/etc/prometheus/exporter-exporter.yml", "/etc/default/prometheus-exporter-exporter", "/etc/default/prometheus-nginx-exporter", "/etc/default/prometheus-mysqld-exporter"},
	} {
		for _, path := range paths {
			golden := filepath.Join("testdata", "prometheus", host+"-"+filepath.Base(path))
			got := collectorText(t, s, host, path)
			if *updateCollector {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v); look at it, then run go test ./roles -update-collector\n%s", golden, err, got)
			}
		}
	}
}

// TestPrometheusSecrets: no secret stands in a file that others read, and no program
// gets one as an argument.
func TestPrometheusSecrets(t *testing.T) {
	s := collectorSite(t)
	s.Inv.Monitoring.Provider = inventory.Prometheus
	token, password := s.Master.Password("monitoring/exporters").Reveal(), s.Master.Password("db/monitoring").Reveal()
	seen := 0
	for id, r := range collectorResources(t, s, "web1") {
		f, ok := fileOf(r)
		if !ok {
			continue
		}
		if has := strings.Contains(string(f.Content), token) || strings.Contains(string(f.Content), password); has != f.Secret || has && f.Mode != 0o640 {
			t.Errorf("%s: holds a secret %v, is hidden %v, mode %o", id, has, f.Secret, f.Mode)
		} else if has {
			seen++
		}
	}
	if seen != 2 {
		t.Errorf("%d files hold a secret", seen)
	}
}

// TestPrometheusDoors: every host lets the host of Prometheus in, and nobody else; what
// answers behind the door listens on loopback.
func TestPrometheusDoors(t *testing.T) {
	s := collectorSite(t)
	s.Inv.Monitoring.Provider = inventory.Prometheus
	for _, h := range s.Inv.Hosts {
		doors := 0
		for _, service := range servicesOf(s.Inv).On(h.Name) {
			for _, p := range service.Ports {
				if !strings.Contains(service.Name, "prometheus") {
					continue
				}
				if p.Number == 9998 {
					doors++
					if open := len(p.Open); open != 1 && h.Name != "lb1" || open == 1 && p.Open[0].Peer.Name != "lb1" {
						t.Errorf("%s lets in %+v", h.Name, p.Open)
					}
				} else if len(p.On) != 1 || !p.On[0].IsLoopback() || len(p.Open) > 0 {
					t.Errorf("%s: %d listens on %v for %v", h.Name, p.Number, p.On, p.Open)
				}
			}
		}
		if doors != 1 {
			t.Errorf("%s has %d doors", h.Name, doors)
		}
	}
	// A new certificate needs the door opened anew.
	lb1 := collectorResources(t, s, "lb1")
	door, ok := lb1["service:prometheus-exporter-exporter.service"].(resource.Service)
	if !ok || !slices.Contains(door.Loads, resource.NewID("certificate", leafKey)) || lb1[resource.NewID("certificate", leafKey)] == nil {
		t.Errorf("the door of the balancer shows no certificate: %+v", door)
	}
}
