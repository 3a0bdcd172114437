package dbops

import (
	"context"
	"fmt"
)

// Rejoin makes a server that was the primary a replica of the one that is. It
// refuses where the server holds transactions that the primary never got.
func (s *Site) Rejoin(ctx context.Context, host string) (*Topology, error) {
	t := s.Look(ctx, true)
	if err := t.locked(); err != nil {
		return t, err
	}
	n := t.Node(host)
	if n.Err != nil {
		return t, fmt.Errorf("%s: %w", host, n.Err)
	}
	if !n.Up() {
		return t, refuse("start it with: foobar exec "+s.Inv.Path+" -l "+host+" -b -- systemctl start "+s.Flavour.Unit(), "%s: %s", host, n.why())
	}
	others := t.only(func(o *Node) bool { return o != n && o.Open() && !o.Following() })
	switch {
	case len(others) > 1:
		return t, refuse(s.next("status"), "%s all take writes", names(others))
	case len(others) == 0 && n.Open():
		return t, refuse("", "%s is the primary itself", host)
	case len(others) == 0:
		return t, refuse("open the primary first: foobar deploy "+s.Inv.Path+", or "+s.next("failover"), "no other server takes writes that %s could follow", host)
	}
	primary := others[0]
	if n.Open() {
		if err := s.fence(ctx, n); err != nil {
			return t, err
		}
		s.ask(ctx, primary) // after n
	}
	if err := ctx.Err(); err != nil {
		return t, err
	}
	if err := s.attach(ctx, t, n, primary); err != nil {
		return t, fmt.Errorf("%s does not follow %s: %w", host, primary.Name(), err)
	}
	t.Primary = primary
	s.ask(ctx, primary)
	s.tell(n, "catching up with %s", orNothing(primary.Survey.Current))
	if err := s.await(ctx, n, primary.Survey.Current); err != nil {
		return t, err
	}
	s.tell(n, "has caught up")
	return t, nil
}
