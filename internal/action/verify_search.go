package action

import (
	"context"
	"time"

	"foobar/internal/ask"
	"foobar/internal/monitoring"
	dogsearch "foobar/internal/monitoring/datadog/search"
	"foobar/internal/monitoring/sumologic/search"
	"foobar/inventory"
)

// counter counts the lines that hold a word at the monitoring service, by host.
type counter func(ctx context.Context, word string, since time.Time) (map[string]int, error)

// searcher asks the service's API, where the inventory has a key for it; else it is nil.
func searcher(ctx context.Context, inv *inventory.Inventory) (counter, error) {
	if !inv.Monitoring.Enabled || inv.Monitoring.Account() != inv.Monitoring.Provider {
		return nil, nil
	}
	if inv.Monitoring.Provider == inventory.Datadog {
		service, err := organization(ctx, inv)
		if err != nil {
			return nil, Usage(err)
		}
		return func(ctx context.Context, word string, since time.Time) (map[string]int, error) {
			return dogsearch.Count(ctx, service, word, since)
		}, nil
	}
	service, err := account(ctx, inv)
	if err != nil {
		return nil, Usage(err)
	}
	return func(ctx context.Context, word string, since time.Time) (map[string]int, error) {
		return search.Count(ctx, service, word, since)
	}, nil
}

// search looks for the lines at the service itself, until all are found or the time is over.
// It has the whole of the time again: lines are found only a while after they were taken.
// An account that may not search proves nothing, and disproves nothing.
func (v *Verify) search(ctx context.Context, count counter, begun time.Time, p *monitoring.Proof) {
	until := time.Now().Add(v.Within)
	for {
		counts, err := count(ctx, v.trail.Mark, begun.Add(-time.Minute))
		if err != nil {
			p.Open = []string{"a search at the monitoring finds the lines: " + ask.Printable(err.Error(), 300)}
			return
		}
		found := v.trail.Found(counts)
		if len(found.Missing) == 0 || ctx.Err() != nil || time.Now().After(until) || !pause(ctx) {
			p.Proved, p.Missing, p.Open = append(p.Proved, found.Proved...), append(p.Missing, found.Missing...), nil
			return
		}
	}
}
