package measure

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestAppMetrics: what an application tells goes to the collector, in bounds, under its own
// names alone, and its figures are no part of those that are kept.
func TestAppMetrics(t *testing.T) {
	hosts(t, func(t *testing.T, h *host) {
		var mu sync.Mutex
		told, given := "", []string{}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case r.URL.Path != "/metrics":
				body, _ := io.ReadAll(r.Body)
				given = append(given, string(body))
			case r.Host != "www.foobar.com" || told == "":
				http.Error(w, "no", http.StatusMisdirectedRequest)
			default:
				_, _ = io.WriteString(w, told)
			}
		}))
		defer server.Close()
		h.sender = filepath.Join(h.dir, "curl")
		h.write(h.sender, "url = \""+server.URL+"/secret\"\n")
		h.questions.app, h.questions.domain = server.URL+"/metrics", "www.foobar.com"
		tell := func(text string) (series float64, metrics map[string]string) {
			mu.Lock()
			told, given = text, nil
			mu.Unlock()
			figures, _ := h.run()
			if len(given) == 1 {
				return figures["foobar_app_series"], nil
			}
			return figures["foobar_app_series"], metricsOf(t, given[1])
		}
		text := "# HELP x_total Requests.\n# TYPE x_total counter\nx_total{path=\"/a\\\"b\\n\\\\\", code = \"200\",} 12\nx_total{path=\"/é\"} 1.5e3 1700000000\n" +
			"# TYPE t histogram\nt_bucket{le=\"+Inf\"} 3\nt_sum .5\nt_count 3\n# TYPE g gauge\ng{} -1\r\nuntyped 7 # {trace=\"1\"} 1\n" +
			"foobar_requests_total 1\nnode_load1 9\nbroken{a=\"b\" 1\nbroken 1x\nbroken{a=\"\\q\"} 1\nnan NaN\ninf +Inf\nlarge 1e999\n<html>\n"
		series, metrics := tell(text)
		want := map[string]string{"x_total": `sum [12 map[code:200 path:/a"b` + "\n" + `\]] [1500 map[path:/é]]`, "t_bucket": "sum [3 map[le:+Inf]]", "t_sum": "sum [0.5 map[]]", "t_count": "sum [3 map[]]", "g": "gauge [-1 map[]]", "untyped": "gauge [7 map[]]"}
		if series != 7 || !maps.Equal(metrics, want) {
			t.Errorf("%v series: %q\nwant %q", series, metrics, want)
		}
		for what, text := range map[string]string{"no answer": "", "too many series": strings.Repeat("a 1\n", AppSeries+1), "too many bytes": "#" + strings.Repeat("x", AppBytes) + "\na 1\n"} {
			if series, metrics := tell(text); series != 0 || metrics != nil {
				t.Errorf("%s: %v series: %q", what, series, metrics)
			}
		}
		if series, metrics := tell(strings.Repeat("a 1\n", AppSeries)); series != AppSeries || len(metrics) != 1 {
			t.Errorf("%v series, not %d: %q", series, AppSeries, metrics)
		}
	})
}

// metricsOf reads what a collector was given: by name the kind, and values with labels.
func metricsOf(t *testing.T, body string) map[string]string {
	t.Helper()
	type points struct {
		DataPoints []struct {
			AsDouble   float64
			Attributes []struct {
				Key   string
				Value struct{ StringValue string }
			}
		}
	}
	var doc struct {
		ResourceMetrics []struct {
			ScopeMetrics []struct {
				Metrics []struct {
					Name       string
					Sum, Gauge *points
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatalf("%v: %.300s", err, body)
	}
	metrics := map[string]string{}
	for _, m := range doc.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		kind, p := "sum", m.Sum
		if p == nil {
			kind, p = "gauge", m.Gauge
		}
		for _, point := range p.DataPoints {
			labels := map[string]string{}
			for _, a := range point.Attributes {
				labels[a.Key] = a.Value.StringValue
			}
			kind += fmt.Sprintf(" %v", []any{point.AsDouble, labels})
		}
		metrics[m.Name] = kind
	}
	return metrics
}
