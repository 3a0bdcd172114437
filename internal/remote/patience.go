package remote

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// traffic counts what copies of files move.
type traffic struct {
	moved atomic.Int64 // bytes, both ways
	here  atomic.Int32 // copies that wait for this side, not for the host
}

// local counts the time of do as not the host's.
func (t *traffic) local(do func() (int, error)) (int, error) {
	t.here.Add(1)
	defer t.here.Add(-1)
	n, err := do()
	t.moved.Add(int64(n))
	return n, err
}

// progress is a context that ends when a host moves nothing, or next to nothing.
type progress struct {
	context.Context
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
}

// leastProgress is how many bytes count as progress: what comes byte by byte is
// not to last for ever.
const leastProgress = 64 << 10

// errStalled is the cause of a progress that came to an end.
var errStalled = errors.New("no progress")

func newProgress(ctx context.Context, every time.Duration, t *traffic) *progress {
	inner, cancel := context.WithCancelCause(ctx)
	p := &progress{Context: inner, cancel: cancel}
	last := t.moved.Load()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer = time.AfterFunc(every, func() {
		now := t.moved.Load()
		if now-last < leastProgress && t.here.Load() == 0 {
			cancel(errStalled)
			return
		}
		last = now
		p.mu.Lock()
		defer p.mu.Unlock()
		p.timer.Reset(every)
	})
	return p
}

// stop frees the clock and ends the context.
func (p *progress) stop() {
	p.cancel(context.Canceled)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer.Stop()
}

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
