package datadog

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"foobar/internal/monitoring/alert"
	"foobar/inventory"
)

// minutes are figures by the name of their metric, the newest last; NaN is none.
type minutes map[string][]float64

var (
	shiftOf = regexp.MustCompile(`timeshift\([a-z_]+?(_rollup)?(_fill)?, -\d+\)`)
	metric  = regexp.MustCompile(`(?:sum|max|min):([a-z_]+)\{[^}]*\}`)
	rollup  = regexp.MustCompile(`\.rollup\(avg, 60\)`)
	fill    = regexp.MustCompile(`\.fill\(last, 180\)`)
	whole   = regexp.MustCompile(`^(min|max)\(last_(\d+)m\):(.*) ([<>]) (-?[0-9.]+)$`)
)

// raised works a monitor's query out as Datadog documents it: a minute without a value is
// left out, and so is what was divided by nothing. All before those minutes is as in "before".
// Without a rollup it looks at parts of a minute, of which one has the minute's figure.
func raised(t *testing.T, query string, m minutes) bool {
	t.Helper()
	parts := whole.FindStringSubmatch(query)
	if parts == nil {
		t.Fatalf("no query: %s", query)
	}
	text := fill.ReplaceAllString(rollup.ReplaceAllString(metric.ReplaceAllString(parts[3], "$1"), "_rollup"), "_fill")
	text = shiftOf.ReplaceAllString(text, "before$1$2")
	e, err := parser.ParseExpr(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	n, _ := strconv.Atoi(parts[2])
	limit, _ := strconv.ParseFloat(parts[5], 64)
	raised, any := true, false
	for i := range n * parted {
		v := value(t, e, m, i)
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		any = true
		raised = raised && (v > limit) == (parts[4] == ">") && v != limit
	}
	return any && raised
}

// parted is how many parts of a minute are looked at.
const parted = 3

// figure is that of a metric in a part of a minute, the first of which it came in.
func (m minutes) figure(name string, i int) float64 {
	name, filled := strings.CutSuffix(name, "_fill")
	name, whole := strings.CutSuffix(name, "_rollup")
	list := m[name]
	at := func(i int) float64 {
		if i%parted != 0 && !whole {
			return math.NaN()
		}
		return list[min(i/parted, len(list)-1)]
	}
	v := at(i)
	for back := 1; filled && math.IsNaN(v) && back <= 3*parted && i-back >= 0; back++ {
		v = at(i - back)
	}
	return v
}

// value is an expression's in a part of a minute.
func value(t *testing.T, e ast.Expr, m minutes, i int) float64 {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return value(t, e.X, m, i)
	case *ast.BasicLit:
		v, _ := strconv.ParseFloat(e.Value, 64)
		return v
	case *ast.Ident:
		return m.figure(e.Name, i)
	case *ast.BinaryExpr:
		x, y := value(t, e.X, m, i), value(t, e.Y, m, i)
		return map[token.Token]float64{token.ADD: x + y, token.SUB: x - y, token.MUL: x * y, token.QUO: x / y}[e.Op]
	case *ast.CallExpr:
		x, limit := value(t, e.Args[0], m, i), 0.0
		if len(e.Args) > 1 {
			limit = value(t, e.Args[1], m, i)
		}
		switch name := e.Fun.(*ast.Ident).Name; {
		case math.IsNaN(x) && name != "cutoff_min":
			return limit
		case name == "clamp_min":
			return max(x, limit)
		case name == "clamp_max":
			return min(x, limit)
		case name == "default_zero":
			return x
		case name == "cutoff_min" && x >= limit:
			return x
		case name == "cutoff_min":
			return math.NaN()
		}
	}
	t.Fatalf("%T is not known", e)
	return 0
}

// TestOneMinuteRaisesNothing: a limit must be crossed in all minutes, and few requests, or
// none, are no reason to leave a minute out.
func TestOneMinuteRaisesNothing(t *testing.T) {
	const rate, errors, slow = "foobar_requests_per_second", "foobar_request_errors_ratio", "foobar_response_time_seconds"
	nan := math.NaN()
	inv := &inventory.Inventory{Site: inventory.Site{Name: "foobar"}, Hosts: []*inventory.Host{{Name: "lb1", Private: []netip.Addr{netip.MustParseAddr("10.0.0.1")}, Roles: []string{inventory.LB}}}}
	for name, c := range map[string]struct {
		alert string
		m     minutes
		want  bool
	}{
		"a spike":                         {"requests_spike", minutes{rate: {50}, "before": {10}}, true},
		"a busy minute":                   {"requests_spike", minutes{rate: {0, 1, 50, 0, 2}, "before": {1}}, false},
		"a busy minute after none":        {"requests_spike", minutes{rate: {nan, nan, 50, nan, nan}, "before": {1}}, false},
		"many, as before":                 {"requests_spike", minutes{rate: {50}, "before": {40}}, false},
		"nothing known of before":         {"requests_spike", minutes{rate: {50}, "before": {nan}}, false},
		"a drop":                          {"requests_drop", minutes{rate: {1}, "before": {10}}, true},
		"no requests":                     {"requests_drop", minutes{rate: {nan}, "before": {10}}, true},
		"a minute of before was busy":     {"requests_drop", minutes{rate: {0}, "before": {0, 0.1, 10, 0, 0.5}}, false},
		"few before":                      {"requests_drop", minutes{rate: {0}, "before": {0.9}}, false},
		"none before":                     {"requests_drop", minutes{rate: {0}, "before": {0}}, false},
		"known of before in one minute":   {"requests_drop", minutes{rate: {0}, "before": {nan, nan, 10, nan, nan}}, false},
		"errors":                          {"error_rate", minutes{rate: {3}, errors: {0.5}}, true},
		"one error in a minute of five":   {"error_rate", minutes{rate: {0, 0.2, 0, 0.01, 0}, errors: {0, 1, 0, 0, 0}}, false},
		"errors among few requests":       {"error_rate", minutes{rate: {0.02, 0.2, 0.05, 0.05, 0.03}, errors: {1}}, false},
		"slow":                            {"latency", minutes{rate: {3}, slow: {2}}, true},
		"one slow request in the minutes": {"latency", minutes{rate: {0, 0.02, 0, 0, 0, 0, 0, 0, 0, 0}, slow: {nan, 5, nan, nan, nan, nan, nan, nan, nan, nan}}, false},
		"one between others":              {"latency", minutes{rate: {0, 0.02, 0, 0, 0, 0, 0, 0, 0, 0}, slow: {5}}, false},
	} {
		for _, a := range alert.All() {
			if a.Name != c.alert {
				continue
			}
			query := monitors(inv, a)[0].Query
			if got := raised(t, query, c.m); got != c.want {
				t.Errorf("%s: %v by %s", name, got, strings.ReplaceAll(query, "{foobar_site:foobar AND host IN (lb1)}", "{}"))
			}
		}
	}
}
