package library

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

// caller asks a library.
type caller struct {
	t *testing.T
	l *Library
}

func (c caller) ask(method, path, body string) (int, string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	c.l.ServeHTTP(w, r)
	raw, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(raw)
}

// made makes something and returns its identifier.
func (c caller) made(path, body string) string {
	c.t.Helper()
	status, answer := c.ask("POST", path, body)
	var got struct{ ID string }
	if err := json.Unmarshal([]byte(answer), &got); err != nil || status != 200 || got.ID == "" {
		c.t.Fatalf("%s: %d %s", path, status, answer)
	}
	return got.ID
}

const (
	critical = `{"detectionMethod":"LogsStaticCondition","triggerType":"Critical","timeRange":"-60m","threshold":5,"thresholdType":"GreaterThan","field":"percent"}`
	resolved = `{"detectionMethod":"LogsStaticCondition","triggerType":"ResolvedCritical","timeRange":"-60m","threshold":5,"thresholdType":"LessThanOrEqual","field":"percent","resolutionWindow":"60m"}`
	aMonitor = `{"type":"MonitorsLibraryMonitor","name":"errors","monitorType":"Logs","queries":[{"rowId":"A","query":"x"}],"triggers":[` + critical + `,` + resolved + `]}`
)

// TestMonitorsLife: what is made is found by its path, its folder and its identifier, in the
// service's own words, and goes with its folder.
func TestMonitorsLife(t *testing.T) {
	c := caller{t, New()}
	folder := c.made("/api/v1/monitors?parentId="+rootID, `{"type":"MonitorsLibraryFolder","name":"mine"}`)
	id := c.made("/api/v1/monitors?parentId="+folder, aMonitor)
	if _, body := c.ask("GET", "/api/v1/monitors/path?path=/Monitor/mine", ""); !strings.Contains(body, `"children":[{`) || strings.Contains(body, "queries") {
		t.Errorf("the folder: %s", body)
	}
	_, body := c.ask("GET", "/api/v1/monitors?ids="+id+",0000000000000BAD", "")
	for _, want := range []string{`"` + id + `":{`, `"timeRange":"-1h"`, `"groupNotifications":true`, `"MonitorsLibraryMonitorResponse"`, `"version":0`} {
		if !strings.Contains(body, want) {
			t.Errorf("it does not say %s: %s", want, body)
		}
	}
	if strings.Contains(body, "playbook") {
		t.Errorf("it says what is empty: %s", body)
	}
	change := strings.Replace(strings.Replace(aMonitor, `"MonitorsLibraryMonitor"`, `"MonitorsLibraryMonitorUpdate","version":0`, 1), `"threshold":5`, `"threshold":7`, 1)
	if status, body := c.ask("PUT", "/api/v1/monitors/"+id, change); status != 200 || !strings.Contains(body, `"version":1`) {
		t.Errorf("%d %s", status, body)
	}
	if status, body := c.ask("PUT", "/api/v1/monitors/"+id, change); status != 409 {
		t.Errorf("an old version: %d %s", status, body)
	}
	if status, _ := c.ask("DELETE", "/api/v1/monitors/"+folder, ""); status != 204 {
		t.Errorf("delete: %d", status)
	}
	if status, _ := c.ask("GET", "/api/v1/monitors/"+id, ""); status != 404 {
		t.Errorf("it outlives its folder: %d", status)
	}
}

// TestMonitorsRefused: each with a word that names the fault.
func TestMonitorsRefused(t *testing.T) {
	c := caller{t, New()}
	c.made("/api/v1/monitors?parentId="+rootID, aMonitor)
	web := c.made("/api/v1/connections", `{"type":"WebhookDefinition","name":"w","url":"https://x.example.com","defaultPayload":"{}","webhookType":"Slack"}`)
	other := strings.Replace(aMonitor, `"errors"`, `"other"`, 1)
	notify := func(to string) string {
		return strings.TrimSuffix(other, "}") + `,"notifications":[{"notification":` + to + `,"runForTriggerTypes":["Critical"]}]}`
	}
	for name, tc := range map[string]struct{ path, body, says string }{
		"no type":             {"", strings.Replace(other, `"type":"MonitorsLibraryMonitor",`, "", 1), "type:"},
		"no parent":           {"/api/v1/monitors?parentId=7", other, "parent_not_found"},
		"the same name":       {"", aMonitor, "duplicate_content"},
		"an unknown field":    {"", strings.Replace(other, `"queries"`, `"query":1,"queries"`, 1), `unknown field`},
		"a slash":             {"", strings.Replace(other, `"other"`, `"a/b"`, 1), "slash"},
		"a blank":             {"", strings.Replace(other, `"other"`, `"a "`, 1), "blank"},
		"no trigger":          {"", `{"type":"MonitorsLibraryMonitor","name":"n","monitorType":"Logs","queries":[{"rowId":"A","query":"x"}],"triggers":[]}`, "triggers"},
		"no counterpart":      {"", strings.Replace(other, ","+resolved, "", 1), "counterpart"},
		"a time of its own":   {"", strings.ReplaceAll(other, "-60m", "-7m"), "timeRange"},
		"no threshold":        {"", strings.Replace(other, `"threshold":5,`, "", 1), "threshold"},
		"metrics of logs":     {"", strings.Replace(other, "LogsStatic", "MetricsStatic", 1), "not for monitors of Logs"},
		"two queries":         {"", strings.Replace(other, `"query":"x"}`, `"query":"x"},{"rowId":"B","query":"y"}`, 1), "has one"},
		"an e-mail to nobody": {"", notify(`{"connectionType":"Email","subject":"s","timeZone":"UTC"}`), "recipients"},
		"no connection":       {"", notify(`{"connectionType":"Slack","connectionId":"7"}`), "connection_not_found"},
		"another connection":  {"", notify(`{"connectionType":"Webhook","connectionId":"` + web + `"}`), "of the type Slack"},
		"another trigger":     {"", strings.Replace(notify(`{"connectionType":"Slack","connectionId":"`+web+`"}`), `["Critical"]`, `["Warning"]`, 1), "no trigger Warning"},
		"no URL":              {"/api/v1/connections", `{"type":"WebhookDefinition","name":"v","defaultPayload":"{}"}`, "url"},
		"no JSON":             {"/api/v1/connections", `{"type":"WebhookDefinition","name":"v","url":"https://x.example.com","defaultPayload":"x"}`, "defaultPayload"},
		"a connection again":  {"/api/v1/connections", `{"type":"WebhookDefinition","name":"w","url":"https://x.example.com","defaultPayload":"{}"}`, "duplicate_name"},
		"no time range":       {"/api/v2/dashboards", `{"title":"t"}`, "timeRange"},
		"a panel nowhere":     {"/api/v2/dashboards", `{"title":"t","timeRange":{"type":"BeginBoundedTimeRange"},"panels":[{"key":"a","panelType":"TextPanel"}]}`, "not once in the layout"},
		"beyond the grid":     {"/api/v2/dashboards", `{"title":"t","timeRange":{"type":"BeginBoundedTimeRange"},"layout":{"layoutType":"Grid","layoutStructures":[{"key":"a","structure":"{\"height\":8,\"width\":12,\"x\":13,\"y\":0}"}]}}`, "24 columns"},
		"its own refresh":     {"/api/v2/dashboards", `{"title":"t","timeRange":{"type":"BeginBoundedTimeRange"},"refreshInterval":7}`, "refreshInterval"},
		"the type it answers": {"/api/v1/connections", `{"type":"WebhookConnection","name":"v","url":"https://x.example.com","defaultPayload":"{}"}`, "WebhookDefinition"},
	} {
		if tc.path == "" {
			tc.path = "/api/v1/monitors?parentId=" + rootID
		}
		if status, body := c.ask("POST", tc.path, tc.body); status < 400 || !strings.Contains(body, tc.says) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, _ := c.ask("DELETE", "/api/v1/connections/"+web, ""); status != 400 {
		t.Errorf("a connection is deleted without its type: %d", status)
	}
	r := httptest.NewRequest("POST", "/api/v1/connections", strings.NewReader("{}"))
	w := httptest.NewRecorder()
	if c.l.ServeHTTP(w, r); w.Code != 415 {
		t.Errorf("without a content type: %d", w.Code)
	}
}

// TestConnectionsMasked: what authorises is not shown again, and lists come in pages.
func TestConnectionsMasked(t *testing.T) {
	c := caller{t, New()}
	first := ""
	for _, name := range []string{"c", "b", "a"} {
		first = c.made("/api/v1/connections", `{"type":"WebhookDefinition","name":"`+name+`","url":"https://x.example.com","defaultPayload":"{}","headers":[{"name":"Authorization","value":"Bearer abc"}]}`)
	}
	_, body := c.ask("GET", "/api/v1/connections?limit=2", "")
	if strings.Contains(body, "x.example.com") || !strings.Contains(body, `"WebhookConnection"`) || !strings.Contains(body, `"next":"2"`) {
		t.Error(body)
	}
	if _, one := c.ask("GET", "/api/v1/connections/"+first, ""); strings.Contains(one, "abc") || !strings.Contains(one, `"value":"********"`) || !strings.Contains(one, "x.example.com") {
		t.Error(one)
	}
	if _, body = c.ask("GET", "/api/v1/connections?limit=2&token=2", ""); strings.Contains(body, "next") || !strings.Contains(body, `"name":"a"`) {
		t.Error(body)
	}
}
