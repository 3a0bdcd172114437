package action

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"foobar/internal/engine"
)

// Interruptible has the first signal that is Ending stop the run after the current step,
// once say has told so, and the second end the work on the hosts; the third ends the
// program, whatever the hosts do. The returned function makes the run's exit code of the
// one it would have had.
func Interruptible(ctx context.Context, eng *engine.Engine, say func()) (context.Context, func(int) int) {
	ctx, cancel := context.WithCancel(ctx)
	// A reader of the output that goes away (| head) does not end the run.
	gone := make(chan os.Signal, 1)
	signal.Notify(gone, syscall.SIGPIPE)
	end := onSignals(func(n int, sig os.Signal) {
		switch n {
		case 1:
			say()
			go eng.Stop() // a host that hangs holds up no second signal
		case 2:
			go func() {
				eng.Kill()
				cancel()
			}()
		default:
			os.Exit(interruptedBy(sig))
		}
	})
	return ctx, func(code int) int {
		sig := end()
		signal.Stop(gone)
		cancel()
		if sig == nil {
			return code
		}
		return interruptedBy(sig)
	}
}

// Ending are the signals that end what runs: Ctrl-C, SIGTERM, and SIGHUP of a terminal
// that closes, unless nohup has this program ignore it.
func Ending() []os.Signal {
	if signal.Ignored(syscall.SIGHUP) {
		return []os.Signal{os.Interrupt, syscall.SIGTERM}
	}
	return []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}
}

// onSignals calls do for each signal that is Ending, whose number counts from 1. Of
// SIGHUP only one that comes first counts: a closing terminal sends it and the shell in
// it once more, and systemd sends it with SIGTERM, of which either may come first. The
// returned function ends that and gives the last signal, or nil.
func onSignals(do func(n int, sig os.Signal)) func() os.Signal {
	ch := make(chan os.Signal, 2)
	signal.Notify(ch, Ending()...)
	var got os.Signal
	done := make(chan struct{})
	go func() {
		defer close(done)
		n, last := 0, time.Time{}
		for sig := range ch {
			together := got == syscall.SIGHUP && sig == syscall.SIGTERM && time.Since(last) < time.Second
			if n > 0 && (sig == syscall.SIGHUP || together) {
				continue
			}
			n++
			got, last = sig, time.Now()
			do(n, sig)
		}
	}()
	return func() os.Signal {
		signal.Stop(ch)
		close(ch)
		<-done
		return got
	}
}

// Stopping says on the console that a run was told to stop.
func (c Console) Stopping() {
	fmt.Fprintln(c.Err, "stopping after the current step; once more to end it now")
}

// interruptedBy is the exit code of a run that a signal has ended.
func interruptedBy(sig os.Signal) int {
	if sig == os.Interrupt {
		return engine.ExitInterrupted
	}
	return 143
}

// untilSignal ends the context at the first signal that is Ending; the second ends
// the program at once. The returned function gives the exit code, 0 without a signal.
func (c Console) untilSignal(ctx context.Context) (context.Context, func() int) {
	ctx, cancel := context.WithCancel(ctx)
	end := onSignals(func(n int, sig os.Signal) {
		if n > 1 {
			os.Exit(interruptedBy(sig))
		}
		fmt.Fprintln(c.Err, "ending what runs on the hosts; once more to end at once")
		cancel()
	})
	return ctx, func() int {
		defer cancel()
		if sig := end(); sig != nil {
			return interruptedBy(sig)
		}
		return 0
	}
}
