package ops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"foobar/internal/database"
	"foobar/internal/fault"
)

// Switchover makes a caught-up replica the primary while all servers run. Until
// the target is open every failure ends with the old primary open again; from
// then on it goes to its end. It returns what it saw last.
func (s *Site) Switchover(ctx context.Context, to string, confirm Confirm) (*Topology, error) {
	t := s.Look(ctx, true)
	target := t.Node(to)
	if err := t.locked(); err != nil {
		return t, err
	}
	if open := t.open(); len(open) == 1 && open[0] == target && !target.Following() {
		s.tell(target, "is the primary already")
		t.Primary = target
		s.wake(ctx, target, t.Nodes...)
		return t, s.follow(ctx, t, target)
	}
	old, err := s.mayMove(t, target)
	if err != nil {
		return t, err
	}
	if err := confirm.ask(fmt.Sprintf("Move the primary from %s to %s? Writes are refused for some seconds", old.Name(), to)); err != nil {
		return t, err
	}
	began := time.Now()
	if err := s.handOver(ctx, old, target); err != nil {
		return t, err
	}
	t.Primary = target
	s.tell(target, "takes the writes, %.1f s after %s was closed; the app is pointed at it next", time.Since(began).Seconds(), old.Name())
	s.wake(ctx, target, t.Nodes...)
	return t, s.follow(ctx, t, target)
}

// locked is the error of a host that another run holds.
func (t *Topology) locked() error {
	for _, n := range t.Nodes {
		if n.Locked {
			return fmt.Errorf("%s: %w", n.Name(), n.Err)
		}
	}
	return nil
}

// mayMove checks everything before anything is changed and finds the old primary.
func (s *Site) mayMove(t *Topology, target *Node) (*Node, error) {
	for _, n := range t.Nodes {
		if n.Err != nil {
			return nil, fmt.Errorf("%s: %w; nothing was changed: a switchover needs all database hosts, and where the primary is lost it is a failover", n.Name(), n.Err)
		}
		if !n.Up() {
			return nil, refuse(fault.DatabaseSilent, s.next("status"), "%s: %s", n.Name(), n.why())
		}
	}
	if open := t.open(); len(open) > 1 {
		return nil, refuse(fault.TwoPrimaries, "decide whose data counts, and make the other a replica: "+s.next("rejoin", "HOST"), "%s all take writes", names(open))
	}
	old := t.primary()
	if old == nil {
		old = t.left(target)
	}
	if why, settle := t.group().Doubt(); old == nil && why != "" {
		return nil, refuse(fault.PrimaryUnclear, settle, "%s; foobar cannot tell from where to move the primary", why)
	}
	if old == nil || old == target {
		return nil, refuse(fault.PrimaryUnclear, s.next("status"), "no server accepts writes, and the others do not all follow one; foobar cannot tell from where to move the primary")
	}
	for _, n := range t.Nodes {
		if err := s.mayFollow(t, n, old, target); err != nil {
			return nil, err
		}
	}
	if !target.Following() && !target.covers(target.Survey.Current, old.Survey.Current) {
		return nil, refuse(fault.MoveRefused, s.next("rejoin", target.Name()), "%s does not follow %s and lacks some of its transactions", target.Name(), old.Name())
	}
	// Writes are refused while it catches up.
	if target.Following() && (target.connection().Behind < 0 || target.connection().Behind >= database.LagNotice) {
		return nil, refuse(fault.ReplicaBehind, "wait until it has caught up", "%s is %d s behind %s", target.Name(), target.connection().Behind, old.Name())
	}
	return old, nil
}

// left is, of two servers that were cut off from each other on the way, the one
// that is not the target.
func (t *Topology) left(target *Node) *Node {
	rest := t.only(func(n *Node) bool { return n != target && !n.Following() && len(n.Survey.UserSchemas()) > 0 })
	if len(rest) != 1 || target.Following() || len(t.open()) > 0 {
		return nil
	}
	return rest[0]
}

// mayFollow checks one server beside the old primary.
func (s *Site) mayFollow(t *Topology, n, old, target *Node) error {
	if n == old {
		return nil
	}
	if extra := n.errants(old); len(extra) > 0 {
		return s.errantRefusal(n, old, extra)
	}
	switch {
	case !n.Following() && n == target: // detached by a run that was killed
	case !n.Following() || t.sourceOf(n) != old:
		return refuse(fault.MoveRefused, s.next("rejoin", n.Name()), "%s does not follow %s", n.Name(), old.Name())
	case n.connection().Halted() != "":
		return refuse(fault.MoveRefused, "fix it first: foobar deploy "+s.Inv.Path, "%s: %s", n.Name(), n.connection().Halted())
	case n == target && n.connection().Filters != "":
		return refuse(fault.MoveRefused, "see what to do: "+s.next("status"), "%s lacks what filters leave out of its replication: %s", n.Name(), clean(n.connection().Filters))
	}
	return nil
}

func (s *Site) next(verb string, args ...string) string {
	return database.Command(s.Inv.Path, "db "+verb, args...)
}

// handOver closes the old primary, waits for the target and opens it.
func (s *Site) handOver(ctx context.Context, old, target *Node) error {
	s.lull(ctx, old)
	err := s.fence(ctx, old)
	if err == nil && target.Following() {
		s.tell(target, "catching up with %s", orNothing(old.Survey.Current))
		err = s.await(ctx, target, old.Survey.Current)
	}
	if err == nil && !target.Following() && !target.covers(target.Survey.Current, old.Survey.Current) {
		err = fault.Wrap(fault.ReplicaBehind, fmt.Errorf("%s lacks transactions of %s", target.Name(), old.Name()))
	}
	if err == nil {
		err = ctx.Err() // the last moment at which nothing has moved
	}
	if err != nil {
		return s.backOut(ctx, old, target, err)
	}
	how, err := s.promote(ctx, target)
	switch how {
	case openedNo:
		return s.backOut(ctx, old, target, err)
	case openedUnknown:
		return fault.Wrap(fault.MoveUnknown, fmt.Errorf("%w; foobar cannot tell whether it accepts writes, so %s stays closed: give the same command again", err, old.Name()))
	}
	return nil
}

// backOut opens the old primary again; the target is known to be closed.
func (s *Site) backOut(ctx context.Context, old, target *Node, cause error) error {
	ctx = context.WithoutCancel(ctx)
	if err := s.do(ctx, old, s.Dialect.SetReadOnly(false)); err != nil {
		return errors.Join(cause, fmt.Errorf("open %s again: %w; it is closed until this succeeds: foobar deploy %s", old.Name(), err, s.Inv.Path))
	}
	s.tell(old, "takes writes again; nothing was moved")
	s.wake(ctx, old)
	if !target.Following() {
		if err := s.do(ctx, target, repointing(s.Dialect, s.source(ctx, old, old.Host))); err != nil {
			return errors.Join(cause, fmt.Errorf("let %s follow %s again: %w", target.Name(), old.Name(), err))
		}
	}
	if errors.Is(cause, context.Canceled) {
		return cause
	}
	return fmt.Errorf("%w; nothing was moved: %s takes writes again", cause, old.Name())
}

func orNothing(position string) string { return cmp.Or(position, "nothing") }
