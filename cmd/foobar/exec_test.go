package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"foobar/internal/engine"
	"foobar/internal/remote/sshtest"
)

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

func sorted(text string) []string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	slices.Sort(lines)
	return lines
}

func TestExec(t *testing.T) {
	sshtest.NeedsRunDir(t)
	path := sshtest.Site(t, sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}))
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
		{[]string{"-l", "nobody", "--", "true"}, []string{""}, 64, "no host and no role"},
		{[]string{"uptime"}, []string{""}, 64, "after --"},
	} {
		out, said, code := foobar(t, append([]string{"exec", path}, c.args...)...)
		if got := sorted(out); code != c.code || !slices.Equal(got, c.want) || !strings.Contains(said, c.says) {
			t.Errorf("%q: exit %d\nstdout %q\nwant   %q\nstderr %s", c.args, code, got, c.want, said)
		}
	}
}

func TestExecUnreachable(t *testing.T) {
	sshtest.NeedsRunDir(t)
	path := sshtest.Site(t, sshtest.Start(t, sshtest.Config{}), nil, sshtest.Start(t, sshtest.Config{}))
	out, said, code := foobar(t, "exec", path, "--", `[ "$USER" != "" ]; echo here; exit 1`)
	if want := []string{"lb1  | here", "web2 | here"}; code != engine.ExitUnreachable || !slices.Equal(sorted(out), want) {
		t.Errorf("exit %d, stdout %q", code, out)
	}
	if n := strings.Count(said, ": error: "); n != 3 || !strings.Contains(said, "web1: error: ") {
		t.Errorf("stderr: %s", said)
	}
}
