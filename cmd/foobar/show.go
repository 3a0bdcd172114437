package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/planview"
	"foobar/internal/report"
	"foobar/tui"
)

// display is how a rollout is shown.
type display struct {
	output  string // tui, plain, json, or "" for what fits
	verbose int
	noColor bool
}

// show carries out a rollout and writes what happens, line by line.
func (d *display) show(ctx context.Context, r *action.Rollout) (engine.Result, int) {
	c := console()
	ctx, release := action.Interruptible(ctx, r.Engine, c.Stopping)
	if c.CanAsk() {
		r.Ask(c.Asker)
		if r.Confirm {
			r.Request.Approve = func(p *engine.Plan) (bool, error) {
				return r.Agree(c.Asker, p)
			}
		}
	}
	if d.output == "json" {
		r.Emit(report.JSON{Out: os.Stdout})
	} else {
		r.Emit(d.plain(r.Request.Approve != nil))
	}
	result := r.Engine.Run(ctx, r.Request)
	return result, release(result.Exit)
}

// asked takes the output that was asked for, of verbs that have no live view.
func (d *display) asked(cmd *cobra.Command) error {
	asJSON, err := wantsJSON(cmd)
	if asJSON {
		d.output = "json"
	}
	return err
}

// plain is the display for pipes and logs; before a question it shows diffs.
func (d *display) plain(asks bool) *report.Plain {
	return &report.Plain{Out: os.Stdout, Err: os.Stderr, Verbose: d.verbose, Diffs: asks, Paint: paint(d.noColor)}
}

// paint colours standard output where it is a terminal that can; else it is nil.
func paint(noColor bool) planview.Paint {
	if capable() && !bare(noColor) {
		return planview.SGR
	}
	return nil
}

func (d *display) wantsTUI(deploy bool) bool {
	return console().CanAsk() && (d.output == "tui" || d.output == "" && deploy && drawable())
}

// showTUI runs the engine beside the rollout view. Should the view break, the
// run goes on without it.
func (d *display) showTUI(ctx context.Context, r *action.Rollout) (engine.Result, int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	eng := r.Engine
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
	view = tui.New(tui.Options{In: os.Stdin, Out: os.Stdout, Stop: eng.Stop, Kill: kill, Pause: hold, NoColor: bare(d.noColor), ASCII: !utf8Locale()})
	ctx, release := action.Interruptible(ctx, eng, view.Stopping)
	r.View(view)
	if r.Confirm {
		r.Request.Approve = func(p *engine.Plan) (bool, error) {
			return view.Confirm(r.Question(p))
		}
	}
	sink := &showing{now: view}
	r.Emit(sink)
	ended := make(chan engine.Result, 1)
	go func() { ended <- eng.Run(ctx, r.Request) }()
	if err := view.Run(); err != nil {
		fmt.Fprintln(ask.Safe(os.Stderr), "the view ended: "+err.Error()+"; the run goes on")
		sink.use(d.plain(false))
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
