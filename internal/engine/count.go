package engine

import (
	"context"
	"strconv"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/play"
)

// counting are the drains at whose balancers failed requests are counted: those that this
// run has locked, because it changes them or takes servers out at them.
func (r *run) counting() (all []*play.Drain) {
	at := map[string]bool{}
	for i, p := range r.plays {
		if p.Drain == nil || p.Drain.Count == "" || at[p.Drain.On.Name] {
			continue
		}
		lb := r.workers[p.Drain.On.Name]
		if lb == nil || lb.target == nil || lb.err != nil {
			continue
		}
		if counts := lb.selected || r.drainsIn(i); counts {
			at[p.Drain.On.Name] = true
			all = append(all, p.Drain)
		}
	}
	return all
}

// drainsIn reports whether a play takes a host out of service.
func (r *run) drainsIn(i int) bool {
	for _, w := range r.order {
		if w.selected && disrupts(w.byPlay(i)) {
			return true
		}
	}
	return false
}

// count begins to count failed requests, where there is something to do. A balancer that
// cannot count holds up nothing. One that the run does not change begins while the hosts are
// at their first steps; atBalancer waits for it.
func (r *run) count(ctx context.Context) {
	if r.plan.Changes() == 0 {
		return
	}
	r.counts = r.counting()
	ask.Each(0, r.counts, func(_ int, d *play.Drain) {
		w := r.workers[d.On.Name]
		switch {
		case w.counts:
		case w.locked:
			w.counting = make(chan struct{})
			go func() {
				defer close(w.counting)
				_ = w.plain(ctx, counted(d.Count))
			}()
		default:
			_ = w.plain(ctx, counted(d.Count))
		}
	})
}

func counted(script string) string { return "( set -eu\n" + script + ")\n" }

// lockToCount takes a balancer that the run does not change, and begins to count there,
// in one trip to it.
func (w *worker) lockToCount(ctx context.Context, d *play.Drain) error {
	_, _, err := w.patience().Answer(ctx, locking{w.target, w.run.req.Owner, func() {}}, counted(d.Count))
	if err == nil {
		w.counts = true
		return nil
	}
	return silent(w.lockAfter(ctx, err))
}

// awaitCount waits until the balancer has begun to count, or is not to be waited for.
func (w *worker) awaitCount(ctx context.Context) (began bool) {
	if w.counting == nil {
		return true
	}
	select {
	case <-w.counting:
		return true
	case <-ctx.Done():
		return false
	}
}

// failedOf is how many requests failed by what a balancer says, nil where it does not.
func failedOf(said []string) *int {
	for _, line := range said {
		if n, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && n >= 0 {
			return &n
		}
	}
	return nil
}
