package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
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
	cmd.Env = append(append(os.Environ(), "FOOBAR_TEST_ARGS="+strings.Join(args, "\n")), env...)
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
