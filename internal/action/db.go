package action

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/database"
	"foobar/internal/database/dialects"
	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
	"foobar/roles"
)

// DBStatus says how the databases are.
type DBStatus struct {
	Common Common
	JSON   bool
	// Paint colours what people read; nil for none.
	Paint planview.Paint
}

// Run looks and prints.
func (v *DBStatus) Run(ctx context.Context) error {
	s, line, err := v.Common.dbLook("")
	if err != nil {
		return err
	}
	defer line.close()
	s.Say, s.Tables = func(string, string) {}, true
	ctx, interrupted := v.Common.Console.untilSignal(ctx)
	t := s.Look(ctx, false)
	st := s.Status(t)
	s.AddBackups(&st, s.Backups(ctx, t), time.Now())
	if code := interrupted(); code != 0 {
		return &Exit{Code: code}
	}
	if v.JSON {
		err = writeIndented(v.Common.Console.Out, st)
	} else {
		err = unlessGone(st.Plain(planview.Painted(v.Common.Console.Out, v.Paint)))
	}
	return shown(err, st.Unreachable(), st.Healthy, engine.ExitUnhealthy)
}

// dbLook is a site for verbs that move nothing; host is one they name, or "".
func (c *Common) dbLook(host string) (*ops.Site, *dbLine, error) {
	inv, err := c.load()
	if err != nil {
		return nil, nil, err
	}
	if len(inv.Group(inventory.DB)) == 0 {
		return nil, nil, Usage(fault.Wrap(fault.Lacking, fmt.Errorf("%s: no host has the role db", c.Inventory)))
	}
	if err := c.readPassword(); err != nil {
		return nil, nil, err
	}
	if err := dbHost(inv, host); err != nil {
		return nil, nil, err
	}
	line := c.dbLine()
	s, err := c.dbSite(inv, line)
	return s, line, err
}

// dbSite is the site as package ops knows it, as far as looking takes.
func (c *Common) dbSite(inv *inventory.Inventory, line *dbLine) (*ops.Site, error) {
	dialect, err := dialects.Named(inv.DB.Engine)
	if err != nil {
		return nil, Usage(err)
	}
	return &ops.Site{Inv: inv, Dialect: dialect, Dial: line.dial, Say: newPrefixed(c.Console.Err, inv.Hosts, "  ").line, Owner: owner(), BackupKey: backupKeys(inv),
		Number: func(h *inventory.Host) string { return roles.DatabaseServerID(inv, h) }}, nil
}

// movable adds what it takes to move the primary. What replicas log in with is
// said by the role that attaches them; it is the same whatever the primary.
func movable(s *ops.Site, own *play.Site) error {
	if balancers := s.Inv.Group(inventory.LB); len(balancers) > 0 {
		s.Balancer = &ops.Balancer{Host: balancers[0], Shut: roles.HAProxyShut}
	}
	fresh := *own // as if no host had been seen
	fresh.Facts = map[string]facts.Facts{}
	primary, err := roles.Primary(&fresh)
	if err != nil {
		return err
	}
	for _, h := range s.Inv.Group(inventory.DB) {
		if h == primary {
			continue
		}
		list, err := roles.DatabaseReplica{}.Resources(&fresh, h)
		if err != nil {
			return err
		}
		for _, r := range list {
			if d, ok := resource.Unwrap(r).(database.Replica); ok {
				s.Source = database.Source{Port: d.Port, User: d.User, Password: d.Password(), CA: d.CA}
				s.Logins = roles.DatabaseFollowers(own.Master)
				return nil
			}
		}
	}
	return fmt.Errorf("%s: no database host is a replica", s.Inv.Path)
}

// backupKeys are the keys with which the hosts sign their backups; nil where the
// master secret cannot be read, which a look at the backups does without.
func backupKeys(inv *inventory.Inventory) func(host string) []byte {
	master, err := loadMaster(inv)
	if err != nil {
		return nil
	}
	return func(host string) []byte { return roles.BackupKey(master, host) }
}

// dbHost refuses what is no database host; "" is any.
func dbHost(inv *inventory.Inventory, host string) error {
	dbs := inventory.Names(inv.Group(inventory.DB))
	if host != "" && !slices.Contains(dbs, host) {
		return Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("%s: %s is not a host with the role db; those are %s", inv.Path, host, strings.Join(dbs, ", "))))
	}
	return nil
}
