package action

import (
	"bytes"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/fault/faulttest"
	"foobar/internal/lab/intake"
	"foobar/internal/preflight"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

// monitored is a monitoring service that lists collectors, and an inventory that has its
// access key.
type monitored struct {
	in     *intake.Intake
	inv    *inventory.Inventory
	status int // that the service answers with; 0 for what is right
	asked  []string
	// instead answers in the place of in; nil for nothing.
	instead http.Handler
}

func newMonitored(t *testing.T) *monitored {
	t.Helper()
	store, err := intake.NewStore(filepath.Join(t.TempDir(), "records"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	m := &monitored{in: intake.New("token", store)}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.asked = append(m.asked, r.Method+" "+r.URL.Path)
		if m.status != 0 {
			w.WriteHeader(m.status)
			return
		}
		if m.instead != nil {
			m.instead.ServeHTTP(w, r)
			return
		}
		m.in.Manage("an-id", "the-key").ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	ca := writeFile(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})), 0o644)
	t.Setenv("ACCESS_ID", "an-id")
	t.Setenv("ACCESS_KEY", "the-key")
	text := "enabled = true\nprovider = \"sumologic\"\nca = \"" + ca + "\"\napi = \"" + server.URL + "\"\naccess_id = { env = \"ACCESS_ID\" }\naccess_key = { env = \"ACCESS_KEY\" }"
	if m.inv, err = inventory.Load(sshtest.Inventory(t, "enabled = false", text)); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m *monitored) register(name, category string) {
	r := httptest.NewRequest("POST", "/api/v1/collector/register", strings.NewReader(`{"collectorName":"`+name+`","category":"`+category+`","clobber":true}`))
	r.Header.Set("Authorization", "Bearer token")
	m.in.ServeHTTP(httptest.NewRecorder(), r)
}

// lists are the collectors that the service has.
func (m *monitored) lists() string {
	r := httptest.NewRequest("GET", "/api/v1/collectors", nil)
	r.SetBasicAuth("an-id", "the-key")
	w := httptest.NewRecorder()
	m.in.Manage("an-id", "the-key").ServeHTTP(w, r)
	var names []string
	for _, name := range []string{"web1", "web2", "lb1"} {
		if strings.Contains(w.Body.String(), `"`+name+`"`) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// TestCollectorsGo: those of the hosts that leave, and nobody else's; one that has
// registered anew in between, too.
func TestCollectorsGo(t *testing.T) {
	m := newMonitored(t)
	m.register("web1", "foobar/web")
	m.register("web2", "shop/web")
	m.register("lb1", "foobar/lb")
	var said bytes.Buffer
	v := &Remove{Sure: "foobar", Common: Common{Console: Console{Err: &said}}}
	hosts := []*inventory.Host{m.inv.Host("web1"), m.inv.Host("web2")}
	l, err := v.collectors(t.Context(), m.inv, hosts)
	if err != nil {
		t.Fatal(err)
	}
	if got := l.question(); got != ", take the collector web1 out of Sumo Logic" {
		t.Errorf("the question: %q", got)
	}
	m.register("web1", "foobar/web") // with another number
	l.stay(&said, m.inv, hosts)
	if err := v.delete(t.Context(), l, m.inv, 1); err != nil {
		t.Fatal(err)
	}
	if got := m.lists(); got != "web2 lb1" {
		t.Errorf("the service lists %s", got)
	}
	for _, want := range []string{"lists the collector web2 with another category than foobar/…", "no longer lists the collector web1"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, said.String())
		}
	}
}

// TestCollectorsAreAskedFirst: what the service would refuse stops a removal that has
// changed nothing.
func TestCollectorsAreAskedFirst(t *testing.T) {
	m := newMonitored(t)
	v := &Remove{Common: Common{Console: Console{Err: os.Stderr}}}
	t.Setenv("ACCESS_KEY", "another")
	_, err := v.collectors(t.Context(), m.inv, m.inv.Hosts)
	faulttest.Wants(t, err, "MON02")
	if !strings.Contains(err.Error(), "nothing was changed: ") || strings.Contains(err.Error(), "another") {
		t.Error(err)
	}
	os.Unsetenv("ACCESS_KEY")
	_, err = v.collectors(t.Context(), m.inv, m.inv.Hosts)
	faulttest.Wants(t, err, "SEC01")
	if !strings.Contains(err.Error(), "monitoring.access_key") {
		t.Error(err)
	}
}

// TestCollectorsWithoutAKey: remove says which stay, and asks nobody.
func TestCollectorsWithoutAKey(t *testing.T) {
	m := newMonitored(t)
	m.inv.Monitoring.AccessID, m.inv.Monitoring.AccessKey = inventory.Source{}, inventory.Source{}
	v := &Remove{}
	l, err := v.collectors(t.Context(), m.inv, m.inv.Hosts)
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	l.stay(&said, m.inv, m.inv.Hosts)
	if !strings.Contains(said.String(), "the collectors "+strings.Join(inventory.Names(m.inv.Hosts), ", ")) || !strings.Contains(said.String(), "foobar docs monitoring.access_key") {
		t.Error(said.String())
	}
	if err := v.delete(t.Context(), l, m.inv, 0); err != nil || len(m.asked) > 0 {
		t.Errorf("%v, asked %v", err, m.asked)
	}
}

// TestCollectorsStayListed: the hosts are gone and the service does not answer: that is a
// failure, which a second run ends, after a question where nothing else is left to do.
func TestCollectorsStayListed(t *testing.T) {
	m := newMonitored(t)
	m.register("web1", "foobar/web")
	var said bytes.Buffer
	v := &Remove{Sure: "web1", Common: Common{Console: Console{Err: &said}}}
	hosts := []*inventory.Host{m.inv.Host("web1")}
	l, err := v.collectors(t.Context(), m.inv, hosts)
	if err != nil {
		t.Fatal(err)
	}
	m.status = http.StatusForbidden
	err = v.delete(t.Context(), l, m.inv, 9)
	faulttest.Wants(t, err, "MON02")
	if !strings.Contains(err.Error(), "the collector web1 is still listed") {
		t.Error(err)
	}
	m.status, v.Sure = 0, ""
	for _, answer := range []string{"no", "yes"} {
		v.Common.Console.Asker = says(answer)
		if err := v.delete(t.Context(), l, m.inv, 0); err != nil {
			t.Fatal(err)
		}
		if got, want := m.lists(), map[string]string{"no": "web1"}[answer]; got != want {
			t.Errorf("after %q the service lists %q", answer, got)
		}
	}
}

// says is a person with one answer.
type says string

func (s says) Ask(string, bool) (string, error) { return string(s), nil }

// TestAccessKeyIsForNoHost: no role gets it, check warns of one that cannot be read, and a
// command that gives it is asked for like any other.
func TestAccessKeyIsForNoHost(t *testing.T) {
	m := newMonitored(t)
	m.inv.Monitoring.AccessKey = inventory.Source{Command: []string{"pass", "sumo"}}
	for key := range secretSources(m.inv) {
		if strings.Contains(key, "access") {
			t.Errorf("roles get %s", key)
		}
	}
	if got := strings.Join(commandsOf(m.inv), "\n"); !strings.Contains(got, "monitoring.access_key: pass sumo") {
		t.Errorf("nobody is asked whether it may run: %s", got)
	}
	m.inv.Monitoring.AccessKey = inventory.Source{Env: "UNSET_ANYWHERE"}
	m.inv.Monitoring.Notify = []inventory.Notify{{Kind: inventory.Slack, Address: &inventory.Source{Env: "UNSET_ANYWHERE"}}}
	here, _ := checkHere(t.Context(), m.inv, true)
	for _, key := range []string{"monitoring.access_key", "monitoring.notify[0].url"} {
		i := slices.IndexFunc(here.Findings, func(f preflight.Finding) bool { return strings.Contains(f.Seen, key) })
		if i < 0 || here.Findings[i].Level != preflight.Warn || here.Findings[i].Code != "SEC01" {
			t.Errorf("%s: %+v", key, here.Findings)
		}
	}
}
