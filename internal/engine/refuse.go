package engine

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// refusedNow are the resources that must not be touched as they were found.
func (w *worker) refusedNow() []*item {
	var all []*item
	for _, it := range w.items {
		if it.refused != nil {
			all = append(all, it)
		}
	}
	return all
}

// holdBack keeps from this run what a refusal makes unsafe on the host: the plays
// that want what is refused, those that work on the same thing, and those that need
// a change which is not made. Where the groundwork is among that, it is everything;
// what left the inventory stays too, for something held back may come in its place.
// Plays that wait for these on whatever host are the gates' affair.
func (w *worker) holdBack() {
	w.held = map[int]resource.ID{}
	for _, it := range w.refusedNow() {
		w.holdPlays(it, it.id)
	}
	if len(w.held) == 0 {
		return
	}
	for n := 0; n < len(w.held); { // until no play is added
		n = len(w.held)
		var missing []*item
		for _, it := range w.items {
			if by, held := w.held[it.index]; it.refused != nil || held && !it.change.Empty() {
				missing = append(missing, it)
				w.holdPlays(it, by)
			}
		}
		for _, m := range missing {
			for _, it := range w.items {
				if m.stage == resource.Bootstrap || it.needs(m) {
					w.holdPlays(it, w.held[m.index])
				}
			}
		}
	}
	for _, it := range w.items {
		it.held = w.held[it.index]
	}
}

// holdPlays holds the plays that want an item back because of a refused one.
func (w *worker) holdPlays(it *item, by resource.ID) {
	hold := func(index int) {
		if w.held[index] == "" {
			w.held[index] = by
		}
	}
	hold(-1)
	for _, index := range append([]int{it.index}, it.also...) {
		hold(index)
		if index < 0 {
			continue
		}
		for i, p := range w.run.plays {
			if at := w.run.plays[index]; slices.Contains(at.Same, p.Name) || slices.Contains(p.Same, at.Name) {
				hold(i)
			}
		}
	}
}

// needs reports whether an item builds on what another one puts there: it loads it,
// follows it, lies in it or belongs to it.
func (it *item) needs(other *item) bool {
	if it == other {
		return false
	}
	name := other.id.Name()
	if slices.Contains(it.asked, other.id) || slices.Contains(resource.Needs(it.res), other.id) ||
		strings.HasPrefix(name, "/") && strings.HasPrefix(it.id.Name(), name+"/") {
		return true
	}
	return other.id.Kind() == "user" && slices.ContainsFunc(it.change.Steps, func(s resource.Step) bool {
		p, ok := s.(resource.Put)
		return ok && (p.Owner == name || p.Group == name)
	})
}

// refusal is the error of a host on which something was refused; nil where nothing was.
func (w *worker) refusal() error {
	all := w.refusedNow()
	if len(all) == 0 {
		return nil
	}
	if more := len(all) - 1; more > 0 {
		return fmt.Errorf("%w; and %d more, which the plan names", all[0].refused, more)
	}
	return all[0].refused
}

// refusals are what was refused, and what is held back by it, as displays see it.
func (w *worker) refusals() (refused []event.Refusal, held []event.Change) {
	for _, it := range w.items {
		if it.refused != nil {
			text := strings.TrimPrefix(cleanText(it.refused.Error()), string(it.id)+": ")
			refused = append(refused, event.Refusal{Play: it.play, Resource: it.id, Error: text, Code: codeOf(it.refused)})
		} else if it.held != "" && !it.change.Empty() {
			c := it.describe()
			c.HeldBy = it.held
			held = append(held, c)
		}
	}
	return refused, held
}
