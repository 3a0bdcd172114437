package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/report"
	"foobar/inventory"
)

// Moving is what verbs that change where the primary is have in common. They end
// with a deploy of the databases and the app, which points the app at the primary
// there is.
type Moving struct {
	Common Common
	// LockWait is how long to wait for another run to end.
	LockWait time.Duration
	// Verbose shows the output of the deploy's steps.
	Verbose int
	// Yes asks nobody.
	Yes bool
	// JSON prints events, one a line, and no words for people.
	JSON bool

	record *recording
	keep   *keeping
}

// DBSwitchover makes a replica the primary while all servers run.
type DBSwitchover struct {
	Moving Moving
	To     string // the new primary
}

// Run moves the primary.
func (v *DBSwitchover) Run(ctx context.Context) error {
	return v.Moving.run(ctx, "switchover", v.To, true, func(ctx context.Context, s *ops.Site, confirm ops.Confirm) (*ops.Topology, error) {
		return s.Switchover(ctx, v.To, confirm)
	})
}

// DBFailover makes a replica the primary after the primary was lost.
type DBFailover struct {
	Moving Moving
	To     string // the new primary; "" is the replica that received most
}

// Run moves the primary.
func (v *DBFailover) Run(ctx context.Context) error {
	return v.Moving.run(ctx, "failover", v.To, true, func(ctx context.Context, s *ops.Site, confirm ops.Confirm) (*ops.Topology, error) {
		return s.Failover(ctx, v.To, confirm)
	})
}

// DBRejoin lets a former primary follow the new one.
type DBRejoin struct {
	Moving Moving
	Host   string
	// Discard gives up the transactions that the primary never got.
	Discard bool
}

// Run makes the host a replica.
func (v *DBRejoin) Run(ctx context.Context) error {
	return v.Moving.run(ctx, "rejoin", v.Host, v.Discard, func(ctx context.Context, s *ops.Site, confirm ops.Confirm) (*ops.Topology, error) {
		return s.Rejoin(ctx, v.Host, v.Discard, confirm)
	})
}

// run is carry, with an error that is only told once.
func (m *Moving) run(ctx context.Context, verb, host string, asks bool, move func(context.Context, *ops.Site, ops.Confirm) (*ops.Topology, error)) error {
	return m.told(m.carry(ctx, verb, host, asks, move))
}

// told leaves of an error its exit code where events have told the rest.
func (m *Moving) told(err error) error {
	var ee *Exit
	if !m.JSON || m.record == nil || !errors.As(err, &ee) || ee.Err == nil {
		return err
	}
	Complain(m.Common.Console.Err, ee)
	return &Exit{Code: ee.Code}
}

// begin starts the record of the operation, and what is shown of it.
func (m *Moving) begin(inv *inventory.Inventory, verb string, line *dbLine, s *ops.Site) {
	var displays []event.Sink
	if m.JSON {
		displays, s.Say = []event.Sink{report.JSON{Out: m.Common.Console.Out}}, func(string, string) {}
	}
	m.record = m.Common.recordOperation(inv, verb, line, s, displays...)
}

// carry carries out a move; asks says that it always has a question.
func (m *Moving) carry(ctx context.Context, verb, host string, asks bool, move func(context.Context, *ops.Site, ops.Confirm) (*ops.Topology, error)) (failed error) {
	c := &m.Common
	inv, err := c.load()
	if err != nil {
		return err
	}
	if err := dbHost(inv, host); err != nil {
		return err
	}
	if len(inv.Group(inventory.DB)) < 2 {
		return Usage(fault.Wrap(fault.Lacking, fmt.Errorf("%s: it takes two hosts with the role db to move the primary", c.Inventory)))
	}
	if asks && !m.Yes && !c.Console.CanAsk() {
		return Usage(fault.Wrap(fault.CannotAsk, fmt.Errorf("without a terminal to ask, %s needs --yes", verb)))
	}
	own, err := m.prepare(ctx, inv)
	if err != nil {
		return err
	}
	defer own.App.Close()
	line := c.dbLine()
	line.keep = m.keep
	defer line.close()
	s, err := c.dbSite(inv, line)
	if err == nil {
		err = movable(s, own)
	}
	if err != nil {
		return Usage(err)
	}
	s.LockWait = m.LockWait
	m.begin(inv, "db "+verb, line, s)
	defer func() { m.record.endOperation(line.held(), failed) }()
	moving, interrupted := c.Console.untilSignal(ctx)
	t, err := move(moving, s, m.confirm(inv, verb))
	if code := interrupted(); code != 0 {
		if err == nil {
			err = errors.New("the app was not pointed at the primary yet: foobar deploy " + c.Inventory)
		}
		return &Exit{code, err}
	}
	return m.settle(ctx, own, line, s, t, verb, err)
}

// prepare reads what the deploy at the end needs.
func (m *Moving) prepare(ctx context.Context, inv *inventory.Inventory) (*play.Site, error) {
	if err := m.Common.readPassword(); err != nil {
		return nil, err
	}
	// A new one would give the databases new passwords in the middle of a move.
	if _, err := loadMaster(inv); err != nil {
		return nil, Usage(err)
	}
	own, k, err := m.Common.prepare(ctx, inv)
	if err != nil {
		return nil, Usage(err)
	}
	m.keep = k
	return own, nil
}

// confirm asks a person; nil where nobody is to be asked.
func (m *Moving) confirm(inv *inventory.Inventory, verb string) ops.Confirm {
	if m.Yes {
		return nil
	}
	return func(question string) (bool, error) {
		if !m.Common.Console.CanAsk() {
			return false, fault.Wrap(fault.CannotAsk, fmt.Errorf("%s Without a terminal to ask, %s needs --yes", question, verb))
		}
		return Agreed(m.Common.Console.Asker, fmt.Sprintf("%s (%s): %s", inv.Site.Domain, inv.Path, question))
	}
}

// settle ends an operation. Where there is a primary the databases and the app are
// deployed, also when not every replica follows it; then the status is printed.
func (m *Moving) settle(ctx context.Context, own *play.Site, line *dbLine, s *ops.Site, t *ops.Topology, verb string, failed error) error {
	if t.Primary == nil {
		return &Exit{dbCode(failed), failed} // nothing was reached; failed says why
	}
	code := engine.ExitOK
	if failed != nil {
		code = dbCode(failed)
		m.record.problem(failed)
		Complain(m.Common.Console.Err, failed)
	}
	if name := t.Primary.Name(); name != own.Inv.DB.Primary {
		s.Say(name, fmt.Sprintf("is the primary, and %s names %s: write primary = %q into [db], so that nothing depends on what the servers say", own.Inv.Path, own.Inv.DB.Primary, name))
	}
	for _, p := range settling(own.Inv, t, verb) {
		own.Limit, own.Roles, own.Primary = p.hosts, p.roles, t.Primary.Name()
		req := engine.Request{Verb: "deploy", Inventory: own.Inv, Limit: p.hosts, Roles: p.roles,
			Build: playsOf(own, m.keep), Apply: true, Owner: s.Owner, LockWait: m.LockWait, Record: m.record.header()}
		if c := m.deploy(ctx, line, req); c != engine.ExitOK && code == engine.ExitOK {
			code = c
		}
	}
	if t.Lost != nil && code == engine.ExitOK {
		s.Unfence(ctx, t, t.Lost.Host) // the app writes elsewhere by now
	}
	s.Again(ctx, t)
	if m.JSON {
		return exit(code)
	}
	if err := s.Status(t).Plain(m.Common.Console.Out); err != nil && code == engine.ExitOK {
		return &Exit{engine.ExitFailed, err}
	}
	return exit(code)
}

// part is a deploy of some roles to some hosts.
type part struct{ hosts, roles []string }

// settling are the deploys that an operation ends with.
func settling(inv *inventory.Inventory, t *ops.Topology, verb string) []part {
	var well, appOnly []string
	for _, h := range inv.Hosts {
		n := t.Node(h.Name)
		switch {
		case !h.Has(inventory.DB) && !h.Has(inventory.App):
		case n == nil || n.Up():
			well = append(well, h.Name)
		case n.Err == nil && h.Has(inventory.App):
			appOnly = append(appOnly, h.Name) // its database waits for db rejoin
		}
	}
	parts := []part{{well, []string{"database", "app"}}, {appOnly, []string{"app"}}}
	if verb == "rejoin" {
		// The balancer may have been told to send the host nothing.
		parts = append(parts, part{inventory.Names(inv.Group(inventory.LB)), []string{"health"}})
	}
	return slices.DeleteFunc(parts, func(p part) bool { return len(p.hosts) == 0 })
}

// deploy is the one that ends an operation: what it prints is progress, so all of it
// goes to standard error; its events are among the operation's. Ctrl-C ends it as it
// ends any deploy.
func (m *Moving) deploy(ctx context.Context, line *dbLine, req engine.Request) int {
	c := m.Common
	eng := &engine.Engine{Dial: line.reuse, Forks: req.Inventory.Deploy.Forks, Patience: c.patience()}
	ctx, release := Interruptible(ctx, eng, c.Console.Stopping)
	eng.Emit = m.record.emit
	if !m.JSON {
		eng.Emit = event.NewStream(time.Now, m.record.sinks(&report.Plain{Out: c.Console.Err, Err: c.Console.Err, Verbose: m.Verbose})...).Emit
	}
	return release(eng.Run(ctx, req).Exit)
}

// dbCode is the exit code of an operation that failed.
func dbCode(err error) int {
	var he *engine.HostError
	if errors.As(err, &he) {
		switch he.Outcome {
		case event.Unreachable:
			return engine.ExitUnreachable
		case event.Locked:
			return engine.ExitLocked
		}
	}
	return engine.ExitFailed
}
