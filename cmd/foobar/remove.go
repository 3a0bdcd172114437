package main

import (
	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func removeCommand() *cobra.Command {
	v, d := &action.Remove{}, &display{}
	cmd := &cobra.Command{
		Use:   "remove [INVENTORY] [HOST]",
		Short: "Take a host out of the site, or the whole site down",
		Long: `Shows what would go, asks for the name of the host or of the site, and removes it. A
host is drained first; then the others forget it, as in a deploy of the inventory without
it: the balancer, the firewalls, the databases. Then its services are stopped, and all
that foobar put there is removed. The primary of the databases, and the last host of a
role, are refused.

What stays: databases and the public certificate without --data, backups without --backups,
packages without --packages; sshd's settings and automatic updates; and a firewall that
lets in ssh as before, and what others opened. A volume that is mounted where
data lie is emptied and stays mounted; what is mounted inside a folder that goes is left
alone, and so is a network share. With the packages goes what came with them alone.

Sumo Logic forgets the collectors of hosts that leave, and the alerts of a site, if the
inventory has monitoring.access_id and monitoring.access_key; else foobar names those that
it still lists. Datadog forgets the alerts, if it has monitoring.application_key.

foobar does not edit the inventory: the next deploy would bring the host back, so delete
its table there. A host that is dead needs no removal: delete its table, then deploy.

    foobar remove site.toml web3
    foobar remove site.toml --data --packages --backups

If it was interrupted, the same command finishes it. Exit status: 0 removed, or nothing
was left; 1 it failed or was refused, 4 a host was not reached, 5 another run holds a host,
64 wrong usage or inventory, or no terminal for the question; 130 or 143 interrupted.
With -o json, events, one a line: foobar schema events.`,
		Args: upTo(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := d.asked(cmd); err != nil {
				return err
			}
			rest, err := at(cmd, &v.Common, args, 1)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				v.Host = rest[0]
			}
			v.Display = action.Display{Show: d.show}
			return v.Run(cmd.Context())
		},
		ValidArgsFunction: completeArgs(hostNames),
	}
	addConnection(cmd, &v.Common)
	addOutput(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&v.What.Data, "data", false, "remove the databases, what Prometheus has gathered, the site's folder and the public certificate, too")
	fl.BoolVar(&v.What.Packages, "packages", false, "remove the programs of its services and what came with them, too")
	fl.BoolVar(&v.What.Backups, "backups", false, "remove the backups of the databases, too")
	fl.StringVar(&v.Sure, "yes-remove", "", "give the `NAME` of the host or site in advance; needed without a terminal")
	fl.Var(length{&v.LockWait, 0}, "lock-wait", "how long to wait for another run to end")
	fl.CountVarP(&d.verbose, "verbose", "v", "show the output of steps")
	fl.BoolVar(&d.noColor, "no-color", false, "no colours (as NO_COLOR)")
	return cmd
}
