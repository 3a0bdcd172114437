package inventory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMonitoringProvider: which provider, and on which host Prometheus runs.
func TestMonitoringProvider(t *testing.T) {
	const lb = "roles = [\"lb\"]"
	for _, c := range []struct{ keys, roles, host, wrong string }{
		{"", lb, "", ""},
		{"provider = \"sumologic\"", lb, "", ""},
		{"provider = \"prometheus\"", lb, "a", ""},
		{"provider = \"prometheus\"\nprometheus = \"b\"", lb, "b", ""},
		{"provider = \"prometheus\"\nprometheus = \"monitor\"", lb, "", ":8: monitoring.prometheus: there is no host \"monitor\"; the hosts are a, b"},
		{"provider = \"prometheus\"", "", "", ":7: monitoring.provider: Prometheus runs on the host with the role lb, and there is none; name the host that is to run it: prometheus = \"a\""},
		{"prometheus = \"b\"", lb, "", ":7: monitoring.prometheus: monitoring.provider is sumologic, which needs no host"},
		{"provider = \"datadog\"", lb, "", ""},
		{"provider = \"newrelic\"", lb, "", ":7: monitoring.provider: "},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "inventory.toml")
		text := "[site]\ndomain = \"www.example.com\"\nemail = \"ops@example.com\"\n[app]\nsource = \"app\"\n[monitoring]\n" + c.keys +
			"\n[hosts.a]\naddress = \"10.0.0.1\"\n" + c.roles + "\n[hosts.b]\naddress = \"10.0.0.2\"\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		inv, err := Load(path)
		switch {
		case c.wrong != "":
			if err == nil || !strings.Contains(err.Error(), c.wrong) {
				t.Errorf("%q: %v; want %s", c.keys, err, c.wrong)
			}
		case err != nil:
			t.Errorf("%q: %v", c.keys, err)
		default:
			got := ""
			if h := inv.PrometheusHost(); h != nil {
				got = h.Name
			}
			if got != c.host {
				t.Errorf("%q: Prometheus runs on %q; want %q", c.keys, got, c.host)
			}
		}
	}
}
