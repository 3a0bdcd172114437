package otelcol

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
)

// section is that of the collector's own metrics.
const section = "collector-metrics"

// own is a URL of the metrics that the collector has of itself.
var own = fmt.Sprintf("http://127.0.0.1:%d/metrics", ownMetrics)

// Question asks the collector for its own metrics: what it has taken, and what the service
// has taken from it.
func (Collector) Question() string {
	return "section " + section + "; curl -q -sS --max-time 10 --noproxy '*' " + own + " 2>&1 | grep -v '^#' | head -c 1000000\n"
}

// counts are a collector's own metrics, summed over what is of no interest here.
type counts struct {
	accepted map[string]float64 // lines, by the receiver that took them
	// lines and points are what the service has taken; failed is what it refused for good.
	lines, points, failed float64
	waiting               float64 // batches in the queues
	// taken are metrics, and read lines, by all receivers.
	taken, read float64
	uptime      float64 // of the collector, in seconds
	known       bool
}

var (
	sample   = regexp.MustCompile(`^otelcol_([a-z_]+?)(?:_total)?(?:\{(.*)\})? ([0-9.e+]+)$`)
	receiver = regexp.MustCompile(`(?:^|,)receiver="([^"]*)"`)
)

// Source: the OpenTelemetry collector's "Internal telemetry".
func countsOf(lines []string) counts {
	c := counts{accepted: map[string]float64{}}
	for _, line := range lines {
		m := sample.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		v, err := strconv.ParseFloat(m[3], 64)
		if err != nil || v > 1e15 {
			continue
		}
		c.known = true
		switch m[1] {
		case "receiver_accepted_log_records":
			c.read += v
			if r := receiver.FindStringSubmatch(m[2]); r != nil {
				c.accepted[r[1]] += v
			}
		case "receiver_accepted_metric_points":
			c.taken += v
		case "process_uptime":
			c.uptime = v
		case "exporter_sent_log_records":
			c.lines += v
		case "exporter_sent_metric_points":
			c.points += v
		case "exporter_send_failed_log_records", "exporter_send_failed_metric_points":
			c.failed += v
		case "exporter_queue_size":
			c.waiting += v
		}
	}
	return c
}

// Prove wants of every collector that it has taken the lines of the requests, that the
// service has taken as many from it, and metrics as well, and that nothing waits. What the
// service makes of them cannot be seen by a collector.
func (c Collector) Prove(e monitoring.Evidence) (p monitoring.Proof) {
	p.Open = []string{"a search in " + c.Service + " finds the lines: it has answered that it took them, and was not asked for them"}
	for _, h := range e.Inv.Hosts {
		if !e.Asked(h.Name) {
			continue
		}
		logs := monitoring.LogsOf(e.Inv, "otelcol-sumo", h.Name)
		before, now := countsOf(e.Before[h.Name].Lines(section)), countsOf(e.Now[h.Name].Lines(section))
		if !before.known || !now.known {
			said := strings.Join(strings.Fields(e.Now[h.Name].Text(section)), " ")
			p.Lacks(h.Name, fault.DataStale, logs, "its collector does not tell what it has sent: %s", ask.Printable(said, 200))
			continue
		}
		wanted := 0
		for _, l := range e.Logged {
			if l.Host != h.Name {
				continue
			}
			wanted += l.Lines
			for _, name := range l.Service.Collected.Logs {
				if took := now.accepted[name] - before.accepted[name]; took < float64(l.Lines) {
					p.Lacks(h.Name, fault.LineMissing, logs, "its collector has taken %.0f lines of %s, where at least %d came", max(took, 0), l.Service.Name, l.Lines)
				}
			}
		}
		lines, points := now.lines-before.lines, now.points-before.points
		switch {
		case now.failed > before.failed:
			p.Lacks(h.Name, fault.DataStale, logs, "%s has refused %.0f lines or metrics of its collector", c.Service, now.failed-before.failed)
		case lines < float64(wanted):
			p.Lacks(h.Name, fault.LineMissing, logs, "%s has taken %.0f lines from its collector, where at least %d came; it holds %.0f", c.Service, max(lines, 0), wanted, max(0, now.read-now.lines))
		case points <= 0:
			p.Lacks(h.Name, fault.DataStale, logs, "%s has taken no metrics from its collector since the requests; it holds %.0f", c.Service, max(0, now.taken-now.points))
		default:
			p.Saw(h.Name, "%s has taken %.0f lines and %.0f metrics from its collector since", c.Service, lines, points)
		}
	}
	return p
}
