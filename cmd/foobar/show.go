package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/planview"
	"foobar/internal/report"
	"foobar/tui"
)

// show carries out a request with the display that fits, and returns the exit code.
func (f *runFlags) show(ctx context.Context, req engine.Request) (engine.Result, int) {
	d := &dialer{flags: f}
	eng := &engine.Engine{Dial: d.dial, Forks: f.forks, Patience: f.patience()}
	if eng.Forks == 0 {
		eng.Forks = req.Inventory.Deploy.Forks
	}
	interactive := onTerminal()
	confirm := req.Verb == "deploy" && !f.yes && req.Expect == nil
	if f.wantsTUI(req.Verb, interactive) {
		return f.showTUI(ctx, eng, d, req, confirm)
	}
	ctx, release := interruptible(ctx, eng)
	if interactive {
		d.ask = &prompter{asker: lineAsker{}}
		if confirm {
			req.Approve = approve
		}
	}
	var sink event.Sink = f.plain(interactive && confirm)
	if f.output == "json" {
		sink = report.JSON{Out: os.Stdout}
	}
	eng.Emit = event.NewStream(time.Now, f.record.sinks(sink)...).Emit
	result := eng.Run(ctx, req)
	return result, release(result.Exit)
}

// plain is the display for pipes and logs; before a question it shows diffs.
func (f *runFlags) plain(asks bool) *report.Plain {
	p := &report.Plain{Out: os.Stdout, Err: os.Stderr, Verbose: f.verbose, Diffs: asks}
	if t := os.Getenv("TERM"); isatty.IsTerminal(os.Stdout.Fd()) && t != "" && t != "dumb" && !f.bare() {
		p.Paint = planview.SGR
	}
	return p
}

// bare says that nobody wants colours. Source: no-color.org.
func (f *runFlags) bare() bool { return f.noColor || os.Getenv("NO_COLOR") != "" }

// onTerminal says whether a person can be asked.
func onTerminal() bool {
	return isatty.IsTerminal(os.Stdin.Fd()) && isatty.IsTerminal(os.Stderr.Fd())
}

func (f *runFlags) wantsTUI(verb string, interactive bool) bool {
	if f.output == "tui" {
		return interactive
	}
	return f.output == "" && verb == "deploy" && interactive && isatty.IsTerminal(os.Stdout.Fd()) && os.Getenv("TERM") != "dumb"
}

// showTUI runs the engine beside the rollout view. Should the view break, the
// run goes on without it.
func (f *runFlags) showTUI(ctx context.Context, eng *engine.Engine, d *dialer, req engine.Request, confirm bool) (engine.Result, int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var view *tui.Display
	var kills atomic.Int32
	abandoned := make(chan struct{})
	kill := func() {
		switch kills.Add(1) {
		case 1:
			eng.Kill()
			cancel() // what waits for a connection, a lock or an upload
		case 2: // whatever the hosts do
			close(abandoned)
			view.Quit()
		}
	}
	hold := func(on bool) {
		if on {
			eng.Pause()
		} else {
			eng.Resume()
		}
	}
	view = tui.New(tui.Options{In: os.Stdin, Out: os.Stdout, Stop: eng.Stop, Kill: kill, Pause: hold, NoColor: f.bare(), ASCII: !utf8Locale()})
	ctx, release := interruptibleSaying(ctx, eng, view.Stopping)
	person := &prompter{asker: view}
	d.ask = person
	if f.askBecome {
		f.becomePassword = person.sudo
	}
	if confirm {
		req.Approve = func(p *engine.Plan) (bool, error) {
			return view.Confirm(fmt.Sprintf("Make these %d changes?", p.Changes()))
		}
	}
	sink := &showing{now: view}
	eng.Emit = event.NewStream(time.Now, f.record.sinks(sink)...).Emit
	ended := make(chan engine.Result, 1)
	go func() { ended <- eng.Run(ctx, req) }()
	if err := view.Run(); err != nil {
		fmt.Fprintln(ask.Safe(os.Stderr), "the view ended: "+err.Error()+"; the run goes on")
		sink.use(f.plain(false))
		eng.Resume()
	}
	select {
	case result := <-ended:
		return result, release(result.Exit)
	case <-abandoned:
		return engine.Result{Exit: engine.ExitInterrupted}, release(engine.ExitInterrupted)
	}
}

// showing is a display that may be exchanged for another one.
type showing struct {
	mu  sync.Mutex
	now event.Sink
}

// Receive implements event.Sink.
func (s *showing) Receive(e event.Envelope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.Receive(e)
}

func (s *showing) use(other event.Sink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = other
}

func utf8Locale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			return strings.Contains(strings.ToLower(strings.ReplaceAll(v, "-", "")), "utf8")
		}
	}
	return false
}

// approve asks before the first change.
func approve(p *engine.Plan) (bool, error) {
	answer, err := lineAsker{}.Ask(fmt.Sprintf("\nMake these %d changes (yes/no)", p.Changes()), false)
	return answer == "y" || answer == "yes", err
}

// interruptible turns the first Ctrl-C into a stop after the current step and
// the second into an end of the remote work; the third ends the program, whatever
// the hosts do. The returned function gives the exit code of the run.
func interruptible(ctx context.Context, eng *engine.Engine) (context.Context, func(int) int) {
	return interruptibleSaying(ctx, eng, func() {
		fmt.Fprintln(os.Stderr, "stopping after the current step; once more to end it now")
	})
}

// interruptibleSaying is interruptible with another way to say that the run was
// told to stop; only the first signal is told.
func interruptibleSaying(ctx context.Context, eng *engine.Engine, say func()) (context.Context, func(int) int) {
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

// interruptedBy is the exit code of a run that a signal has ended.
func interruptedBy(sig os.Signal) int {
	if sig == syscall.SIGTERM {
		return 143
	}
	return engine.ExitInterrupted
}
