package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/resource"
)

// task is one step of one change; the merged package transaction belongs to
// all the items that asked for packages.
type task struct {
	items   []*item
	step    resource.Step
	staged  string // where the content of a Put was uploaded
	content string // shell that prints it instead
	tried   bool   // the file of a Put is only checked, and does not land
}

// batch runs the steps of items in as few scripts as their kinds allow. Whether they
// had their effect only a second look decides.
func (w *worker) batch(ctx context.Context, items []*item) error {
	tasks := tasksOf(items)
	var at *task
	var set *resource.ProbeSet // what the second look asks
	var second *ask.Answer
	var failure error
	for len(tasks) > 0 && failure == nil {
		if w.run.eng.stopping.Load() {
			return errStopped
		}
		n := segment(tasks)
		last := n == len(tasks) && !cuts(tasks[n-1].step)
		if last {
			set = resource.Compile(probesOf(items))
		}
		s := &script{on: w, tasks: tasks[:n], token: ask.Token(), name: ask.Token(), probes: set}
		failure = s.run(ctx)
		second, at = s.second, s.failed
		rest := tasks[n:]
		if failure == nil && cuts(tasks[n-1].step) {
			at = tasks[n-1]
			var more []*task
			if more, failure = w.cut(ctx, at, s.output(n-1)); failure == nil {
				rest, at = append(more, rest...), nil
			}
		}
		tasks = rest
	}
	if failure != nil {
		return w.blame(ctx, items, at, failure)
	}
	if set == nil {
		return w.confirm(ctx, items)
	}
	if err := see(items, set, second); err != nil {
		return err
	}
	return w.judge(items)
}

// tasksOf lists the steps in order, with all packages in one transaction at the
// place of the last one.
func tasksOf(items []*item) []*task {
	var tasks []*task
	apt := &task{}
	var packages []string
	for _, it := range items {
		it.began = time.Time{}
		for _, s := range it.change.Steps {
			if a, ok := s.(resource.Apt); ok {
				packages = append(packages, a.Packages...)
				apt.items = append(apt.items, it)
				continue
			}
			tasks = append(tasks, &task{items: []*item{it}, step: s})
		}
	}
	if len(packages) == 0 {
		return tasks
	}
	apt.step = resource.Apt{Packages: packages}
	// Steps that follow a package within its own change need it installed.
	i := slices.IndexFunc(tasks, func(t *task) bool { return slices.Contains(apt.items, t.items[0]) })
	if i < 0 {
		i = len(tasks)
	}
	return slices.Insert(tasks, i, apt)
}

// cuts reports whether a step needs the controller before the next can begin.
func cuts(s resource.Step) bool {
	switch s.(type) {
	case resource.Exchange, resource.Prove:
		return true
	}
	return false
}

// segment is how many tasks go into the next script.
func segment(tasks []*task) int {
	if i := slices.IndexFunc(tasks, func(t *task) bool { return cuts(t.step) }); i >= 0 {
		return i + 1
	}
	return len(tasks)
}

// cut does the controller's part of an Exchange or a Prove.
func (w *worker) cut(ctx context.Context, t *task, output []byte) ([]*task, error) {
	switch s := t.step.(type) {
	case resource.Exchange:
		steps, err := s.Reply(output)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Title, err)
		}
		var more []*task
		for _, step := range steps {
			more = append(more, &task{items: t.items, step: step})
		}
		return more, nil
	case resource.Prove:
		err := w.target.Prove(ctx)
		if err == nil {
			return nil, nil
		}
		if s.Undo != "" {
			_ = w.plain(ctx, s.Undo) // the timer on the host does it otherwise
		}
		return nil, &HostError{Outcome: event.Reverted, Code: s.Code, Err: err,
			Msg:  fmt.Sprintf("%s was undone: with it in force, foobar could not open a new connection: %v", t.items[0].id, err),
			Hint: "the host is as it was before; check firewall.ssh_from and ssh settings, then deploy again"}
	}
	return nil, nil
}

// blame ends the change that failed, after a second look at those before it.
func (w *worker) blame(ctx context.Context, items []*item, at *task, failure error) error {
	if at == nil || errors.Is(failure, errStopped) || ctx.Err() != nil {
		return failure
	}
	if fault.Of(failure) != fault.StepTimeout { // what runs on is not tried again beside itself
		at.items = w.suspects(at)
	}
	w.broken(at.items[0])
	var before []*item
	for _, it := range items {
		if !slices.Contains(at.items, it) && !it.began.IsZero() {
			before = append(before, it)
		}
	}
	if len(before) > 0 && w.ask(ctx, before) == nil {
		for _, it := range before {
			if it.diff(nil) == nil && it.change.Empty() {
				w.finished(it, nil)
			}
		}
	}
	for _, it := range at.items {
		w.finished(it, failure)
	}
	var he *HostError
	if errors.As(failure, &he) {
		return failure
	}
	return fmt.Errorf("%s: %w", at.items[0].id, failure)
}

// confirm looks again with a script of its own.
func (w *worker) confirm(ctx context.Context, items []*item) error {
	w.emit(event.Verifying{Host: w.host.Name})
	if err := w.ask(ctx, items); err != nil {
		return err
	}
	return w.judge(items)
}

// judge compares what the second look saw: only what now is as wanted counts as
// changed.
func (w *worker) judge(items []*item) error {
	var first error
	for _, it := range items {
		err := it.diff(nil)
		if err == nil && !it.change.Empty() {
			err = fault.Wrap(fault.NotConverged, fmt.Errorf("did not converge: after the change there is still %s", remains(it.change)))
		}
		w.finished(it, err)
		if err != nil && first == nil {
			w.broken(it)
			first = fmt.Errorf("%s: %w", it.id, err)
		}
	}
	return first
}

// remains says in a line what is left of a change.
func remains(c resource.Change) string {
	var parts []string
	for _, f := range c.Fields {
		if f.Text {
			parts = append(parts, f.Name+" differs")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s where %s was expected", f.Name, cmp.Or(f.Old, "nothing"), cmp.Or(f.New, "nothing")))
	}
	if c.Reason != "" {
		parts = append(parts, c.Reason)
	}
	return clean(strings.Join(parts, ", "))
}

// finished tells how a change ended.
func (w *worker) finished(it *item, err error) {
	done := event.ChangeDone{Host: w.host.Name, Play: it.play, Resource: it.id, Changed: err == nil}
	if !it.began.IsZero() {
		done.Took = time.Since(it.began)
	}
	if err != nil {
		done.Error, done.Code, done.Tail = cleanText(err.Error()), codeOf(err), tailOf(err)
	} else {
		w.changed++
	}
	w.emit(done)
}

// title is what a person sees while the step runs.
func (t *task) title() string {
	switch s := t.step.(type) {
	case resource.Put:
		if t.tried {
			return "check the new " + s.Path
		}
		return "write " + s.Path
	case resource.Run:
		return s.Title
	case resource.Apt:
		return fmt.Sprintf("install %d packages", len(s.Packages))
	case resource.Exchange:
		return s.Title
	case resource.Prove:
		return "open a new connection, as proof of the way in"
	}
	return ""
}
