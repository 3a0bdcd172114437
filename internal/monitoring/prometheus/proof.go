package prometheus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// section is that of Prometheus' answer.
const section = "prometheus"

// fetch is shell that asks Prometheus on this host, and prints its answer.
// Source: Prometheus' "HTTP API", GET /api/v1/query.
func fetch(expression string) string {
	return asking("--max-time 10 -G --data-urlencode "+sh.Quote("query="+expression)+
		fmt.Sprintf(" http://127.0.0.1:%d/api/v1/query 2>&1", Port)) + " | head -c 1000000\n"
}

// answered is one value of an answer, with the labels that queries here give it.
type answered struct {
	Ask, Job, Instance string
	Value              float64
}

// read understands what Prometheus answers to an instant query.
func read(text string) ([]answered, error) {
	var said struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if json.Unmarshal([]byte(text), &said) != nil {
		return nil, fmt.Errorf("Prometheus does not answer: %s", ask.Printable(strings.TrimSpace(text), 200))
	}
	if said.Status != "success" {
		return nil, fmt.Errorf("Prometheus does not take the question: %s", ask.Printable(said.Error, 200))
	}
	var list []answered
	for _, r := range said.Data.Result {
		digits, _ := r.Value[1].(string)
		v, err := strconv.ParseFloat(digits, 64)
		if err != nil || v != v || v > 1e15 || v < -1e15 {
			continue
		}
		list = append(list, answered{r.Metric["ask"], r.Metric["job"], r.Metric["instance"], v})
	}
	return list, nil
}

// as names what a part of a question is about.
func as(word, expression string) string {
	return "label_replace(" + expression + `, "ask", "` + word + `", "", "")`
}

// Question asks Prometheus, on its host, for the last look at each target, and for the
// counters of requests.
func (Provider) Question(inv *inventory.Inventory, services play.Services, h *inventory.Host) string {
	if h != inv.PrometheusHost() {
		return ""
	}
	parts := []string{as("up", "up"), as("at", "timestamp(up)"), as("now", "vector(time())")}
	var counters []string
	for _, s := range services.Each() {
		if s.Exporter.Requests != "" {
			counters = append(counters, s.Exporter.Requests)
		}
	}
	if len(counters) > 0 {
		parts = append(parts, as("requests", "sum by (instance, job) ("+strings.Join(counters, " or ")+")"))
	}
	return "section " + section + "; " + fetch(strings.Join(parts, " or "))
}

// look is one answer of Prometheus.
type look struct {
	now time.Time
	// up and at are of targets: whether they answered last, and when that was.
	up       map[scraped]bool
	at       map[scraped]time.Time
	requests map[scraped]float64
}

// scraped is a target: an exporter of a host.
type scraped struct{ host, job string }

func lookOf(a *ask.Answer) (look, error) {
	l := look{up: map[scraped]bool{}, at: map[scraped]time.Time{}, requests: map[scraped]float64{}}
	list, err := read(a.Text(section))
	for _, v := range list {
		t := scraped{v.Instance, v.Job}
		switch v.Ask {
		case "now":
			l.now = unix(v.Value)
		case "up":
			l.up[t] = v.Value == 1
		case "at":
			l.at[t] = unix(v.Value)
		case "requests":
			l.requests[t] = v.Value
		}
	}
	if err == nil && l.now.IsZero() {
		err = fmt.Errorf("Prometheus does not say what time it is")
	}
	return l, err
}

func unix(seconds float64) time.Time { return time.UnixMilli(int64(seconds * 1000)) }

// Prove wants every exporter of every host asked with success since the requests were
// sent, and the counters of requests risen by those that the logs have.
func (Provider) Prove(e monitoring.Evidence) (p monitoring.Proof) {
	p.Open = []string{"lines of logs leave the hosts: Prometheus keeps metrics alone"}
	h := e.Inv.PrometheusHost()
	if h == nil || !e.Asked(h.Name) {
		return p // that it was not reached is said already
	}
	logs := monitoring.LogsOf(e.Inv, "prometheus", h.Name)
	var looks [3]look
	for i, a := range []*ask.Answer{e.Before[h.Name], e.Sent[h.Name], e.Now[h.Name]} {
		var err error
		if looks[i], err = lookOf(a); err != nil {
			p.Lacks(h.Name, fault.DataStale, logs, "%v", err)
			return p
		}
	}
	before, sent, now := looks[0], looks[1], looks[2]
	all, fresh := targets(e.Inv, e.Services), 0
	for _, t := range all {
		switch at, known := now.at[t]; {
		case !known:
			p.Lacks(t.host, fault.DataStale, logs, "Prometheus on %s does not ask for its metrics of %s", h.Name, t.job)
		case !now.up[t]:
			p.Lacks(t.host, fault.DataStale, monitoring.LogsOf(e.Inv, door, t.host), "Prometheus on %s gets no metrics of %s from it", h.Name, t.job)
		case at.Before(sent.now):
			p.Lacks(t.host, fault.DataStale, logs, "Prometheus on %s has no metrics of %s since the requests", h.Name, t.job)
		default:
			fresh++
		}
	}
	p.Saw(h.Name, "Prometheus has metrics since the requests of %d of %d exporters", fresh, len(all))
	for _, l := range e.Logged {
		t := scraped{l.Host, l.Service.Exporter.Name}
		if l.Service.Exporter.Requests == "" || l.Lines == 0 || !slices.Contains(all, t) || !now.up[t] {
			continue
		}
		was, known := before.requests[t]
		rose := now.requests[t] - was
		switch {
		case rose >= float64(l.Lines) && known:
			p.Saw(l.Host, "Prometheus counts %.0f more requests of %s", rose, l.Service.Name)
			continue
		case rose >= float64(l.Lines):
			p.Saw(l.Host, "Prometheus counts %.0f requests of %s, and had no count of them before", rose, l.Service.Name)
			continue
		}
		p.Lacks(l.Host, fault.DataStale, logs, "Prometheus on %s counts %.0f more requests of %s, where at least %d came", h.Name, max(rose, 0), l.Service.Name, l.Lines)
	}
	return p
}

// targets are all that Prometheus is to ask of hosts.
func targets(inv *inventory.Inventory, services play.Services) (list []scraped) {
	for _, h := range inv.Hosts {
		for _, e := range exporters(services[h.Name]) {
			list = append(list, scraped{h.Name, e.Name})
		}
	}
	return list
}
