package tui

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"foobar/internal/event"
)

// longestGap bounds how long a replay stands still between two events.
const longestGap = 5 * time.Second

// Replay shows a recorded run again, in order, at a multiple of its own speed,
// and leaves its result on the terminal. A speed of 0 does not wait at all.
// Pause holds the replay, ctrl-c and q end it, as does the context; of the
// options Stop, Kill and Pause are not used.
func Replay(ctx context.Context, o Options, run []event.Envelope, speed float64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var held atomic.Bool
	o.Stop, o.Kill, o.Pause = nil, nil, held.Store
	m := newModel(o)
	m.replay = fmt.Sprintf("replay x%g", speed)
	d := show(m, o)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		play(ctx, d, run, speed, &held)
		if len(run) == 0 || ctx.Err() != nil {
			d.Quit()
		} else if _, ok := run[len(run)-1].Event.(event.RunDone); !ok { // a record that was cut off
			d.Quit()
		}
	}()
	err := d.Run()
	cancel()
	<-ended
	return err
}

// play sends the events when their time has come, and the clock in between.
func play(ctx context.Context, d *Display, run []event.Envelope, speed float64, held *atomic.Bool) {
	const beat = 50 * time.Millisecond
	for i, e := range run {
		if i > 0 && speed > 0 {
			clock := run[i-1].Time
			gap := min(longestGap, time.Duration(float64(e.Time.Sub(clock))/speed))
			for gap > 0 || held.Load() {
				step := min(beat, gap)
				if held.Load() {
					step = beat
				} else {
					gap -= step
					clock = clock.Add(time.Duration(float64(step) * speed))
				}
				select {
				case <-time.After(step):
				case <-ctx.Done():
					return
				}
				d.feed.put(moment(clock))
			}
		}
		d.Receive(e)
	}
}
