package action

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/inventory"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"
)

// newOrganization is an inventory of a site at Datadog, where nobody is told of alerts.
func newOrganization(t *testing.T) *monitored {
	m := newMonitored(t)
	m.instead = m.in.Organization("app")
	t.Cleanup(func() { m.instead = nil })
	t.Setenv("DD_API", "token")
	t.Setenv("DD_APP", "app")
	of := &m.inv.Monitoring
	of.Provider, of.AccessID, of.AccessKey = inventory.Datadog, inventory.Source{}, inventory.Source{}
	of.APIKey, of.ApplicationKey = inventory.Source{Env: "DD_API"}, inventory.Source{Env: "DD_APP"}
	return m
}

// tellsSlack has somebody told of alerts.
func (m *monitored) tellsSlack(t *testing.T) {
	t.Setenv("HOOK", "https://hooks.example.com/x")
	m.inv.Monitoring.Notify = []inventory.Notify{{Kind: inventory.Slack, Severity: "warning", Address: &inventory.Source{Env: "HOOK"}}}
}

// TestRemovalLooksAtDatadogFirst: what it refuses, or does not answer, stops a removal of a
// host or of the site before anything is changed, and is not taken for nothing to do.
func TestRemovalLooksAtDatadogFirst(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*monitored)
		code  fault.Code
	}{
		"another key":      {func(*monitored) { os.Setenv("DD_APP", "wr0ng") }, "MON02"},
		"no rights":        {func(m *monitored) { m.status = http.StatusForbidden }, "MON02"},
		"it is away":       {func(m *monitored) { m.status = http.StatusBadRequest }, "MON01"},
		"no such variable": {func(*monitored) { os.Unsetenv("DD_APP") }, "SEC01"},
	} {
		for _, host := range []string{"", "web2"} {
			m := newOrganization(t)
			m.tellsSlack(t)
			c.spoil(m)
			_, err := (&Remove{Host: host, Common: Common{Console: Console{Err: os.Stderr}}}).collectors(t.Context(), m.inv, m.inv.Hosts)
			faulttest.Wants(t, err, c.code)
			if err == nil || c.code != "SEC01" && !strings.Contains(err.Error(), "nothing was changed: ") || strings.Contains(err.Error(), "wr0ng") {
				t.Errorf("%s, %q: %v", name, host, err)
			}
		}
	}
}

// TestRemovalLeavesNoAlert: of a host that goes nothing is missed, and of a site nothing stays.
func TestRemovalLeavesNoAlert(t *testing.T) {
	m := newOrganization(t)
	m.tellsSlack(t)
	all := converge(t, beside(t.Context(), m.inv))
	for host, want := range map[string]func(n int) bool{"web2": func(n int) bool { return n > 0 && n < all }, "": func(n int) bool { return n == all }} {
		l, err := (&Remove{Host: host, Common: Common{Console: Console{Err: os.Stderr}}}).collectors(t.Context(), m.inv, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := l.beside(t.Context(), m.inv, m.inv.Host(host))
		if err != nil {
			t.Fatal(err)
		}
		if n := converge(t, b); !want(n) {
			t.Errorf("without %q %d of %d things are changed", host, n, all)
		}
		converge(t, beside(t.Context(), m.inv))
	}
}

// TestSearchAtDatadog: the lines of a word are counted by host, where the keys are given.
func TestSearchAtDatadog(t *testing.T) {
	m := newOrganization(t)
	text := func(s string) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
	}
	res := &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: "host.name", Value: text("web1")}}}
	raw, err := proto.Marshal(&logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{{Resource: res, ScopeLogs: []*logspb.ScopeLogs{{LogRecords: []*logspb.LogRecord{{Body: text("GET /?m4rk")}, {Body: text("GET /")}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/v1/logs", bytes.NewReader(raw))
	r.Header = http.Header{"Content-Type": {"application/x-protobuf"}, "Dd-Api-Key": {"token"}}
	m.in.ServeHTTP(httptest.NewRecorder(), r)
	count, err := searcher(t.Context(), m.inv)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := count(t.Context(), "m4rk", time.Now().Add(-time.Minute)); err != nil || len(got) != 1 || got["web1"] != 1 {
		t.Errorf("%v, %v", got, err)
	}
	os.Unsetenv("DD_APP")
	_, err = searcher(t.Context(), m.inv)
	faulttest.Wants(t, err, "SEC01")
	m.inv.Monitoring.ApplicationKey = inventory.Source{}
	if count, err := searcher(t.Context(), m.inv); count != nil || err != nil {
		t.Errorf("without the key there is a search: %v", err)
	}
	var said bytes.Buffer
	if sayKeyless(&Common{Console: Console{Err: &said}}, m.inv); !strings.Contains(said.String(), "Datadog raises no alerts") || !strings.Contains(said.String(), "foobar docs monitoring.application_key") {
		t.Errorf("it says %q", said.String())
	}
}
