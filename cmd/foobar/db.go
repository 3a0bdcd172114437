package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/resource"
	"foobar/inventory"
	"foobar/roles"
)

func dbCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "See the databases, and move the primary from one server to another",
		Long: `The primary is the one server that takes writes. Where it is, is seen and not
noted anywhere: after a move an ordinary deploy keeps it where it is.

Every command looks first and does what is left to do. One that was killed is
finished, or undone, by giving it again.`,
	}
	cmd.AddCommand(dbStatusCommand(), dbSwitchoverCommand(), dbFailoverCommand(), dbRejoinCommand(), dbBackupCommand(), dbBackupsCommand(), dbRestoreCommand())
	return cmd
}

func dbStatusCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "status INVENTORY",
		Short: "Show the role, position and replication of every database; changes nothing",
		Long: `Exit status: 0 healthy, 4 a host was not reached, 8 unhealthy. With -o json, one
document: {"v": 1, "healthy": …, "findings": […], "hosts": […]}.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(nil),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.dbStatus(cmd.Context(), args[0]) },
	}
	f.addConnection(cmd)
	cmd.Flags().BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the sudo password")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "plain or json (default plain)")
	return cmd
}

// addMove adds the flags of commands that move the primary.
func (f *runFlags) addMove(cmd *cobra.Command) {
	f.addConnection(cmd)
	fl := cmd.Flags()
	fl.BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the sudo password")
	fl.DurationVar(&f.lockWait, "lock-wait", 0, "how long to wait for another run to end")
	fl.CountVarP(&f.verbose, "verbose", "v", "show the output of the deploy's steps")
}

func dbSwitchoverCommand() *cobra.Command {
	f, to := &runFlags{}, ""
	cmd := &cobra.Command{
		Use:   "switchover INVENTORY --to HOST",
		Short: "Make a replica the primary while all servers run; nothing is lost",
		Long: `The old primary is closed to writes, the new one applies the rest and is opened,
the others follow it, and the app is pointed at it. What fails before the new one is
open ends with the old one open again.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(nil),
		RunE: func(cmd *cobra.Command, args []string) error {
			if to == "" {
				return usage(errors.New("switchover needs --to HOST, the new primary"))
			}
			return f.dbMove(cmd.Context(), "switchover", args[0], to)
		},
	}
	f.addMove(cmd)
	cmd.Flags().StringVar(&to, "to", "", "the `host` to become the primary")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	return cmd
}

func dbFailoverCommand() *cobra.Command {
	f, to := &runFlags{}, ""
	cmd := &cobra.Command{
		Use:   "failover INVENTORY [--to HOST]",
		Short: "Make a replica the primary after the primary was lost",
		Long: `Refuses while the primary, or its port seen from the replicas, still answers. The
replica that received most is made the primary, once it has applied all of that; what
the lost server never sent is missing. It comes back closed to writes: see db rejoin.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeArgs(nil),
		RunE:              func(cmd *cobra.Command, args []string) error { return f.dbMove(cmd.Context(), "failover", args[0], to) },
	}
	f.addMove(cmd)
	cmd.Flags().StringVar(&to, "to", "", "the `host` to become the primary (default: the replica that received most)")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	return cmd
}

func dbRejoinCommand() *cobra.Command {
	f := &runFlags{}
	cmd := &cobra.Command{
		Use:   "rejoin INVENTORY HOST",
		Short: "Let a former primary follow the new one; refused where it holds transactions of its own",
		Long: `Refuses where the server holds transactions that the primary never got; --discard gives
them up. Asks where the other server is the primary by its own word alone: no other
database follows it, and the inventory names another.`,
		Args: cobra.ExactArgs(2),
		ValidArgsFunction: completeArgs(func(inv *inventory.Inventory) []string {
			return namesOf(inv.Group(inventory.DB))
		}),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.dbMove(cmd.Context(), "rejoin", args[0], args[1])
		},
	}
	f.addMove(cmd)
	cmd.Flags().BoolVar(&f.discard, "discard", false, "give up transactions that the primary never got: the server gets a copy of the primary")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	return cmd
}

func (f *runFlags) dbStatus(ctx context.Context, path string) error {
	if f.output != "" && f.output != "plain" && f.output != "json" {
		return usage(fmt.Errorf("--output %s: it is plain or json", f.output))
	}
	inv, err := f.load(path)
	if err != nil {
		return err
	}
	if len(inv.Group(inventory.DB)) == 0 {
		return usage(fault.As(fault.Lacking, fmt.Errorf("%s: no host has the role db", path)))
	}
	if err := f.readPassword(); err != nil {
		return err
	}
	ctx, interrupted := untilSignal(ctx)
	line := f.dbLine(inv)
	defer line.close()
	flavour, err := resource.DatabaseEngine(inv.DB.Engine)
	if err != nil {
		return usage(err)
	}
	s := &ops.Site{Inv: inv, Flavour: flavour, Dial: line.dial, Say: func(string, string) {},
		Number: func(h *inventory.Host) string { return roles.DatabaseServerID(inv, h) }, BackupKey: backupKeys(inv)}
	t := s.Look(ctx, false)
	st := s.Status(t)
	s.AddBackups(&st, s.Backups(ctx, t), time.Now())
	if code := interrupted(); code != 0 {
		return &exitError{code: code}
	}
	if f.output == "json" {
		err = writeJSON(os.Stdout, st)
	} else {
		err = st.Plain(os.Stdout)
	}
	switch {
	case err != nil:
		return &exitError{engine.ExitFailed, err}
	case st.Unreachable():
		return &exitError{code: engine.ExitUnreachable}
	case !st.Healthy:
		return &exitError{code: engine.ExitUnhealthy}
	}
	return nil
}
