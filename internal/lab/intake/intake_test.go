package intake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

func service(t *testing.T) (*Intake, string) {
	name := filepath.Join(t.TempDir(), "records.jsonl")
	store, err := NewStore(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return New("token", store), name
}

type client struct {
	t       *testing.T
	in      http.Handler
	id, key string
}

func (c *client) post(path, bearer string, body []byte, header ...string) *http.Response {
	r := httptest.NewRequest("POST", path, bytes.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	} else {
		r.SetBasicAuth(c.id, c.key)
	}
	w := httptest.NewRecorder()
	c.in.ServeHTTP(w, r)
	return w.Result()
}

func (c *client) register(body string) (name string) {
	resp := c.post("/api/v1/collector/register", "token", []byte(body))
	var got struct{ CollectorCredentialID, CollectorCredentialKey, CollectorName string }
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || resp.StatusCode != 200 {
		c.t.Fatalf("register: %s %v", resp.Status, err)
	}
	c.id, c.key = got.CollectorCredentialID, got.CollectorCredentialKey
	return got.CollectorName
}

func (c *client) send(path string, m proto.Message) *http.Response {
	data, err := proto.Marshal(m)
	if err != nil {
		c.t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(data)
	z.Close()
	return c.post(path, "", packed.Bytes(), "Content-Type", "application/x-protobuf", "Content-Encoding", "gzip")
}

func text(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func resource() *resourcepb.Resource {
	return &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: "_sourceCategory", Value: text("foobar/web/nginx")}, {Key: "host.name", Value: text("web1")}}}
}

func logLines(lines ...string) *logspb.LogsData {
	scope := &logspb.ScopeLogs{}
	for _, l := range lines {
		scope.LogRecords = append(scope.LogRecords, &logspb.LogRecord{TimeUnixNano: 1e18, Body: text(l)})
	}
	scope.LogRecords = append(scope.LogRecords, &logspb.LogRecord{TimeUnixNano: 1e18, Attributes: []*commonpb.KeyValue{{Key: "status", Value: text("502")}}})
	return &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{Resource: resource(), ScopeLogs: []*logspb.ScopeLogs{scope}}}}
}

func TestACollectorsLife(t *testing.T) {
	in, file := service(t)
	c := &client{t: t, in: in}
	if resp := c.post("/api/v1/collector/heartbeat", "", nil); resp.StatusCode != 401 {
		t.Fatalf("the heartbeat of an unregistered collector: %s", resp.Status)
	}
	if name := c.register(`{"collectorName":"web1","hostname":"web1","category":"foobar/web","clobber":true,"fields":{"a":"b"}}`); name != "web1" {
		t.Fatalf("registered as %q", name)
	}
	if resp := c.post("/api/v1/collector/heartbeat", "", nil); resp.StatusCode != 204 {
		t.Fatalf("heartbeat: %s", resp.Status)
	}
	resp := c.send("/api/v1/collector/logs", logLines("one", "two"))
	if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 || len(body) != 0 || resp.Header.Get("Content-Length") != "0" {
		t.Fatalf("logs: %s %q", resp.Status, body)
	}
	metric := &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{{Resource: resource(), ScopeMetrics: []*metricspb.ScopeMetrics{{Metrics: []*metricspb.Metric{
		{Name: "nginx.requests", Data: &metricspb.Metric_Sum{Sum: &metricspb.Sum{DataPoints: []*metricspb.NumberDataPoint{{Value: &metricspb.NumberDataPoint_AsInt{AsInt: 7}}}}}},
		{Name: "load", Data: &metricspb.Metric_Gauge{Gauge: &metricspb.Gauge{DataPoints: []*metricspb.NumberDataPoint{{Value: &metricspb.NumberDataPoint_AsDouble{AsDouble: 0.5}}}}}},
	}}}}}}
	if resp := c.send("/api/v1/collector/metrics", metric); resp.StatusCode != 200 {
		t.Fatalf("metrics: %s", resp.Status)
	}

	all := in.store.Collectors()
	if len(all) != 1 || all[0].Heartbeats != 1 || all[0].Logs["foobar/web/nginx"] != 3 || all[0].Metrics["nginx.requests"] != 1 {
		t.Errorf("summary: %+v", all)
	}
	for _, tc := range []struct {
		query Query
		want  string
	}{
		{Query{Kind: Logs}, "one|two|{\"status\":\"502\"}"},
		{Query{Kind: Logs, Contains: "502"}, "{\"status\":\"502\"}"},
		{Query{Kind: Logs, Host: "web2"}, ""},
		{Query{Kind: Logs, Category: "foobar/lb"}, ""},
		{Query{Kind: Metrics, Host: "web1"}, "nginx.requests 7|load 0.5"},
		{Query{Kind: Registrations, Category: "foobar/web"}, `{"clobber":true,"ephemeral":false,"fields":{"a":"b"},"timeZone":""}`},
	} {
		q, err := ParseQuery(tc.query.Values())
		if err != nil || q != tc.query {
			t.Errorf("query %+v came back as %+v, %v", tc.query, q, err)
		}
		var lines []string
		for _, r := range in.store.Records(q) {
			lines = append(lines, r.Text())
		}
		if got := strings.Join(lines, "|"); got != tc.want {
			t.Errorf("%+v: got %s, want %s", tc.query, got, tc.want)
		}
	}
	if data, _ := os.ReadFile(file); bytes.Count(data, []byte("\n")) != 7 {
		t.Errorf("the file has %d lines, want 7", bytes.Count(data, []byte("\n")))
	}
}

func TestRefusals(t *testing.T) {
	in, _ := service(t)
	c := &client{t: t, in: in}
	if resp := c.post("/api/v1/collector/register", "wrong", []byte(`{"collectorName":"x"}`)); resp.StatusCode != 401 {
		t.Errorf("wrong token: %s", resp.Status)
	}
	if resp := c.post("/api/v1/collector/register", "token", []byte(`{}`)); resp.StatusCode != 400 {
		t.Errorf("no name: %s", resp.Status)
	}
	c.register(`{"collectorName":"x","clobber":true}`)
	if resp := c.post("/api/v1/collector/logs", "", []byte("junk"), "Content-Type", "application/x-protobuf", "Content-Encoding", "gzip"); resp.StatusCode != 400 {
		t.Errorf("junk: %s", resp.Status)
	}
	if resp := c.post("/api/v1/collector/logs", "", nil, "Content-Type", "application/json"); resp.StatusCode != 400 {
		t.Errorf("JSON: %s", resp.Status)
	}
}

func TestClobberReplacesAndItsLackRenames(t *testing.T) {
	in, _ := service(t)
	old := &client{t: t, in: in}
	old.register(`{"collectorName":"lb1"}`)
	again := &client{t: t, in: in}
	if name := again.register(`{"collectorName":"lb1"}`); name == "lb1" || !strings.HasPrefix(name, "lb1-") {
		t.Errorf("without clobber: %q", name)
	}
	if name := again.register(`{"collectorName":"lb1","clobber":true}`); name != "lb1" {
		t.Errorf("with clobber: %q", name)
	}
	if resp := old.post("/api/v1/collector/heartbeat", "", nil); resp.StatusCode != 401 {
		t.Errorf("the replaced collector's heartbeat: %s", resp.Status)
	}
}

func TestOutageAndClear(t *testing.T) {
	in, _ := service(t)
	c := &client{t: t, in: in}
	c.register(`{"collectorName":"x"}`)
	control := in.Control()
	call := func(method, target string) int {
		w := httptest.NewRecorder()
		control.ServeHTTP(w, httptest.NewRequest(method, target, nil))
		return w.Code
	}
	if call("PUT", "/outage?status=503") != 200 || call("PUT", "/outage?status=7") != 400 {
		t.Error("outage")
	}
	if resp := c.post("/api/v1/collector/heartbeat", "", nil); resp.StatusCode != 503 {
		t.Errorf("in an outage: %s", resp.Status)
	}
	call("PUT", "/outage?status=0")
	if resp := c.post("/api/v1/collector/heartbeat", "", nil); resp.StatusCode != 204 {
		t.Errorf("after it: %s", resp.Status)
	}
	call("DELETE", "/records")
	if resp := c.post("/api/v1/collector/heartbeat", "", nil); resp.StatusCode != 401 || len(in.store.Collectors()) != 0 {
		t.Errorf("after a clear: %s", resp.Status)
	}
}

func TestTheOldestRecordsGo(t *testing.T) {
	in, _ := service(t)
	batch := make([]Record, 1000)
	for i := range maxRecords/1000 + 1 {
		for j := range batch {
			batch[j] = Record{Kind: Metrics, Collector: "x", Value: float64(i*1000 + j)}
		}
		in.store.add(batch)
	}
	got := in.store.Records(Query{})
	if len(got) > maxRecords || got[len(got)-1].Value != maxRecords+999 || got[0].Value == 0 {
		t.Errorf("%d records, from %v to %v", len(got), got[0].Value, got[len(got)-1].Value)
	}
}
