package engine

import (
	"context"
	"encoding/json"
	"slices"

	"foobar/internal/facts"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// record keeps /var/lib/foobar/owned.json. Before the work it lists what was
// and what will be owned, so that a run killed half way forgets nothing; after
// it, only what is owned now. It costs a script only when the list differs.
func (w *worker) record(ctx context.Context, before bool) error {
	owned := map[string]bool{}
	for _, it := range w.items {
		if it.play != removals {
			owned[string(it.id)] = true
		}
	}
	if before || len(w.req.Roles) > 0 || w.skipped != "" {
		for _, id := range w.facts.Owned {
			owned[id] = true
		}
	}
	list := make([]string, 0, len(owned))
	for id := range owned {
		if _, ok := resource.Removal(resource.ID(id)); ok {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	if slices.Equal(list, w.facts.Owned) {
		return nil
	}
	text, err := json.MarshalIndent(facts.Ledger{Version: 1, Site: w.req.Inventory.Site.Name, Owned: list}, "", " ")
	if err != nil {
		return err
	}
	w.facts.Owned = list
	return w.plain(ctx, sh.Files+"set -eu\nprintf '%s\\n' "+sh.Quote(string(text))+" | foobar_put 0600 root:root /var/lib/foobar/owned.json\n")
}
