package main

import (
	"errors"

	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func dbCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Show the databases, move the primary, make and restore backups",
		Long: `The primary is the one server that accepts writes. foobar asks the servers which one
it is; no file records it. A deploy after a move leaves the primary where it is.

Every command looks first and does what is missing. If one was killed, the same
command finishes it or undoes it.

    foobar db status
    foobar db switchover --to web2
    foobar db backups

Exit status: that of the verb.

With -o json, switchover, failover, rejoin and restore print events, one a line (foobar
schema events), followed by those of the deploy that they end with; the last line is
their own run_done. foobar db status -o json shows the databases afterwards.`,
	}
	cmd.AddCommand(dbStatusCommand(), dbSwitchoverCommand(), dbFailoverCommand(), dbRejoinCommand(), dbBackupCommand(), dbBackupsCommand(), dbRestoreCommand())
	return cmd
}

func dbStatusCommand() *cobra.Command {
	v := &action.DBStatus{}
	cmd := &cobra.Command{
		Use:   "status [INVENTORY]",
		Short: "Show the role, position and replication of every database; changes nothing",
		Long: `Asks every database server for its role, its position, how far it is behind, and its
backups. What is wrong comes first, each with the command to run next.

    foobar db status
    foobar db status -o json | jq .findings

Exit status: 0 healthy, 4 a host was not reached, 8 unhealthy, 64 wrong usage or
inventory. With -o json, one document: {"v": 1, "healthy", "findings", "hosts"}.`,
	}
	addConnection(cmd, &v.Common)
	addPaint(cmd, &v.Paint)
	return printing(cmd, &v.Common, &v.JSON, v.Run)
}

// movesEnd is the end of the help of commands that move the primary.
const movesEnd = `Exit status: 0 done, or nothing to do; 1 it failed, 4 a host was not reached, 5 another
run holds a host, 64 wrong usage or inventory, or no terminal for the question; 130
interrupted. With -o json, events, one a line: foobar schema events.`

// addMove adds the flags of commands that move the primary.
func addMove(cmd *cobra.Command, m *action.Moving) {
	addConnection(cmd, &m.Common)
	addOutput(cmd)
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) (err error) {
		m.JSON, err = wantsJSON(cmd)
		return err
	}
	fl := cmd.Flags()
	fl.Var(length{&m.LockWait, 0}, "lock-wait", "how long to wait for another run to end")
	fl.CountVarP(&m.Verbose, "verbose", "v", "show the output of the deploy's steps")
}

func dbSwitchoverCommand() *cobra.Command {
	v := &action.DBSwitchover{}
	cmd := &cobra.Command{
		Use:   "switchover [INVENTORY] --to HOST",
		Short: "Make a replica the primary while all servers are up, without losing anything",
		Long: `Closes the old primary to writes, lets the new one apply the rest and opens it, has the
others follow it, and points the app at it. If a step fails before the new
primary accepts writes, the old primary is reopened.

    foobar db switchover site.toml --to web2

` + movesEnd,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if v.To == "" {
				return action.Usage(errors.New("switchover needs --to HOST, the new primary"))
			}
			return on(&v.Moving.Common, v.Run)(cmd, args)
		},
	}
	addMove(cmd, &v.Moving)
	cmd.Flags().BoolVarP(&v.Moving.Yes, "yes", "y", false, "answer the question with yes; needed without a terminal")
	cmd.Flags().StringVar(&v.To, "to", "", "make `HOST` the primary")
	return cmd
}

func dbFailoverCommand() *cobra.Command {
	v := &action.DBFailover{}
	cmd := &cobra.Command{
		Use:   "failover [INVENTORY] [--to HOST]",
		Short: "Make a replica the primary after the primary was lost",
		Long: `Refuses while the primary, or its port seen from the replicas, still answers. The
replica that received most becomes the primary once it has applied all of that;
transactions that the lost server never sent are lost. When that server comes back, it
is closed to writes: see foobar db rejoin.

    foobar db failover site.toml
    foobar db failover -y site.toml --to web2

` + movesEnd,
		Args: upTo(1),
		RunE: on(&v.Moving.Common, v.Run),
	}
	addMove(cmd, &v.Moving)
	cmd.Flags().BoolVarP(&v.Moving.Yes, "yes", "y", false, "answer the question with yes; needed without a terminal")
	cmd.Flags().StringVar(&v.To, "to", "", "make `HOST` the primary (default: the replica that received most)")
	return cmd
}

func dbRejoinCommand() *cobra.Command {
	v := &action.DBRejoin{}
	cmd := &cobra.Command{
		Use:   "rejoin [INVENTORY] HOST",
		Short: "Let a former primary follow the new one; refused where it holds transactions of its own",
		Long: `Refuses where the server holds transactions that the primary never got; --discard gives
them up. Asks first where only the other server itself says that it is the primary: no
other database follows it, and the inventory names another.

    foobar db rejoin site.toml web1

` + movesEnd,
		Args:              upTo(2),
		ValidArgsFunction: completeArgs(databases),
		RunE: func(cmd *cobra.Command, args []string) error {
			rest, err := at(cmd, &v.Moving.Common, args, 1)
			if err == nil && len(rest) != 1 {
				err = action.Usage(errors.New("rejoin needs a HOST, the former primary: foobar db rejoin inventory.toml web1"))
			}
			if err != nil {
				return err
			}
			v.Host = rest[0]
			return v.Run(cmd.Context())
		},
	}
	addMove(cmd, &v.Moving)
	cmd.Flags().BoolVarP(&v.Moving.Yes, "yes", "y", false, "answer the question with yes; needed without a terminal")
	cmd.Flags().BoolVar(&v.Discard, "discard", false, "destroy transactions that the primary never got: the server gets a copy of the primary")
	return cmd
}
