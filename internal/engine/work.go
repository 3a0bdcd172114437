package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
)

// work applies the host's plan: first what needs no other host, for all roles
// at once, then play by play.
func (w *worker) work(ctx context.Context) (err error) {
	defer func() { w.end(ctx, err) }()
	if len(w.pending(func(*item) bool { return true })) > 0 {
		w.note()
	}
	if err := w.writeLedger(ctx, true); err != nil {
		return err
	}
	for stage := resource.Bootstrap; stage < resource.Converge; stage++ {
		items := w.pending(func(it *item) bool { return it.stage == stage })
		if len(items) > 0 {
			if err := w.hold(ctx); err != nil {
				return err
			}
		}
		if err := w.execute(ctx, items); err != nil {
			return err
		}
	}
	unfit, err := w.tryOut(ctx)
	if err != nil {
		return err
	}
	for i, p := range w.run.plays {
		if by := w.held[i]; by != "" {
			w.run.gates.hold(p.Name, w.host.Name, fmt.Sprintf("it was held back, because %s must not be touched", by))
			continue
		}
		if w.byPlay(i) == nil {
			w.run.gates.end(p.Name, w.host.Name, w.ending(i))
			continue
		}
		if unfit != "" {
			w.skipped = unfit
			w.run.gates.end(p.Name, w.host.Name, "was skipped")
			continue
		}
		if err := w.play(ctx, i, p); err != nil {
			return err
		}
	}
	if len(w.spoiled) > 0 {
		return nil // the next run, which does the rest, knows what is owned
	}
	return w.writeLedger(ctx, false)
}

// pending are the items with something to do that nothing holds back.
func (w *worker) pending(in func(*item) bool) []*item {
	var some []*item
	for _, it := range w.items {
		if in(it) && !it.change.Empty() && it.held == "" && !w.lost(it) {
			some = append(some, it)
		}
	}
	return some
}

func (w *worker) byPlay(i int) []*item {
	return w.pending(func(it *item) bool { return it.stage == resource.Converge && it.index == i })
}

// play works on one play once its turn has come.
func (w *worker) play(ctx context.Context, i int, p play.Play) error {
	if err := w.aside(ctx, i); err != nil {
		return err
	}
	waiting := func(what string) { w.emit(event.Waiting{Host: w.host.Name, For: what}) }
	why, err := w.run.gates.wait(ctx, w.run.eng.stopped(), p.Name, waiting)
	if err != nil {
		return err
	}
	items := w.byPlay(i)
	given, drains := false, false
	if disruptive := disrupts(items); why == "" && w.leave == nil && (disruptive || oneByOne(items)) {
		if given, why, err = w.enter(ctx, p, disruptive, waiting); err != nil {
			return err
		}
		if drains = disruptive && !given; given {
			why = w.run.gates.stuck(p.Name) // one may have failed meanwhile
		}
	}
	if why == "" && !given {
		if err := w.hold(ctx); err != nil {
			return err
		}
	}
	if drains && why == "" {
		if why = w.run.gates.stuck(p.Name); why == "" { // one may have failed during a pause
			err = w.drain(ctx, p)
		}
	}
	if why != "" {
		w.skipped = why
		w.run.gates.end(p.Name, w.host.Name, "was skipped")
		return w.putBack(ctx, len(w.run.plays)-1) // for later plays it does not stay out either
	}
	if err == nil {
		if p.Revert != nil {
			w.risky = &w.run.plays[i]
		}
		err = w.execute(ctx, items)
	}
	if err == nil {
		err = w.putBack(ctx, i)
	}
	if err != nil {
		return w.takeBack(ctx, err)
	}
	if w.leave == nil { // it is not out of service any more
		w.risky = nil
	}
	w.run.backs.Lock() // see lasting
	w.ended[p.Name] = true
	w.run.backs.Unlock()
	w.run.gates.end(p.Name, w.host.Name, w.ending(i))
	return nil
}

// enter takes a serial place for the host, with which it may have been taken out of service.
func (w *worker) enter(ctx context.Context, p play.Play, disruptive bool, waiting func(string)) (given bool, why string, err error) {
	drain := p.Drain
	if !disruptive {
		drain = nil
	}
	leave, given, why, err := w.run.gates.enter(ctx, w.run.eng.stopped(), p.Name, w.host.Name, drain, waiting)
	if w.leave = leave; given {
		w.drainedBy = drain
	}
	return given, why, err
}

// aside does later plays that may be done while a play waits for other hosts.
func (w *worker) aside(ctx context.Context, i int) error {
	plays, gates := w.run.plays, w.run.gates
	for j := i + 1; j < len(plays) && !gates.open(plays[i].Name); j++ {
		if plays[j].Aside && w.held[j] == "" && w.byPlay(j) != nil && gates.open(plays[j].Name) {
			if err := w.play(ctx, j, plays[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

// end closes the host's part. A host that was stopped between two steps goes
// back into service where the balancer's own checks find it well; one that
// failed stays out. The others are told before the serial place is free, so
// that the next host sees it.
func (w *worker) end(ctx context.Context, err error) {
	if d := w.drainedBy; d != nil && errors.Is(err, errStopped) {
		w.emit(event.Waiting{Host: w.host.Name, For: "its health at " + d.On.Name})
		_ = w.atBalancer(ctx, d.In(w.host.Name)) // the next run finds it out of service
	}
	w.endAll(err)
	if w.leave != nil {
		w.leave()
		w.leave = nil
	}
}

func disrupts(items []*item) bool {
	return slices.ContainsFunc(items, func(it *item) bool { return it.change.Disrupts })
}

func oneByOne(items []*item) bool {
	return slices.ContainsFunc(items, func(it *item) bool { return it.change.OneByOne })
}

// drains are the plays of the hosts that may be taken out of service, which lasts over all
// of them: what was planned by guess may turn out to disrupt.
func (r *run) drains() map[gateKey]bool {
	all := map[gateKey]bool{}
	for _, w := range r.order {
		var own []string
		away := false
		for i, p := range r.plays {
			if p.Drain != nil && slices.Contains(p.Hosts, w.host) {
				own = append(own, p.Name)
				away = away || slices.ContainsFunc(w.byPlay(i), func(it *item) bool { return it.change.Disrupts || it.change.Provisional })
			}
		}
		for _, name := range own {
			all[gateKey{name, w.host.Name}] = away
		}
	}
	return all
}

// drain takes the host out of service.
func (w *worker) drain(ctx context.Context, p play.Play) error {
	if p.Drain == nil {
		return nil
	}
	w.drainedBy = p.Drain
	w.emit(event.Waiting{Host: w.host.Name, For: sessionsAt(p.Drain)})
	if err := w.atBalancer(ctx, p.Drain.Out(w.host.Name)); err != nil {
		return drainFault(fmt.Errorf("drain at %s: %w", p.Drain.On.Name, err))
	}
	return nil
}

// putBack puts a drained host back into service, unless a later play is about
// to work on it too: its health only counts when all of that is done. A host
// that failed stays out: its health is not known.
func (w *worker) putBack(ctx context.Context, i int) error {
	if w.leave == nil {
		return nil
	}
	for j, later := range w.run.plays[i+1:] {
		if w.drainedBy != nil && later.Drain != nil && len(w.byPlay(i+1+j)) > 0 && w.run.gates.open(later.Name) {
			return nil
		}
	}
	if d := w.drainedBy; d != nil {
		w.emit(event.Waiting{Host: w.host.Name, For: "its health at " + d.On.Name})
		if err := w.handOn(ctx, w.run.plays[i].Name, d); err != nil {
			// No other host may drain yet: the caller first ends this host's part as failed.
			return &balancerError{drainFault(fmt.Errorf("put back at %s: %w", d.On.Name, err))}
		}
	}
	if w.leave != nil {
		w.leave()
	}
	w.leave, w.drainedBy = nil, nil
	return nil
}

// atBalancer runs a script that must succeed on the host that holds the traffic switch.
func (w *worker) atBalancer(ctx context.Context, script string) error {
	return w.succeeded(w.askBalancer(ctx, script))
}

// askBalancer runs a script there.
func (w *worker) askBalancer(ctx context.Context, script string) (lines []string, status int, err error) {
	lb := w.run.workers[w.drainedBy.On.Name]
	if lb == nil || lb.target == nil {
		return nil, 0, fmt.Errorf("it is not connected")
	}
	lb.awaitCount(ctx)
	return lb.answer(ctx, lb.takeOpening()+script, w.run.drainWithin())
}

// drainWithin is how long it may take to take a host out of service and put one back.
func (r *run) drainWithin() time.Duration {
	d := r.req.Inventory.Deploy
	return d.DrainTimeout + d.HealthTimeout
}

// plain runs a script that must succeed.
func (w *worker) plain(ctx context.Context, script string) error {
	return w.succeeded(w.answer(ctx, w.takeOpening()+script, w.run.drainWithin()))
}

// said is what a script prints that must succeed, and may itself wait for so long.
func (w *worker) said(ctx context.Context, script string, within time.Duration) ([]string, error) {
	lines, status, err := w.answer(ctx, script, within)
	return lines, w.succeeded(lines, status, err)
}

// answer is what a script prints that may itself wait for so long, and how it ends.
func (w *worker) answer(ctx context.Context, script string, within time.Duration) (lines []string, status int, err error) {
	bounds := w.patience()
	// The host's shell may be at a step.
	bounds.Idle, bounds.Whole = 0, bounds.Whole+aptTimeout+within
	lines, status, err = bounds.Answer(ctx, w.target, script)
	return lines, status, silent(err)
}

// succeeded is why an answer is not that of a script that went well.
func (w *worker) succeeded(lines []string, status int, err error) error {
	if err != nil || status == 0 {
		return err
	}
	return classify("", "", status, w.hidden(strings.Join(lines, "\n")))
}

// endAll lets others go on that wait for this host.
func (w *worker) endAll(err error) {
	why := ""
	switch {
	case errors.Is(err, errStopped):
		why = "was stopped"
	case codeOf(err).Reverted():
		why = takenBack
	case err != nil:
		why = "failed"
	}
	w.run.trials.end(w.host.Name, "could not be checked")
	for _, p := range w.run.plays {
		w.run.gates.end(p.Name, w.host.Name, why)
	}
}

// execute works on items in order. Where one could only be planned by guess, it
// looks again first.
func (w *worker) execute(ctx context.Context, items []*item) error {
	for len(items) > 0 {
		if items[0].change.Provisional {
			if err := w.lookAgain(ctx, items); err != nil {
				return err
			}
			if items[0].change.Provisional {
				w.broken(items[0])
				return fault.Wrap(fault.CannotBePlanned, fmt.Errorf("%s: %s", items[0].id, items[0].change.Reason))
			}
			items = slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.change.Empty() })
			continue
		}
		n := 1
		for n < len(items) && !items[n].change.Provisional && items[n].change.Health == items[0].change.Health {
			n++
		}
		waits := items[0].change.Health
		err := w.batch(ctx, items[:n])
		switch {
		case err == nil, waits && w.bears(ctx, err):
			items = items[n:]
		case w.spares(items[:n]) && w.bears(ctx, err):
			items = slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.change.Empty() || w.lost(it) })
		default:
			return err
		}
	}
	return nil
}

// lookAgain asks anew about the items that were planned by guess.
func (w *worker) lookAgain(ctx context.Context, items []*item) error {
	var guessed []*item
	for _, it := range items {
		if it.change.Provisional {
			guessed = append(guessed, it)
		}
	}
	if err := w.ask(ctx, guessed); err != nil {
		return err
	}
	for _, it := range guessed {
		if err := it.diff(nil); err != nil {
			w.broken(it)
			return err
		}
		if it.change.Empty() {
			w.emit(event.ChangeDone{Host: w.host.Name, Play: it.play, Resource: it.id})
		}
	}
	return nil
}
