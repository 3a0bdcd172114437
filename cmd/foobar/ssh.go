package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/engine"
	"foobar/internal/remote"
)

func sshCommand() *cobra.Command {
	v := &action.SSH{}
	cmd := &cobra.Command{
		Use:   "ssh [INVENTORY] HOST [-- COMMAND...]",
		Short: "Log in to a host with the inventory's connection settings",
		Long: `Runs this machine's ssh with what the inventory says of the host: user, port, key
files, known_hosts, pinned host key, jump host, proxy command, configuration file.

One word after -- is a command line for the host's shell; several are one command
with its arguments, whatever characters they hold.

    foobar ssh inventory.toml web1
    foobar ssh inventory.toml web1 -- 'df -h | grep /srv'

Exit status: that of ssh, which is the command's, or 255 when the host was not reached;
64 for wrong usage or inventory.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			named, words := splitArgs(cmd, args)
			rest, err := at(cmd, &v.Common, named, 1)
			if err == nil && len(rest) != 1 {
				err = action.Usage(errors.New("ssh takes a HOST, perhaps with an inventory before it, and a command after --: foobar ssh inventory.toml web1 -- uptime"))
			}
			if err != nil {
				return err
			}
			v.Host, v.Words = rest[0], words
			return v.Run()
		},
		ValidArgsFunction: completeArgs(hostNames),
	}
	addLogin(cmd, &v.Common)
	cmd.Flags().BoolVarP(&v.TTY, "tty", "t", false, "give the command a terminal")
	return cmd
}

// hostKeyCommand is what ssh asks for known keys (KnownHostsCommand in
// ssh_config(5)) when the inventory pins one.
func hostKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "host-key PIN HOST TYPE KEY", Short: "Confirm a pinned host key (started by foobar ssh)",
		Args: exactly(4), Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			line, err := remote.KnownLine(args[0], args[1], args[2], args[3])
			if err != nil {
				return &action.Exit{Code: engine.ExitFailed, Err: err}
			}
			fmt.Print(line)
			return nil
		},
	}
}
