package action

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

// TestEndOnRequest: when the context ends, so does what runs on the host.
func TestEndOnRequest(t *testing.T) {
	sshtest.NeedsRunDir(t)
	inv, err := inventory.Load(sshtest.Site(t, sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})))
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(t.TempDir(), "ended")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = onHost(ctx, &dialer{common: &Common{}}, inv.Hosts[0], func(ctx context.Context, _ *inventory.Host, target engine.Target) error {
		_, err := target.Run(ctx, "trap 'echo x >"+mark+"; exit' TERM; echo up; while :; do sleep 0.05; done", func(string) { cancel() })
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	for range 100 {
		if _, err := os.Stat(mark); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the script was not ended")
}

func TestVerdict(t *testing.T) {
	hosts := []*inventory.Host{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	gone := &engine.HostError{Outcome: event.Unreachable, Msg: "no answer", Hint: "look at it"}
	for _, c := range []struct {
		errs []error
		code int
	}{
		{[]error{nil, nil, nil}, 0},
		{[]error{nil, errors.New("x"), nil}, 1},
		{[]error{gone, errors.New("x"), nil}, 4},
		{[]error{errors.New("x"), gone, errors.New("y")}, 4},
	} {
		var said strings.Builder
		err := verdict(hosts, c.errs, &said)
		code := 0
		var ee *Exit
		if errors.As(err, &ee) {
			code = ee.Code
		}
		if code != c.code {
			t.Errorf("%v: exit %d", c.errs, code)
		}
		if c.errs[0] == gone && !strings.HasPrefix(said.String(), "a: error: no answer; look at it\n") {
			t.Errorf("said %q", said.String())
		}
	}
}

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ttab ü":                   "plain\ttab ü",
		"\x1b[1;31mred\x1b[0m":           "red",
		"\x1b]0;title\x07text":           "text",
		"\x1b]8;;http://x\x1b\\link":     "link",
		"\x1b(Bx\x1b7y\x1bMz":            "xyz",
		"a\rb\x00c\x7fd\u009b31me":       "abcde",
		"\u202eturned\u2028":             "turned ",
		"\xff\xfe":                       "\uFFFD\uFFFD",
		"\x1b\x1b[31mtwice\x1b[":         "twice",
		"cut off \x1b]0;never ending on": "cut off ",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestMain(m *testing.M) {
	// ssh asks this program about pinned keys.
	if len(os.Args) == 6 && os.Args[1] == "host-key" {
		line, err := remote.KnownLine(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
		if err != nil {
			os.Exit(1)
		}
		fmt.Print(line)
		return
	}
	sshtest.ServeSFTP()
	// Neither an agent nor keys of whoever runs the tests take part.
	os.Unsetenv("SSH_AUTH_SOCK")
	os.Exit(m.Run())
}
