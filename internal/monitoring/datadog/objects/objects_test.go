package objects_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault/faulttest"
	stand "foobar/internal/lab/datadog"
	"foobar/internal/monitoring/datadog"
	"foobar/internal/monitoring/datadog/api"
	"foobar/internal/monitoring/datadog/objects"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
)

var update = flag.Bool("update", false, "write the golden file anew")

const text = `[site]
domain = "www.foobar.com"
email = "ops@foobar.com"
[app]
source = "app"
[monitoring]
provider = "datadog"
application_key = { env = "DD_APP_KEY" }
[[monitoring.notify]]
kind = "email"
to = "ops@example.com"
severity = "critical"
[[monitoring.notify]]
kind = "webhook"
url = { env = "HOOK" }
[[monitoring.notify]]
kind = "pagerduty"
key = { env = "PAGER" }
[hosts.lb1]
address = "10.0.0.1"
roles = ["lb"]
[hosts.web1]
address = "10.0.0.2"
[hosts.web2]
address = "10.0.0.3"
`

func wanted(t *testing.T) objects.Wanted {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Parse(filepath.Join(dir, "inventory.toml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return datadog.Objects(inv, map[string]secret.String{inventory.NotifyKey(1, "url"): secret.New("https://hooks.example.com/s3cr3t"), inventory.NotifyKey(2, "key"): secret.New("p4ger")})
}

// bench is an organization, and what is wanted of it.
type bench struct {
	t      *testing.T
	server *httptest.Server
	want   objects.Wanted
	key    string
	// all is the organization; between, where it is set, answers in its place.
	all     http.Handler
	between http.HandlerFunc
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, want: wanted(t), key: "app", all: stand.New("key", "app")}
	b.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.between != nil {
			b.between(w, r)
			return
		}
		b.all.ServeHTTP(w, r)
	}))
	t.Cleanup(b.server.Close)
	return b
}

func (b *bench) look() (play.Found, error) {
	b.t.Helper()
	roots := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.server.Certificate().Raw}))
	s, err := api.New(b.server.URL, secret.New("key"), secret.New(b.key), roots)
	if err != nil {
		b.t.Fatal(err)
	}
	s.Hurry()
	return objects.New(s, b.want, nil).Look(b.t.Context())
}

func says(f play.Found) string {
	var words []string
	for _, e := range f.Errands {
		words = append(words, fmt.Sprint(e.Action, " ", e.ID))
	}
	return strings.Join(words, ", ")
}

// converge does all that differs, says what that was, and expects nothing more then.
func (b *bench) converge() string {
	b.t.Helper()
	found, err := b.look()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range found.Errands {
		if err := e.Do(b.t.Context()); err != nil {
			b.t.Fatalf("%s: %v", e.ID, err)
		}
	}
	if again, err := b.look(); err != nil || len(again.Errands) > 0 {
		b.t.Fatalf("another look says %s: %v, %+v", says(again), err, again.Errands)
	}
	return says(found)
}

// by asks the organization as a person with a script of their own.
func (b *bench) by(method, path string, body, into any) {
	b.t.Helper()
	raw, _ := json.Marshal(body)
	r, err := http.NewRequest(method, b.server.URL+path, bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/json"}, "Dd-Api-Key": {"key"}, "Dd-Application-Key": {"app"}}
	resp, err := b.server.Client().Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ = io.ReadAll(resp.Body)
	if resp.StatusCode >= 300 {
		b.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, raw)
	}
	if into != nil && json.Unmarshal(raw, into) != nil {
		b.t.Fatalf("%s", raw)
	}
}

// monitor is the one of a name.
func (b *bench) monitor(name string) map[string]any {
	b.t.Helper()
	var list []map[string]any
	b.by("GET", "/api/v1/monitor", nil, &list)
	for _, m := range list {
		if m["name"] == name {
			return m
		}
	}
	return nil
}

func path(m map[string]any) string { return fmt.Sprintf("/api/v1/monitor/%.0f", m["id"]) }

// TestRendered: what a site has there, as a golden file, and no secret in what people see.
func TestRendered(t *testing.T) {
	w := wanted(t)
	for i := range w.Webhooks {
		w.Webhooks[i].Secrets = nil
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(w); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/wanted.json"
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if golden, err := os.ReadFile(file); err != nil || !bytes.Equal(golden, out.Bytes()) {
		t.Errorf("differs from %s (%v): go test ./internal/monitoring/datadog/objects -update writes it anew", file, err)
	}
}

// TestConverges: all is made and then nothing is to do; what a person changes is seen by
// itself, shown and put back.
func TestConverges(t *testing.T) {
	b := newBench(t)
	found, err := b.look()
	if err != nil || len(found.Errands) != found.Seen || found.Seen != len(b.want.Monitors)+7 {
		t.Fatalf("%d things, %d of them to do: %v", found.Seen, len(found.Errands), err)
	}
	if shown := strings.Join(fields(found), " "); strings.Contains(shown, "s3cr3t") || strings.Contains(shown, "p4ger") {
		t.Errorf("secrets are shown: %s", shown)
	}
	b.converge()
	if found, err := b.look(); err != nil || found.Seen != len(b.want.Monitors)+7 || len(found.Unmanaged) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
	m := b.monitor("foobar foobar: disk")
	m["options"].(map[string]any)["thresholds"], m["query"] = map[string]any{"critical": 99}, strings.Replace(m["query"].(string), "> 90", "> 99", 1)
	delete(m, "overall_state")
	b.by("PUT", path(m), m, nil)
	found, err = b.look()
	if err != nil || says(found) != "update monitor:foobar foobar: disk" || !strings.Contains(found.Errands[0].Fields[0].Old, "> 99") {
		t.Errorf("it would %s: %v", says(found), err)
	}
	b.converge()
	b.by("DELETE", path(b.monitor("foobar foobar: disk")), nil, nil)
	if got := b.converge(); got != "create monitor:foobar foobar: disk" {
		t.Errorf("it would %s", got)
	}
	const hook = "/api/v1/integration/webhooks/configuration/webhooks/foobar-foobar-1"
	b.by("PUT", hook, map[string]any{"url": "https://elsewhere.example.com/th3irs"}, nil)
	found, _ = b.look()
	if shown := strings.Join(fields(found), ""); says(found) != "update webhook:foobar-foobar-1" || strings.Contains(shown, "th3irs") || !strings.Contains(shown, "url") {
		t.Errorf("it would %s: %s", says(found), shown)
	}
	b.converge()
}

func fields(f play.Found) (list []string) {
	for _, e := range f.Errands {
		for _, x := range e.Fields {
			list = append(list, x.Name, x.Old, x.New)
		}
	}
	return list
}

// TestOthersStay: what is not foobar's is neither taken over nor removed; a copy is named.
func TestOthersStay(t *testing.T) {
	b := newBench(t)
	theirs := map[string]any{"name": "foobar foobar: disk", "type": "query alert", "query": "avg(last_5m):avg:system.disk.in_use{*} > 0.9", "message": "mine", "tags": []string{}}
	b.by("POST", "/api/v1/monitor", theirs, nil)
	_, err := b.look()
	faulttest.Wants(t, err, "MON06")
	b.want.Monitors = b.want.Monitors[:1]
	b.converge()
	own := b.monitor(b.want.Monitors[0].Name)
	own["name"], own["type"] = "a copy", "query alert"
	delete(own, "id")
	delete(own, "overall_state")
	b.by("POST", "/api/v1/monitor", own, nil)
	if found, err := b.look(); err != nil || len(found.Errands) > 0 || strings.Join(found.Unmanaged, "") != "monitor a copy, a copy" {
		t.Errorf("%s, %v, %v", says(found), found.Unmanaged, err)
	}
	b.want = objects.Wanted{Site: "foobar", Quiet: true}
	if got := b.converge(); strings.Contains(got, "disk") || strings.Contains(got, "copy") {
		t.Errorf("it would %s", got)
	}
	if b.monitor("a copy") == nil || b.monitor("foobar foobar: disk") == nil {
		t.Error("what is not foobar's went, too")
	}
	hook := map[string]any{"name": "foobar-foobar-1", "url": "https://x.example.com", "encode_as": "json"}
	b.by("POST", "/api/v1/integration/webhooks/configuration/webhooks", hook, nil)
	b.want = wanted(t)
	_, err = b.look()
	faulttest.Wants(t, err, "MON06")
}

// TestLeaves: an alert and a webhook that leave the inventory, then the site. The webhooks go
// from the last one on, after the monitors that named them.
func TestLeaves(t *testing.T) {
	b := newBench(t)
	b.converge()
	b.want.Webhooks, b.want.Monitors = b.want.Webhooks[:2], b.want.Monitors[1:]
	if got := b.converge(); got != "remove monitor:foobar foobar: requests_spike, remove webhook:foobar-foobar-6, remove webhook:foobar-foobar-5, remove webhook:foobar-foobar-4, remove webhook:foobar-foobar-3" {
		t.Errorf("it would %s", got)
	}
	n := len(b.want.Monitors)
	b.want = objects.Wanted{Site: "foobar", Quiet: true}
	if got := b.converge(); strings.Count(got, "remove ") != n+3 || !strings.HasSuffix(got, "remove dashboard:foobar foobar, remove webhook:foobar-foobar-2, remove webhook:foobar-foobar-1") {
		t.Errorf("it would %s", got)
	}
}

// TestRefused: each refusal has a code, and a key that may not look is named where nobody is
// told of alerts. A busy service is asked again.
func TestRefused(t *testing.T) {
	b := newBench(t)
	b.key = "wrong"
	_, err := b.look()
	faulttest.Wants(t, err, "MON02")
	if !strings.Contains(err.Error(), "integrations_read") || strings.Contains(err.Error(), "wrong") {
		t.Error(err)
	}
	b.want = objects.Wanted{Site: "foobar", Quiet: true}
	if found, err := b.look(); err != nil || len(found.Unmanaged) != 3 {
		t.Errorf("%v, %v", found.Unmanaged, err)
	}
	b.want.Quiet = false // as where the site is removed
	_, err = b.look()
	faulttest.Wants(t, err, "MON02")
	n := 0
	b.between = func(w http.ResponseWriter, r *http.Request) {
		if n++; n < 3 {
			w.Header().Set("X-RateLimit-Reset", "0")
			w.WriteHeader(429)
			return
		}
		w.WriteHeader(400)
		fmt.Fprint(w, "{\"errors\":[\"bad \\u001b[31m\"]}")
	}
	_, err = b.look()
	faulttest.Wants(t, err, "MON01")
	if n != 3 || strings.Contains(err.Error(), "\x1b") || !strings.Contains(err.Error(), "status 400: bad") {
		t.Errorf("%d requests: %v", n, err)
	}
}

// TestTheOldestDashboardIsOurs: of those with its title and description; IDs are no help.
func TestTheOldestDashboardIsOurs(t *testing.T) {
	b := newBench(t)
	b.converge()
	copied := b.want.Dashboards[0]
	copied.Widgets = copied.Widgets[:1]
	for range 9 {
		b.by("POST", "/api/v1/dashboard", copied, nil)
	}
	if found, err := b.look(); err != nil || len(found.Errands) > 0 || strings.Join(found.Unmanaged, "") != "copies of the dashboard: 9" {
		t.Errorf("%s, %v, %v", says(found), found.Unmanaged, err)
	}
}

// TestListsThatDoNotEnd: what was not listed may be foobar's, and is not made anew.
func TestListsThatDoNotEnd(t *testing.T) {
	for list, page := range map[string]func() any{
		"/api/v1/monitor":   func() any { return make([]struct{}, 100) },
		"/api/v1/dashboard": func() any { return map[string]any{"dashboards": make([]struct{}, 100)} },
	} {
		b := newBench(t)
		b.between = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != list {
				b.all.ServeHTTP(w, r)
				return
			}
			json.NewEncoder(w).Encode(page())
		}
		_, err := b.look()
		faulttest.Wants(t, err, "MON01")
		if err != nil && !strings.Contains(err.Error(), "has 5000 ") {
			t.Error(err)
		}
	}
}
