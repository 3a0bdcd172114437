package intake

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestManage: what the documentation of the API for people says is answered and refused.
func TestManage(t *testing.T) {
	in, _ := service(t)
	c := &client{t: t, in: in}
	c.register(`{"collectorName":"web1","hostname":"web1","category":"foobar/web","ephemeral":true}`)
	(&client{t: t, in: in}).register(`{"collectorName":"db.1","category":"foobar/db"}`)
	ask := func(method, path, id, key string) (int, string, http.Header) {
		r := httptest.NewRequest(method, path, nil)
		r.SetBasicAuth(id, key)
		w := httptest.NewRecorder()
		in.Manage("id", "key").ServeHTTP(w, r) // each with a rate of its own
		body, _ := io.ReadAll(w.Result().Body)
		return w.Code, string(body), w.Result().Header
	}
	_, body, header := ask("GET", "/api/v1/collectors/name/web1", "id", "key")
	var one struct {
		Collector struct {
			ID        int64
			Category  string
			Ephemeral bool
			Type      string `json:"collectorType"`
		}
	}
	if err := json.Unmarshal([]byte(body), &one); err != nil || one.Collector.ID == 0 || one.Collector.Category != "foobar/web" || !one.Collector.Ephemeral || one.Collector.Type != "Installable" || header.Get("ETag") == "" {
		t.Fatalf("%v: %s", err, body)
	}
	for _, tc := range []struct {
		method, path, key string
		status            int
		says              string
	}{
		{"GET", "/api/v1/collectors/name/web1", "wrong", 401, "unauthorized"},
		{"GET", "/api/v1/collectors/name/db.1", "key", 404, "notfound"},
		{"GET", "/api/v1/collectors/name/db.1/", "key", 200, `"db.1"`},
		{"GET", "/api/v1/collectors/name/web%2F1", "key", 404, "notfound"},
		{"GET", "/api/v1/collectors/name/web9", "key", 404, "notfound"},
		{"GET", "/api/v1/collectors?limit=1&offset=1", "key", 200, `"web1"`},
		{"GET", "/api/v1/collectors?filter=dead", "key", 200, `[]`},
		{"GET", "/api/v1/collectors?filter=some", "key", 400, "filter"},
		{"GET", "/api/v1/collectors/web1", "key", 400, "InvalidCollector"},
		{"PUT", "/api/v1/collectors/100000001", "key", 405, "method.unsupported"},
		{"DELETE", "/api/v1/collectors/7", "key", 404, "notfound"},
		{"DELETE", "/api/v1/collectors/100000001", "wrong", 401, "unauthorized"},
		{"DELETE", "/api/v1/collectors/100000001", "key", 200, ""},
		{"GET", "/api/v1/collectors/100000001", "key", 404, "notfound"},
	} {
		status, body, _ := ask(tc.method, tc.path, "id", tc.key)
		if status != tc.status || !strings.Contains(body, tc.says) || tc.says == "" && body != "" {
			t.Errorf("%s %s: %d %s", tc.method, tc.path, status, body)
		}
	}
	if resp := c.post("/api/v1/collector/heartbeat", "", nil); resp.StatusCode != 401 {
		t.Errorf("the heartbeat of a deleted collector: %s", resp.Status)
	}
}

// TestManageIsSlow: four requests a second, and no more.
func TestManageIsSlow(t *testing.T) {
	r, now := &rate{}, time.Now()
	for i := range 4 {
		if !r.take(now.Add(time.Duration(i) * 100 * time.Millisecond)) {
			t.Errorf("request %d is refused", i+1)
		}
	}
	if r.take(now.Add(900 * time.Millisecond)) {
		t.Error("a fifth within a second is let through")
	}
	if !r.take(now.Add(time.Second)) {
		t.Error("one a second after the first is refused")
	}
}
