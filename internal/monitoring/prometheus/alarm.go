package prometheus

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/sh"
	"foobar/inventory"
)

// AlarmHost runs Alertmanager.
func (Provider) AlarmHost(inv *inventory.Inventory) *inventory.Host { return inv.PrometheusHost() }

// mostLogged bounds the log of notifications, in bytes; an entry takes about a hundred.
const mostLogged = 700_000

// AlarmQuestion asks Alertmanager for its log of who was told, for its failures, by the kind
// of receiver, and for the names of its receivers.
func (Provider) AlarmQuestion() string {
	get := func(path string) string {
		return asking(fmt.Sprintf("--max-time 10 http://127.0.0.1:%d%s 2>&1", alertsPort, path))
	}
	return fmt.Sprintf("section told; setpriv --reuid=%[1]s --regid=%[1]s --clear-groups timeout 5 head -c %[2]d -- %[3]s/nflog 2>/dev/null | base64 -w0\n", user, mostLogged, alertsData) +
		"section failures; " + get("/metrics") + " | grep -E '^(curl|alertmanager_notification_requests_failed_total)' | head -c 65536\n" +
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
	return "section raised; if [ ! -f " + passwordFile + " ]; then echo 'Alertmanager was set up by an earlier version of foobar: deploy first'; else " + asking(fmt.Sprintf("-f --max-time 10 -o /dev/null -H 'Content-Type: application/json' --data-binary %s http://127.0.0.1:%d/api/v2/alerts 2>&1 && echo raised; fi\n", sh.Quote(string(text)), alertsPort))
}

// told are the receivers that Alertmanager has noted as told of the alert with a mark. Its
// log is a list of messages with their lengths before them: {1: {1: the group's key, 2: {1:
// the receiver's name}}}. The alert has a group of its own, as groups are by mark.
// Source: Alertmanager's nflog/nflogpb/nflog.proto.
func told(a *ask.Answer, mark string) map[string]bool {
	log, err := base64.StdEncoding.DecodeString(strings.TrimSpace(a.Text("told")))
	names := map[string]bool{}
	for err == nil && len(log) > 0 {
		message, n := protowire.ConsumeBytes(log)
		if n < 0 {
			break
		}
		log = log[n:]
		entry := part(message, 1)
		if strings.Contains(string(part(entry, 1)), "mark="+strconv.Quote(mark)) {
			names[string(part(part(entry, 2), 1))] = true
		}
	}
	return names
}

// part is the field of a message with a number, nil where it has none.
func part(message []byte, want protowire.Number) []byte {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeField(message)
		if n < 0 {
			return nil
		}
		if number == want && kind == protowire.BytesType {
			_, _, tag := protowire.ConsumeTag(message)
			value, _ := protowire.ConsumeBytes(message[tag:])
			return value
		}
		message = message[n:]
	}
	return nil
}

var failure = regexp.MustCompile(`^alertmanager_notification_requests_failed_total\{(.*)\} ([0-9.e+]+)$`)
var integration = regexp.MustCompile(`(?:^|,)integration="([^"]*)"`)

// failures are the requests to receivers that failed so far, by the kind of receiver.
func failures(a *ask.Answer) map[string]float64 {
	all := map[string]float64{}
	for _, line := range a.Lines("failures") {
		m := failure.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		kind := integration.FindStringSubmatch(m[1])
		if v, err := strconv.ParseFloat(m[2], 64); err == nil && kind != nil && v < 1e15 {
			all[kind[1]] += v
		}
	}
	return all
}

// Alarmed wants every receiver told of the very alert with the mark: all are told of what is
// critical. That another notification of the kind failed meanwhile may say why one was not.
func (Provider) Alarmed(inv *inventory.Inventory, mark string, before, now *ask.Answer) (p monitoring.Proof, over bool) {
	h := inv.PrometheusHost()
	logs := monitoring.LogsOf(inv, "prometheus", h.Name)
	var receivers []struct{ Name string }
	if err := json.Unmarshal([]byte(now.Text("receivers")), &receivers); err != nil {
		p.Lacks(h.Name, fault.AlertLost, logs, "Alertmanager does not tell of its receivers: %s", ask.Printable(now.Text("receivers"), 200))
		return p, false
	}
	reached, then, since := told(now, mark), failures(before), failures(now)
	for _, r := range receivers {
		kind, _, _ := strings.Cut(r.Name, "-") // as notify.go names them
		failed := since[kind] - then[kind]
		switch {
		case r.Name == nobody:
		case reached[r.Name]:
			p.Saw(h.Name, "Alertmanager has given the test alert to %s", ask.Printable(r.Name, 40))
		case failed > 0:
			p.Lacks(h.Name, fault.AlertLost, logs, "Alertmanager could not give the test alert to %s: since it was raised, %.0f requests by %s failed", ask.Printable(r.Name, 40), failed, ask.Printable(kind, 40))
		default:
			p.Lacks(h.Name, fault.AlertLost, logs, "Alertmanager has not given the test alert to %s yet", ask.Printable(r.Name, 40))
		}
	}
	if len(p.Proved)+len(p.Missing) == 0 {
		p.Lacks(h.Name, fault.AlertLost, "name who is to be told: foobar docs monitoring.notify", "Alertmanager knows no receiver, so its alerts reach nobody")
		return p, true
	}
	return p, len(p.Missing) == 0
}

// nobody is the receiver of templates/prometheus/alertmanager.yml that notifies nobody.
const nobody = "nobody"
