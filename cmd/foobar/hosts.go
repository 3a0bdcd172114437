package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func hostsCommand() *cobra.Command {
	v := &action.Hosts{}
	cmd := &cobra.Command{
		Use:   "hosts [INVENTORY]",
		Short: "Show the hosts of the inventory, their ports, and who may reach them",
		Long: `Shows what the inventory says of its hosts, without connecting to any: addresses,
roles, the port and user for ssh, the ports that are open to others, and to whom.

    foobar hosts
    foobar hosts site.toml -o tree -l web
    foobar hosts -o json | jq -r '.hosts[] | select(.primary) | .name'

Exit status: 0 shown, 64 wrong usage or inventory. With -o json, one document: {"v": 1,
"site", "domain", "hosts": [{"name", "roles", "address", "private_address", "ssh_port",
"user", "primary", "ports": [{"port", "service", "from"}]}]}.`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains([]string{"plain", "tree", "json"}, v.Form) {
				return action.Usage(fmt.Errorf("--output %s: give plain, tree or json", v.Form))
			}
			return on(&v.Common, func(context.Context) error { return v.Run() })(cmd, args)
		},
	}
	fl := cmd.Flags()
	fl.VarP(names{&v.Common.Limit}, "limit", "l", "only these hosts, or those with these roles (lb, web, app, db)")
	fl.StringVarP(&v.Form, "output", "o", "plain", "`FORMAT`: plain, tree or json")
	return cmd
}
