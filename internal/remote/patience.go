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

// local runs do, during which a copy waits for this side: a host that moves nothing
// meanwhile is not to blame.
func (t *traffic) local(do func() (int, error)) (int, error) {
	t.here.Add(1)
	defer t.here.Add(-1)
	n, err := do()
	t.moved.Add(int64(n))
	return n, err
}

// leastProgress is how many bytes count as progress: a copy that comes byte by byte
// must end, too.
const leastProgress = 64 << 10

// whileMoving is a context that ends when a host has moved next to nothing for a
// time.
func (t *traffic) whileMoving(ctx context.Context, every time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	last := t.moved.Load()
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now := t.moved.Load()
			if now-last < leastProgress && t.here.Load() == 0 {
				cancel()
				return
			}
			last = now
		}
	}()
	return ctx, cancel
}

// within runs do, which may wait for a host that never answers, and gives up when
// ctx ends: the error is then its cause. What do returns after that goes to late.
func within[T any](ctx context.Context, do func() (T, error), late func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	got := make(chan result, 1)
	go func() {
		value, err := do()
		got <- result{value, err}
	}()
	select {
	case r := <-got:
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			if r := <-got; r.err == nil {
				late(r.value)
			}
		}()
		var none T
		return none, context.Cause(ctx)
	}
}

// patience is a context that ends after a time, in which the time a person
// takes to answer does not count.
type patience struct {
	context.Context
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	timer *time.Timer
	left  time.Duration
	whole time.Duration // all that was given
	since time.Time
}

// errSlow is the cause of a patience that ran out.
var errSlow = errors.New("no answer in time")

func newPatience(ctx context.Context, d time.Duration) *patience {
	inner, cancel := context.WithCancelCause(ctx)
	p := &patience{Context: inner, cancel: cancel, left: d, whole: d, since: time.Now()}
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
	p.since, p.left = time.Now(), max(p.left, time.Second)
	p.timer.Reset(p.left)
	p.mu.Unlock()
}

// more adds to the time, where it is not over.
func (p *patience) more(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.timer.Stop() {
		return
	}
	p.whole += d
	p.left += d - time.Since(p.since)
	p.since = time.Now()
	p.timer.Reset(p.left)
}

// ranOut reports whether the time is over, rather than given up by the caller.
func (p *patience) ranOut() bool { return errors.Is(context.Cause(p), errSlow) }

// stop frees the clock and ends the context.
func (p *patience) stop() {
	p.mu.Lock()
	p.timer.Stop()
	p.mu.Unlock()
	p.cancel(context.Canceled)
}
