package prometheus

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"foobar/internal/monitoring/alert"
	"foobar/inventory"
)

var update = flag.Bool("update", false, "write the expected dashboard anew")

// TestEveryAlertHasARule: with its limit, and the word by which it is told.
func TestEveryAlertHasARule(t *testing.T) {
	for _, a := range alert.All() {
		expr := expression(a)
		if expr == "" || a.Unit != alert.State && !strings.Contains(expr, " "+a.Number()) {
			t.Errorf("%s: %q", a.Name, expr)
		}
		if text := summary(a); !strings.Contains(text, a.Summary) || a.Unit != alert.State && !strings.Contains(text, "$value") || a.Scope != alert.Site && !strings.HasPrefix(text, "{{ $labels.") {
			t.Errorf("%s: %q", a.Name, text)
		}
	}
}

// TestOthersAreNotBelieved: what a host says of the balancer or of the backups is taken from
// those alone that have them; labels that Prometheus gives tell who they are.
func TestOthersAreNotBelieved(t *testing.T) {
	for _, a := range alert.All() {
		expr := expression(a)
		for _, name := range []string{"haproxy_frontend_http_requests_total", "haproxy_frontend_http_responses_total", "haproxy_server_status"} {
			if strings.Count(expr, name) != strings.Count(expr, name+`{job="haproxy",`) {
				t.Errorf("%s: %s", a.Name, expr)
			}
		}
		if strings.Contains(expr, "foobar_backup_age_seconds") && !strings.Contains(expr, `foobar_backup_age_seconds and on (instance) up{job="mysql"}`) {
			t.Errorf("%s: %s", a.Name, expr)
		}
	}
}

// TestSpans: what an inventory may say, as Prometheus reads it.
func TestSpans(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0m", 90 * time.Second: "90s", 5 * time.Minute: "5m", 36 * time.Hour: "2160m", 1500 * time.Millisecond: "2s"} {
		if got := span(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

// TestTimeBefore: what is compared with ends before the change began, and half of it must be
// known.
func TestTimeBefore(t *testing.T) {
	a := alert.Alert{Name: "requests_spike", Limit: 300, Unit: alert.Percent, Before: 30 * time.Minute, For: 2 * time.Minute}
	want := "100 * site:requests:rate1m / avg_over_time(site:requests:rate1m[30m] offset 3m) > 300 and site:requests:rate1m > 5 and count_over_time(site:requests:rate1m[30m] offset 3m) >= 60"
	if got := expression(a); got != want {
		t.Errorf("%s", got)
	}
}

// TestGrafana: the dashboard as people import it.
func TestGrafana(t *testing.T) {
	got, err := Grafana(&inventory.Inventory{Site: inventory.Site{Name: "foobar"}})
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/grafana.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != string(got) {
		t.Errorf("%s differs (%v); look at it, then run go test -update\n%s", golden, err, got)
	}
}
