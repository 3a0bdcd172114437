package aptcache

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func get(c *Cache, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w
}

func repository(t *testing.T) (c *Cache, asked *atomic.Int64, server *httptest.Server) {
	asked = new(atomic.Int64)
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if strings.HasSuffix(r.URL.Path, "/absent") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2023 15:04:05 GMT")
		fmt.Fprint(w, "body of "+r.URL.Path)
	}))
	t.Cleanup(server.Close)
	return &Cache{Dir: t.TempDir(), Rewrite: map[string]string{"http://deb.example.org/debian": server.URL + "/mirror/debian"}}, asked, server
}

func TestPackagesAreFetchedOnceAndOutliveTheRepository(t *testing.T) {
	c, asked, server := repository(t)
	const deb = "http://deb.example.org/debian/pool/main/n/nginx/nginx_1_amd64.deb"
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if w := get(c, deb); w.Code != 200 || w.Body.String() != "body of /mirror/debian/pool/main/n/nginx/nginx_1_amd64.deb" {
				t.Errorf("got %d %q", w.Code, w.Body)
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("the repository was asked %d times for one package", n)
	}
	server.Close()
	if w := get(c, deb); w.Code != 200 {
		t.Errorf("without the repository: %d %s", w.Code, w.Body)
	}
	if w := get(c, deb, "If-Modified-Since", "Mon, 02 Jan 2023 15:04:05 GMT"); w.Code != http.StatusNotModified {
		t.Errorf("If-Modified-Since: got %d", w.Code)
	}
}

func TestIndexesAreAskedForAgainWhenStale(t *testing.T) {
	c, asked, server := repository(t)
	const index = "http://deb.example.org/debian/dists/trixie/InRelease"
	get(c, index)
	get(c, index)
	if n := asked.Load(); n != 1 {
		t.Fatalf("a fresh index was asked for %d times", n)
	}
	old := time.Now().Add(-2 * fresh)
	file := filepath.Join(c.Dir, "deb.example.org/debian/dists/trixie/InRelease")
	if err := os.Chtimes(checked(file), old, old); err != nil {
		t.Fatal(err)
	}
	get(c, index)
	if n := asked.Load(); n != 2 {
		t.Fatalf("a stale index was asked for %d times, want 2", n)
	}
	os.Chtimes(checked(file), old, old)
	server.Close()
	if w := get(c, index); w.Code != 200 {
		t.Errorf("an old index is better than none, got %d", w.Code)
	}
}

func TestNothingElseIsFetched(t *testing.T) {
	c, asked, _ := repository(t)
	for _, u := range []string{"http://example.com/debian/x.deb", "http://deb.example.org/debian-other/x.deb", "http://10.0.0.1/"} {
		if w := get(c, u); w.Code != http.StatusForbidden {
			t.Errorf("%s: got %d", u, w.Code)
		}
	}
	if w := get(c, "/debian/x.deb"); w.Code == 200 {
		t.Errorf("a path alone: got %d", w.Code)
	}
	if w := get(c, "http://deb.example.org/debian/absent"); w.Code != 404 || asked.Load() != 1 {
		t.Errorf("absent file: got %d", w.Code)
	}
}

func TestKeysStayInTheFolder(t *testing.T) {
	for in, want := range map[string]string{
		"http://a/b/c.deb":           "a/b/c.deb",
		"http://a/../../etc/passwd":  "a/etc/passwd",
		"http://a/x?y=/../z":         "a/x?y%3D%2F..%2Fz",
		"http://a/%2e%2e/%2e%2e/etc": "a/etc",
	} {
		u, err := url.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := key(u); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestTrimKeepsTheBoundAndDropsTheOldest(t *testing.T) {
	dir := t.TempDir()
	for i, name := range []string{"old", "mid", "new", ".part-1"} {
		p := filepath.Join(dir, name)
		os.WriteFile(p, make([]byte, 100), 0o644)
		when := time.Now().Add(time.Duration(i-10) * time.Hour)
		os.Chtimes(p, when, when)
	}
	if err := trim(dir, 250); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(dir)
	if len(left) != 2 || left[0].Name() != "mid" || left[1].Name() != "new" {
		t.Errorf("left: %v", left)
	}
}
