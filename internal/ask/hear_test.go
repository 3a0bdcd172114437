package ask_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
)

// host answers as its function does, and notes that it was told to end.
type host struct {
	answer func(ctx context.Context, line func(string)) (int, error)
	killed bool
}

func (h *host) Run(ctx context.Context, _ string, line func(string)) (int, error) {
	return h.answer(ctx, line)
}

func (h *host) Kill(context.Context) error { h.killed = true; return nil }

func TestHear(t *testing.T) {
	lines := func(n int, every time.Duration) func(context.Context, func(string)) (int, error) {
		return func(ctx context.Context, line func(string)) (int, error) {
			for i := 0; i < n || n < 0; i++ {
				if ctx.Err() != nil {
					return 0, ctx.Err()
				}
				line("")
				time.Sleep(every)
			}
			return 7, nil
		}
	}
	silent := func(ctx context.Context, _ func(string)) (int, error) { <-ctx.Done(); return 0, ctx.Err() }
	for name, c := range map[string]struct {
		answer func(context.Context, func(string)) (int, error)
		bounds ask.Bounds
		code   fault.Code
		lines  int
	}{
		"within":          {lines(3, 0), ask.Bounds{Lines: 3, Idle: time.Hour, Whole: time.Hour}, "", 3},
		"without bounds":  {lines(3, 0), ask.Bounds{}, "", 3},
		"too many":        {lines(4, 0), ask.Bounds{Lines: 3}, fault.TooMuchOutput, 3},
		"endless":         {lines(-1, 0), ask.Bounds{}, fault.TooMuchOutput, ask.MostLines},
		"silent":          {silent, ask.Bounds{Idle: 10 * time.Millisecond}, fault.HostSilent, 0},
		"never at an end": {lines(-1, time.Millisecond), ask.Bounds{Idle: time.Hour, Whole: 30 * time.Millisecond}, fault.HostSilent, -1},
		"slow but well":   {lines(4, 20*time.Millisecond), ask.Bounds{Idle: time.Second, Whole: time.Hour}, "", 4},
	} {
		h := &host{answer: c.answer}
		got, status, err := c.bounds.Answer(context.Background(), h, "")
		if fault.Of(err) != c.code || (err == nil) != (c.code == "") || c.lines >= 0 && len(got) != c.lines || h.killed != (err != nil) {
			t.Errorf("%s: %d lines, killed %v, %v", name, len(got), h.killed, err)
		}
		if err == nil && status != 7 {
			t.Errorf("%s: status %d", name, status)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	h := &host{answer: silent}
	if _, _, err := (ask.Bounds{Idle: time.Hour}).Answer(ctx, h, ""); !errors.Is(err, context.DeadlineExceeded) || h.killed {
		t.Errorf("the caller's own end: %v, killed %v", err, h.killed)
	}
}

// TestHearTakesLittleMemory: sixteen megabytes of empty lines took 855 MiB.
func TestHearTakesLittleMemory(t *testing.T) {
	h := &host{answer: func(ctx context.Context, line func(string)) (int, error) {
		for range 16 << 20 {
			line("")
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
		}
		return 0, nil
	}}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := (ask.Bounds{}).Answer(context.Background(), h, "")
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 32 || fault.Of(err) != fault.TooMuchOutput {
		t.Errorf("took %d MiB (%v)", took, err)
	}
}
