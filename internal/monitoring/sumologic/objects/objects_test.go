package objects

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"foobar/internal/fault/faulttest"
	"foobar/internal/lab/library"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/play"
	"foobar/internal/secret"
)

// bench is an account, and what a site is to have there.
type bench struct {
	t       *testing.T
	server  *httptest.Server
	service *registry.Service
	want    Wanted
	asked   int
	refuses string                   // paths that begin so
	says    func(body string) string // to what is sent, in place of doing it
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t}
	account := library.New()
	b.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.asked++; b.refuses != "" && strings.HasPrefix(r.URL.Path, b.refuses) {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if b.says != nil && r.Method != http.MethodGet {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, b.says(string(body)))
			return
		}
		account.ServeHTTP(w, r)
	}))
	t.Cleanup(b.server.Close)
	roots := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b.server.Certificate().Raw}))
	var err error
	if b.service, err = registry.New(b.server.URL, secret.New("an-id"), secret.New("the-key"), roots); err != nil {
		t.Fatal(err)
	}
	b.service.Hurry()
	b.want = site("shop")
	return b
}

// site is what a site of that name is to have: two monitors, and who they tell.
func site(name string) Wanted {
	trigger := func(kind, compare string) Trigger {
		return Trigger{Method: "MetricsStaticCondition", Type: kind, Range: "-60m", Threshold: 90, Compare: compare, Occurs: "Always"}
	}
	hook := "foobar " + name + " slack 1"
	monitor := func(called string) Monitor {
		return Monitor{Name: called, Description: Described(name, "It is nearly full."), AlertName: "nearly full", Type: "Metrics", Grouped: true,
			Queries:  []Query{{"A", "metric=" + called}},
			Triggers: []Trigger{trigger("Critical", "GreaterThan"), trigger("ResolvedCritical", "LessThanOrEqual")},
			Notifications: []Notification{{Recipient{Kind: "Email", Recipients: []string{"ops@example.com"}, Subject: "s", Zone: "UTC"}, []string{"Critical"}},
				{Recipient{Kind: "Slack", Connection: hook}, []string{"Critical", "ResolvedCritical"}}}}
	}
	panel := func(key string) Panel {
		return Panel{Key: key, Title: key, Type: "SumoSearchPanel", Settings: `{"a": 1}`, Queries: []PanelQuery{{Query: "metric=" + key, Type: "Metrics", Key: "A", Mode: "Advanced"}}}
	}
	page := Dashboard{Title: "foobar " + name, Description: Described(name, "The site."), Refresh: 120, Theme: "Light", Range: Since("-180m"), Panels: []Panel{panel("a"), panel("b")},
		Layout: Layout{"Grid", []Place{{"a", `{"height":8,"width":12,"x":0,"y":0}`}, {"b", `{"height":8,"width":12,"x":12,"y":0}`}}}}
	return Wanted{Site: name, Monitors: []Monitor{monitor("disk"), monitor("memory")}, Dashboards: []Dashboard{page},
		Connections: []Connection{{Name: hook, Description: Described(name, "Where alerts go."), Kind: "Slack", URL: "https://hooks.example.com/s3cr3t&more",
			Payload: `{"text":"{{Name}}"}`, Resolved: `{"text":"over"}`, Secrets: []secret.String{secret.New("https://hooks.example.com/s3cr3t&more"), {}}}}}
}

func (b *bench) look() play.Found {
	b.t.Helper()
	found, err := b.tryLook()
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func (b *bench) tryLook() (play.Found, error) {
	return New(b.service, b.want, nil).Look(b.t.Context())
}

// says is what a look would do, in a line.
func says(f play.Found) string {
	var list []string
	for _, e := range f.Errands {
		list = append(list, string(e.Action)+" "+string(e.ID))
	}
	return strings.Join(list, ", ")
}

// converge does what a look says, and expects another to say nothing.
func (b *bench) converge() string {
	b.t.Helper()
	found := b.look()
	for _, e := range found.Errands {
		if err := e.Do(b.t.Context()); err != nil {
			b.t.Fatalf("%s: %v", e.ID, err)
		}
	}
	if again := b.look(); len(again.Errands) > 0 {
		b.t.Fatalf("another look says %s: %+v", says(again), again.Errands[0].Fields)
	}
	return says(found)
}

// by asks the account as a person with a script of their own.
func (b *bench) by(method, path string, body any) map[string]any {
	b.t.Helper()
	var in io.Reader
	if body != nil {
		raw, _ := json.Marshal(body)
		in = bytes.NewReader(raw)
	}
	r, err := http.NewRequest(method, b.server.URL+path, in)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := b.server.Client().Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	var out map[string]any
	_ = json.Unmarshal(raw, &out)
	if resp.StatusCode >= 300 {
		out = map[string]any{"status": resp.StatusCode, "body": string(raw)}
	}
	return out
}

func (b *bench) at(path string) map[string]any {
	return b.by("GET", "/api/v1/monitors/path?path=/Monitor/"+path, nil)
}

const all = "create connection:foobar shop slack 1, create monitor-folder:foobar/shop, create monitor:disk, create monitor:memory, create dashboard:foobar shop"

// TestConverges: all is made, and then nothing more is to do; that costs six requests.
func TestConverges(t *testing.T) {
	b := newBench(t)
	if got := b.converge(); got != all {
		t.Errorf("it would %s", got)
	}
	b.asked = 0
	if f := b.look(); f.Seen != 5 || b.asked != 6 {
		t.Errorf("%d things were seen with %d requests", f.Seen, b.asked)
	}
	if m := b.at("foobar/shop/disk"); !strings.Contains(fmt.Sprint(m["notifications"]), "ops@example.com") || strings.Contains(fmt.Sprint(m["notifications"]), "slack 1") {
		t.Errorf("the monitor tells %v", m["notifications"])
	}
}

// edit changes a thing by hand.
func (b *bench) edit(path string, as string, edit func(m map[string]any)) {
	b.t.Helper()
	m := b.at(path)
	out := map[string]any{"type": as}
	for _, key := range []string{"name", "description", "version", "monitorType", "queries", "triggers", "notifications", "isDisabled", "groupNotifications", "alertName"} {
		if v, has := m[key]; has {
			out[key] = v
		}
	}
	edit(out)
	if got := b.by("PUT", "/api/v1/monitors/"+m["id"].(string), out); got["status"] != nil && got["body"] != nil {
		b.t.Fatal(got)
	}
}

// TestEditedByHand: each is seen by itself, shown as it is, and put back.
func TestEditedByHand(t *testing.T) {
	b := newBench(t)
	b.converge()
	const monitor, folder = "MonitorsLibraryMonitorUpdate", "MonitorsLibraryFolderUpdate"
	for name, c := range map[string]struct {
		path, as    string
		edit        func(map[string]any)
		does, shows string
	}{
		"switched off": {"foobar/shop/disk", monitor, func(m map[string]any) { m["isDisabled"] = true }, "update monitor:disk", `"isDisabled": true`},
		"another limit": {"foobar/shop/disk", monitor, func(m map[string]any) { m["triggers"].([]any)[0].(map[string]any)["threshold"] = 99 },
			"update monitor:disk", `"threshold": 99`},
		"told nobody":       {"foobar/shop/disk", monitor, func(m map[string]any) { delete(m, "notifications") }, "update monitor:disk", `"isDisabled": false`},
		"notes added":       {"foobar/shop/memory", monitor, func(m map[string]any) { m["playbook"] = "ring Bob" }, "update monitor:memory", `ring Bob`},
		"without the mark":  {"foobar/shop/memory", monitor, func(m map[string]any) { m["description"] = "mine now" }, "update monitor:memory", `mine now`},
		"renamed":           {"foobar/shop/memory", monitor, func(m map[string]any) { m["name"] = "ram" }, "create monitor:memory, remove monitor:ram", ""},
		"the folder's text": {"foobar/shop", folder, func(m map[string]any) { m["description"] = m["description"].(string) + " No, mine." }, "update monitor-folder:foobar/shop", "No, mine."},
	} {
		b.edit(c.path, c.as, c.edit)
		found := b.look()
		shown := ""
		if len(found.Errands) > 0 {
			shown = found.Errands[0].Fields[0].Old
		}
		if says(found) != c.does || !strings.Contains(shown, c.shows) {
			t.Errorf("%s: it would %s, and shows\n%s", name, says(found), shown)
		}
		if name == "told nobody" && strings.Contains(shown, "notifications") {
			t.Errorf("%s: it shows what is not there:\n%s", name, shown)
		}
		b.converge()
	}
	b.by("DELETE", "/api/v1/monitors/"+b.at("foobar/shop/disk")["id"].(string), nil)
	if got := b.converge(); got != "create monitor:disk" {
		t.Errorf("deleted: it would %s", got)
	}
}

// TestSecretsStayHidden: neither that of the inventory nor what somebody wrote in its place.
func TestSecretsStayHidden(t *testing.T) {
	b := newBench(t)
	shown := fmt.Sprint(b.look().Errands[0].Fields)
	if strings.Contains(shown, "s3cr3t") || !strings.Contains(shown, "[secret]") {
		t.Errorf("a new connection: %s", shown)
	}
	b.converge()
	c := b.by("GET", "/api/v1/connections", nil)["data"].([]any)[0].(map[string]any)
	c = b.by("GET", "/api/v1/connections/"+c["id"].(string), nil)
	b.by("PUT", "/api/v1/connections/"+c["id"].(string), map[string]any{"type": "WebhookDefinition", "name": c["name"], "description": c["description"], "webhookType": "Slack",
		"url": "https://elsewhere.example.com/th3irs", "defaultPayload": c["defaultPayload"], "resolutionPayload": c["resolutionPayload"], "customHeaders": []any{map[string]string{"name": "X", "value": "th3irs"}}})
	found := b.look()
	shown = fmt.Sprint(found.Errands[0].Fields)
	if says(found) != "update connection:foobar shop slack 1" || strings.Contains(shown, "s3cr3t") || strings.Contains(shown, "th3irs") || !strings.Contains(shown, "url") || !strings.Contains(shown, "customHeaders") {
		t.Errorf("it would %s: %s", says(found), shown)
	}
	before := found.Errands[0].Digest
	b.says = func(body string) string {
		return `{"errors":[{"code":"connection:invalid","message":"bad: ` + strings.ReplaceAll(strings.ReplaceAll(body, `\`, `\\`), `"`, `\"`) + `"}]}`
	}
	err := found.Errands[0].Do(t.Context())
	faulttest.Wants(t, err, "MON01")
	if strings.Contains(err.Error(), "s3cr3t") || !strings.HasSuffix(err.Error(), "the status 400: connection:invalid") {
		t.Errorf("refused: %v", err)
	}
	b.says = nil
	b.converge()
	b.want.Connections[0].URL, b.want.Connections[0].Secrets = "https://hooks.example.com/n3w", []secret.String{secret.New("https://hooks.example.com/n3w")}
	if found = b.look(); len(found.Errands) != 1 || found.Errands[0].Digest == before || strings.Contains(fmt.Sprint(found.Errands[0].Fields), "n3w") {
		t.Errorf("a new secret: %+v", found.Errands)
	}
	b.converge()
}

// TestOthersStay: what is not foobar's is neither taken over nor removed.
func TestOthersStay(t *testing.T) {
	b := newBench(t)
	root := b.by("GET", "/api/v1/monitors/root", nil)["id"].(string)
	folder := func(parent, name string) string {
		return b.by("POST", "/api/v1/monitors?parentId="+parent, map[string]any{"type": "MonitorsLibraryFolder", "name": name, "description": "ours"})["id"].(string)
	}
	theirs := folder(folder(root, "foobar"), "shop")
	_, err := b.tryLook()
	faulttest.Wants(t, err, "MON06")
	if !strings.Contains(err.Error(), "/Monitor/foobar/shop") {
		t.Error(err)
	}
	b.by("DELETE", "/api/v1/monitors/"+theirs, nil)

	hook := map[string]any{"type": "WebhookDefinition", "name": "foobar shop slack 1", "url": "https://x.example.com", "defaultPayload": "{}"}
	id := b.by("POST", "/api/v1/connections", hook)["id"].(string)
	_, err = b.tryLook()
	faulttest.Wants(t, err, "MON06")
	hook["name"] = "another"
	b.by("PUT", "/api/v1/connections/"+id, hook)
	b.converge()
	hook["name"], hook["description"] = "copy of foobar shop slack 1", b.want.Connections[0].Description
	b.by("PUT", "/api/v1/connections/"+id, hook)

	inside := b.at("foobar/shop")["id"].(string)
	by := map[string]any{"type": "MonitorsLibraryMonitor", "name": "by hand", "monitorType": "Logs", "queries": []any{map[string]string{"rowId": "A", "query": "x"}},
		"triggers": []any{map[string]any{"detectionMethod": "LogsMissingDataCondition", "triggerType": "MissingData", "timeRange": "-5m"},
			map[string]any{"detectionMethod": "LogsMissingDataCondition", "triggerType": "ResolvedMissingData", "timeRange": "-5m"}}}
	b.by("POST", "/api/v1/monitors?parentId="+inside, by)
	if f := b.look(); len(f.Errands) != 0 || strings.Join(f.Unmanaged, ", ") != "monitor by hand in foobar/shop" {
		t.Errorf("it would %s, and tells of %v", says(f), f.Unmanaged)
	}
	b.want = Wanted{Site: "shop"}
	if got := b.converge(); got != "remove monitor:disk, remove monitor:memory, remove dashboard:foobar shop, remove connection:foobar shop slack 1" {
		t.Errorf("it would %s", got)
	}
	if m := b.at("foobar/shop/by%20hand"); m["id"] == nil {
		t.Errorf("what was made by hand went, too: %v", m)
	}
	if list := b.by("GET", "/api/v1/connections", nil)["data"].([]any); len(list) != 1 {
		t.Errorf("connections: %v", list)
	}
}

// TestLeaves: an alert that leaves the inventory, then the sites one after the other, the
// last with the folder of all.
func TestLeaves(t *testing.T) {
	b := newBench(t)
	b.converge()
	b.want = site("blog")
	b.converge()
	b.want = site("shop")
	b.want.Monitors = b.want.Monitors[:1]
	if got := b.converge(); got != "remove monitor:memory" {
		t.Errorf("it would %s", got)
	}
	b.want = Wanted{Site: "shop"}
	if got := b.converge(); got != "remove monitor:disk, remove monitor-folder:foobar/shop, remove dashboard:foobar shop, remove connection:foobar shop slack 1" {
		t.Errorf("it would %s", got)
	}
	if b.at("foobar/blog")["id"] == nil {
		t.Error("the other site's folder went, too")
	}
	b.want = Wanted{Site: "blog"}
	b.converge()
	if b.at("foobar")["id"] != nil {
		t.Error("the folder of all is left")
	}
	if got := b.converge(); got != "" {
		t.Errorf("where nothing is, it would %s", got)
	}
}

// TestChangedMeanwhile: a person who saves just now is not overwritten, and a folder that
// has got something is not deleted.
func TestChangedMeanwhile(t *testing.T) {
	b := newBench(t)
	b.converge()
	b.edit("foobar/shop/disk", "MonitorsLibraryMonitorUpdate", func(m map[string]any) { m["isDisabled"] = true })
	found := b.look()
	b.edit("foobar/shop/disk", "MonitorsLibraryMonitorUpdate", func(m map[string]any) { m["isDisabled"] = true })
	err := found.Errands[0].Do(t.Context())
	faulttest.Wants(t, err, "MON01")
	if !strings.Contains(err.Error(), "version") {
		t.Error(err)
	}
	b.want = Wanted{Site: "shop"}
	found = b.look()
	b.by("POST", "/api/v1/monitors?parentId="+b.at("foobar/shop")["id"].(string), map[string]any{"type": "MonitorsLibraryFolder", "name": "new"})
	for _, e := range found.Errands {
		if err := e.Do(t.Context()); err != nil {
			t.Errorf("%s: %v", e.ID, err)
		}
	}
	if b.at("foobar/shop/new")["id"] == nil {
		t.Error("what came meanwhile went with the folder")
	}
}

// TestWhoMayNotLook: a key for collectors alone is no fault where nothing else is wanted.
func TestWhoMayNotLook(t *testing.T) {
	b := newBench(t)
	b.refuses = "/api/v1/connections"
	_, err := b.tryLook()
	faulttest.Wants(t, err, "MON02")
	b.want.Connections = nil
	for i := range b.want.Monitors {
		b.want.Monitors[i].Notifications = nil
	}
	if got := b.converge(); got != "create monitor-folder:foobar/shop, create monitor:disk, create monitor:memory, create dashboard:foobar shop" {
		t.Errorf("it would %s", got)
	}
	b.refuses = "/api/"
	_, err = b.tryLook()
	faulttest.Wants(t, err, "MON02")
	b.want.Monitors, b.want.Dashboards = nil, nil
	if got := b.converge(); got != "" {
		t.Errorf("it would %s", got)
	}
}

// TestDashboard: it may be moved, its charts may not be changed, and those of others stay.
func TestDashboard(t *testing.T) {
	b := newBench(t)
	b.by("POST", "/api/v2/dashboards", map[string]any{"title": "foobar shop of Bob", "description": "mine", "timeRange": map[string]any{"type": "BeginBoundedTimeRange"}})
	b.converge()
	ours := func() map[string]any {
		for _, d := range b.by("GET", "/api/v2/dashboards?limit=100", nil)["dashboards"].([]any) {
			if d := d.(map[string]any); d["title"] == "foobar shop" {
				return b.by("GET", "/api/v2/dashboards/"+d["id"].(string), nil)
			}
		}
		return nil
	}
	edit := func(change func(map[string]any)) {
		d := ours()
		id := d["id"].(string)
		for _, own := range []string{"id", "contentId", "scheduleId"} {
			delete(d, own)
		}
		change(d)
		if got := b.by("PUT", "/api/v2/dashboards/"+id, d); got["status"] != nil {
			t.Fatal(got)
		}
	}
	edit(func(d map[string]any) { d["folderId"] = "0000000000ABCDEF" })
	if got := b.converge(); got != "" {
		t.Errorf("moved: it would %s", got)
	}
	edit(func(d map[string]any) {
		d["panels"].([]any)[0].(map[string]any)["queries"].([]any)[0].(map[string]any)["queryString"] = "metric=another"
	})
	found := b.look()
	if says(found) != "update dashboard:foobar shop" || !strings.Contains(found.Errands[0].Fields[0].Old, "metric=another") {
		t.Errorf("changed: it would %s: %+v", says(found), found.Errands)
	}
	b.converge()
	if got := ours(); got["folderId"] != "0000000000ABCDEF" {
		t.Errorf("it was put back into %v", got["folderId"])
	}
	copied := ours()
	for _, own := range []string{"id", "contentId", "scheduleId"} {
		delete(copied, own)
	}
	copied["title"] = "foobar shop, for the screen in the hall"
	b.by("POST", "/api/v2/dashboards", copied)
	if found := b.look(); len(found.Errands) != 0 || strings.Join(found.Unmanaged, ", ") != "copies of the dashboard: 1" {
		t.Errorf("beside a copy it would %s, and tells of %v", says(found), found.Unmanaged)
	}
	b.want.Dashboards = nil
	if got := b.converge(); got != "remove dashboard:foobar shop" {
		t.Errorf("it would %s", got)
	}
	if list := b.by("GET", "/api/v2/dashboards", nil)["dashboards"].([]any); len(list) != 2 {
		t.Errorf("of others is left %v", list)
	}
}
