package registry

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/lab/intake"
	"foobar/internal/secret"
)

// served is a service behind TLS, and a client of it that does not wait.
func served(t *testing.T, h http.Handler) (*httptest.Server, *Service) {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	s, err := New(server.URL, secret.New("an-id"), secret.New("the-key"), roots(server))
	if err != nil {
		t.Fatal(err)
	}
	s.Hurry()
	return server, s
}

func roots(server *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// TestACollectorGoes: it is found by its name, deleted by its number, and then not found;
// names with a period, too.
func TestACollectorGoes(t *testing.T) {
	store, err := intake.NewStore(filepath.Join(t.TempDir(), "records"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	in := intake.New("token", store)
	var handler http.Handler
	_, s := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler = in.Manage("an-id", "the-key") // with a rate of its own
		handler.ServeHTTP(w, r)
	}))
	for _, name := range []string{"web1", "web1.lan"} {
		r := httptest.NewRequest("POST", "/api/v1/collector/register", strings.NewReader(`{"collectorName":"`+name+`","category":"foobar/web"}`))
		r.Header.Set("Authorization", "Bearer token")
		in.ServeHTTP(httptest.NewRecorder(), r)
		c, err := s.Find(t.Context(), name)
		if err != nil || c == nil || c.Category != "foobar/web" || c.Kind != "Installable" || c.ID == 0 {
			t.Fatalf("%s: %+v, %v", name, c, err)
		}
		if there, err := s.Delete(t.Context(), *c); err != nil || !there {
			t.Errorf("%s: %v, %v", name, there, err)
		}
		if there, err := s.Delete(t.Context(), *c); err != nil || there {
			t.Errorf("%s a second time: %v, %v", name, there, err)
		}
		if c, err := s.Find(t.Context(), name); err != nil || c != nil {
			t.Errorf("%s is still there: %+v, %v", name, c, err)
		}
	}
}

// TestWhatTheServiceSays: each refusal has a code and a reason, and none shows the key.
func TestWhatTheServiceSays(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		code   fault.Code
		says   string
	}{
		"wrong key":      {401, `{"status":401,"id":"X","code":"unauthorized","message":"Credential could not be verified."}`, "MON02", "does not take the access id and key"},
		"no right":       {403, `{"status":403,"id":"X","code":"forbidden","message":"not allowed"}`, "MON02", "Manage Collectors (it answered with the status 403: not allowed (forbidden))"},
		"too often":      {429, `{"status":429,"id":"X","code":"rate.limit.exceeded","message":"slow down"}`, "MON01", "slow down"},
		"down":           {503, `<html>`, "MON01", "the status 503"},
		"a web page":     {200, `<html>`, "MON01", "monitoring.api"},
		"another thing":  {200, `{"version":1}`, "MON01", "something else than the collector web1"},
		"another's":      {200, `{"collector":{"id":3,"name":"web2"}}`, "MON01", "something else than the collector web1"},
		"a newer API":    {400, `{"id":"X","errors":[{"code":"a:b","message":"no","detail":"because"},{"code":"c:d","message":"nor"}]}`, "MON01", "status 400: no because (a:b); nor (c:d)"},
		"control bytes":  {400, `{"code":"a","message":"red \u001b[31m"}`, "MON01", "red "},
		"moved, nowhere": {301, ``, "MON01", "not to an https URL"},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			_, err := s.Find(t.Context(), "web1")
			faulttest.Wants(t, err, c.code)
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "the-key") || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%q", err)
			}
		})
	}
}

// TestBusyService: it is asked again.
func TestBusyService(t *testing.T) {
	n := 0
	_, s := served(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n++; n < 3 {
			w.WriteHeader(429)
			return
		}
		fmt.Fprint(w, `{"collector":{"id":3,"name":"web1"}}`)
	}))
	if c, err := s.Find(t.Context(), "web1"); err != nil || c == nil || n != 3 {
		t.Errorf("%+v, %v after %d requests", c, err, n)
	}
}

// TestMovedAccount: the key follows to another deployment of the same service, and to
// nobody else.
func TestMovedAccount(t *testing.T) {
	there := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, key, _ := r.BasicAuth(); id != "an-id" || key != "the-key" {
			t.Errorf("the new one gets %q", id)
		}
		fmt.Fprint(w, `{"collector":{"id":3,"name":"web1"}}`)
	}))
	t.Cleanup(there.Close)
	to := there.URL
	_, s := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to+r.URL.Path, http.StatusMovedPermanently)
	}))
	if c, err := s.Find(t.Context(), "web1"); err != nil || c == nil {
		t.Errorf("%+v, %v", c, err)
	}
	to = "https://api.example.com"
	_, s = served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to+r.URL.Path, http.StatusMovedPermanently)
	}))
	_, err := s.Find(t.Context(), "web1")
	faulttest.Wants(t, err, "MON01")
	if !strings.Contains(err.Error(), `add api = "https://api.example.com"`) {
		t.Error(err)
	}
}

// TestUntrusted: a service that does not prove its name gets no key.
func TestUntrusted(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was asked") }))
	t.Cleanup(server.Close)
	s, err := New(server.URL, secret.New("an-id"), secret.New("the-key"), "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Find(t.Context(), "web1")
	faulttest.Wants(t, err, "MON01")
	if !strings.Contains(err.Error(), "certificate") {
		t.Error(err)
	}
	if _, err := New("http://api.sumologic.com", secret.New("a"), secret.New("b"), ""); err == nil {
		t.Error("http is taken")
	}
}
