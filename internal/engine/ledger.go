package engine

import (
	"context"
	"encoding/json"
	"slices"

	"foobar/internal/facts"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// writeLedger keeps /var/lib/foobar/owned.json. Before the work it lists what was
// and what will be owned, so that a run killed half way forgets nothing; after
// it, only what is owned now. It costs a script only when the list differs.
func (w *worker) writeLedger(ctx context.Context, before bool) error {
	owned, kinds := map[resource.ID]bool{}, map[string]bool{}
	for _, it := range w.items {
		kinds[it.id.Kind()] = true
		// One that is held back is not put there.
		// One that could not be looked at may yet turn out to be somebody else's.
		if _, stays := w.listed(it.id); it.play != removals && it.refused == nil && it.held == "" && !(before && stays && it.change.Provisional) {
			owned[it.id] = true
		}
	}
	for _, name := range w.facts.Owned {
		id := resource.ID(name)
		if _, stays := w.listed(id); before || len(w.run.req.Roles) > 0 || w.skipped != "" || len(w.held) > 0 || stays && !kinds[id.Kind()] {
			owned[id] = true
		}
	}
	list := make([]string, 0, len(owned))
	for id := range owned {
		if ok, _ := w.listed(id); ok {
			list = append(list, string(id))
		}
	}
	slices.Sort(list)
	if slices.Equal(list, w.facts.Owned) {
		return nil
	}
	text, err := json.MarshalIndent(facts.Ledger{Version: 1, Site: w.run.req.Inventory.Site.Name, Owned: list}, "", " ")
	if err != nil {
		return err
	}
	w.facts.Owned = list
	return w.plain(ctx, sh.Files+"set -eu\nprintf '%s\\n' "+sh.Quote(string(text))+" | foobar_put 0600 root:root /var/lib/foobar/owned.json\n")
}

// listed reports whether the ledger lists an ID, and whether what it names stays
// on the host when it has left the inventory.
func (w *worker) listed(id resource.ID) (ok, stays bool) {
	for _, kind := range w.run.owned {
		if kind.ID().Kind() == id.Kind() {
			return true, kind.Removed(id.Name()) == nil
		}
	}
	return false, false
}
