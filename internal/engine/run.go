package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// run is one request on its way.
type run struct {
	eng     *Engine
	req     Request
	workers map[string]*worker // by host name
	order   []*worker
	plays   []play.Play
	owned   []resource.Owned // play.Site's
	key     string           // the fingerprint of its master secret
	guessed *guess           // what to ask of each host, unless its facts have changed; nil without any
	plan    *Plan
	beside  *beside
	gates   *gates
	trials  *trials
	counts  []*play.Drain // at whose balancers failed requests are counted
	began   time.Time
	// reverted says why a play was taken back, by its name.
	reverted map[string]cause
	backs    sync.Mutex
}

// errStale says that hosts changed since the plan was made.
var errStale = errors.New("the plan is stale")

// do carries the request through on the hosts that are connected; each phase ends
// before the next begins.
func (r *run) do(ctx context.Context) error {
	if err := r.mayGoOn(); err != nil {
		return err
	}
	ask.Each(r.forks(), r.well(), func(_ int, w *worker) { w.gather(ctx) })
	if r.req.Learned != nil {
		r.req.Learned(r.facts())
	}
	if err := r.mayGoOn(); err != nil {
		return err
	}
	if !r.adopt() {
		if err := r.build(); err != nil {
			return err
		}
	}
	r.observe(ctx)
	if err := r.mayGoOn(); err != nil {
		return err
	}
	r.plan = r.makePlan()
	if !r.req.Apply {
		return nil
	}
	if r.req.Expect != nil {
		if err := r.req.Expect.check(r.plan); err != nil {
			return err
		}
	}
	if r.eng.stopping.Load() {
		return errStopped
	}
	if r.plan.Changes() > 0 && r.req.Approve != nil {
		ok, err := r.req.Approve(r.plan)
		if err != nil {
			return err
		}
		if !ok && !r.eng.stopping.Load() {
			return errors.New("not approved: nothing was changed")
		}
		if r.eng.stopping.Load() { // while the question stood
			return errStopped
		}
	}
	if r.req.Begin != nil {
		if err := r.req.Begin(); err != nil {
			return err
		}
	}
	if err := r.lockBalancers(ctx); err != nil {
		return err
	}
	r.count(ctx)
	r.apply(ctx)
	r.beside.apply(ctx)
	return nil
}

// lockBalancers locks the balancers at which hosts will be drained, where --limit
// leaves them out, and notes the run on them.
func (r *run) lockBalancers(ctx context.Context) error {
	for i, p := range r.plays {
		if p.Drain == nil {
			continue
		}
		lb := r.workers[p.Drain.On.Name]
		for _, w := range r.order {
			if lb == nil || lb.target == nil || !w.selected || !disrupts(w.byPlay(i)) {
				continue
			}
			if !lb.selected && (!lb.locked || lb.err != nil) {
				if err := lb.lockToCount(ctx, p.Drain); err != nil {
					return fmt.Errorf("nothing was changed: %s is to be drained at %s: %w", w.host.Name, lb.host.Name, err)
				}
			}
			lb.note()
			break
		}
	}
	return nil
}

// mayGoOn refuses to change anything while a selected host cannot be worked on.
func (r *run) mayGoOn() error {
	if r.eng.stopping.Load() {
		return errStopped
	}
	alive := 0
	var bad []string
	for _, w := range r.order {
		if w.err == nil {
			alive++
		} else if w.selected {
			bad = append(bad, w.host.Name)
		}
	}
	if len(bad) > 0 && r.req.Apply {
		return fmt.Errorf("nothing was changed, because of %s", strings.Join(bad, ", "))
	}
	if alive == 0 {
		return fmt.Errorf("no host could be checked")
	}
	return nil
}

// connect dials every host.
func (r *run) connect(ctx context.Context) {
	for _, h := range r.req.Inventory.Hosts {
		w := &worker{run: r, host: h, selected: r.req.selects(h)}
		r.workers[h.Name], r.order = w, append(r.order, w)
	}
	ask.Each(r.forks(), r.order, func(_ int, w *worker) { w.connect(ctx) })
}

// build makes the plays and the resources of each host.
func (r *run) build() error {
	all := r.settled()
	for _, w := range r.order {
		if w.err == nil {
			if by := w.facts.OwnedBy; by != "" && by != r.req.Inventory.Site.Name && w.selected {
				return fault.Wrap(fault.OtherSite, fmt.Errorf("%s belongs to the site %q, and what that one put there would be removed; "+
					"name this site the same, or remove /var/lib/foobar/owned.json there to take the host over", w.host.Name, clean(by)))
			}
		}
	}
	site, plays, err := r.req.Build(all)
	if err != nil {
		return err
	}
	if err := play.Check(plays); err != nil {
		return err
	}
	r.plays, r.owned = plays, site.Owned
	r.hideSecrets()
	if site.Master != nil {
		r.key = site.Master.Fingerprint()
	}
	for i, p := range plays {
		for _, h := range p.Hosts {
			w := r.workers[h.Name]
			if !w.takesPart() {
				continue
			}
			want, err := p.Role.Resources(site, h)
			if err != nil {
				return fmt.Errorf("%s: role %s: %w", h.Name, p.Role.Name(), err)
			}
			if !r.wantsRole(p.Role.Name()) {
				continue // what it wants, and has got, stays in the ledger
			}
			if err := w.add(i, p.Name, want); err != nil {
				return fmt.Errorf("%s: role %s: %w", h.Name, p.Role.Name(), err)
			}
		}
	}
	for _, w := range r.order {
		if w.takesPart() {
			w.sort()
			if len(r.req.Roles) == 0 && !w.leaves() {
				w.addRemovals()
			}
		}
	}
	return nil
}

// facts are those of the hosts that are well.
func (r *run) facts() map[string]facts.Facts {
	all := map[string]facts.Facts{}
	for _, w := range r.order {
		if w.err == nil {
			all[w.host.Name] = w.facts
		}
	}
	return all
}

// playNames are the plays in order; what left the inventory is taken away first.
func (r *run) playNames() []string {
	names := []string{removals}
	for _, p := range r.plays {
		names = append(names, p.Name)
	}
	if r.beside.name() != "" {
		names = append(names, besidePlay)
	}
	return names
}

func (r *run) wantsRole(name string) bool {
	return len(r.req.Roles) == 0 || slices.Contains(r.req.Roles, name)
}

// observe asks all probes of all hosts and compares.
func (r *run) observe(ctx context.Context) {
	ask.Each(r.forks(), r.well(), func(_ int, w *worker) {
		if w.selected {
			w.fail(w.look(ctx))
		}
	})
}

// forks is how many hosts are dialed, or looked at, at once.
func (r *run) forks() int { return cmp.Or(r.eng.Forks, 10) }

// apply works on all hosts side by side; the gates keep the order between them.
func (r *run) apply(ctx context.Context) {
	r.gates = newGates(r.plays, func(h *inventory.Host) bool { return r.workers[h.Name].takesPart() }, r.drains())
	r.trials = newTrials(r.order)
	r.watch()
	// All at once: hosts wait for one another.
	ask.Each(0, r.well(), func(_ int, w *worker) {
		if w.selected {
			w.fail(w.work(ctx))
			if len(w.watched) == 0 {
				w.tell() // now: others may be at it for long
			}
		}
	})
	r.followBack(ctx)
}

// well are the hosts of which nothing bad was seen yet.
func (r *run) well() []*worker {
	return slices.DeleteFunc(slices.Clone(r.order), func(w *worker) bool { return w.err != nil })
}

// close says how every host ended, lets go of it, and sums up.
func (r *run) close(err error) event.RunDone {
	done := event.RunDone{}
	if r.plan != nil {
		done.Planned = r.plan.Changes()
	}
	codes := map[int]bool{}
	var told problems
	for _, w := range r.order {
		w.tell()
	}
	ask.Each(0, r.order, func(_ int, w *worker) { // each waits for its host
		if w.target != nil {
			_ = w.target.Close()
		}
	})
	for _, w := range r.order {
		d := w.tell()
		done.Changed += d.Changed
		if d.Outcome != event.OK && (w.selected || w.target != nil) {
			done.Failed = append(done.Failed, d.Host)
			told.add(d)
		}
		if w.selected {
			codes[exitOf(d.Outcome)] = true
		}
	}
	if d := r.beside.tell(); d != nil && d.Outcome != event.Skipped {
		done.Changed += d.Changed
		codes[exitOf(d.Outcome)] = true
		if d.Outcome != event.OK {
			done.Failed = append(done.Failed, d.Host)
			told.add(*d)
		}
	}
	if err != nil && !errors.Is(err, errStopped) {
		told.addRun(err, r.req.Inventory)
		if errors.Is(err, errStale) {
			codes[ExitStale] = true
		} else {
			codes[ExitFailed] = true
		}
	}
	done.Problems, done.Codes = told.texts()
	done.Exit = worst(codes, r.eng.stopping.Load())
	if done.Exit == ExitOK && !r.req.Apply && done.Planned > 0 {
		done.Exit = ExitDiffers
	}
	return done
}

func exitOf(o event.Outcome) int {
	switch o {
	case event.OK:
		return ExitOK
	case event.Unreachable:
		return ExitUnreachable
	case event.Locked:
		return ExitLocked
	case event.Reverted:
		return ExitReverted
	case event.Unhealthy:
		return ExitUnhealthy
	case event.Stopped:
		return ExitInterrupted
	}
	return ExitFailed
}

// worst picks the code that says most about what to do next.
func worst(codes map[int]bool, stopped bool) int {
	if stopped {
		return ExitInterrupted
	}
	for _, c := range []int{ExitUnreachable, ExitLocked, ExitStale, ExitReverted, ExitFailed, ExitUnhealthy} {
		if codes[c] {
			return c
		}
	}
	return ExitOK
}
