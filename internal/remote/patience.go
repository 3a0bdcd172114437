package remote

import (
	"context"
	"errors"
	"sync"
	"time"
)

// patience is a context that ends after a time, in which the time a person
// takes to answer does not count.
type patience struct {
	context.Context
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
	left  time.Duration
	since time.Time
}

// errSlow is the cause of a patience that ran out.
var errSlow = errors.New("no answer in time")

func newPatience(ctx context.Context, d time.Duration) *patience {
	inner, cancel := context.WithCancelCause(ctx)
	p := &patience{Context: inner, cancel: cancel, left: d, since: time.Now()}
	p.timer = time.AfterFunc(d, func() { cancel(errSlow) })
	return p
}

// ask stops the clock while do runs.
func (p *patience) ask(do func()) {
	p.mu.Lock()
	if p.timer.Stop() {
		p.left -= time.Since(p.since)
	}
	p.mu.Unlock()
	do()
	p.mu.Lock()
	p.since = time.Now()
	p.timer.Reset(max(p.left, time.Second))
	p.mu.Unlock()
}

// ranOut reports whether the time is over, as against the caller giving up.
func (p *patience) ranOut() bool { return errors.Is(context.Cause(p), errSlow) }

// stop frees the clock and ends the context.
func (p *patience) stop() {
	p.mu.Lock()
	p.timer.Stop()
	p.mu.Unlock()
	p.cancel(context.Canceled)
}
