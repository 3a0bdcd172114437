package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func dbBackupCommand() *cobra.Command {
	v := &action.DBBackup{}
	cmd := &cobra.Command{
		Use:   "backup [INVENTORY]",
		Short: "Make a backup on a replica, checked by restoring it, and wait for it",
		Long: `Starts what the timer of [db.backup] starts, on the replica whose turn it is: a dump
as of one moment, compressed, restored into a scratch server and counted there. The
primary is used only if it is the only database. The backup goes on when this command
is interrupted, and the same command then waits for it.

    foobar db backup inventory.toml
    foobar db backup inventory.toml --fetch ~/backups     bring a copy here, too

Exit status: 0 there is a good backup, 1 it failed, 4 a host was not reached, 5 another
run holds a host, 64 wrong usage or inventory. With -o json, one document about it.`,
	}
	addConnection(cmd, &v.Common)
	cmd.Flags().StringVar(&v.Host, "host", "", "make it on `HOST`")
	cmd.Flags().StringVar(&v.Fetch, "fetch", "", "copy the backup into `FOLDER` on this machine")
	return printing(cmd, &v.Common, &v.JSON, v.Run)
}

func dbBackupsCommand() *cobra.Command {
	v := &action.DBBackups{}
	cmd := &cobra.Command{
		Use:   "backups [INVENTORY]",
		Short: "List the good backups on all database hosts; changes nothing",
		Long: `Shows the backups that were checked, the newest first, and whether the host that made
one has signed it.

--fetch copies one here: the newest of the host whose turn it is to make them, or of
the next host where that one has no recent backup.

    foobar db backups inventory.toml
    foobar db backups inventory.toml --fetch ~/backups

Exit status: 0 listed, or copied; 1 there was none to copy, 4 a host was not reached, 64
wrong usage or inventory. With -o json, one document: {"v": 1, "hosts": […]}.`,
	}
	addConnection(cmd, &v.Common)
	cmd.Flags().StringVar(&v.Fetch, "fetch", "", "copy the newest backup into `FOLDER` on this machine")
	cmd.Flags().StringVar(&v.Host, "host", "", "with --fetch: take the newest of `HOST`")
	return printing(cmd, &v.Common, &v.JSON, v.Run)
}

func dbRestoreCommand() *cobra.Command {
	v := &action.DBRestore{}
	cmd := &cobra.Command{
		Use:   "restore [INVENTORY] FILE|NAME",
		Short: "Replace the databases with those of a checked backup",
		Long: `Takes a file of this machine, or a name that db backups lists. Its digest, and the
signature of the host that made it, are compared before anything is touched. A primary
that holds rows, or whose tables cannot be read, is replaced only with --yes-destroy and
the site's name. There is no confirmation prompt, not even on a terminal.

A backup without a good signature needs --unsigned: one that was made before foobar
signed them, or before the site's domain or master secret was changed. A name under
which two hosts offer different files needs --host. A dump is read as SQL statements
only, by an account with no more rights than a dump needs.

foobar closes the primary to writes, drops its databases and loads the backup, which
reaches the replicas by replication. When all of them have the backup's rows, it opens
the primary again, and a deploy follows. Accounts stay as they are; those that views,
triggers, routines or events of the backup run as are made, locked, where they are
missing. If the restore is interrupted or killed, the same command finishes it; until
then no deploy opens the primary.

    foobar db restore inventory.toml foobar-20260131T030000Z --yes-destroy foobar

` + movesEnd,
		Args: upTo(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			rest, err := restored(cmd, &v.Moving.Common, args)
			if err != nil {
				return err
			}
			v.Restoring.Name, v.Restoring.Consent = rest, cmd.Flags().Changed("yes-destroy")
			return v.Run(cmd.Context())
		},
	}
	addMove(cmd, &v.Moving)
	cmd.Flags().StringVar(&v.Restoring.Host, "host", "", "take the backup of that name from `HOST`")
	cmd.Flags().BoolVar(&v.Restoring.Unsigned, "unsigned", false, "restore a backup that no host of the site has signed")
	cmd.Flags().StringVar(&v.Destroy, "yes-destroy", "", "consent to destroy the data of the site called `SITE`")
	return cmd
}

// restored is what is to be restored: behind the inventory, or alone, even when it
// names a file.
func restored(cmd *cobra.Command, c *action.Common, args []string) (string, error) {
	if len(args) == 1 && !strings.HasSuffix(args[0], ".toml") {
		_, err := at(cmd, c, nil, 0)
		return args[0], err
	}
	rest, err := at(cmd, c, args, 1)
	if err == nil && len(rest) != 1 {
		err = action.Usage(errors.New("restore needs a backup, a FILE or a NAME that foobar db backups lists"))
	}
	if err != nil {
		return "", err
	}
	return rest[0], nil
}
