package lab

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

func TestIndexWantsTheToken(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "simple", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		user, password string
		want           int
	}{{"lab", "hush", http.StatusOK}, {"lab", "hus", http.StatusUnauthorized}, {"", "hush", http.StatusUnauthorized}} {
		r := httptest.NewRequest(http.MethodGet, "/simple/x/", nil)
		r.SetBasicAuth(c.user, c.password)
		w := httptest.NewRecorder()
		index(dir, "hush").ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s with %s: %d", c.user, c.password, w.Code)
		}
	}
}
