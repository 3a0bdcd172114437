package inventory

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"foobar/internal/monitoring/alert"
)

// TestAlertsAsWritten: what a line leaves out stays as the list has it, "off" takes the alert
// out, and the others are as they were.
func TestAlertsAsWritten(t *testing.T) {
	inv, err := Parse("testdata/i.toml", []byte(minimal+`[monitoring.alerts]
disk = "85.5%"
memory = "for 1h"
error_rate = "0.5% for 0s"
replication_lag = "2m"
requests_drop = "of 1h"
requests_spike = "150% of 30m for 90s"
latency = "250ms"
failed_unit = "off"
server_out = "for 1d"
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"disk": "85.5% for 10m", "memory": "95% for 1h", "error_rate": "0.5% for 0s", "replication_lag": "2m for 5m",
		"requests_drop": "20% of 1h for 5m", "requests_spike": "150% of 30m for 1m30s", "latency": "250ms for 10m", "server_out": "for 1d"}
	names := 0
	for _, a := range inv.Monitoring.Alerts {
		if got := showAlert(a); want[a.Name] != "" && got != want[a.Name] || want[a.Name] == "" && got != showAlert(defaultOf(a)) {
			t.Errorf("%s is %q, want %q", a.Name, got, want[a.Name])
		}
		if a.Name == "failed_unit" {
			t.Error("it is not off")
		}
		names++
	}
	if names != len(alert.All())-1 {
		t.Errorf("%d alerts", names)
	}
}

// TestAlertsOfTheSite: what cannot be raised is not in the list.
func TestAlertsOfTheSite(t *testing.T) {
	inv := parse(t, minimal)
	has := func(name string) bool {
		for _, a := range inv.Alerts() {
			if a.Name == name {
				return true
			}
		}
		return false
	}
	if len(inv.Group(DB)) < 2 || !has("replication_lag") || !has("backup_age") {
		t.Error("a site with replicas and backups is not told of them")
	}
	inv.DB.Backup.Enabled = false
	for _, h := range inv.Group(DB)[1:] {
		h.Roles = []string{Web}
	}
	if has("replication_lag") || has("replication_stopped") || has("backup_age") || !has("disk") {
		t.Errorf("%+v", inv.Alerts())
	}
}

// TestNotices: the ways people are told, with what each needs.
func TestNotices(t *testing.T) {
	inv, err := Parse("testdata/i.toml", []byte(minimal+`[firewall]
loopback_ports = [25]
[monitoring]
provider = "prometheus"
[[monitoring.notify]]
kind = "email"
to = "ops@example.com"
smarthost = "localhost:25"
from = "site@example.com"
[[monitoring.notify]]
kind = "webhook"
url = "http://10.0.0.9:8080/hook?x=1"
severity = "critical"
[[monitoring.notify]]
kind = "slack"
url = { env = "SLACK_URL" }
[[monitoring.notify]]
kind = "pagerduty"
key = { file = "key" }
`))
	if err != nil {
		t.Fatal(err)
	}
	list := inv.Monitoring.Notify
	if len(list) != 4 || list[0].To[0] != "ops@example.com" || list[0].Severity != alert.Warning || list[1].Severity != alert.Critical || list[1].URL == "" || list[2].Address.Env != "SLACK_URL" {
		t.Errorf("%+v", list)
	}
	sources := inv.Monitoring.NotifySources()
	if len(sources) != 2 || sources["monitoring.notify[2].url"].Env != "SLACK_URL" || sources["monitoring.notify[3].key"].File == "" {
		t.Errorf("%+v", sources)
	}
	key, place := inv.Where("monitoring.notify[2].url", "monitoring")
	if key != "monitoring.notify[2].url" || !strings.HasSuffix(place, ":"+lineBehind(minimal, 16)) {
		t.Errorf("%s at %s", key, place)
	}
}

// TestASlackURLIsNotShown: it is a secret, whatever was pasted with it.
func TestASlackURLIsNotShown(t *testing.T) {
	for _, odd := range []string{"", "\u200b", "é", "\\u0001", "{{"} {
		_, err := Parse("testdata/i.toml", []byte(minimal+"[[monitoring.notify]]\nkind = \"slack\"\nurl = \""+odd+"https://hooks.slack.com/services/T0/B0/s3cr3t\"\n"))
		if err == nil || strings.Contains(err.Error(), "hooks") || !strings.Contains(err.Error(), "monitoring.notify[0].url: the URL of a Slack webhook is a secret") {
			t.Errorf("%q: %v", odd, err)
		}
	}
}

// lineBehind is the number of the nth line behind a text.
func lineBehind(text string, n int) string { return strconv.Itoa(strings.Count(text, "\n") + n) }

// TestAlertsInTheDocument: each alert stands there with its default and its severity.
func TestAlertsInTheDocument(t *testing.T) {
	raw, err := os.ReadFile("../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "| `") {
			rows++
		}
	}
	for _, a := range alert.All() {
		begin, end := "\n| `"+a.Name+"` | ", " | `"+showAlert(a)+"` | "+string(a.Severity)+" |\n"
		if _, rest, ok := strings.Cut(string(raw), begin); !ok || !strings.Contains(rest[:strings.Index(rest, "\n")+1], end) {
			t.Errorf("there is no row %s…%s", begin, end)
		}
	}
	if rows != len(alert.All()) {
		t.Errorf("%d rows", rows)
	}
}
