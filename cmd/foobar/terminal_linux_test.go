package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"foobar/internal/remote/sshtest"
)

// onPTY runs this test binary again as foobar, on a terminal of its own, and
// returns what the terminal was told. Source: pty(7), ioctl_tty(2).
func onPTY(t *testing.T, env []string, args ...string) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	defer master.Close()
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestMainOnPTY$")
	cmd.Env = append(append(os.Environ(), "CI=", "FOOBAR_TEST_ARGS="+strings.Join(args, "\n")), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	var said bytes.Buffer
	_, _ = said.ReadFrom(master) // ends with an error when the last user of the terminal is gone
	_ = cmd.Wait()
	return said.String()
}

// TestMainOnPTY is foobar when onPTY runs it.
func TestMainOnPTY(t *testing.T) {
	args, ok := os.LookupEnv("FOOBAR_TEST_ARGS")
	if !ok {
		t.Skip("for onPTY")
	}
	os.Exit(run(strings.Split(args, "\n")))
}

// TestNoVerbQueriesTheTerminal: the answer to a query would land in what a
// person types next.
func TestNoVerbQueriesTheTerminal(t *testing.T) {
	got := onPTY(t, []string{"TERM=xterm-256color"}, "version")
	if !strings.Contains(got, "foobar") || strings.Contains(got, "\x1b") {
		t.Errorf("the terminal was told %q", got)
	}
}

// TestNobodySitsAtAPipeline: Buildkite gives a job a terminal, at which a question waited
// until the job's time was up.
func TestNobodySitsAtAPipeline(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("SUMOLOGIC_INSTALLATION_TOKEN", "x")
	site := sshtest.Site(t, nil, sshtest.Start(t, sshtest.Config{}))
	if err := os.WriteFile(filepath.Join(filepath.Dir(site), "app", "wsgi.py"), []byte("app = None\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := onPTY(t, []string{"CI=true"}, "deploy", site); !strings.Contains(got, "[CLI03]") {
		t.Errorf("a pipeline was asked: %q", got)
	}
	for _, env := range [][]string{{"CI=true", "TERM=xterm"}, {"CI=", "TERM="}, {"CI=", "TERM=dumb"}} {
		if got := onPTY(t, env, "deploy", "-y", "--timeout", "1s", site); strings.Contains(got, "\x1b[?1049h") || !strings.Contains(got, "unreachable") {
			t.Errorf("%v has a live view: %q", env, got)
		}
	}
	if got := onPTY(t, []string{"CI=false", "TERM=xterm"}, "deploy", "-y", "--timeout", "1s", site); !strings.Contains(got, "\x1b[?1049h") {
		t.Errorf("a person has no live view: %q", got)
	}
}
