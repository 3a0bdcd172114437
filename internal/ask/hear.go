package ask

import (
	"context"
	"errors"
	"fmt"
	"time"

	"foobar/internal/fault"
)

// MostLines is how many lines an answer has at the most. Without such a bound an
// answer of empty lines takes fifty times its size in memory.
const MostLines = 100_000

// Bounds are what an answer may take.
type Bounds struct {
	Lines int           // 0 means MostLines
	Idle  time.Duration // without a line; 0 means no bound
	Whole time.Duration // all together; 0 means no bound
}

// Patient are the bounds of an answer for a given time to connect: thirty times
// that without a line, ninety times all together. With the usual ten seconds
// that is long for the slowest of machines; a shorter time makes it no shorter.
func Patient(connect time.Duration) Bounds {
	connect = max(connect, 10*time.Second)
	return Bounds{Idle: 30 * connect, Whole: 90 * connect}
}

// killTime is how long Hear waits for the end of a script that broke a bound.
const killTime = 2 * time.Second

// Hear runs a script and hands on its lines. An answer that breaks a bound is an
// error with a code; its script is told to end, where that can be done, and
// waited for only a moment.
func (b Bounds) Hear(ctx context.Context, host Host, script string, line func(string)) (status int, err error) {
	clock := newClock(ctx, b)
	defer clock.stop()
	most, n := b.Lines, 0
	if most <= 0 {
		most = MostLines
	}
	status, err = host.Run(clock, script, func(l string) {
		if n++; n > most {
			clock.cancel(fault.Wrap(fault.TooMuchOutput, fmt.Errorf("the host's answer has more than %d lines", most)))
			return
		}
		clock.heard()
		line(l)
	})
	if broken := clock.broken(); broken != nil && ctx.Err() == nil && (err != nil || n > most) {
		err = broken
		if k, ok := host.(interface{ Kill(context.Context) error }); ok {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTime)
			defer cancel()
			_ = k.Kill(end)
		}
	}
	return status, err
}

// Answer runs a script and returns what it prints.
func (b Bounds) Answer(ctx context.Context, host Host, script string) (lines []string, status int, err error) {
	status, err = b.Hear(ctx, host, script, func(l string) { lines = append(lines, l) })
	return lines, status, err
}

// clock is a context that ends when a bound of time is broken.
type clock struct {
	context.Context
	cancel context.CancelCauseFunc
	bounds Bounds

	idle, whole *time.Timer
}

func newClock(ctx context.Context, b Bounds) *clock {
	c := &clock{bounds: b}
	c.Context, c.cancel = context.WithCancelCause(ctx)
	if b.Idle > 0 {
		c.idle = time.AfterFunc(b.Idle, func() {
			c.cancel(fault.Wrap(fault.HostSilent, fmt.Errorf("the host said nothing for %s", b.Idle)))
		})
	}
	if b.Whole > 0 {
		c.whole = time.AfterFunc(b.Whole, func() {
			c.cancel(fault.Wrap(fault.HostSilent, fmt.Errorf("the host did not end its answer in %s", b.Whole)))
		})
	}
	return c
}

// heard notes that a line came: the time without one begins anew.
func (c *clock) heard() {
	if c.idle != nil {
		c.idle.Reset(c.bounds.Idle)
	}
}

// broken is the error of the bound that was broken, nil when none was.
func (c *clock) broken() error {
	cause := context.Cause(c)
	if cause == nil || errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return nil
	}
	return cause
}

func (c *clock) stop() {
	c.cancel(context.Canceled)
	for _, t := range []*time.Timer{c.idle, c.whole} {
		if t != nil {
			t.Stop()
		}
	}
}
