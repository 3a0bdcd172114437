package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/alert"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

// TestPrometheusGolden: what Prometheus asks, and whom.
func TestPrometheusGolden(t *testing.T) {
	s := collectorSite(t)
	s.Inv.Monitoring.Provider = inventory.Prometheus
	delete(s.Secrets, "monitoring.token") // no account is needed
	toldTo(s)
	for host, paths := range map[string][]string{
		"lb1":  {"/etc/default/prometheus-node-exporter", "/etc/prometheus/prometheus.yml", "/etc/prometheus/alertmanager.yml", "/etc/prometheus/rules.d/foobar.yml", "/etc/default/prometheus", "/etc/prometheus/exporter-exporter.yml"},
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

// toldTo has people told of alerts, in each way.
func toldTo(s *play.Site) {
	s.Inv.Monitoring.Notify = []inventory.Notify{
		{Kind: inventory.Email, Severity: alert.Warning, To: []string{"ops@example.com", "dba@example.com"}, Smarthost: "smtp.example.com:587", User: "alerts", Password: &inventory.Source{}},
		{Kind: inventory.Email, Severity: alert.Warning, To: []string{"root@example.com"}, Smarthost: "localhost:25", From: "site@example.com"},
		{Kind: inventory.Webhook, Severity: alert.Critical, URL: "http://10.0.0.9:8080/hook?x=1"},
		{Kind: inventory.Slack, Severity: alert.Warning, Address: &inventory.Source{}},
		{Kind: inventory.PagerDuty, Severity: alert.Critical, Key: &inventory.Source{}},
	}
	for key, value := range map[string]string{"[0].password": hidden + `"'\\{{`, "[3].url": "https://hooks.slack.com/services/" + hidden, "[4].key": hidden} {
		s.Secrets["monitoring.notify"+key] = secret.New(value)
	}
}

const hidden = "h1dden"

// TestPrometheusSecrets: no secret stands in a file that others read, and no program
// gets one as an argument.
func TestPrometheusSecrets(t *testing.T) {
	s := collectorSite(t)
	s.Inv.Monitoring.Provider = inventory.Prometheus
	token, password := s.Master.Password("monitoring/exporters").Reveal(), s.Master.Password("db/monitoring").Reveal()
	secrets := []string{token, password, s.Master.Password("monitoring/pages").Reveal(), "$2a$", hidden}
	seen := 0
	s.Inv.Monitoring.Prometheus = "web1"
	toldTo(s)
	for id, r := range collectorResources(t, s, "web1") {
		f, ok := fileOf(r)
		if !ok {
			continue
		}
		if has := slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(string(f.Content), secret) }); has != f.Secret || has && f.Mode != 0o640 {
			t.Errorf("%s: holds a secret %v, is hidden %v, mode %o", id, has, f.Secret, f.Mode)
		} else if has {
			seen++
		}
	}
	if seen != 5 {
		t.Errorf("%d files hold a secret", seen)
	}
}

// TestPrometheusClaims: each package is claimed before any file is written for it, and what
// stood there before is refused with the line that asks for it.
func TestPrometheusClaims(t *testing.T) {
	s := collectorSite(t)
	s.Inv = parsed(t, strings.Replace(collectorInventory, "[monitoring]\n", "[monitoring]\nprovider = \"prometheus\"\n", 1)+hostText("lb1", "10.0.0.10", "lb")+hostText("web1", "10.0.0.11", "web", "app", "db"))
	for _, host := range []string{"lb1", "web1"} {
		s.Services = servicesOf(s.Inv)
		list, err := Collector{}.Resources(s, s.Inv.Host(host))
		if err != nil {
			t.Fatal(err)
		}
		claimed := map[string]bool{}
		var packages []string
		for _, r := range list {
			switch r := r.(type) {
			case monitoring.Agent:
				claimed["/"+r.Name] = true
				for _, f := range r.Files {
					claimed[f] = true
				}
				_, err := r.Diff(resource.Observed{State: resource.Present, Attrs: map[string]string{"status": "installed"}})
				if err == nil || !strings.Contains(err.Error(), ":9: monitoring.provider: "+r.Name+" was on "+host) {
					t.Errorf("%s: %v", r.ID(), err)
				}
			case resource.File:
				others := strings.HasPrefix(r.Path, "/etc/prometheus/") || strings.HasPrefix(r.Path, "/etc/default/")
				if others && r.Path != "/etc/prometheus/foobar.token" && !claimed[r.Path] {
					t.Errorf("%s: %s is written, whoever has written it before", host, r.Path)
				}
			case resource.Packages:
				if r.For == "collector" {
					packages = r.Names
				}
			}
		}
		for _, p := range packages {
			if !claimed["/"+p] {
				t.Errorf("%s: %s is installed unclaimed", host, p)
			}
		}
		if len(packages) < 3 {
			t.Errorf("%s: %q", host, packages)
		}
	}
}

// TestPrometheusAccepts asks promtool and amtool themselves, where they are.
func TestPrometheusAccepts(t *testing.T) {
	for path, check := range map[string][]string{"/etc/prometheus/prometheus.yml": {"promtool", "check", "config"}, "/etc/prometheus/rules.d/foobar.yml": {"promtool", "check", "rules"}, "/etc/prometheus/alertmanager.yml": {"amtool", "check-config"}} {
		program, err := exec.LookPath(check[0])
		if err != nil {
			t.Logf("without %s", check[0])
			continue
		}
		s := collectorSite(t)
		s.Inv.Monitoring.Provider = inventory.Prometheus
		toldTo(s)
		dir := t.TempDir()
		text := strings.NewReplacer("/etc/prometheus", dir, "/etc/foobar/tls", dir).Replace(collectorText(t, s, "lb1", path))
		for name, text := range map[string]string{"foobar.token": "x\n", "ca.crt": string(caPEM(s)), "conf.yml": text} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.Command(program, append(check[1:], filepath.Join(dir, "conf.yml"))...).CombinedOutput(); err != nil {
			t.Errorf("%q: %v: %s", check, err, out)
		}
	}
}

// TestAppMetrics: an app is asked for its metrics as for its health, by whom it cannot speak
// for others, and in bounds; visitors do not get them.
func TestAppMetrics(t *testing.T) {
	s := collectorSite(t)
	s.Inv.Monitoring.Provider, s.Inv.App.MetricsPath = inventory.Prometheus, "/metrics"
	s.Services = servicesOf(s.Inv)
	if conf := collectorText(t, s, "web1", "/etc/prometheus/exporter-exporter.yml"); !strings.Contains(conf, "app: { method: exec, exec: { command: /usr/local/sbin/foobar-app-metrics } }") {
		t.Error(conf)
	}
	if script := collectorText(t, s, "web1", "/usr/local/sbin/foobar-app-metrics"); !strings.Contains(script, "set -o pipefail\n") || !strings.Contains(script, "127.0.0.1:9000/metrics' | head -c 4194304\n") && !strings.Contains(script, "127.0.0.1:9000/metrics | head -c 4194304\n") {
		t.Error(script)
	}
	// An app that is mounted there tells them for /metrics/../x, too, which nginx reads as /x.
	if conf := fileText(t, wanted(t, Nginx{}, s, s.Inv.Host("web1")), nginxConf); !strings.Contains(conf, `"~^/metrics(/|$)" 1;`) || !strings.Contains(conf, `if ($request_uri ~* "^[^?]*(/|%2f)(\.|%2e)(\.|%2e)?(/|%2f|\?|$)") { return 400; }`) {
		t.Error(conf)
	}
	_, job, _ := strings.Cut(collectorText(t, s, "lb1", "/etc/prometheus/prometheus.yml"), "job_name: app\n")
	job, _, _ = strings.Cut(job, "job_name:")
	for _, want := range []string{"sample_limit: 5000\n", "honor_labels: false\n", "metric_relabel_configs:", "foobar|haproxy|mysql|nginx|node", `instance: "web1", group: `} {
		if !strings.Contains(job, want) {
			t.Errorf("no %s in\n%s", want, job)
		}
	}
}

// TestPrometheusBounds: every job, whomever it asks, has all bounds.
func TestPrometheusBounds(t *testing.T) {
	s := collectorSite(t)
	s.Inv.Monitoring.Provider = inventory.Prometheus
	jobs := strings.Split(collectorText(t, s, "lb1", "/etc/prometheus/prometheus.yml"), "  - job_name: ")[1:]
	for _, job := range jobs {
		for _, bound := range []string{"honor_labels: false", "honor_timestamps: false", "follow_redirects: false", "body_size_limit: ", "sample_limit: ", "label_limit: ", "label_name_length_limit: ", "label_value_length_limit: ", "instance: "} {
			if !strings.Contains(job, bound) {
				t.Errorf("no %s in\n%s", bound, job)
			}
		}
	}
	if len(jobs) != 6 {
		t.Errorf("%d jobs", len(jobs))
	}
}

// TestMonitoringSwitchedOff: nothing is wanted, and packages stay as they are.
func TestMonitoringSwitchedOff(t *testing.T) {
	s := collectorSite(t)
	s.Inv.Monitoring.Enabled = false
	s.Facts = map[string]facts.Facts{"lb1": {Owned: []string{"agent:prometheus", "file:/etc/prometheus/prometheus.yml"}}}
	got := collectorResources(t, s, "lb1")
	if len(got) != 1 || got["agent:prometheus"] == nil {
		t.Errorf("%v", got)
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
