package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"

	"foobar/internal/engine"
	"foobar/internal/status"
	"foobar/tui"
)

// watchEvery is the time between two looks.
const watchEvery = 2 * time.Second

// errNoWatch refuses a watch that nobody could see.
var errNoWatch = errors.New("--watch redraws a terminal, and there is none; leave it out, or add -o json for a document a line")

// watch looks again and again: on a terminal until a person quits, with -o json
// a document a line until it is interrupted. The exit status is that of the
// last look.
func (f *runFlags) watch(ctx context.Context, g *status.Gatherer, quiet *atomic.Bool) error {
	if f.output == "json" {
		return watchJSON(ctx, g)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// What only a person can answer is asked before the screen is taken.
	last := g.Take(ctx)
	if ctx.Err() != nil {
		return &exitError{code: engine.ExitInterrupted}
	}
	quiet.Store(true)
	view := tui.NewWatch(tui.Options{In: os.Stdin, Out: os.Stdout, NoColor: f.noColor || os.Getenv("NO_COLOR") != "", ASCII: !utf8Locale()})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer view.Quit()
		view.Receive(sampleOf(last))
		for pause(ctx) {
			s := g.Take(ctx)
			if ctx.Err() != nil {
				return
			}
			last = s
			view.Receive(sampleOf(s))
		}
	}()
	err := view.Run()
	interrupted := ctx.Err() != nil // by a signal, not by a key
	cancel()
	<-ended
	switch {
	case err != nil:
		return &exitError{engine.ExitFailed, err}
	case interrupted:
		return &exitError{code: engine.ExitInterrupted}
	}
	return statusExit(last)
}

func watchJSON(ctx context.Context, g *status.Gatherer) error {
	for {
		s := g.Take(ctx)
		if ctx.Err() != nil {
			return &exitError{code: engine.ExitInterrupted}
		}
		if err := printJSON(s); err != nil {
			return &exitError{engine.ExitFailed, err}
		}
		if !pause(ctx) {
			return &exitError{code: engine.ExitInterrupted}
		}
	}
}

// pause waits for the next look; false when there is to be none.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(watchEvery):
		return true
	}
}

// sampleOf is what the view needs of a look; with several balancers the sum,
// and the slowest of them.
func sampleOf(s status.Status) tui.Sample {
	var text strings.Builder
	_ = status.Plain(&text, s) // into memory
	sample := tui.Sample{Time: s.Taken, Text: text.String(), Healthy: s.Healthy}
	for _, h := range s.Hosts {
		if b := h.Balancer; b != nil && b.Answered {
			sample.Counted = true
			sample.Requests += b.Front.Requests
			sample.Errors += b.Front.Status5xx
			sample.ResponseTime = max(sample.ResponseTime, b.Back.ResponseTime)
		}
	}
	return sample
}

// quietAsker asks nothing once a view has the screen.
type quietAsker struct {
	lineAsker
	quiet *atomic.Bool
}

// Ask implements asker.
func (a quietAsker) Ask(question string, secret bool) (string, error) {
	if a.quiet.Load() {
		return "", errors.New("not asked while the screen is watched: " + question)
	}
	return a.lineAsker.Ask(question, secret)
}

func terminal() bool {
	return isatty.IsTerminal(os.Stdin.Fd()) && isatty.IsTerminal(os.Stdout.Fd()) && os.Getenv("TERM") != "dumb"
}
