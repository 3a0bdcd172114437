package sumologic

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/lab/library"
	"foobar/internal/monitoring/alert"
	"foobar/internal/monitoring/sumologic/objects"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/secret"
	"foobar/inventory"
)

var update = flag.Bool("update", false, "write the golden files anew")

const people = `
[[monitoring.notify]]
kind = "email"
to = "ops@example.com"
[[monitoring.notify]]
kind = "webhook"
severity = "critical"
url = "https://hooks.example.com/alerts"
[[monitoring.notify]]
kind = "slack"
url = { env = "SLACK" }
[[monitoring.notify]]
kind = "pagerduty"
key = { env = "PAGERDUTY" }
`

// site is an inventory of a balancer and three servers, with more tables.
func site(t *testing.T, tables string) *inventory.Inventory {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "[site]\nname = \"shop\"\ndomain = \"www.example.com\"\nemail = \"ops@example.com\"\n[app]\nsource = \"app\"\n[hosts.lb1]\naddress = \"10.0.0.1\"\nroles = [\"lb\"]\n"
	for _, n := range []string{"1", "2", "3"} {
		text += "[hosts.web" + n + "]\naddress = \"10.0.0.1" + n + "\"\n"
	}
	inv, err := inventory.Parse(filepath.Join(dir, "inventory.toml"), []byte(text+tables))
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func secrets() map[string]secret.String {
	return map[string]secret.String{"monitoring.notify[2].url": secret.New("https://hooks.slack.example.com/T/B/x"), "monitoring.notify[3].key": secret.New("p4gerk3y")}
}

// TestObjects compares all that a site has in its account with what a person has read.
func TestObjects(t *testing.T) {
	want := Objects(site(t, people), secrets())
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(want); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/objects.json"
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(golden); err != nil || !bytes.Equal(text, b.Bytes()) {
		t.Errorf("%v: %s is another; -update writes it anew:\n%s", err, golden, b.String())
	}
}

// TestEveryAlertIsRendered: each is taken by the service, whatever its limits, and none is
// without a query.
func TestEveryAlertIsRendered(t *testing.T) {
	server := httptest.NewTLSServer(library.New())
	t.Cleanup(server.Close)
	service, err := registry.New(server.URL, secret.New("an-id"), secret.New("the-key"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	if err != nil {
		t.Fatal(err)
	}
	service.Hurry()
	for _, long := range []time.Duration{0, time.Minute, 20 * time.Minute, 23 * time.Hour, alert.MostFor} {
		inv := site(t, people)
		inv.Monitoring.Alerts = alert.All()
		for i := range inv.Monitoring.Alerts {
			inv.Monitoring.Alerts[i].For = long
		}
		want := Objects(inv, secrets())
		account := objects.New(service, want, nil)
		found, err := account.Look(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range found.Errands {
			if err := e.Do(t.Context()); err != nil {
				t.Errorf("for %s: %s: %v", long, e.ID, err)
			}
		}
		if found, err = account.Look(t.Context()); err != nil || len(found.Errands) > 0 || found.Seen != len(alert.All())+6 {
			t.Errorf("for %s: another look sees %d things, and %+v, %v", long, found.Seen, found.Errands, err)
		}
		for _, m := range want.Monitors {
			if i := strings.Index(m.Queries[0].Query, "/ 0"); i >= 0 || strings.Contains(m.Queries[0].Query, "/ -") {
				t.Errorf("for %s: %s divides by nothing: %s", long, m.Name, m.Queries[0].Query)
			}
		}
	}
}

// TestWhoIsTold: a place that is told of what is critical alone is told of nothing else, and
// PagerDuty how severe an alert is.
func TestWhoIsTold(t *testing.T) {
	for _, m := range Objects(site(t, people), secrets()).Monitors {
		var kinds []string
		for _, n := range m.Notifications {
			kinds = append(kinds, n.To.Kind)
			if len(n.For) != len(m.Triggers) {
				t.Errorf("%s: %s is told of %v", m.Name, n.To.Kind, n.For)
			}
		}
		pager := ""
		for _, n := range m.Notifications {
			if n.To.Kind == "PagerDuty" {
				pager = n.To.Connection
			}
		}
		critical := slices.ContainsFunc(alert.All(), func(a alert.Alert) bool { return a.Name == m.Name && a.Severity == alert.Critical })
		if want := map[bool]string{true: "Email Webhook Slack PagerDuty", false: "Email Slack PagerDuty"}[critical]; strings.Join(kinds, " ") != want {
			t.Errorf("%s tells %v, not %s", m.Name, kinds, want)
		}
		if want := map[bool]string{true: "foobar shop pagerduty 4", false: "foobar shop pagerduty 4 warning"}[critical]; pager != want {
			t.Errorf("%s tells PagerDuty by %q, not %q", m.Name, pager, want)
		}
	}
}

// TestNoAlerts: where monitoring is off, or somebody else's, the account has nothing, and
// an alert that is off has no monitor.
func TestNoAlerts(t *testing.T) {
	for name, tables := range map[string]string{"off": "[monitoring]\nenabled = false\n", "another provider": "[monitoring]\nprovider = \"prometheus\"\n"} {
		if want := Objects(site(t, tables), nil); want.Site != "shop" || len(want.Monitors)+len(want.Connections)+len(want.Dashboards) != 0 {
			t.Errorf("%s: %+v", name, want)
		}
	}
	for _, m := range Objects(site(t, "[monitoring.alerts]\ndisk = \"off\"\n"), nil).Monitors {
		if m.Name == "disk" {
			t.Error("an alert that is off has a monitor")
		}
	}
}
