package intake

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

// TestDatadogTakes: its intake refuses what is too large, and does not go by the size of
// lines that were compressed; nor does it take a wrong key, or counters that say their sum.
func TestDatadogTakes(t *testing.T) {
	logs := func(n, long int) proto.Message {
		sl := &logspb.ScopeLogs{}
		for range n {
			sl.LogRecords = append(sl.LogRecords, &logspb.LogRecord{Body: text(strings.Repeat("x", long))})
		}
		return &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{Resource: resource(), ScopeLogs: []*logspb.ScopeLogs{sl}}}}
	}
	metric := func(unit string, of metricspb.AggregationTemporality) proto.Message {
		point := &metricspb.NumberDataPoint{Value: &metricspb.NumberDataPoint_AsInt{AsInt: 1}}
		m := &metricspb.Metric{Name: "m", Unit: unit, Data: &metricspb.Metric_Sum{Sum: &metricspb.Sum{IsMonotonic: true, AggregationTemporality: of, DataPoints: []*metricspb.NumberDataPoint{point}}}}
		return &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{{Resource: resource(), ScopeMetrics: []*metricspb.ScopeMetrics{{Metrics: []*metricspb.Metric{m}}}}}}
	}
	const delta, whole = metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA, metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	noise := make([]byte, 900_000)
	random := rand.NewChaCha8([32]byte{})
	for i := range noise { // more than half is left when they are compressed
		noise[i] = "abcdefghijklmnopqrstuvwxyzABCDEF0123456789+/"[random.Uint64()%44]
	}
	in, _ := service(t)
	for name, c := range map[string]struct {
		path, key string
		m         proto.Message
		plain     bool
		want      int
	}{
		"few lines":             {"/v1/logs", "token", logs(3, 10), false, http.StatusOK},
		"as many as it takes":   {"/v1/logs", "token", logs(1000, 4900), true, http.StatusOK},
		"too many lines":        {"/v1/logs", "token", logs(1001, 10), false, http.StatusBadRequest},
		"lines that are large":  {"/v1/logs", "token", logs(400, 13_000), false, http.StatusRequestEntityTooLarge},
		"another key":           {"/v1/logs", "another", logs(3, 10), false, http.StatusForbidden},
		"metrics":               {"/v1/metrics", "token", metric("s", delta), true, http.StatusOK},
		"cumulative":            {"/v1/metrics", "token", metric("s", whole), false, http.StatusBadRequest},
		"large before":          {"/v1/metrics", "token", metric(strings.Repeat("s", 5_000_000), delta), false, http.StatusRequestEntityTooLarge},
		"large, but compressed": {"/v1/metrics", "token", metric(strings.Repeat("s", 600_000), delta), false, http.StatusOK},
		"not compressed":        {"/v1/metrics", "token", metric(strings.Repeat("s", 600_000), delta), true, http.StatusRequestEntityTooLarge},
		"large even so":         {"/v1/metrics", "token", metric(string(noise), delta), false, http.StatusRequestEntityTooLarge},
	} {
		data, err := proto.Marshal(c.m)
		if err != nil {
			t.Fatal(err)
		}
		header := []string{"Content-Type", "application/x-protobuf", "dd-api-key", c.key}
		if !c.plain {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			z.Write(data)
			z.Close()
			data, header = packed.Bytes(), append(header, "Content-Encoding", "gzip")
		}
		if got := (&client{t: t, in: in}).post(c.path, "", data, header...); got.StatusCode != c.want {
			t.Errorf("%s, %d bytes: status %d; want %d", name, len(data), got.StatusCode, c.want)
		}
	}
}

// TestDatadogPreprocesses: attributes of a line, and of a text that is JSON, say which host
// it is from, whatever its resource says.
func TestDatadogPreprocesses(t *testing.T) {
	for name, c := range map[string]struct {
		body, key, value, host, level string
	}{
		"plain":            {"a line", "uri", "/", "web1", ""},
		"a host":           {"", "host", "www.example.com", "www.example.com", ""},
		"a status":         {"", "status", "404", "web1", "404"},
		"JSON":             {`{"hostname":"x","level":"error"}`, "uri", "/", "x", "error"},
		"names of OTel's":  {"", "http.status_code", "404", "web1", ""},
		"no JSON's object": {`["host"]`, "http.host", "www.example.com", "web1", ""},
	} {
		in, _ := service(t)
		l := &logspb.LogRecord{Body: text(c.body), Attributes: []*commonpb.KeyValue{{Key: c.key, Value: text(c.value)}}}
		res := &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: "host.name", Value: text("web1")}}}
		data := &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{Resource: res, ScopeLogs: []*logspb.ScopeLogs{{LogRecords: []*logspb.LogRecord{l}}}}}}
		raw, err := proto.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		(&client{t: t, in: in}).post("/v1/logs", "", raw, "Content-Type", "application/x-protobuf", "dd-api-key", "token")
		if got := in.store.Records(Query{}); len(got) != 1 || got[0].Host != c.host || got[0].Level != c.level {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestDatadogForgetsWhatIsOld: it answers as always, and does not keep it.
func TestDatadogForgetsWhatIsOld(t *testing.T) {
	at := func(age time.Duration) uint64 { return uint64(time.Now().Add(-age).UnixNano()) }
	in, _ := service(t)
	points := []*metricspb.NumberDataPoint{}
	sl := &logspb.ScopeLogs{}
	for i, age := range []time.Duration{50 * time.Minute, 70 * time.Minute, 17 * time.Hour, 19 * time.Hour} {
		points = append(points, &metricspb.NumberDataPoint{TimeUnixNano: at(age), Value: &metricspb.NumberDataPoint_AsInt{AsInt: int64(i)}})
		sl.LogRecords = append(sl.LogRecords, &logspb.LogRecord{TimeUnixNano: at(age), Body: text(age.String())})
	}
	m := &metricspb.Metric{Name: "m", Data: &metricspb.Metric_Gauge{Gauge: &metricspb.Gauge{DataPoints: points}}}
	for path, data := range map[string]proto.Message{
		"/v1/metrics": &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{{Resource: resource(), ScopeMetrics: []*metricspb.ScopeMetrics{{Metrics: []*metricspb.Metric{m}}}}}},
		"/v1/logs":    &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{Resource: resource(), ScopeLogs: []*logspb.ScopeLogs{sl}}}},
	} {
		raw, err := proto.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		if got := (&client{t: t, in: in}).post(path, "", raw, "Content-Type", "application/x-protobuf", "dd-api-key", "token"); got.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, got.Status)
		}
	}
	if metrics, lines := in.store.Records(Query{Kind: Metrics}), in.store.Records(Query{Kind: Logs}); len(metrics) != 1 || len(lines) != 3 {
		t.Errorf("%d points and %d lines are kept, not 1 and 3", len(metrics), len(lines))
	}
}

// TestNoLineNamesAHost: what nginx and HAProxy log under a name by which Datadog would take a
// line for another host's, or for worse than it is, has another name when it is sent.
func TestNoLineNamesAHost(t *testing.T) {
	read := func(name string) string {
		raw, err := os.ReadFile("../../../templates/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	conf, n := read("datadog/datadog.yaml.tmpl"), 0
	for _, log := range []string{regexp.MustCompile(`(?s)log_format json .*?;`).FindString(read("nginx/nginx.conf.tmpl")), regexp.MustCompile(`log-format .*`).FindString(read("haproxy/haproxy.cfg.tmpl"))} {
		for _, key := range slices.Concat(hostKeys, levelKeys) {
			if strings.Contains(log, `"`+key+`":`) {
				n++
				if !strings.Contains(conf, `delete_key(attributes, "`+key+`")`) || !strings.Contains(conf, `attributes["`+key+`"]) where`) {
					t.Errorf("%s is sent under this name", key)
				}
			}
		}
	}
	if n != 3 {
		t.Errorf("%d such names are logged, not 3", n)
	}
}
