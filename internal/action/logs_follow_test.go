package action

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"foobar/internal/logs"
	"foobar/internal/remote/sshtest"
)

// heard is a writer that several goroutines may use.
type heard struct {
	mu   sync.Mutex
	text strings.Builder
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) has(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Contains(h.text.String(), text)
}

// TestFollowLosesAHost: what a host is lost by is said while the others go on; the last
// one that is lost ends it, and so does whoever asked.
func TestFollowLosesAHost(t *testing.T) {
	sshtest.NeedsRunDir(t)
	for _, all := range []bool{false, true} {
		servers := []*sshtest.Server{sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})}
		path := sshtest.Site(t, servers...)
		var out, said heard
		v := Logs{Common: Common{Inventory: path, Console: Console{Out: &out, Err: &said}}, Query: logs.Query{Service: "access", Follow: true}}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		ended := make(chan error, 1)
		go func() { ended <- v.Run(ctx) }()
		until(t, func() bool { return servers[0].Accepted() > 0 && servers[1].Accepted() > 0 })
		until(t, func() bool {
			servers[1].Drop()
			return said.has(": error: ")
		})
		select {
		case err := <-ended:
			t.Fatalf("it ended with one host: %v", err)
		default:
		}
		if all {
			servers[0].Drop()
		} else {
			cancel()
		}
		select {
		case err := <-ended:
			var code int
			if ee, ok := err.(*Exit); ok {
				code = ee.Code
			}
			if want := map[bool]int{true: 4}[all]; code != want {
				t.Errorf("exit %d, not %d: %v", code, want, err)
			}
		case <-time.After(20 * time.Second):
			t.Error("it goes on")
		}
		cancel()
	}
}

func until(t *testing.T, holds func() bool) {
	t.Helper()
	for range 400 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it did not come to that")
}
