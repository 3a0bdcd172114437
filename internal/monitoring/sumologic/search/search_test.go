package search

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"foobar/internal/fault/faulttest"
	"foobar/internal/lab/intake"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/secret"
)

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

// sent sends lines of a host to the service, as its collector does.
func sent(t *testing.T, in http.Handler, host string, agents ...string) {
	t.Helper()
	register := httptest.NewRequest("POST", "/api/v1/collector/register", strings.NewReader(`{"collectorName":"`+host+`"}`))
	register.Header.Set("Authorization", "Bearer token")
	registered := httptest.NewRecorder()
	in.ServeHTTP(registered, register)
	var c struct {
		ID  string `json:"collectorCredentialId"`
		Key string `json:"collectorCredentialKey"`
	}
	if err := json.Unmarshal(registered.Body.Bytes(), &c); err != nil || c.Key == "" {
		t.Fatalf("%v: %s", err, registered.Body)
	}
	var records []*logspb.LogRecord
	for _, a := range agents {
		records = append(records, &logspb.LogRecord{TimeUnixNano: uint64(time.Now().UnixNano()), Attributes: []*commonpb.KeyValue{text("ua", a)}})
	}
	raw, err := proto.Marshal(&logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{text("_sourceHost", host)}}, ScopeLogs: []*logspb.ScopeLogs{{LogRecords: records}}}}})
	if err != nil {
		t.Fatal(err)
	}
	send := httptest.NewRequest("POST", "/api/v1/collector/logs", strings.NewReader(string(raw)))
	send.SetBasicAuth(c.ID, c.Key)
	send.Header.Set("Content-Type", "application/x-protobuf")
	taken := httptest.NewRecorder()
	in.ServeHTTP(taken, send)
	if taken.Code != http.StatusOK {
		t.Fatalf("%d: %s", taken.Code, taken.Body)
	}
}

// client is one of an API behind TLS.
func client(t *testing.T, h http.Handler, key string) *registry.Service {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	s, err := registry.New(server.URL, secret.New("an-id"), secret.New(key), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCount: lines that hold the word are counted by host, of this time alone.
func TestCount(t *testing.T) {
	store, err := intake.NewStore(filepath.Join(t.TempDir(), "records"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	in := intake.New("token", store)
	sent(t, in, "lb1", "foobar-verify/m4rk (0)", "foobar-verify/m4rk (1)", "curl")
	sent(t, in, "web1", "foobar-verify/m4rk (0)", "foobar-verify/other (1)")
	s := client(t, in.Manage("an-id", "the-key"), "the-key")
	counts, err := Count(t.Context(), s, "m4rk", time.Now().Add(-time.Minute))
	if err != nil || len(counts) != 2 || counts["lb1"] != 2 || counts["web1"] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	if counts, err := Count(t.Context(), s, "m4rk", time.Now().Add(30*time.Second)); err != nil || len(counts) > 0 {
		t.Errorf("of a later time: %v, %v", counts, err)
	}
	_, err = Count(t.Context(), client(t, in.Manage("an-id", "the-key"), "another"), "m4rk", time.Now())
	faulttest.Wants(t, err, "MON02")
}

// TestCountFails: what keeps a search from its end is an error with a code, and the job is
// taken away again.
func TestCountFails(t *testing.T) {
	for name, c := range map[string]struct{ begin, state, want string }{
		"no such API":     {"404", "", "has no search jobs"},
		"cancelled":       {"", `{"state":"CANCELLED"}`, "did not end the search: CANCELLED"},
		"an error":        {"", `{"state":"GATHERING RESULTS","pendingErrors":["bad \u001b[31mquery"]}`, "did not end the search: bad query"},
		"another service": {"", `<html>`, "not the JSON of its documentation"},
	} {
		gone := 0
		s := client(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPost && c.begin != "":
				w.WriteHeader(http.StatusNotFound)
			case r.Method == http.MethodPost:
				w.WriteHeader(http.StatusAccepted)
				_, _ = w.Write([]byte(`{"id":"A"}`))
			case r.Method == http.MethodGet:
				_, _ = w.Write([]byte(c.state))
			case r.Method == http.MethodDelete && r.URL.Path == "/api/v1/search/jobs/A":
				gone++
			}
		}), "the-key")
		_, err := Count(t.Context(), s, "m4rk", time.Now())
		faulttest.Wants(t, err, "MON01")
		if err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if begun := c.begin == ""; (gone == 1) != begun {
			t.Errorf("%s: the job was deleted %d times", name, gone)
		}
	}
}
