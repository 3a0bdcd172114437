package engine

import (
	"context"
	"encoding/json"
	"slices"

	"foobar/internal/facts"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// databaseAccounts is the kind of accounts in a database. The ledger lists them
// so that foobar knows its own again; they are not removed by omission.
const databaseAccounts = "database-account"

// record keeps /var/lib/foobar/owned.json. Before the work it lists what was
// and what will be owned, so that a run killed half way forgets nothing; after
// it, only what is owned now. It costs a script only when the list differs.
func (w *worker) record(ctx context.Context, before bool) error {
	owned, accounts := map[string]bool{}, false
	for _, it := range w.items {
		accounts = accounts || it.id.Kind() == databaseAccounts
		// One that could not be looked at may yet turn out to be somebody else's.
		if it.play != removals && !(before && it.id.Kind() == databaseAccounts && it.change.Provisional) {
			owned[string(it.id)] = true
		}
	}
	for _, id := range w.facts.Owned {
		// Accounts reach other servers by replication: a host that made them
		// goes on knowing them when it is no longer the primary.
		if before || len(w.req.Roles) > 0 || w.skipped != "" || !accounts && resource.ID(id).Kind() == databaseAccounts {
			owned[id] = true
		}
	}
	list := make([]string, 0, len(owned))
	for id := range owned {
		if _, ok := resource.Removal(resource.ID(id)); ok || resource.ID(id).Kind() == databaseAccounts {
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
