package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"foobar/internal/dbops"
	"foobar/internal/fault"
	"foobar/inventory"
)

func dbRestoreCommand() *cobra.Command {
	f, host, destroy := &runFlags{}, "", ""
	cmd := &cobra.Command{
		Use:   "restore INVENTORY FILE|NAME",
		Short: "Replace the databases by those of a checked backup",
		Long: `Takes a file of this machine, or a name that db backups lists. Its digest is compared
before anything is touched. A primary that holds rows is only touched with
--yes-destroy and the site's name. Nobody is asked, on a terminal neither.

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
			return f.dbRestore(cmd.Context(), args[0], args[1], host, destroy, given)
		},
	}
	f.addMove(cmd)
	cmd.Flags().StringVar(&host, "host", "", "take the backup of that name from this `host`")
	cmd.Flags().StringVar(&destroy, "yes-destroy", "", "the data of the `SITE` may be destroyed; the site's name")
	return cmd
}

// dbRestore restores, and then deploys the databases and the app.
func (f *runFlags) dbRestore(ctx context.Context, path, what, host, destroy string, given bool) error {
	inv, err := f.load(path)
	if err != nil {
		return err
	}
	if err := dbHost(inv, host); err != nil {
		return err
	}
	if given && destroy != inv.Site.Name {
		return usage(fault.As(fault.NoSuch, fmt.Errorf("--yes-destroy %q: the site of %s is called %s; nothing was changed", destroy, path, inv.Site.Name)))
	}
	r, err := restoring(what, host, given)
	if err != nil {
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
	f.output = "plain"
	s, line, err := f.dbLook(path)
	if err != nil {
		return err
	}
	defer line.close()
	if len(inv.Group(inventory.DB)) > 1 {
		if s, err = f.dbSite(inv, own, line); err != nil {
			return usage(err)
		}
	}
	working, interrupted := untilSignal(ctx)
	t, err := s.Restore(working, r)
	if code := interrupted(); code != 0 {
		return &exitError{code, err}
	}
	return f.dbSettle(ctx, own, line, s, t, "restore", err)
}

// restoring says whether a file or a name is meant.
func restoring(what, host string, consent bool) (dbops.Restoring, error) {
	r := dbops.Restoring{Name: what, Host: host, Consent: consent}
	if host != "" {
		return r, nil
	}
	local, err := dbops.OpenLocal(what)
	switch {
	case err == nil:
		r.Local = local
	case !errors.Is(err, fs.ErrNotExist):
		return r, err
	case strings.ContainsRune(what, '/'):
		return r, fmt.Errorf("there is no file %s", what)
	}
	return r, nil
}
