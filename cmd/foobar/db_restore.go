package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"foobar/internal/database/ops"
	"foobar/internal/fault"
	"foobar/inventory"
	"foobar/roles"
)

func dbRestoreCommand() *cobra.Command {
	f, host, destroy, unsigned := &runFlags{}, "", "", false
	cmd := &cobra.Command{
		Use:   "restore INVENTORY FILE|NAME",
		Short: "Replace the databases by those of a checked backup",
		Long: `Takes a file of this machine, or a name that db backups lists. Its digest, and the
signature of the host that made it, are compared before anything is touched. A primary
that holds rows, or whose tables cannot be read, is only touched with --yes-destroy and
the site's name. Nobody is asked, on a terminal neither.

A backup without a good signature needs --unsigned: one of before foobar signed them,
or of before the site's domain or master secret was changed. A name under which two
hosts offer different files needs --host. What is in a dump is only ever taken as
statements, of an account with the rights that a dump needs.

The primary is closed to writes, its databases are dropped, the backup is loaded and
reaches the replicas by replication; when all of them have the backup's rows, the
primary is opened again and a deploy follows. Accounts stay as they are. Interrupted
or killed at any moment, the same command finishes it; until then no deploy opens
the primary.

    foobar db restore inventory.toml foobar-20260131T030000Z --yes-destroy foobar`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeArgs(nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			given := cmd.Flags().Changed("yes-destroy")
			return f.dbRestore(cmd.Context(), args[0], destroy, ops.Restoring{Name: args[1], Host: host, Consent: given, Unsigned: unsigned})
		},
	}
	f.addMove(cmd)
	cmd.Flags().StringVar(&host, "host", "", "take the backup of that name from this `host`")
	cmd.Flags().BoolVar(&unsigned, "unsigned", false, "restore a backup that no host of the site has signed")
	cmd.Flags().StringVar(&destroy, "yes-destroy", "", "the data of the `SITE` may be destroyed; the site's name")
	return cmd
}

// dbRestore restores, and then deploys the databases and the app.
func (f *runFlags) dbRestore(ctx context.Context, path, destroy string, r ops.Restoring) error {
	inv, err := f.load(path)
	if err != nil {
		return err
	}
	if err := dbHost(inv, r.Host); err != nil {
		return err
	}
	if r.Consent && destroy != inv.Site.Name {
		return usage(fault.As(fault.NoSuch, fmt.Errorf("--yes-destroy %q: the site of %s is called %s; nothing was changed", destroy, path, inv.Site.Name)))
	}
	if r, err = restoring(r); err != nil {
		return usage(err)
	}
	if err := f.readPassword(); err != nil {
		return err
	}
	// A new one would give the databases new passwords in the deploy that follows.
	if _, _, err := loadMaster(inv, false); err != nil {
		return usage(err)
	}
	own, err := prepare(ctx, inv)
	if err != nil {
		return usage(err)
	}
	defer own.close()
	s, line, err := f.dbLookAt(inv)
	if err != nil {
		return err
	}
	defer line.close()
	if len(inv.Group(inventory.DB)) > 1 {
		if s, err = f.dbSite(inv, own, line); err != nil {
			return usage(err)
		}
	}
	s.BackupKey = func(host string) []byte { return roles.BackupKey(own.base.Master, host) }
	working, interrupted := untilSignal(ctx)
	t, err := s.Restore(working, r)
	if code := interrupted(); code != 0 {
		return &exitError{code, err}
	}
	return f.dbSettle(ctx, own, line, s, t, "restore", err)
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
