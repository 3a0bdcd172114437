package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// watch notes on which hosts a play changes what its Revert can undo.
func (r *run) watch() {
	r.reverted = map[string]cause{}
	for _, w := range r.order {
		w.watched, w.ended = map[string]bool{}, map[string]bool{}
	}
	for _, p := range r.plays {
		if p.Revert == nil {
			continue
		}
		for _, h := range p.Revert.Hosts {
			w := r.workers[h.Name]
			changes := func(id resource.ID) bool { it := w.byID[id]; return it != nil && !it.change.Empty() && it.held == "" }
			if w.takesPart() && slices.ContainsFunc(p.Revert.Watch(h.Name), changes) {
				w.watched[p.Name] = true
			}
		}
	}
}

// takeBack undoes the play that has begun on the host and does not end well, and puts the
// host into service again. The error it returns says how that ended. Nothing is undone
// on a host that was lost, or told to stop: the next run goes on there.
func (w *worker) takeBack(ctx context.Context, failed error) error {
	p := w.risky
	var lost *HostError
	if errors.Is(failed, errStopped) || errors.As(failed, &lost) || ctx.Err() != nil {
		return failed
	}
	if p == nil || !w.touched(p) {
		if fault.Of(failed) == fault.WebReverted { // it serves as it did
			if err := w.backInService(ctx); err != nil {
				return fmt.Errorf("%v; and %w", failed, err)
			}
		}
		return failed
	}
	w.risky = nil
	words := w.lastWords(ctx, p, failed)
	to, err := w.revert(ctx, p, true)
	switch {
	case err != nil:
		return fmt.Errorf("%w; what ran before did not come back: %v", failed, err)
	case to == "":
		return fmt.Errorf("%w; nothing ran here before, so there is nothing to go back to", failed)
	}
	if err := w.backInService(ctx); err != nil {
		return fmt.Errorf("%w; it runs %s again, and %v", failed, to, err)
	}
	code, why := fault.ReleaseReverted, "did not become healthy: "+inShort(failed)+words
	if tail := tailOf(failed); fault.Of(failed) == fault.RequestsFailed && len(tail) > 0 {
		code, why = fault.RequestsFailed, "was taken back: "+tail[len(tail)-1]
	}
	w.run.takenBack(p.Name, cause{w.host.Name, code})
	return &HostError{Outcome: event.Reverted, Code: code, Err: failed, Msg: fmt.Sprintf("%s %s; %s runs again%s", p.Revert.What, why, to, w.run.lasting(p))}
}

// lastWords shows what a host has said that is well by itself and not for the balancer,
// and returns the line for the sentence that tells the failure.
func (w *worker) lastWords(ctx context.Context, p *play.Play, failed error) string {
	var drained *balancerError
	if p.Revert.Words == nil || !errors.As(failed, &drained) {
		return ""
	}
	script := p.Revert.Words(w.host.Name)
	if script == "" {
		return ""
	}
	lines, err := w.said(ctx, "( set -eu\n"+script+")\n", 0)
	if err != nil {
		return ""
	}
	said := spoken(w.hidden(strings.Join(lines, "\n")), classified)
	if trace := traceback(said); trace != nil {
		said = trace
	}
	if len(said) == 0 {
		return ""
	}
	for _, line := range said {
		w.emit(event.Output{Host: w.host.Name, Resource: lastWordsOf, Line: line})
	}
	return "; its log ends: " + strings.TrimSpace(said[len(said)-1])
}

// lastWordsOf is under what the last words of a host are shown.
const lastWordsOf = resource.ID("service:app.service")

// balancerError is what went wrong as a host was put back into service.
type balancerError struct{ error }

// Unwrap returns what the balancer had against the host.
func (e *balancerError) Unwrap() error { return e.error }

// inShort is an error that was told at length: of a step the line that says why, where one does.
func inShort(err error) string {
	var step *stepError
	if errors.As(err, &step) && step.reason != "" {
		health := ""
		if step.health != "" {
			health = step.health + " | "
		}
		return step.title + health + step.reason
	}
	return err.Error()
}

// touched reports whether this run has begun to change on the host what the play's Revert
// undoes: else what the host would go back to is of an earlier run.
func (w *worker) touched(p *play.Play) bool {
	return w.watched[p.Name] && slices.ContainsFunc(p.Revert.Watch(w.host.Name), func(id resource.ID) bool {
		it := w.byID[id]
		return it != nil && !it.began.IsZero()
	})
}

// cause is the host on which a play was taken back first, and why that was.
type cause struct {
	host string
	code fault.Code
}

// takenBack notes where a play was taken back first.
func (r *run) takenBack(name string, why cause) {
	r.backs.Lock()
	defer r.backs.Unlock()
	if _, before := r.reverted[name]; !before {
		r.reverted[name] = why
	}
}

// lasting says which changes of this run are not undone with a play's.
func (r *run) lasting(p *play.Play) string {
	r.backs.Lock()
	defer r.backs.Unlock()
	for _, name := range r.playNames() {
		text := p.Revert.Lasts[name]
		if text != "" && slices.ContainsFunc(r.order, func(w *worker) bool { return w.ended[name] }) {
			return "; " + text
		}
	}
	return ""
}

// revert runs the script of a play's Revert and returns what the host runs then; "" where
// there was nothing to go back to.
func (w *worker) revert(ctx context.Context, p *play.Play, ran bool) (to string, err error) {
	w.emit(event.Waiting{Host: w.host.Name, For: "what it ran before"})
	lines, err := w.said(ctx, sh.Files+"( set -eu\n"+p.Revert.Script(w.host.Name, ran)+")\n", p.Revert.Within)
	if err != nil {
		return "", err
	}
	if n := len(lines); n > 0 {
		if rest, ok := strings.CutPrefix(lines[n-1], play.RevertedTo); ok {
			return clean(strings.TrimSpace(rest)), nil
		}
	}
	return "", fault.Wrap(fault.AnswerCut, errors.New("the host's answer was cut off before its end"))
}

// backInService puts a host back that runs what it ran before. Its place among those that are worked on at once
// is only given up when the others know how it ended.
func (w *worker) backInService(ctx context.Context) error {
	d := w.drainedBy
	if d == nil {
		return nil
	}
	w.emit(event.Waiting{Host: w.host.Name, For: "its health at " + d.On.Name})
	back := d.In
	if d.Back != nil {
		back = d.Back
	}
	if err := w.atBalancer(ctx, back(w.host.Name)); err != nil {
		return drainFault(fmt.Errorf("put back at %s: %w", d.On.Name, err))
	}
	w.drainedBy = nil
	return nil
}

// followBack takes back a play that was taken back on one host on all others where it has
// changed something, one after the other; then it tells how those hosts ended.
func (r *run) followBack(ctx context.Context) {
	for i := range r.plays {
		p := &r.plays[i]
		why, ok := r.reverted[p.Name]
		if !ok {
			continue
		}
		for _, h := range p.Revert.Hosts {
			w := r.workers[h.Name]
			var gone *HostError // lost, or back already
			if h.Name == why.host || !w.touched(p) || w.drainedBy != nil || errors.As(w.err, &gone) || r.eng.stopping.Load() || ctx.Err() != nil {
				continue
			}
			if err := w.follow(ctx, p, why); err != nil {
				w.err = err
			}
		}
	}
	for _, w := range r.order {
		if len(w.watched) > 0 {
			w.tell()
		}
	}
}

// follow takes a play back on a host where it ended well, or never had its turn: there
// only what was written for it.
func (w *worker) follow(ctx context.Context, p *play.Play, why cause) error {
	ran := w.ended[p.Name] || !slices.Contains(p.Hosts, w.host)
	if ran && p.Drain != nil && slices.Contains(p.Hosts, w.host) {
		away, d := *p, *p.Drain
		if d.Away != nil {
			d.Out = d.Away
		}
		away.Drain = &d
		if err := w.drain(ctx, away); err != nil {
			return err
		}
	}
	to, err := w.revert(ctx, p, ran)
	if err != nil {
		return fmt.Errorf("%s was taken back on %s, and did not come back here: %w", p.Revert.What, why.host, err)
	}
	if err := w.backInService(ctx); err != nil || !ran || to == "" {
		return err
	}
	return &HostError{Outcome: event.Reverted, Code: why.code, Hint: "nothing is wrong here: see " + why.host,
		Msg: fmt.Sprintf("%s was taken back on %s; %s runs here again", p.Revert.What, why.host, to)}
}
