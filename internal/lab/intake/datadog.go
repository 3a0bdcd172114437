package intake

import (
	"bytes"
	"compress/gzip"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"foobar/internal/lab/datadog"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// What Datadog's intake takes at most in one request: bytes of metrics as they are sent, bytes
// of either before they were compressed, and lines, of which only the intake for JSON tells a
// limit.
// Sources: docs.datadoghq.com/opentelemetry/setup/otlp_ingest (Intake limits, and Metrics:
// Troubleshooting), docs.datadoghq.com/api/latest/logs (Send logs).
const maxMetrics, maxPlain, maxLines = 500_000, 5_000_000, 1000

// otlp is that intake: whoever has the API key may send. What it gets is of the host that
// its resource names.
// Source: docs.datadoghq.com/opentelemetry/setup/otlp_ingest.
func (in *Intake) otlp() {
	in.mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, r *http.Request) {
		var data metricspb.MetricsData
		if !in.mayAndFits(w, r, maxMetrics) {
			return
		}
		err := body(r, &data)
		if err == nil {
			err = cumulative(&data)
		}
		in.take(w, err, func() []Record { return younger(oldestMetrics, metricRecords("", &data)) })
	})
	in.mux.HandleFunc("POST /v1/logs", func(w http.ResponseWriter, r *http.Request) {
		var data logspb.LogsData
		if !in.mayAndFits(w, r, maxPlain) {
			return
		}
		err := body(r, &data)
		if n := lines(&data); err == nil && n > maxLines {
			err = fmt.Errorf("%d lines are too many", n)
		}
		in.take(w, err, func() []Record { return younger(oldestLines, preprocessed(logRecords("", &data))) })
	})
}

// mayAndFits answers a request whose key is wrong, or of which more bytes are sent than it may
// have, or are there once it is unpacked.
func (in *Intake) mayAndFits(w http.ResponseWriter, r *http.Request, sent int) bool {
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("dd-api-key")), []byte(in.token)) != 1 {
		http.Error(w, "Forbidden", http.StatusForbidden)
		return false
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, int64(sent)+1))
	plain := int64(len(raw))
	if z, bad := gzip.NewReader(bytes.NewReader(raw)); err == nil && len(raw) <= sent && r.Header.Get("Content-Encoding") == "gzip" && bad == nil {
		plain, err = io.Copy(io.Discard, io.LimitReader(z, maxPlain+1))
	}
	if err != nil || len(raw) > sent || plain > maxPlain {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	return true
}

// Attributes that say which host a line is from, and how bad it is, whatever else says so.
// Sources: docs.datadoghq.com/logs/log_configuration/pipelines (Preprocessing), and what
// Datadog's own translation of OTLP makes of attributes: pkg/otlp/logs/transform.go in
// github.com/DataDog/opentelemetry-mapping-go.
var (
	hostKeys  = []string{"host", "hostname", "syslog.hostname"}
	levelKeys = []string{"status", "severity", "level", "syslog.severity"}
)

// preprocessed are lines with the host and the level that their attributes name. A text that
// is JSON is taken for attributes, too.
func preprocessed(list []Record) []Record {
	for i := range list {
		r := &list[i]
		inBody := map[string]any{}
		_ = json.Unmarshal([]byte(r.Body), &inBody) // what is no JSON has none
		for _, all := range []map[string]any{inBody, r.Attributes} {
			for _, key := range hostKeys {
				if v, has := all[key]; has {
					r.Host = fmt.Sprint(v)
				}
			}
			for _, key := range levelKeys {
				if v, has := all[key]; has {
					r.Level = fmt.Sprint(v)
					delete(all, key)
				}
			}
		}
	}
	return list
}

// How old is what is taken and not kept, without a word.
// Sources: docs.datadoghq.com/metrics/custom_metrics/historical_metrics,
// docs.datadoghq.com/logs/log_configuration/pipelines (Date attribute).
const oldestMetrics, oldestLines = time.Hour, 18 * time.Hour

func younger(than time.Duration, list []Record) []Record {
	return slices.DeleteFunc(list, func(r Record) bool { return now().Sub(r.Time) > than })
}

// lines counts them.
func lines(data *logspb.LogsData) (n int) {
	for _, rl := range data.GetResourceLogs() {
		for _, sl := range rl.GetScopeLogs() {
			n += len(sl.GetLogRecords())
		}
	}
	return n
}

// cumulative refuses counters and histograms that say their whole sum.
func cumulative(data *metricspb.MetricsData) error {
	const whole = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	for _, rm := range data.GetResourceMetrics() {
		for _, sm := range rm.GetScopeMetrics() {
			for _, m := range sm.GetMetrics() {
				if m.GetSum().GetIsMonotonic() && m.GetSum().GetAggregationTemporality() == whole || m.GetHistogram().GetAggregationTemporality() == whole || m.GetExponentialHistogram().GetAggregationTemporality() == whole {
					return fmt.Errorf("%s is cumulative: only delta metrics are accepted", m.GetName())
				}
			}
		}
	}
	return nil
}

// Organization is Datadog's API for people with an application key, which finds the lines
// that came, too.
func (in *Intake) Organization(application string) http.Handler {
	o := datadog.New(in.token, application)
	o.Answer("POST /api/v2/logs/analytics/aggregate", in.aggregate)
	return o
}

var wordAnywhere = regexp.MustCompile(`^\*:\*([A-Za-z0-9]+)\*$`)

// aggregate knows one kind of question: lines that hold a word, counted by host.
func (in *Intake) aggregate(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Filter  struct{ Query, From, To string }
		Compute []struct{ Aggregation, Type string }
		GroupBy []struct {
			Facet string
			Limit int
		} `json:"group_by"`
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&q)
	word := wordAnywhere.FindStringSubmatch(q.Filter.Query)
	from, bad := strconv.ParseInt(q.Filter.From, 10, 64)
	if err != nil || bad != nil || word == nil || len(q.Compute) != 1 || q.Compute[0].Aggregation != "count" || len(q.GroupBy) != 1 || q.GroupBy[0].Facet != "host" || q.GroupBy[0].Limit > 10000 {
		answerJSON(w, http.StatusBadRequest, map[string]any{"errors": []string{"Invalid query"}})
		return
	}
	counts := map[string]int{}
	for _, one := range in.store.Records(Query{Kind: Logs, Contains: word[1], Since: time.UnixMilli(from)}) {
		counts[one.Host]++
	}
	buckets := []map[string]any{}
	for host, n := range counts {
		buckets = append(buckets, map[string]any{"by": map[string]string{"host": host}, "computes": map[string]int{"c0": n}})
	}
	answerJSON(w, http.StatusOK, map[string]any{"meta": map[string]any{"status": "done"}, "data": map[string]any{"buckets": buckets}})
}
