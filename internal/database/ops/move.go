package ops

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"foobar/internal/database"
	"foobar/internal/fault"
)

// Refusal is an operation that was not begun because of what was seen; Next is
// what to do instead, Code the failure's in the catalogue.
type Refusal struct {
	Msg, Next string
	Code      fault.Code
}

// Fault is the failure's code.
func (r *Refusal) Fault() fault.Code { return r.Code }

// Error gives both.
func (r *Refusal) Error() string {
	if r.Next == "" {
		return r.Msg
	}
	return r.Msg + "; " + r.Next
}

func refuse(code fault.Code, next, format string, args ...any) error {
	return &Refusal{Msg: fmt.Sprintf(format, args...), Next: next, Code: code}
}

// ErrDeclined says that a person answered no.
var ErrDeclined = errors.New("nothing was changed")

// Confirm asks a person whether to go on; nil means yes.
type Confirm func(question string) (bool, error)

func (c Confirm) ask(question string) error {
	if c == nil {
		return nil
	}
	ok, err := c(question)
	if err == nil && !ok {
		err = ErrDeclined
	}
	return err
}

// tell is Say with a format.
func (s *Site) tell(n *Node, format string, args ...any) {
	s.Say(n.Name(), fmt.Sprintf(format, args...))
}

// do sends statements whose answer does not matter.
func (s *Site) do(ctx context.Context, n *Node, statements string) error {
	_, err := s.send(ctx, n, "-B -N", statements, stepMost)
	return err
}

// killOne is a line of the answer to endSessions.
var killOne = regexp.MustCompile(`(?m)^KILL CONNECTION [0-9]+;$`)

// fence closes a server to writes and ends the sessions of applications, so that its
// position changes no more.
func (s *Site) fence(ctx context.Context, n *Node) error {
	s.tell(n, "closing to writes")
	if err := s.do(ctx, n, fenceOff(s.Dialect, fenceMost)); err != nil {
		return fmt.Errorf("close %s to writes: %w", n.Name(), err)
	}
	kills, err := s.send(ctx, n, "-B -N", endSessions(s.Dialect), surveyMost)
	if err != nil {
		return fmt.Errorf("end the sessions at %s: %w", n.Name(), err)
	}
	// Only such statements are sent back: another answer could hold commands for the
	// client. A session that has ended by itself is an error that means nothing.
	if list := killOne.FindAllString(kills, -1); len(list) > 0 {
		_, _ = s.send(ctx, n, "-B -N --force", strings.Join(list, "\n")+"\n", surveyMost)
	}
	s.ask(ctx, n)
	if !n.Up() || n.Open() {
		return fmt.Errorf("%s could not be closed to writes: %s", n.Name(), n.Down)
	}
	return nil
}

// await waits until a replica has applied everything up to a position.
func (s *Site) await(ctx context.Context, n *Node, position string) error {
	for until := time.Now().Add(s.patience()); ; {
		out, err := s.send(ctx, n, "-B -N", waitFor(s.Dialect, position, 1), surveyMost)
		switch {
		case err != nil:
			return fmt.Errorf("%s: wait for %s: %w", n.Name(), position, err)
		case strings.TrimSpace(out) == "0":
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		}
		s.ask(ctx, n)
		if !n.Following() || n.connection().Applying != "Yes" {
			return fault.Wrap(fault.ReplicaBroken, fmt.Errorf("%s no longer applies what it received: %s", n.Name(), n.stands()))
		}
		if time.Now().After(until) {
			return fault.Wrap(fault.ReplicaBehind, fmt.Errorf("%s did not catch up with %s within %s", n.Name(), position, s.patience()))
		}
	}
}

func (n *Node) stands() string {
	if !n.Up() {
		return n.why()
	}
	if !n.Following() {
		return "it has no source"
	}
	return n.connection().Halted()
}

// opened is how an attempt to promote a server ended.
type opened int

const (
	openedYes opened = iota
	openedNo
	openedUnknown
)

// promote makes a replica a primary. Whatever went wrong on the way, what counts is
// the state that the server reports afterwards.
func (s *Site) promote(ctx context.Context, n *Node) (opened, error) {
	err := s.do(ctx, n, promotion(s.Dialect))
	s.ask(ctx, n)
	if !n.Up() {
		if t, again := s.Dial(context.WithoutCancel(ctx), n.Host); again == nil {
			n.target = t
			s.ask(ctx, n)
		}
	}
	switch {
	case n.Open() && !n.Following():
		return openedYes, nil
	case n.Up() && !n.Open():
		if err == nil {
			err = errors.New("it stayed closed")
		}
		return openedNo, fmt.Errorf("open %s for writes: %w", n.Name(), err)
	}
	if err == nil {
		err = errors.New(n.stands())
	}
	return openedUnknown, fmt.Errorf("open %s for writes: %w", n.Name(), err)
}

// follow attaches all others to the primary, side by side. It goes on where one
// fails; its error names them all. Nodes in but are left as they are.
func (s *Site) follow(ctx context.Context, t *Topology, primary *Node, but ...*Node) error {
	ctx = context.WithoutCancel(ctx)
	rest := t.only(func(n *Node) bool { return n != primary && !slices.Contains(but, n) })
	s.each(rest, func(_ int, n *Node) {
		if n.Err == nil && n.target != nil {
			s.ask(ctx, n)
		}
	})
	s.ask(ctx, primary) // after them, so that it knows what they know
	errs := make([]error, len(rest))
	s.each(rest, func(i int, n *Node) {
		if err := s.attach(ctx, t, n, primary); err != nil {
			errs[i] = fmt.Errorf("%s does not follow %s: %w", n.Name(), primary.Name(), err)
		}
	})
	return errors.Join(errs...)
}

// attach lets one node follow the primary, where it does not yet.
func (s *Site) attach(ctx context.Context, t *Topology, n, primary *Node) error {
	switch {
	case !n.Up():
		return fault.Wrap(fault.DatabaseSilent, fmt.Errorf("%s; when it is back: foobar db rejoin %s %s", n.why(), s.Inv.Path, n.Name()))
	case n.Open():
		return fault.Wrap(fault.TwoPrimaries, fmt.Errorf("it takes writes itself; make it a replica with: foobar db rejoin %s %s", s.Inv.Path, n.Name()))
	case len(n.Survey.Sources) > 1:
		return fault.Wrap(fault.ExtraSources, errors.New("it has more than one source; remove the others with "+s.Dialect.Forget("NAME")))
	}
	if extra := n.errants(primary); len(extra) > 0 {
		return s.errantRefusal(n, primary, extra)
	}
	if n.Following() && t.sourceOf(n) == primary && n.connection().Halted() == "" {
		return nil
	}
	source := s.source(ctx, primary, primary.Host)
	statements := demotion(s.Dialect, source)
	if n.Following() {
		statements = repointing(s.Dialect, source)
	}
	if err := s.do(ctx, n, statements); err != nil {
		return err
	}
	for until := time.Now().Add(s.patience()); ; time.Sleep(s.pause()) {
		s.ask(ctx, n)
		if n.Following() && n.connection().Halted() == "" {
			s.tell(n, "follows %s", primary.Name())
			return nil
		}
		if broken := n.Following() && (n.connection().ApplyErrno != 0 || database.LogGone(n.connection())); broken || time.Now().After(until) {
			return fault.Wrap(n.brokenAs(), errors.New(n.stands()))
		}
	}
}

// brokenAs says which failure it is that a server does not follow.
func (n *Node) brokenAs() fault.Code {
	switch {
	case !n.Up():
		return fault.DatabaseSilent
	case !n.Following():
		return fault.SourceUnreached
	case n.connection().ApplyErrno != 0:
		return fault.ReplicaBroken
	case database.Purged(n.connection()):
		return fault.LogsPurged
	case database.LogGone(n.connection()):
		return fault.SourceRefuses
	}
	return fault.SourceUnreached
}

// errantRefusal says what a server holds that the primary never got.
func (s *Site) errantRefusal(n, primary *Node, extra []string) error {
	return refuse(fault.Errants, database.SortOut(s.Dialect, n.Name(), primary.Name(), s.Inv.Path),
		"%s holds transactions that %s never got: %s", n.Name(), primary.Name(), strings.Join(extra, ", "))
}
