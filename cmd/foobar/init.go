package main

import (
	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/inventory"
)

func initCommand() *cobra.Command {
	v := &action.Init{Path: "inventory.toml"}
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented inventory (asks on a terminal, takes flags elsewhere)",
		Long: `Writes an inventory, by default inventory.toml, for one load balancer and the
servers behind it. On a terminal it asks for what no flag gives. It never overwrites
a file, and writes nothing that foobar check would refuse.

    foobar init
    foobar init site.toml --domain www.foobar.com --email ops@foobar.com --app ./app \
        --lb lb1=203.0.113.10 --server web1=10.0.0.11 --server web2=10.0.0.12

Where the servers reach a host at another address than you do, give both, yours first:
 --lb lb1=203.0.113.10,10.0.0.10

Exit status: 0 written, 1 the file cannot be written, 64 an answer is missing or wrong, or
the file exists.`,
		Args: upTo(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				v.Path = args[0]
			}
			v.Console = console()
			return v.Run()
		},
		ValidArgsFunction: completeArgs(nil),
	}
	fl := cmd.Flags()
	fl.StringVar(&v.Domain, "domain", "", "the site's `NAME`, as people type it")
	fl.StringVar(&v.Email, "email", "", "your `ADDRESS` for the certificate authority")
	fl.StringVar(&v.LB, "lb", "", "the load balancer: `NAME=ADDRESS`, or only an address")
	fl.StringArrayVar(&v.Servers, "server", nil, "a server: `NAME=ADDRESS`, or only an address; once for each")
	fl.StringVar(&v.App, "app", "", "the `FOLDER` with the WSGI program")
	fl.StringVar(&v.User, "user", "", "log in as `USER`: root or a user with sudo (default: as ssh does)")
	fl.BoolVar(&v.Minimal, "minimal", false, "write only what is needed, without comments")
	fl.BoolVar(&v.Full, "full", false, "write every key there is, with its default")
	fl.BoolVar(&v.Monitoring, "monitoring", false, "send metrics and logs to Sumo Logic, with the token in $"+inventory.TokenEnv)
	fl.BoolVar(&v.NoMonitoring, "no-monitoring", false, "no monitoring (default: asks, or off unless the token is set)")
	cmd.MarkFlagsMutuallyExclusive("minimal", "full")
	cmd.MarkFlagsMutuallyExclusive("monitoring", "no-monitoring")
	return cmd
}
