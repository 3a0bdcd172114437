package action

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"foobar/internal/engine"
)

// Interruptible turns the first Ctrl-C into a stop after the current step, which
// say tells of, and the second into an end of the remote work; the third ends the
// program, whatever the hosts do. The returned function gives the exit code of the
// run, from the code it would have had.
func Interruptible(ctx context.Context, eng *engine.Engine, say func()) (context.Context, func(int) int) {
	ctx, cancel := context.WithCancel(ctx)
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, os.Interrupt, syscall.SIGTERM)
	// A reader of the output that goes away (| head) does not end the run.
	gone := make(chan os.Signal, 1)
	signal.Notify(gone, syscall.SIGPIPE)
	var got os.Signal
	done := make(chan struct{})
	go func() {
		defer close(done)
		n := 0
		for sig := range ch {
			got = sig
			if n++; n == 1 {
				say()
				go eng.Stop() // a host that hangs holds up no second signal
				continue
			} else if n > 2 {
				os.Exit(interruptedBy(sig))
			}
			go func() {
				eng.Kill()
				cancel()
			}()
		}
	}()
	return ctx, func(code int) int {
		signal.Stop(ch)
		signal.Stop(gone)
		close(ch)
		<-done
		cancel()
		if got == nil {
			return code
		}
		return interruptedBy(got)
	}
}

// Stopping says on the console that a run was told to stop.
func (c Console) Stopping() {
	fmt.Fprintln(c.Err, "stopping after the current step; once more to end it now")
}

// interruptedBy is the exit code of a run that a signal has ended.
func interruptedBy(sig os.Signal) int {
	if sig == syscall.SIGTERM {
		return 143
	}
	return engine.ExitInterrupted
}

// untilSignal ends the context at the first Ctrl-C or SIGTERM; the second ends
// the program at once. The returned function gives the exit code, 0 without a signal.
func (c Console) untilSignal(ctx context.Context) (context.Context, func() int) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	code := 0
	done := make(chan struct{})
	go func() {
		defer close(done)
		sig, ok := <-signals
		if !ok {
			return
		}
		code = interruptedBy(sig)
		signal.Stop(signals)
		fmt.Fprintln(c.Err, "ending what runs on the hosts; once more to end at once")
		cancel()
	}()
	return ctx, func() int {
		signal.Stop(signals)
		close(signals)
		<-done
		cancel()
		return code
	}
}
