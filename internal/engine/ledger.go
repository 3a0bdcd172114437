package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// writeLedger keeps /var/lib/foobar/owned.json. Before the work it lists what was
// and what will be owned, so that a run killed half way forgets nothing: the next script
// that changes the host begins with that, see takeLedger. After it, only what is owned
// now. It costs a script only when the list differs, or the host's system does from the
// one that the ledger names.
func (w *worker) writeLedger(ctx context.Context, before bool) error {
	w.ledger = nil
	if w.leaves() && len(w.facts.Owned) == 0 {
		return nil
	}
	owned, kinds := map[resource.ID]bool{}, map[string]bool{}
	for _, it := range w.items {
		kinds[it.id.Kind()] = true
		// One that is held back is not put there.
		// One that could not be looked at may yet turn out to be somebody else's.
		if _, stays := w.listed(it.id); !it.goes && it.refused == nil && it.held == "" && !(before && stays && it.change.Provisional) {
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
	if w.leaves() && !before && (len(list) == 0 || w.forgets()) {
		w.facts.Owned, w.facts.Found = nil, nil
		return w.plain(ctx, sh.Files+"foobar_gone /var/lib/foobar/owned.json\n")
	}
	found, key := w.found(before), cmp.Or(w.run.key, w.facts.Key)
	system := w.facts.Deployed
	if w.facts.Codename != "" && len(w.run.req.Roles) == 0 && w.skipped == "" && len(w.held) == 0 {
		system = w.facts.OS + " " + w.facts.Codename
	}
	upgraded := w.facts.Deployed != "" && system != w.facts.Deployed
	if !upgraded && slices.Equal(list, w.facts.Owned) && maps.EqualFunc(found, w.facts.Found, slices.Equal) && key == w.facts.Key {
		return nil
	}
	text, err := json.MarshalIndent(facts.Ledger{Version: 1, Site: w.run.req.Inventory.Site.Name, Owned: list, Found: found, Key: key, System: system}, "", " ")
	if err != nil {
		return err
	}
	script := "set -eu\nprintf '%s\\n' " + sh.Quote(string(text)) + " | foobar_put 0600 root:root /var/lib/foobar/owned.json\n"
	w.ledger = func() string {
		w.facts.Owned, w.facts.Found, w.facts.Key, w.facts.Deployed = list, found, key, system
		return script
	}
	if before {
		return nil
	}
	return w.plain(ctx, sh.Files+w.ledger())
}

// takeLedger is shell that writes the ledger before the first step that changes the host,
// with the functions of sh.Files; nothing where it is as it should be.
func (w *worker) takeLedger() string {
	if w.ledger == nil {
		return ""
	}
	script := w.ledger()
	w.ledger = nil
	return "(" + script + ") || { printf '\\n%s unnoted\\n' \"$T\"; exit 0; }\n"
}

// leaves reports whether the host leaves the site.
func (w *worker) leaves() bool {
	return slices.ContainsFunc(w.run.plays, func(p play.Play) bool {
		return p.Removes && slices.Contains(p.Hosts, w.host)
	})
}

// forgets reports whether nothing of it stays on the host that a ledger is needed for.
func (w *worker) forgets() bool {
	return slices.ContainsFunc(w.run.plays, func(p play.Play) bool {
		return p.Forgets && slices.Contains(p.Hosts, w.host)
	})
}

// found is what the ledger says of things of others. Once a resource has been looked at
// to the end of a run, what it saw is what stood there before foobar came; that is not
// changed any more while the resource is wanted.
func (w *worker) found(before bool) map[string][]string {
	found := maps.Clone(w.facts.Found)
	if before {
		return found
	}
	now := map[string][]string{}
	for _, it := range w.items {
		if _, ok := resource.Unwrap(it.res).(resource.Finder); !ok || it.play == removals || it.goes && it.id.Kind() != "firewall" {
			continue
		}
		if names, known := found[string(it.id)]; known {
			now[string(it.id)] = names
		} else if it.othersKnown {
			now[string(it.id)] = append([]string{}, it.others...)
		}
	}
	if len(w.run.req.Roles) > 0 || w.skipped != "" || len(w.held) > 0 {
		maps.Copy(now, found)
	}
	return now
}

// stranger tells what of a resource's findings came after foobar: what the ledger does
// not name, once it names any, and the inventory does not either. With deploy.purge
// "all", nothing of others stays but what the inventory names.
func (w *worker) stranger(id resource.ID) func(string) bool {
	d := w.run.req.Inventory.Deploy
	known, recorded := w.facts.Found[string(id)]
	return func(name string) bool {
		switch {
		case slices.Contains(d.Keep, name):
			return false
		case d.Purge == "all":
			return true
		}
		return recorded && !slices.Contains(known, name)
	}
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
