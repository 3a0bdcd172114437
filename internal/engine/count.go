package engine

import (
	"context"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/play"
)

// countTime bounds how long the end of a run waits for a balancer to say how many
// requests failed.
const countTime = 10 * time.Second

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
// cannot count holds up nothing.
func (r *run) count(ctx context.Context) {
	if r.plan.Changes() == 0 {
		return
	}
	r.counts = r.counting()
	ask.Each(0, r.counts, func(_ int, d *play.Drain) { _ = r.workers[d.On.Name].plain(ctx, "( set -eu\n"+d.Count+")\n") })
}

// failedRequests is how many requests failed at the balancers since count, nil where
// that is not known.
func (r *run) failedRequests(ctx context.Context) *int {
	var sum *int
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), countTime)
	defer cancel()
	for _, d := range r.counts {
		lb := r.workers[d.On.Name]
		lines, status, err := lb.patience().Answer(ctx, lb.target, "( set -eu\n"+d.Failed+")\n")
		if err != nil || status != 0 {
			return nil
		}
		for _, line := range lines {
			if n, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && n >= 0 {
				if sum == nil {
					sum = new(int)
				}
				*sum += n
			}
		}
	}
	return sum
}
