package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/resource"
)

// removals is the name of the play that takes away what left the inventory.
const removals = "removed from the inventory"

// add takes in what a play wants. Two plays may want the same thing; they may
// not want different things under one name.
func (w *worker) add(index int, name string, want []resource.Resource) error {
	if w.byID == nil {
		w.byID = map[resource.ID]*item{}
	}
	for _, r := range want {
		it := &item{res: r, id: r.ID(), play: name, index: index, goes: w.run.plays[index].Removes, stage: resource.StageOf(r), strange: w.stranger(r.ID())}
		old := w.byID[it.id]
		if old == nil {
			w.byID[it.id] = it
			w.items = append(w.items, it)
			continue
		}
		if !resource.Same(old.res, r) {
			return fmt.Errorf("play %[2]q already has %[1]s, with other details", it.id, old.play)
		}
		old.also = append(old.also, index)
		if it.stage < old.stage {
			old.stage = it.stage
		}
	}
	return nil
}

// sort puts the items into the order of work.
func (w *worker) sort() {
	slices.SortStableFunc(w.items, func(a, b *item) int { return cmp.Or(cmp.Compare(a.stage, b.stage), a.index-b.index) })
}

// addRemovals plans to take away what the ledger lists and nothing wants.
func (w *worker) addRemovals() {
	var gone []*item
	for _, kind := range w.run.owned {
		for _, name := range w.facts.Owned {
			id := resource.ID(name)
			if id.Kind() != kind.ID().Kind() || w.byID[id] != nil || clean(name) != name { // foobar writes no such name
				continue
			}
			if r := kind.Removed(id.Name()); r != nil {
				w.byID[id] = &item{res: r, id: id, play: removals, goes: true, index: -1, stage: resource.Prepare}
				gone = append(gone, w.byID[id])
			}
		}
	}
	w.items = append(gone, w.items...)
}

// look asks every probe of the host in one script and compares. What must not be
// touched is noted, and hides nothing else.
func (w *worker) look(ctx context.Context) error {
	ctx, cancel := w.untilStopped(ctx)
	defer cancel()
	if err := w.ask(ctx, w.items); err != nil {
		return err
	}
	changing := map[resource.ID]bool{}
	for _, it := range w.items {
		if err := it.diff(changing); err != nil {
			it.refused = err
			continue
		}
		if it.change.Quiet {
			changing[resource.Quietly(it.id)] = true
		} else if !it.change.Empty() {
			changing[it.id] = true
			changing[resource.Restarting(it.id)] = it.change.Disrupts
		}
		if s, ok := resource.Unwrap(it.res).(resource.Witness); ok {
			for _, line := range s.Unmanaged(it.seen) {
				w.unmanaged = append(w.unmanaged, clean(line))
			}
		}
		it.seen = resource.Observed{} // with it the host's whole answer, of which a large site has many
	}
	w.holdBack()
	return nil
}

// diff compares what was seen last. For a plan, changing are the resources before this
// one that are about to change; a look in the item's turn, or after its change, has none.
func (it *item) diff(changing map[resource.ID]bool) error {
	seen := it.seen
	if changing != nil {
		seen = seen.Before(func(id resource.ID) bool {
			it.asked = append(it.asked, id)
			return changing[id]
		})
	}
	c, err := it.res.Diff(seen)
	if err != nil {
		return fault.Or(fault.CannotBePlanned, fmt.Errorf("%s: %w", it.id, err))
	}
	it.change = c
	return nil
}

// ask runs the probes of some items as one script and notes what was seen.
func (w *worker) ask(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	set, a := w.set, w.early
	if w.set, w.early = nil, nil; set != nil && a != nil {
		return see(items, set, a)
	}
	set = resource.Compile(probesOf(items))
	if script := set.Script(); a == nil || !w.run.guessed.same(w.host.Name, script) {
		var err error
		if a, err = w.patience().Ask(ctx, w.target, script); err != nil {
			return unanswered(a, err)
		}
	}
	return see(items, set, a)
}

// see notes what the answer to the items' probes says of each.
func see(items []*item, set *resource.ProbeSet, a *ask.Answer) error {
	seen, err := set.Read(a)
	for i, it := range items[:len(seen)] {
		it.seen = seen[i].With(it.strange)
		if f, ok := resource.Unwrap(it.res).(resource.Finder); ok {
			it.others, it.othersKnown = f.Found(it.seen)
			for i, name := range it.others {
				it.others[i] = strings.Clone(name) // not the whole answer with it
			}
		}
	}
	return err
}

// patience bounds the host's answers.
func (w *worker) patience() ask.Bounds {
	if w.run.eng.Patience == (ask.Bounds{}) {
		return ask.Patient(0)
	}
	return w.run.eng.Patience
}

// silent makes the error of a host that does not answer that of a host which cannot
// be reached; other errors stay.
func silent(err error) error {
	if fault.Of(err) != fault.HostSilent {
		return err
	}
	return &HostError{Outcome: event.Unreachable, Code: fault.HostSilent, Msg: err.Error(), Err: err}
}

func probesOf(items []*item) []resource.Probe {
	probes := make([]resource.Probe, len(items))
	for i, it := range items {
		probes[i] = it.res.Probe()
	}
	return probes
}
