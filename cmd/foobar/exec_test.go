package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

// siteOn writes an inventory whose hosts are servers of the test: lb1, web1,
// web2 and so on. A nil server is a port where nobody listens.
func siteOn(t *testing.T, servers ...*sshtest.Server) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "[site]\ndomain = \"www.example.com\"\nemail = \"a@example.com\"\n[app]\nsource = \"app\"\n[ssh]\nuser = \"alice\"\nconfig = \"none\"\nconnect_timeout = \"10s\"\n"
	for i, s := range servers {
		name, roles := fmt.Sprintf("web%d", i), ""
		if i == 0 {
			name, roles = "lb1", "roles = [\"lb\"]\n"
		}
		text += fmt.Sprintf("[hosts.%s]\naddress = \"127.0.0.1\"\nprivate_address = \"10.0.0.%d\"\n%s[hosts.%s.ssh]\n", name, i+1, roles, name)
		if s == nil {
			text += "port = 1\n"
			continue
		}
		text += fmt.Sprintf("port = %d\nidentity = %q\nknown_hosts = %q\n", s.Port, s.ClientKeyFile, s.KnownHosts)
	}
	path := filepath.Join(dir, "site.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// foobar runs a command line and returns what it printed and its exit code.
func foobar(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	stdout, stderr, _ = capture(t, func() error { code = run(args); return nil })
	return stdout, stderr, code
}

// capture returns what a function writes to standard output and error.
func capture(t *testing.T, do func() error) (stdout, stderr string, err error) {
	t.Helper()
	ends := []struct {
		file **os.File
		text *string
	}{{&os.Stdout, &stdout}, {&os.Stderr, &stderr}}
	var finish []func()
	for _, e := range ends {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		old := *e.file
		*e.file = w
		read := make(chan struct{})
		go func() {
			defer close(read)
			raw, _ := io.ReadAll(r)
			*e.text = string(raw)
		}()
		finish = append(finish, func() { w.Close(); <-read; r.Close(); *e.file = old })
	}
	err = do()
	for _, f := range finish {
		f()
	}
	return stdout, stderr, err
}

// needsRunDir skips where the root shell cannot make its folder in /run.
func needsRunDir(t *testing.T) {
	t.Helper()
	dir, err := os.MkdirTemp("/run", "foobar-test.")
	if err != nil {
		t.Skip("the root shell needs a writable /run")
	}
	os.Remove(dir)
}

func sorted(text string) []string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	slices.Sort(lines)
	return lines
}

func TestExec(t *testing.T) {
	needsRunDir(t)
	path := siteOn(t, sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}))
	for _, c := range []struct {
		args []string
		want []string
		code int
		says string
	}{
		{[]string{"--", "echo one; printf '\\033[31mred\\033[0m\\r\\n'; echo two >&2"},
			[]string{"lb1  | one", "lb1  | red", "lb1  | two", "web1 | one", "web1 | red", "web1 | two", "web2 | one", "web2 | red", "web2 | two"}, 0, ""},
		{[]string{"-l", "web2", "-b", "--", "printf", "%s.", "a  b", "$HOME", "'"}, []string{"web2 | a  b.$HOME.'."}, 0, ""},
		{[]string{"-l", "web", "-f", "1", "--", "exit 3"}, []string{""}, 1, "web1: error: the command ended with status 3\nweb2: error: the command ended with status 3\n"},
		{[]string{"-l", "nobody", "--", "true"}, []string{""}, 64, "no host or role"},
		{[]string{"uptime"}, []string{""}, 64, "after --"},
	} {
		out, said, code := foobar(t, append([]string{"exec", path}, c.args...)...)
		if got := sorted(out); code != c.code || !slices.Equal(got, c.want) || !strings.Contains(said, c.says) {
			t.Errorf("%q: exit %d\nstdout %q\nwant   %q\nstderr %s", c.args, code, got, c.want, said)
		}
	}
}

func TestExecUnreachable(t *testing.T) {
	needsRunDir(t)
	path := siteOn(t, sshtest.Start(t, sshtest.Config{}), nil, sshtest.Start(t, sshtest.Config{}))
	out, said, code := foobar(t, "exec", path, "--", `[ "$USER" != "" ]; echo here; exit 1`)
	if want := []string{"lb1  | here", "web2 | here"}; code != engine.ExitUnreachable || !slices.Equal(sorted(out), want) {
		t.Errorf("exit %d, stdout %q", code, out)
	}
	if n := strings.Count(said, ": error: "); n != 3 || !strings.Contains(said, "web1: error: ") {
		t.Errorf("stderr: %s", said)
	}
}

// TestEndOnRequest: when the context ends, so does what runs on the host.
func TestEndOnRequest(t *testing.T) {
	needsRunDir(t)
	inv, err := inventory.Load(siteOn(t, sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})))
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(t.TempDir(), "ended")
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = onHost(ctx, &dialer{flags: &runFlags{}}, inv.Hosts[0], func(ctx context.Context, _ *inventory.Host, target engine.Target) error {
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
		well int
	}{
		{[]error{nil, nil, nil}, 0, 3},
		{[]error{nil, errors.New("x"), nil}, 1, 2},
		{[]error{gone, errors.New("x"), nil}, 4, 1},
		{[]error{errors.New("x"), gone, errors.New("y")}, 4, 0},
	} {
		var said strings.Builder
		well, err := verdict(hosts, c.errs, &said)
		code := 0
		var ee *exitError
		if errors.As(err, &ee) {
			code = ee.code
		}
		if code != c.code || len(well) != c.well {
			t.Errorf("%v: exit %d, well %v", c.errs, code, well)
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
