package engine

import (
	"context"
	"errors"
	"slices"
)

// bears has the work on the host go on after a failure, and the host be unwell for it;
// unless the run was stopped or the connection is gone.
func (w *worker) bears(ctx context.Context, err error) bool {
	var gone *HostError
	if errors.Is(err, errStopped) || errors.As(err, &gone) || ctx.Err() != nil {
		return false
	}
	w.unwell = err
	w.ill, w.broke = w.broke, nil
	return true
}

// spare reports whether only plays that the site serves without want an item.
func (w *worker) spare(it *item) bool {
	return len(it.also) == 0 && it.index >= 0 && w.run.plays[it.index].Spare
}

// suspects are the items that a task is held to have failed for. Of one that several want,
// such as the packages of a host, these are the ones that the site serves without, where
// there are any: the others are then tried without them.
func (w *worker) suspects(t *task) []*item {
	spare := slices.DeleteFunc(slices.Clone(t.items), func(it *item) bool { return !w.spare(it) })
	if len(spare) == 0 {
		return t.items
	}
	return spare
}

// spares reports whether what failed of a batch is of a play that the site serves without.
// Nothing more of it is worked on here.
func (w *worker) spares(items []*item) bool {
	it := w.broke
	if it == nil || !slices.Contains(items, it) || !w.spare(it) {
		return false
	}
	if w.spoiled == nil {
		w.spoiled = map[int]bool{}
	}
	w.spoiled[it.index] = true
	return true
}

// lost reports whether an item is left undone because its play has failed here.
func (w *worker) lost(it *item) bool { return w.spoiled[it.index] && len(it.also) == 0 }

// ending is how a play ended here of which nothing is left to be worked on.
func (w *worker) ending(index int) string {
	if w.spoiled[index] {
		return "failed"
	}
	return ""
}
