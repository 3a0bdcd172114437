package action

import (
	"context"
	"os"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/sumologic/registry"
	"foobar/internal/monitoring/sumologic/search"
	"foobar/internal/secret"
	"foobar/inventory"
)

// searcher is Sumo Logic's API, where the inventory has a key for it; else nil.
func searcher(ctx context.Context, inv *inventory.Inventory) (*registry.Service, error) {
	sources := accessSources(inv)
	if len(sources) == 0 || !inv.Monitoring.Enabled || inv.Monitoring.Provider == inventory.Prometheus {
		return nil, nil
	}
	access := map[string]secret.String{}
	for key, src := range sources {
		value, err := secret.Read(ctx, secret.Source(src))
		if err != nil {
			return nil, Usage(blame(inv, key, err))
		}
		access[key] = value
	}
	roots := ""
	if inv.Monitoring.CA != "" {
		raw, err := os.ReadFile(inv.Monitoring.CA)
		if err != nil {
			return nil, Usage(blame(inv, "monitoring.ca", fault.Wrap(fault.LocalFile, err)))
		}
		roots = string(raw)
	}
	service, err := registry.New(inv.Monitoring.API, access["monitoring.access_id"], access["monitoring.access_key"], roots)
	if err != nil {
		return nil, Usage(blame(inv, "monitoring.api", err))
	}
	return service, nil
}

// search looks for the lines at Sumo Logic itself, until all are found or the time is over.
// An account that may not search proves nothing, and disproves nothing.
func (v *Verify) search(ctx context.Context, account *registry.Service, begun time.Time, p *monitoring.Proof) {
	for {
		counts, err := search.Count(ctx, account, v.trail.Mark, begun.Add(-time.Minute))
		if err != nil {
			p.Open = []string{"a search in Sumo Logic finds the lines: " + ask.Printable(err.Error(), 300)}
			return
		}
		found := v.trail.Found(counts)
		if len(found.Missing) == 0 || ctx.Err() != nil || time.Since(begun) > v.Within || !pause(ctx) {
			p.Proved, p.Missing, p.Open = append(p.Proved, found.Proved...), append(p.Missing, found.Missing...), nil
			return
		}
	}
}
