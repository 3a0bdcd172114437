package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"foobar/internal/action"
	"foobar/internal/engine"
)

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
	var ee *action.Exit
	if _, err := (lineAsker{}).Ask("?", false); !errors.As(err, &ee) || ee.Code != engine.ExitInterrupted {
		t.Errorf("the answer's error is %v", err)
	}
}
