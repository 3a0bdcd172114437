package ops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/database"
	"foobar/internal/fault"
)

// Rejoin makes a server that was the primary a replica of the one that is. It
// refuses where the server holds transactions that the primary never got, and asks
// where nothing but its own word makes the other server the primary. With
// discard these are given up, after a question that names them: the server is
// marked, and the deploy that follows fills it with a copy of the primary.
func (s *Site) Rejoin(ctx context.Context, host string, discard bool, confirm Confirm) (*Topology, error) {
	t := s.Look(ctx, true)
	if err := t.locked(); err != nil {
		return t, err
	}
	n := t.Node(host)
	if n.Err != nil {
		return t, fmt.Errorf("%s: %w", host, n.Err)
	}
	if !n.Up() {
		return t, refuse(fault.DatabaseSilent, "start it with: foobar exec "+s.Inv.Path+" -l "+host+" -b -- systemctl start "+s.Dialect.Words().Unit, "%s: %s", host, n.why())
	}
	others := t.only(func(o *Node) bool { return o != n && o.Open() && !o.Following() })
	switch {
	case len(others) > 1:
		return t, refuse(fault.TwoPrimaries, s.next("status"), "%s all take writes", names(others))
	case len(others) == 0 && n.Open():
		return t, refuse(fault.MoveRefused, "", "%s is the primary itself", host)
	case len(others) == 0:
		return t, refuse(fault.MoveRefused, "open the primary first: foobar deploy "+s.Inv.Path+", or "+s.next("failover"), "no other server takes writes that %s could follow", host)
	}
	primary := others[0]
	if !t.group().Vouched(slices.Index(t.Nodes, primary)) {
		question := fmt.Sprintf("%s says that it accepts writes, but nothing confirms that it is the primary: no other database follows it, or more follow another. Make %s its replica anyway?", primary.Name(), host)
		if err := confirm.ask(question); err != nil {
			return t, err
		}
	}
	s.lull(ctx, n)
	if n.Open() {
		if err := s.fence(ctx, n); err != nil {
			return t, err
		}
		s.ask(ctx, primary) // after n
	}
	if err := ctx.Err(); err != nil {
		return t, err
	}
	lost := n.errants(primary)
	if fine := len(lost) == 0 && n.Following() && t.sourceOf(n) == primary && n.connection().Halted() == "" && n.connection().Filters == "" && n.Survey.Names == primary.Survey.Names; discard && !fine {
		if err := s.discard(ctx, n, primary, lost, confirm); err != nil {
			return t, err
		}
		t.Primary, t.Lost = primary, n
		return t, nil
	}
	if err := s.attach(ctx, t, n, primary); err != nil {
		return t, fmt.Errorf("%s does not follow %s: %w", host, primary.Name(), err)
	}
	t.Primary, t.Lost = primary, n // a failover that was cut off may have left it fenced off
	s.ask(ctx, primary)
	s.tell(n, "catching up with %s", orNothing(primary.Survey.Current))
	if err := s.await(ctx, n, primary.Survey.Current); err != nil {
		return t, err
	}
	s.tell(n, "has caught up")
	return t, nil
}

// discard gives up what a server holds. The mark says so to whoever looks next,
// also when this run is killed; nothing is overwritten before the copy begins.
func (s *Site) discard(ctx context.Context, n, primary *Node, lost []string, confirm Confirm) error {
	what := "the data of " + n.Name()
	if len(lost) > 0 {
		what += fmt.Sprintf(", with transactions that %s never got (%s),", primary.Name(), clean(strings.Join(lost, ", ")))
	}
	if err := confirm.ask(fmt.Sprintf("Give up %s and fill it with a copy of %s?", what, primary.Name())); err != nil {
		return err
	}
	if _, err := s.script(ctx, n, database.Mark(database.SeedMark, "given up by an operator"), stepMost); err != nil {
		return fmt.Errorf("mark the data of %s as given up: %w", n.Name(), err)
	}
	s.tell(n, "its data is given up; a copy of %s takes its place", primary.Name())
	return nil
}
