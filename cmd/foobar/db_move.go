package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/report"
	"foobar/internal/resource"
	"foobar/inventory"
	"foobar/roles"
)

// dbMove carries out switchover, failover or rejoin, and then a deploy of the
// databases and the app, which points the app at the primary there is.
func (f *runFlags) dbMove(ctx context.Context, verb, path, host string) (failed error) {
	inv, err := f.load(path)
	if err != nil {
		return err
	}
	dbs := namesOf(inv.Group(inventory.DB))
	if host != "" && !slices.Contains(dbs, host) {
		return usage(fault.As(fault.NoSuch, fmt.Errorf("%s: no host with the role db is called %s; those are %s", path, host, strings.Join(dbs, ", "))))
	}
	if len(dbs) < 2 {
		return usage(fault.As(fault.Lacking, fmt.Errorf("%s: it takes two hosts with the role db to move the primary", path)))
	}
	if (verb != "rejoin" || f.discard) && !f.yes && !canAsk() {
		return usage(fault.As(fault.CannotAsk, fmt.Errorf("without a terminal to ask, %s needs --yes", verb)))
	}
	if err := f.readPassword(); err != nil {
		return err
	}
	// A new one would give the databases new passwords in the middle of a move.
	if _, _, err := loadMaster(inv, false); err != nil {
		return usage(err)
	}
	own, err := prepare(ctx, inv)
	if err != nil {
		return usage(err)
	}
	defer own.close()
	line := f.dbLine(inv)
	defer line.close()
	s, err := f.dbSite(inv, own, line)
	if err != nil {
		return usage(err)
	}
	f.record = startRecord(inv, "db "+verb, nil, nil)
	f.record.emit(event.RunStarted{Verb: "db " + verb, Inventory: inv.Path, Hosts: hostNames(inv)})
	s.Say, line.record = f.record.say(s.Say), f.record
	defer func() { f.record.endOperation(line.held(), failed) }()
	moving, interrupted := untilSignal(ctx)
	t, err := f.dbOperation(moving, s, verb, host)
	if code := interrupted(); code != 0 {
		if err == nil {
			err = errors.New("the app was not pointed at the primary yet: foobar deploy " + path)
		}
		return &exitError{code, err}
	}
	return f.dbSettle(ctx, own, line, s, t, verb, err)
}

func (f *runFlags) dbOperation(ctx context.Context, s *ops.Site, verb, host string) (*ops.Topology, error) {
	var confirm ops.Confirm
	if !f.yes {
		confirm = func(question string) (bool, error) {
			if !canAsk() {
				return false, fault.As(fault.CannotAsk, fmt.Errorf("%s Without a terminal to ask, %s needs --yes", question, verb))
			}
			answer, err := lineAsker{}.Ask(question+" (yes/no)", false)
			return answer == "y" || answer == "yes", err
		}
	}
	switch verb {
	case "switchover":
		return s.Switchover(ctx, host, confirm)
	case "failover":
		return s.Failover(ctx, host, confirm)
	}
	return s.Rejoin(ctx, host, f.discard, confirm)
}

// dbSettle ends an operation: with a deploy where there is a primary that the
// operation has reached, also when not every replica follows it. What there is
// then goes to standard output.
func (f *runFlags) dbSettle(ctx context.Context, own *site, line *dbLine, s *ops.Site, t *ops.Topology, verb string, failed error) error {
	if t.Primary == nil {
		return &exitError{dbCode(failed), failed} // nothing was reached; failed says why
	}
	code := engine.ExitOK
	if failed != nil {
		code = dbCode(failed)
		f.record.problem(failed)
		complain(os.Stderr, failed)
	}
	if name := t.Primary.Name(); name != own.base.Inv.DB.Primary {
		s.Say(name, fmt.Sprintf("is the primary, and %s names %s: write primary = %q into [db], so that nothing depends on what the servers say", own.base.Inv.Path, own.base.Inv.DB.Primary, name))
	}
	var well, appOnly []string
	for _, h := range own.base.Inv.Hosts {
		n := t.Node(h.Name)
		switch {
		case !h.Has(inventory.DB) && !h.Has(inventory.App):
		case n == nil || n.Up():
			well = append(well, h.Name)
		case n.Err == nil && h.Has(inventory.App):
			appOnly = append(appOnly, h.Name) // its database waits for db rejoin
		}
	}
	parts := []struct{ hosts, roles []string }{{well, []string{"database", "app"}}, {appOnly, []string{"app"}}}
	if verb == "rejoin" {
		// The balancer may have been told to send the host nothing.
		parts = append(parts, struct{ hosts, roles []string }{namesOf(own.base.Inv.Group(inventory.LB)), []string{"health"}})
	}
	for _, part := range parts {
		if len(part.hosts) == 0 {
			continue
		}
		own.base.Limit, own.base.Roles, own.base.Primary = part.hosts, part.roles, t.Primary.Name()
		req := engine.Request{Verb: "deploy", Inventory: own.base.Inv, Limit: part.hosts, Roles: part.roles,
			Build: own.build, Apply: true, Owner: s.Owner, LockWait: f.lockWait, Record: f.record.header()}
		if c := f.dbDeploy(ctx, line, req); c != engine.ExitOK && code == engine.ExitOK {
			code = c
		}
	}
	if t.Lost != nil && code == engine.ExitOK {
		s.Unfence(ctx, t, t.Lost.Host) // the app writes elsewhere by now
	}
	s.Again(ctx, t)
	if err := s.Status(t).Plain(os.Stdout); err != nil && code == engine.ExitOK {
		return &exitError{engine.ExitFailed, err}
	}
	if code != engine.ExitOK {
		return &exitError{code: code}
	}
	return nil
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

// dbSite is the site as package ops knows it. What replicas log in with is
// said by the role that attaches them; it is the same whatever the primary.
func (f *runFlags) dbSite(inv *inventory.Inventory, own *site, line *dbLine) (*ops.Site, error) {
	s := &ops.Site{Inv: inv, Dial: line.dial, Owner: owner(), LockWait: f.lockWait, Say: dbSay(inv),
		Number: func(h *inventory.Host) string { return roles.DatabaseServerID(inv, h) }}
	s.Balancer = balancerOf(inv)
	fresh := own.base // as if no host had been seen
	fresh.Facts = map[string]facts.Facts{}
	primary, err := roles.Primary(&fresh)
	if err != nil {
		return nil, err
	}
	for _, h := range inv.Group(inventory.DB) {
		if h == primary {
			continue
		}
		list, err := roles.DatabaseReplica{}.Resources(&fresh, h)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			d, ok := resource.Unwrap(r).(resource.DatabaseReplica)
			if !ok {
				continue
			}
			if s.Flavour, ok = d.Flavour.(resource.DatabaseMover); !ok {
				return nil, fmt.Errorf("foobar cannot move the primary of %s", d.Flavour.Name())
			}
			s.Source = resource.DatabaseSource{Port: d.Port, User: d.User, Password: d.Password(), CA: d.CA}
			s.Logins = roles.DatabaseFollowers(own.base.Master)
			return s, nil
		}
	}
	return nil, fmt.Errorf("%s: no database host is a replica", inv.Path)
}

// dbSay writes progress as deploy does.
func dbSay(inv *inventory.Inventory) func(host, text string) {
	width := 0
	for _, h := range inv.Hosts {
		width = max(width, len(h.Name))
	}
	var mu sync.Mutex
	return func(host, text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(os.Stderr, "%-*s  %s\n", width, host, printable(text))
	}
}

// dbDeploy is the deploy that ends an operation: what it prints is progress, so
// all of it goes to standard error. Ctrl-C ends it as it ends any deploy.
func (f *runFlags) dbDeploy(ctx context.Context, line *dbLine, req engine.Request) int {
	eng := &engine.Engine{Dial: line.reuse, Forks: req.Inventory.Deploy.Forks, Patience: f.patience()}
	ctx, release := interruptible(ctx, eng)
	eng.Emit = event.NewStream(time.Now, f.record.sinks(&report.Plain{Out: os.Stderr, Err: os.Stderr, Verbose: f.verbose})...).Emit
	return release(eng.Run(ctx, req).Exit)
}

// balancerOf is what a failover needs of the balancer; nil without one.
func balancerOf(inv *inventory.Inventory) *ops.Balancer {
	balancers := inv.Group(inventory.LB)
	if len(balancers) == 0 {
		return nil
	}
	return &ops.Balancer{Host: balancers[0], Shut: roles.HAProxyShut}
}
