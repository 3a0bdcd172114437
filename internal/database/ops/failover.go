package ops

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

// Failover makes a replica the primary after the primary was lost. It refuses
// while there are signs that the primary lives, because two servers could take
// writes. An empty name picks the replica that received most.
func (s *Site) Failover(ctx context.Context, to string, confirm Confirm) (*Topology, error) {
	t := s.Look(ctx, true)
	if err := t.locked(); err != nil {
		return t, err
	}
	if open := t.open(); len(open) == 1 && open[0].Name() == to && !open[0].Following() {
		s.tell(open[0], "is the primary already")
		t.Primary = open[0]
		if lost := t.only(func(n *Node) bool { return !n.Up() }); len(lost) == 1 {
			t.Lost = lost[0] // by an attempt that was cut off
		}
		s.wake(ctx, open[0], t.Nodes...)
		return t, s.follow(ctx, t, open[0], t.only(func(n *Node) bool { return !n.Up() })...)
	}
	dead, err := s.lost(ctx, t)
	if err != nil {
		return t, err
	}
	target, err := s.choose(t, dead, to)
	if err != nil {
		return t, err
	}
	s.tell(dead, "%s", dead.why())
	s.tell(target, "received everything up to %s", orNothing(target.Survey.Known))
	if target.Following() && target.connection().Filters != "" {
		s.tell(target, "lacks what filters leave out of its replication: %s", clean(target.connection().Filters))
	}
	if others := t.only(func(n *Node) bool { return n.Up() && n != target && n != dead }); len(others) > 0 && !slices.ContainsFunc(others, func(n *Node) bool { return n.covers(n.Survey.Known, target.Survey.Known) }) {
		s.tell(target, "no other server confirms that: %s received less", names(others))
	}
	if err := confirm.ask(fmt.Sprintf("Make %s the primary instead of %s? Transactions that %s had not sent will be lost", target.Name(), dead.Name(), dead.Name())); err != nil {
		return t, err
	}
	if err := s.takeOver(ctx, t, dead, target); err != nil {
		return t, err
	}
	t.Primary, t.Lost = target, dead
	s.tell(target, "takes the writes")
	s.wake(ctx, target, t.Nodes...)
	s.tell(dead, "transactions after %s, if there were any, are not on %s; when it is back, %s shows them", orNothing(target.Survey.Known), target.Name(), s.next("rejoin", dead.Name()))
	return t, s.follow(ctx, t, target, dead)
}

// lost finds the primary and makes sure that it is gone.
func (s *Site) lost(ctx context.Context, t *Topology) (*Node, error) {
	if open := t.open(); len(open) > 0 {
		return nil, refuse(fault.PrimaryLives, "to move the primary while it answers: "+s.next("switchover", "--to", "HOST")+"; to finish a failover to it: "+s.next("failover", "--to", open[0].Name()),
			"%s takes writes", names(open))
	}
	dead, err := t.gone()
	if err != nil {
		return nil, err
	}
	if dead.Up() {
		return nil, refuse(fault.PrimaryLives, "nothing is lost: open it again with foobar deploy "+s.Inv.Path+", or move the primary with "+s.next("switchover", "--to", "HOST"),
			"the database server of %s answers, though it takes no writes", dead.Name())
	}
	if dead.Err == nil {
		return dead, nil // its server is ended before another is opened
	}
	// A host without power is found silent after seconds: all ask at once.
	up := t.only((*Node).Up)
	reached := make([]bool, len(up))
	s.each(up, func(i int, n *Node) { reached[i] = s.reaches(ctx, n, dead) })
	for i, n := range up {
		if reached[i] {
			return nil, refuse(fault.PrimaryLives, "stop it there, or repair the connection to it and use "+s.next("switchover", "--to", "HOST"),
				"%s cannot be reached over ssh, but its database server answers %s: it may take writes", dead.Name(), n.Name())
		}
	}
	return dead, nil
}

// gone is the server that the replicas follow, or, where none follows any, the
// only one that does not answer.
func (t *Topology) gone() (*Node, error) {
	view := t.group().View()
	leader, tie := view.Leader()
	switch {
	case tie:
		return nil, refuse(fault.PrimaryUnclear, "", "each of %s has as many replicas as the other; foobar cannot tell which was the primary", names(t.only(func(n *Node) bool { return view.Votes[slices.Index(t.Nodes, n)] == view.Votes[leader] })))
	case leader >= 0:
		return t.Nodes[leader], nil
	}
	for _, n := range t.only((*Node).Following) {
		return nil, refuse(fault.PrimaryUnclear, "add it to the inventory", "%s follows %s, which is none of the site's databases", n.Name(), n.connection().Host)
	}
	if silent := t.only(func(n *Node) bool { return !n.Up() }); len(silent) == 1 {
		return silent[0], nil
	}
	return nil, refuse(fault.PrimaryUnclear, "", "no database server that follows the primary can be reached")
}

// reaches reports whether a connection to the dead host's port is accepted.
func (s *Site) reaches(ctx context.Context, from, dead *Node) bool {
	to := fmt.Sprintf("</dev/tcp/%s/%d", dead.Host.IP().Unmap(), s.Source.Port)
	out, err := s.script(ctx, from, "if timeout 4 bash -c "+sh.Quote(to)+" 2>/dev/null; then echo reached; fi\n", surveyMost)
	return err == nil && out == "reached"
}

// best is, of servers that have received the same, one that filters leave nothing out of,
// and then the one that has applied most: the others would first have to catch up.
func best(list []*Node) *Node {
	filtered := func(n *Node) bool { return n.Following() && n.connection().Filters != "" }
	best := list[0]
	for _, n := range list[1:] {
		ahead := n.covers(n.Survey.Current, best.Survey.Current) && !n.covers(best.Survey.Current, n.Survey.Current)
		if filtered(best) && !filtered(n) || filtered(best) == filtered(n) && ahead {
			best = n
		}
	}
	return best
}

// choose picks the replica that received most, or checks the one that is named.
func (s *Site) choose(t *Topology, dead *Node, to string) (*Node, error) {
	up := t.only(func(n *Node) bool { return n.Up() && n != dead && len(n.Survey.UserSchemas()) > 0 })
	most := slices.DeleteFunc(slices.Clone(up), func(n *Node) bool {
		behind := slices.ContainsFunc(up, func(o *Node) bool { return !n.covers(n.Survey.Known, o.Survey.Known) })
		return behind || n.Following() && n.connection().Applying != "Yes"
	})
	if len(most) == 0 {
		return nil, refuse(fault.MoveRefused, s.next("status"), "of %s, none has received all that the others have, and applies it", names(up))
	}
	if to == "" {
		return best(most), nil
	}
	target := t.Node(to)
	switch {
	case target == dead:
		return nil, refuse(fault.MoveRefused, "name one of "+names(most), "%s is the primary that is lost", to)
	case slices.Contains(most, target):
		return target, nil
	case !target.Up():
		return nil, fault.Wrap(fault.DatabaseSilent, fmt.Errorf("%s: %s", to, target.why()))
	}
	return nil, refuse(fault.ReplicaBehind, fmt.Sprintf("use --to %[1]s; if %[1]s is not to be believed, stop its server or take its role db out of the inventory first", most[0].Name()), "%s lacks transactions that %s received, or does not apply what it received", to, most[0].Name())
}

// takeOver ends the old server where its host answers, freezes what the replicas
// received, and opens the target once it has applied all of that.
func (s *Site) takeOver(ctx context.Context, t *Topology, dead, target *Node) error {
	if dead.Err == nil {
		// One that hangs would go on taking writes; one that starts again is closed.
		s.tell(dead, "ending its database server")
		if _, err := s.script(ctx, dead, "systemctl kill --signal=KILL "+s.Dialect.Words().Unit+" 2>/dev/null || ! systemctl is-active --quiet "+s.Dialect.Words().Unit+"\n", surveyMost); err != nil {
			return fmt.Errorf("end the database server of %s: %w", dead.Name(), err)
		}
	}
	fence, err := s.shutOut(ctx, t, dead)
	if err != nil {
		fence.open(ctx)
		return fmt.Errorf("%w; nothing was moved", err)
	}
	replicas := t.only(func(n *Node) bool { return n.Following() && n != dead })
	s.each(replicas, func(_ int, n *Node) {
		_ = s.do(ctx, n, stopReading(s.Dialect)) // frozen looks at whether it stopped
		s.ask(ctx, n)
	})
	if err := s.frozen(ctx, replicas, target); err != nil {
		fence.open(ctx)
		return s.resume(ctx, replicas, err)
	}
	how, err := s.promote(ctx, target)
	switch how {
	case openedNo:
		if !target.Following() {
			err = errors.Join(err, s.do(ctx, target, repointing(s.Dialect, s.source(ctx, target, dead.Host))))
		}
		fence.open(ctx)
		return s.resume(ctx, replicas, err)
	case openedUnknown:
		return fault.Wrap(fault.MoveUnknown, fmt.Errorf("%w; foobar cannot tell whether it accepts writes: give the same command again", err))
	}
	return nil
}

// frozen makes sure that the target has everything that any replica received.
func (s *Site) frozen(ctx context.Context, replicas []*Node, target *Node) error {
	for _, n := range replicas {
		if !n.Up() {
			return fault.Wrap(fault.DatabaseSilent, fmt.Errorf("%s: %s", n.Name(), n.why()))
		}
		if n.Following() && n.connection().Reading != "No" {
			return fault.Wrap(fault.MoveRefused, fmt.Errorf("%s could not be kept from receiving more", n.Name()))
		}
		if !n.covers(target.Survey.Known, n.Survey.Known) {
			return fault.Wrap(fault.ReplicaBehind, fmt.Errorf("%s has received more than %s by now", n.Name(), target.Name()))
		}
	}
	if target.Following() {
		s.tell(target, "applying what it received")
		if err := s.await(ctx, target, target.Survey.Known); err != nil {
			return s.another(err, replicas, target)
		}
	}
	return ctx.Err()
}

// another names, after a target that did not apply what it received, a server that has
// received as much.
func (s *Site) another(err error, replicas []*Node, target *Node) error {
	equal := slices.DeleteFunc(slices.Clone(replicas), func(n *Node) bool {
		return n == target || !n.Following() || n.connection().Applying != "Yes" || !n.covers(n.Survey.Known, target.Survey.Known)
	})
	if len(equal) == 0 {
		return err
	}
	return fmt.Errorf("%w; %s has received as much: %s", err, equal[0].Name(), s.next("failover", "--to", equal[0].Name()))
}

// resume starts the replicas again after an attempt that opened nothing.
func (s *Site) resume(ctx context.Context, replicas []*Node, cause error) error {
	s.each(replicas, func(_ int, n *Node) {
		if err := s.do(context.WithoutCancel(ctx), n, s.Dialect.Words().Start); err != nil {
			s.tell(n, "could not be started as a replica again: %s", err)
		}
	})
	if errors.Is(cause, context.Canceled) {
		return cause
	}
	return fmt.Errorf("%w; nothing was moved", cause)
}
