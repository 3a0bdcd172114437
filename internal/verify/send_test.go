package verify

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSend: each request has the mark and its number, redirects are not followed, and a
// server that nobody vouches for gets no answer believed.
func TestSend(t *testing.T) {
	var agents []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents = append(agents, r.UserAgent())
		http.Redirect(w, r, "/login", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	trusted := server.Client().Transport
	all := Send(t.Context(), func(i int) http.RoundTripper {
		if i == 2 {
			return http.DefaultTransport
		}
		return trusted
	}, server.URL+"/", "m4rk", 3)
	if len(all) != 3 || all[0].Status != 302 || !all[0].answered() || all[2].Err == nil || !strings.HasPrefix(all[2].Err.Error(), "tls: ") {
		t.Errorf("%+v", all)
	}
	if strings.Join(agents, ", ") != "foobar-verify/m4rk (0), foobar-verify/m4rk (1)" {
		t.Error(agents)
	}
	ctx, end := context.WithCancel(t.Context())
	end()
	if all := Send(ctx, func(int) http.RoundTripper { return trusted }, server.URL, "m4rk", 3); len(all) != 1 || all[0].Err == nil {
		t.Errorf("after the end: %+v", all)
	}
}

// hangs never answers.
type hangs struct{}

func (hangs) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestSendIsBounded: a site that hangs keeps nobody waiting for each of the requests.
func TestSendIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		all := Send(t.Context(), func(int) http.RoundTripper { return hangs{} }, "https://www.foobar.com/", "m4rk", 12)
		if took := time.Since(begun); len(all) != 2 || all[1].Err == nil || took > 61*time.Second {
			t.Errorf("%d requests in %s", len(all), took)
		}
	})
}

// TestMarks: no two are alike.
func TestMarks(t *testing.T) {
	if a, b := NewMark(), NewMark(); a == b || len(a) < 20 || strings.ToLower(a) != a {
		t.Error(a, b)
	}
}
