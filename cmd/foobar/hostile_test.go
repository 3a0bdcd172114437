package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/engine"
	"foobar/internal/remote/sshtest"
)

// TestAHostThatHangsHoldsNoVerb: a verb ends by its own time and shows the
// others.
func TestAHostThatHangsHoldsNoVerb(t *testing.T) {
	endless := func(token string, c ssh.Channel, s *sshtest.Server) {
		fmt.Fprintf(c, "\n%s begin\n", token)
		for {
			if _, err := io.WriteString(c, strings.Repeat("\n", 1<<12)); err != nil {
				return
			}
		}
	}
	began := time.Now()
	stdout, _, code := foobar(t, "check", sshtest.Site(t, sshtest.Start(t, sshtest.Config{}), sshtest.Mute(t, endless)), "-o", "json")
	if took := time.Since(began); took > 20*time.Second || code != engine.ExitUnreachable || !strings.Contains(stdout, `"reached":false`) {
		t.Errorf("exit %d after %v, %.300s", code, took, stdout)
	}
}

// TestInterruptsEndAHangingRun runs itself: whatever a host does, the third
// Ctrl-C ends the program.
func TestInterruptsEndAHangingRun(t *testing.T) {
	if path := os.Getenv("FOOBAR_TEST_HANGS"); path != "" {
		os.Exit(run([]string{"plan", path, "-o", "plain"}))
	}
	asked := make(chan struct{}, 2)
	hangs := func(string, ssh.Channel, *sshtest.Server) { asked <- struct{}{} }
	path := sshtest.Site(t, sshtest.Mute(t, hangs), sshtest.Mute(t, hangs))
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "app", "wsgi.py"), []byte("app = None\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestInterruptsEndAHangingRun$")
	cmd.Env = append(os.Environ(), "FOOBAR_TEST_HANGS="+path, "SUMOLOGIC_INSTALLATION_TOKEN=x", "XDG_STATE_HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-asked:
	case err := <-ended:
		t.Fatalf("it ended before: %v", err)
	}
	for range 3 {
		_ = cmd.Process.Signal(os.Interrupt)
		time.Sleep(50 * time.Millisecond)
	}
	select {
	case <-ended:
		if code := cmd.ProcessState.ExitCode(); code != engine.ExitInterrupted {
			t.Errorf("ended with %s", cmd.ProcessState)
		}
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Signal(syscall.SIGKILL)
		t.Error("it goes on")
	}
}
