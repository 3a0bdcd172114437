package action

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/status"
)

// watchEvery is the time between two looks.
const watchEvery = 2 * time.Second

// Watching shows one look after another.
type Watching struct {
	Receive func(status.Status)
	// Run has the screen until a person quits, or Quit is called.
	Run  func() error
	Quit func()
}

// watch looks again and again until a person quits. The exit status is that of
// the last look.
func (v *Status) watch(ctx context.Context, g *status.Gatherer, quiet *atomic.Bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// What only a person can answer is asked before the screen is taken.
	last := g.Take(ctx)
	if err := cancelled(ctx); err != nil {
		return err
	}
	quiet.Store(true)
	view := v.View()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer view.Quit()
		view.Receive(last)
		for pause(ctx) {
			s := g.Take(ctx)
			if ctx.Err() != nil {
				return
			}
			last = s
			view.Receive(s)
		}
	}()
	err := view.Run()
	signalled := cancelled(ctx) // by a signal, not by a key
	cancel()
	<-ended
	if err == nil && signalled != nil {
		return signalled
	}
	return shown(err, last.Unreachable(), last.Healthy, engine.ExitUnhealthy)
}

// watchJSON writes a document a line until it is interrupted.
func (v *Status) watchJSON(ctx context.Context, g *status.Gatherer) error {
	for {
		s := g.Take(ctx)
		if err := cancelled(ctx); err != nil {
			return err
		}
		if err := ask.WriteJSON(v.Common.Console.Out, s); err != nil {
			return &Exit{engine.ExitFailed, err}
		}
		if !pause(ctx) {
			return cancelled(ctx)
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

// quietAsker asks nothing once a view has the screen.
type quietAsker struct {
	asker Asker
	quiet *atomic.Bool
}

// Ask implements Asker.
func (a quietAsker) Ask(question string, secret bool) (string, error) {
	if a.quiet.Load() {
		return "", errors.New("not asked while the screen is watched: " + question)
	}
	return a.asker.Ask(question, secret)
}
