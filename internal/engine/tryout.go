package engine

import (
	"context"
	"time"

	"foobar/internal/ask"
	"foobar/internal/resource"
)

// tryOut has the host's own programs check the files that are put only in the host's turn.
// What they refuse is found out before the plays of the host begin, not in its turn.
func (w *worker) tryOut(ctx context.Context) error {
	var tasks []*task
	for _, it := range w.pending(func(it *item) bool { return it.stage == resource.Converge && !it.change.Provisional }) {
		for _, s := range it.change.Steps {
			if p, ok := s.(resource.Put); ok && p.Check != "" && p.CheckFirst {
				tasks = append(tasks, &task{items: []*item{it}, step: p, tried: true})
			}
		}
	}
	if len(tasks) == 0 {
		return nil
	}
	if err := w.hold(ctx); err != nil {
		return err
	}
	s := &script{on: w, tasks: tasks, token: ask.Token(), name: ask.Token()}
	failure := s.run(ctx)
	if failure != nil {
		failure = w.blame(ctx, nil, s.failed, failure)
	}
	for _, t := range tasks {
		t.items[0].began = time.Time{} // nothing was changed
	}
	return failure
}
