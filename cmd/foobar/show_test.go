package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/remote"
)

// TestReaderGoneIsNoEnd runs itself with a standard output that nobody reads;
// without care the runtime ends such a program at its first word.
func TestReaderGoneIsNoEnd(t *testing.T) {
	if os.Getenv("FOOBAR_TEST_NO_READER") != "" {
		_, release := interruptible(context.Background(), &engine.Engine{})
		_, _ = os.Stdout.WriteString("x")
		os.Exit(release(42))
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestReaderGoneIsNoEnd$")
	cmd.Env, cmd.Stdout = append(os.Environ(), "FOOBAR_TEST_NO_READER=1"), w
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 42 {
		t.Errorf("it ended with %s", cmd.ProcessState)
	}
}

func TestLostHostIsUnreachable(t *testing.T) {
	var he *engine.HostError
	for kind, want := range map[remote.Kind]event.Outcome{remote.ErrTransport: event.Unreachable, remote.ErrLocked: event.Locked, remote.ErrOutput: event.Failed} {
		if err := hostError(&remote.Error{Kind: kind, Msg: "x", Hint: "y"}); !errors.As(err, &he) || he.Outcome != want || he.Hint != "y" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestCtrlCAnswersAQuestion: reading a line goes on over a signal.
func TestCtrlCAnswersAQuestion(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func(old *os.File) { os.Stdin = old }(os.Stdin)
	os.Stdin = r
	defer w.Close()
	hold := make(chan os.Signal, 9) // until Ask listens, the signal must not end the test
	signal.Notify(hold, os.Interrupt)
	defer signal.Stop(hold)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
			}
		}
	}()
	var ee *exitError
	if _, err := (lineAsker{}).Ask("?", false); !errors.As(err, &ee) || ee.code != engine.ExitInterrupted {
		t.Errorf("the answer's error is %v", err)
	}
}

// TestSavedPlanIsPrivate: also where a file that all may read was there before.
func TestSavedPlanIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := save(path, engine.Saved{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
