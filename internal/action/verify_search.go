package action

import (
	"context"
	"time"

	"foobar/internal/ask"
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/monitoring/sumologic/search"
	"foobar/inventory"
)

// searcher is Sumo Logic's API, where the inventory has a key for it; else nil.
func searcher(ctx context.Context, inv *inventory.Inventory) (*registry.Service, error) {
	if len(accessSources(inv)) == 0 || !inv.Monitoring.Enabled || inv.Monitoring.Provider == inventory.Prometheus {
		return nil, nil
	}
	service, err := account(ctx, inv)
	if err != nil {
		return nil, Usage(err)
	}
	return service, nil
}

// search looks for the lines at Sumo Logic itself, until all are found or the time is over.
// It has the whole of the time again: lines are found only a while after they were taken.
// An account that may not search proves nothing, and disproves nothing.
func (v *Verify) search(ctx context.Context, account *registry.Service, begun time.Time, p *monitoring.Proof) {
	until := time.Now().Add(v.Within)
	for {
		counts, err := search.Count(ctx, account, v.trail.Mark, begun.Add(-time.Minute))
		if err != nil {
			p.Open = []string{"a search in Sumo Logic finds the lines: " + ask.Printable(err.Error(), 300)}
			return
		}
		found := v.trail.Found(counts)
		if len(found.Missing) == 0 || ctx.Err() != nil || time.Now().After(until) || !pause(ctx) {
			p.Proved, p.Missing, p.Open = append(p.Proved, found.Proved...), append(p.Missing, found.Missing...), nil
			return
		}
	}
}
