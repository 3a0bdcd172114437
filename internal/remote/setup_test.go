package remote_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

func TestMain(m *testing.M) {
	sshtest.ServeSFTP()
	// Neither an agent nor keys of whoever runs the tests take part.
	os.Unsetenv("SSH_AUTH_SOCK")
	os.Exit(m.Run())
}

// options get root at the server by sudo, with nothing left to defaults.
func options(s *sshtest.Server) remote.Options {
	return remote.Options{Name: "web1", Address: s.Host, Port: s.Port, User: "alice", NoConfig: true,
		Identities: []string{s.ClientKeyFile}, KnownHosts: []string{s.KnownHosts}, RunDir: s.RunDir,
		ConnectTimeout: 5 * time.Second}
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func dial(t testing.TB, o remote.Options) *remote.Host {
	t.Helper()
	h, err := remote.Dial(within(t, 10*time.Second), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// brief is a time to connect that this machine keeps, as busy as it is now, and that ends
// before promptly gives up.
func brief(t *testing.T) time.Duration {
	t.Helper()
	s := sshtest.Start(t, sshtest.Config{})
	began := time.Now()
	dial(t, options(s)).Close()
	return min(max(500*time.Millisecond, 5*time.Since(began)), soon/4)
}

// run returns the output of a script that must end with status 0.
func run(t testing.TB, h *remote.Host, script string) string {
	t.Helper()
	var lines []string
	status, err := h.Run(within(t, 10*time.Second), script, func(l string) { lines = append(lines, l) })
	if err != nil || status != 0 {
		t.Fatalf("status %d, error %v, output %q", status, err, lines)
	}
	return strings.Join(lines, "\n")
}

// refused dials, expects a failure of a kind, and looks for words in it.
func refused(t *testing.T, o remote.Options, kind remote.Kind, words ...string) *remote.Error {
	t.Helper()
	h, err := remote.Dial(within(t, 10*time.Second), o)
	if err == nil {
		h.Close()
		t.Fatal("it went through")
	}
	if !errors.Is(err, kind) {
		t.Fatalf("not of kind %q: %v", kind, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error lacks %q: %v", w, err)
		}
	}
	var e *remote.Error
	if !errors.As(err, &e) {
		t.Fatalf("not an *Error: %T", err)
	}
	return e
}
