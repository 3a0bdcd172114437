package inventory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMonitoringProvider: which provider, and on which host Prometheus runs.
func TestMonitoringProvider(t *testing.T) {
	for _, c := range []struct{ keys, host, wrong string }{
		{"", "", ""},
		{"provider = \"sumologic\"", "", ""},
		{"provider = \"prometheus\"", "a", ""},
		{"provider = \"prometheus\"\nprometheus = \"b\"", "b", ""},
		{"provider = \"prometheus\"\nprometheus = \"z\"", "", ":8: monitoring.prometheus: z is not a host of this inventory; its hosts are a, b"},
		{"prometheus = \"b\"", "", ":7: monitoring.prometheus: monitoring.provider is sumologic, which needs no host"},
		{"provider = \"datadog\"", "", ":7: monitoring.provider: "},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "inventory.toml")
		text := "[site]\ndomain = \"www.example.com\"\nemail = \"ops@example.com\"\n[app]\nsource = \"app\"\n[monitoring]\n" + c.keys +
			"\n[hosts.a]\naddress = \"10.0.0.1\"\nroles = [\"lb\"]\n[hosts.b]\naddress = \"10.0.0.2\"\n"
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
