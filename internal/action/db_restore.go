package action

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"foobar/internal/database/ops"
	"foobar/internal/fault"
	"foobar/inventory"
)

// DBRestore replaces the databases by those of a backup.
type DBRestore struct {
	Moving    Moving
	Restoring ops.Restoring
	// Destroy is the name of the site whose data may be destroyed.
	Destroy string
}

// Run restores, and then deploys the databases and the app.
func (v *DBRestore) Run(ctx context.Context) error { return v.Moving.told(v.restore(ctx)) }

func (v *DBRestore) restore(ctx context.Context) (failed error) {
	m, c, r := &v.Moving, &v.Moving.Common, v.Restoring
	inv, err := c.load()
	if err != nil {
		return err
	}
	if err := dbHost(inv, r.Host); err != nil {
		return err
	}
	if r.Consent && v.Destroy != inv.Site.Name {
		return Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("--yes-destroy %q: the site of %s is called %s; nothing was changed", v.Destroy, c.Inventory, inv.Site.Name)))
	}
	if r, err = restoring(r); err != nil {
		return Usage(err)
	}
	own, err := m.prepare(ctx, inv)
	if err != nil {
		return err
	}
	defer own.App.Close()
	dbs := len(inv.Group(inventory.DB))
	if dbs == 0 {
		return Usage(fault.Wrap(fault.Lacking, fmt.Errorf("%s: no host has the role db", c.Inventory)))
	}
	line := c.dbLine()
	line.keep = m.keep
	defer line.close()
	s, err := c.dbSite(inv, line)
	if err == nil && dbs > 1 {
		err = movable(s, own)
	}
	if err != nil {
		return Usage(err)
	}
	s.LockWait = m.LockWait
	m.begin(inv, "db restore", line, s)
	defer func() { m.record.endOperation(line.held(), failed) }()
	working, interrupted := c.Console.untilSignal(ctx)
	t, err := s.Restore(working, r)
	if code := interrupted(); code != 0 {
		return &Exit{code, err}
	}
	return m.settle(ctx, own, line, s, t, "restore", err)
}

// restoring says whether a file or a name is meant.
func restoring(r ops.Restoring) (ops.Restoring, error) {
	if r.Host != "" {
		return r, nil
	}
	local, err := ops.OpenLocal(r.Name)
	switch {
	case err == nil:
		r.Local = local
	case !errors.Is(err, fs.ErrNotExist):
		return r, err
	case strings.ContainsRune(r.Name, '/'):
		return r, fmt.Errorf("there is no file %s", r.Name)
	}
	return r, nil
}
