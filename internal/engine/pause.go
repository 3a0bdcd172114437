package engine

import (
	"context"

	"foobar/internal/event"
)

// Pause keeps every host from beginning its next play, or stage of the work,
// until Resume. What has begun is finished first; health gates, drains and
// locks stay as they are.
func (e *Engine) Pause() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.paused == nil {
		e.paused = make(chan struct{})
	}
}

// Resume ends a pause; without one it does nothing.
func (e *Engine) Resume() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.paused != nil {
		close(e.paused)
		e.paused = nil
	}
}

func (e *Engine) pause() chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.paused
}

// hold blocks while there is a pause. It is the last thing before a host begins
// a play, after all waiting for others, so that nothing slips by. One that was taken out of
// service as it got its turn has begun.
func (w *worker) hold(ctx context.Context) error {
	for ch := w.run.eng.pause(); ch != nil; ch = w.run.eng.pause() {
		what := "the end of the pause"
		if w.drainedBy != nil {
			what += ", out of service meanwhile"
		}
		w.emit(event.Waiting{Host: w.host.Name, For: what})
		select {
		case <-ch:
		case <-w.run.eng.stopped():
			return errStopped
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
