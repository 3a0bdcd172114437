package prometheus

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/sh"
	"foobar/inventory"
)

// AlarmHost runs Alertmanager.
func (Provider) AlarmHost(inv *inventory.Inventory) *inventory.Host { return inv.PrometheusHost() }

// AlarmQuestion asks Alertmanager for its notifications, by the kind of receiver, and for
// the names of its receivers.
func (Provider) AlarmQuestion() string {
	get := func(path string) string {
		return fmt.Sprintf("curl -sS --max-time 10 --noproxy '*' http://127.0.0.1:%d%s 2>&1", alertsPort, path)
	}
	return "section notifications; " + get("/metrics") + " | grep -E '^(curl|alertmanager_notification_requests_)' | head -c 65536\n" +
		"section receivers; " + get("/api/v2/receivers") + " | head -c 65536\n"
}

// Raise gives Alertmanager the alert, as Prometheus would. It is critical, because not
// everybody is told of less.
// Source: Alertmanager's openapi.yaml, POST /api/v2/alerts.
func (Provider) Raise(inv *inventory.Inventory, mark string, lasts time.Duration) string {
	now := time.Now().UTC()
	alert := []map[string]any{{
		"labels":      map[string]string{"alertname": "FoobarVerify", "site": inv.Site.Name, "severity": "critical", "mark": mark},
		"annotations": map[string]string{"summary": "A test: foobar verify --alert was run. Nothing is wrong.", "description": "It ends by itself."},
		"startsAt":    now.Add(-time.Minute).Format(time.RFC3339), "endsAt": now.Add(lasts).Format(time.RFC3339),
	}}
	text, err := json.Marshal(alert)
	if err != nil { // of strings alone
		panic(err)
	}
	return fmt.Sprintf("section raised; curl -sS -f --max-time 10 --noproxy '*' -o /dev/null -H 'Content-Type: application/json' --data-binary %s http://127.0.0.1:%d/api/v2/alerts 2>&1 && echo raised\n", sh.Quote(string(text)), alertsPort)
}

var notification = regexp.MustCompile(`^alertmanager_notification_requests_(total|failed_total)\{(.*)\} ([0-9.e+]+)$`)
var integration = regexp.MustCompile(`(?:^|,)integration="([^"]*)"`)

// notified has the requests to receivers so far and those that failed, by the kind of
// receiver: each of the first ended well or is one of the second. (Notifications as a
// whole are counted when they begin.)
func notified(a *ask.Answer) (all, failed map[string]float64) {
	all, failed = map[string]float64{}, map[string]float64{}
	for _, line := range a.Lines("notifications") {
		m := notification.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		kind := integration.FindStringSubmatch(m[2])
		v, err := strconv.ParseFloat(m[3], 64)
		if kind == nil || err != nil || v > 1e15 {
			continue
		}
		if m[1] == "total" {
			all[kind[1]] += v
		} else {
			failed[kind[1]] += v
		}
	}
	return all, failed
}

// Alarmed wants a notification given out that did not fail.
func (Provider) Alarmed(inv *inventory.Inventory, before, now *ask.Answer) (p monitoring.Proof, over bool) {
	h := inv.PrometheusHost()
	logs := monitoring.LogsOf(inv, "prometheus", h.Name)
	all, failed := notified(now)
	if len(all) == 0 {
		p.Lacks(h.Name, fault.AlertLost, logs, "Alertmanager does not tell of its notifications: %s", ask.Printable(strings.Join(now.Lines("notifications"), " "), 200))
		return p, false
	}
	then, thenFailed := notified(before)
	lost := 0.0
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		bad := failed[kind] - thenFailed[kind]
		if all[kind]-then[kind]-bad > 0 {
			p.Saw(h.Name, "Alertmanager has given the test alert to a receiver, by %s", ask.Printable(kind, 40))
		}
		if lost += max(0, bad); bad > 0 {
			p.Lacks(h.Name, fault.AlertLost, logs, "Alertmanager could not give out a notification by %s", ask.Printable(kind, 40))
		}
	}
	if len(p.Proved) == 0 && lost == 0 {
		if nobody(now) {
			p.Lacks(h.Name, fault.AlertLost, "name who is to be told: foobar docs monitoring.notify", "Alertmanager knows no receiver, so its alerts reach nobody")
			over = true
		} else {
			p.Lacks(h.Name, fault.AlertLost, logs, "Alertmanager has given the test alert to no receiver yet")
		}
	}
	return p, over || len(p.Proved) > 0
}

// nobody reports whether the only receiver is that of templates/prometheus/alertmanager.yml
// which notifies nobody.
func nobody(a *ask.Answer) bool {
	var list []struct{ Name string }
	return json.Unmarshal([]byte(a.Text("receivers")), &list) == nil && len(list) == 1 && list[0].Name == "nobody"
}
