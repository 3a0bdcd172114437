package status

import (
	_ "embed" // scripts
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/monitoring/measure"
	"foobar/internal/play"
	"foobar/internal/sh"
)

const (
	// trafficSpan is over how long requests are counted.
	trafficSpan = time.Minute
	// trafficMost bounds what is read of a log, in bytes: a minute of 150 requests a
	// second. Where they are more, it is a shorter time that is counted.
	trafficMost = 4 << 20
)

// Lately is what was answered lately, as the balancer's access log has it: by the site
// or by one server.
type Lately struct {
	// Window is of how many seconds it is.
	Window   float64 `json:"window_seconds"`
	Requests int64   `json:"requests"`
	Rate     float64 `json:"requests_per_second"`
	// Errors are the requests answered with 5xx, ErrorRate their share from 0 to 1.
	Errors    int64   `json:"errors"`
	ErrorRate float64 `json:"error_rate"`
	// Times is nil where nothing was answered whose time says something.
	Times *Times `json:"response_ms,omitempty"`
}

// Times are percentiles of how long requests took, from the first byte of the request
// to the last one of the answer, in milliseconds and to within 5 %.
type Times struct {
	P50 int64 `json:"p50"`
	P95 int64 `json:"p95"`
	P99 int64 `json:"p99"`
}

//go:embed traffic.sh
var askTraffic string

// trafficCount is awk's, behind measure.Times; mawk, gawk and busybox' run it. Source: awk(1p).
//
//go:embed traffic.awk
var trafficCount string

// traffic asks for what the balancer has answered lately; "" where it logs no requests.
func (a questions) traffic() string {
	for _, s := range a.services {
		i := slices.IndexFunc(s.Files, func(f play.File) bool { return f.Format == play.Requests })
		if s.Layer == play.Edge && i >= 0 {
			return sh.Set("log", s.Files[i].Path, "most", strconv.Itoa(trafficMost), "span", strconv.Itoa(int(trafficSpan.Seconds())), "program", measure.Times+trafficCount) + askTraffic
		}
	}
	return ""
}

// readTraffic notes on the balancer and its servers what awk has counted. A server
// that is not named has answered nothing.
func (b *Balancer) readTraffic(lines []string) {
	window, counted := 0.0, map[string][]string{}
	for _, l := range lines {
		f := strings.Fields(l)
		switch {
		case len(f) == 2 && f[0] == "window":
			window = decimal(f[1])
		case len(f) > 2 && f[0] == "site":
			counted[""] = f[1:]
		case len(f) > 3 && f[0] == "server":
			counted[f[1]] = f[2:]
		}
	}
	if window <= 0 || counted[""] == nil {
		return
	}
	b.Lately = latelyOf(window, counted[""])
	for i := range b.Servers {
		b.Servers[i].Lately = latelyOf(window, counted[b.Servers[i].Name])
	}
}

// latelyOf reads "REQUESTS ERRORS" and the three percentiles behind them, if any.
func latelyOf(window float64, f []string) *Lately {
	l := &Lately{Window: window}
	if len(f) < 2 {
		return l
	}
	l.Requests = ask.Number(f[0])
	l.Errors = min(ask.Number(f[1]), l.Requests)
	l.Rate = float64(l.Requests) / window
	if l.Requests > 0 {
		l.ErrorRate = float64(l.Errors) / float64(l.Requests)
	}
	if len(f) == 5 {
		l.Times = &Times{P50: ask.Number(f[2]), P95: ask.Number(f[3]), P99: ask.Number(f[4])}
	}
	return l
}

// lately lists what the site and each of its servers have answered.
func lately(b *strings.Builder, v *Balancer) {
	if v.Lately == nil {
		return
	}
	row := func(name string, l *Lately) string {
		p50, p95, p99 := "", "", ""
		if t := l.Times; t != nil {
			p50, p95, p99 = milliseconds(t.P50), milliseconds(t.P95), milliseconds(t.P99)
		}
		return cells(name, fmt.Sprintf("%.1f", l.Rate), fmt.Sprintf("%.1f%%", l.ErrorRate*100), p50, p95, p99)
	}
	rows := []string{row("the site", v.Lately)}
	for _, s := range v.Servers {
		if s.Lately != nil {
			rows = append(rows, row(s.Name, s.Lately))
		}
	}
	table(b, fmt.Sprintf("LAST %s\tREQ/S\tFAILED\tP50\tP95\tP99", strings.ToUpper(age(seconds(v.Lately.Window)))), rows)
}

// milliseconds writes a time in the unit that keeps it short.
func milliseconds(n int64) string {
	if n >= 10_000 {
		return fmt.Sprintf("%d s", n/1000)
	}
	return fmt.Sprintf("%d ms", n)
}

// Counted are all requests that the balancers have taken and those that failed, and the
// mean time of the slowest of them in milliseconds; ok says that one of them tells.
func (s Status) Counted() (requests, errors, responseTime int64, ok bool) {
	for _, h := range s.Hosts {
		if b := h.Balancer; b != nil && b.Answered {
			requests, errors, ok = requests+b.Front.Requests, errors+b.Front.Status5xx, true
			responseTime = max(responseTime, b.Back.ResponseTime)
		}
	}
	return requests, errors, responseTime, ok
}
