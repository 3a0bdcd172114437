package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func execCommand() *cobra.Command {
	v := &action.Exec{}
	cmd := &cobra.Command{
		Use:   "exec [INVENTORY] -- COMMAND...",
		Short: "Run a command on several hosts at once",
		Long: `Runs a command on all hosts, or those of --limit, and prefixes each line of output
with the host's name, as it comes. Without --become it runs as the user that logs in,
who needs sudo even then. Standard input is empty.

One word after -- is a command line for the host's shell; several are one command
with its arguments, whatever characters they hold.

    foobar exec inventory.toml -- uptime
    foobar exec inventory.toml -l web -b -- 'systemctl is-active nginx app | sort | uniq -c'

Exit status: 0 the command succeeded everywhere, 1 it failed on a host, 4 a host was not
reached, 64 wrong usage or inventory, 130 interrupted. With -o json, events, one a line
(foobar schema events): output, and host_done when the command has ended on a host.`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.JSON, err = wantsJSON(cmd); err != nil {
				return err
			}
			named, words := splitArgs(cmd, args)
			if len(named) > 1 || strings.TrimSpace(strings.Join(words, "")) == "" {
				return action.Usage(errors.New("exec takes a command after --, perhaps with an inventory before it: foobar exec inventory.toml -- uptime"))
			}
			v.Words = words
			return on(&v.Common, v.Run)(cmd, named)
		},
	}
	addFleet(cmd, &v.Common)
	addOutput(cmd)
	cmd.Flags().BoolVarP(&v.Become, "become", "b", false, "run as root")
	return cmd
}
