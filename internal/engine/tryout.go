package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/resource"
)

// trials are where hosts meet that have files of the same plays to check: none begins its
// plays before the programs of all of them have taken the new files.
type trials struct {
	mu    sync.Mutex
	plays map[string][]string      // those with such files, by host
	done  map[string]chan struct{} // by host
	bad   map[string]string        // what happened on a host instead
}

func newTrials(workers []*worker) *trials {
	t := &trials{plays: map[string][]string{}, done: map[string]chan struct{}{}, bad: map[string]string{}}
	for _, w := range workers {
		if !w.takesPart() {
			continue
		}
		for _, task := range w.candidates() {
			t.plays[w.host.Name] = append(t.plays[w.host.Name], task.items[0].play)
			t.done[w.host.Name] = make(chan struct{})
		}
	}
	return t
}

// end says how a host's part ended, well where why is empty. The first call counts.
func (t *trials) end(host, why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ch := t.done[host]
	if ch == nil {
		return
	}
	select {
	case <-ch:
		return
	default:
	}
	if why != "" {
		t.bad[host] = why
	}
	close(ch)
}

// wait blocks until the hosts that check files of a play of this one's have done so. It
// returns a reason when one of them did not end well.
func (t *trials) wait(ctx context.Context, w *worker) (why string, err error) {
	for _, other := range w.run.order {
		name := other.host.Name
		i := slices.IndexFunc(t.plays[name], func(play string) bool { return slices.Contains(t.plays[w.host.Name], play) })
		if i < 0 {
			continue
		}
		waiting := func() {
			w.emit(event.Waiting{Host: w.host.Name, For: fmt.Sprintf("the check of the new files of %s on %s", t.plays[name][i], name)})
		}
		if err := await(ctx, w.run.eng.stopped(), t.done[name], waiting); err != nil {
			return "", err
		}
		t.mu.Lock()
		bad, failed := t.bad[name]
		t.mu.Unlock()
		if failed {
			return fmt.Sprintf("not begun, because the new files of %s %s on %s", t.plays[name][i], bad, name), nil
		}
	}
	return "", nil
}

// candidates are the files that are put only in the host's turn and can be checked before.
func (w *worker) candidates() []*task {
	var tasks []*task
	for _, it := range w.pending(func(it *item) bool { return it.stage == resource.Converge && !it.change.Provisional }) {
		for _, s := range it.change.Steps {
			if p, ok := s.(resource.Put); ok && p.Check != "" && p.CheckFirst {
				tasks = append(tasks, &task{items: []*item{it}, step: p, tried: true})
			}
		}
	}
	return tasks
}

// tryOut has the host's own programs check the candidates, and waits for the other hosts
// with such files. What one of them refuses is found out before the plays of any begin; why
// says so where it was another host.
func (w *worker) tryOut(ctx context.Context) (why string, err error) {
	tasks := w.candidates()
	if len(tasks) == 0 {
		w.run.trials.end(w.host.Name, "") // had it some before, the others wait for it
		return "", nil
	}
	if err := w.hold(ctx); err != nil {
		return "", err
	}
	s := &script{on: w, tasks: tasks, token: ask.Token(), name: ask.Token()}
	failure := s.run(ctx)
	if failure != nil {
		failure = w.blame(ctx, nil, s.failed, failure)
	}
	for _, t := range tasks {
		t.items[0].began = time.Time{} // nothing was changed
	}
	if failure != nil {
		w.run.trials.end(w.host.Name, "were refused")
		return "", failure
	}
	w.run.trials.end(w.host.Name, "")
	return w.run.trials.wait(ctx, w)
}
