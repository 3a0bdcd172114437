package main

import (
	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func dashboardCommand() *cobra.Command {
	v := &action.Dashboard{}
	cmd := &cobra.Command{
		Use:   "dashboard [INVENTORY]",
		Short: "Show the site's page, and its Prometheus, through ssh",
		Long: `Forwards a port of this machine to Prometheus on the host that runs it, and goes on until
Ctrl-C. It prints two addresses: of a page with the site's requests, errors, response
times, servers, hosts, alerts and deploys, and of Prometheus itself. Hosts open no port for
it; who may log in and has the master secret may look: Prometheus' password comes from that,
and is asked of nobody. With -o json, one document: {"v": 1, "page", "url", "host"}. With
--grafana it asks no host, and prints a dashboard as JSON, which Grafana imports.

    foobar dashboard
    foobar dashboard site.toml --port 9090
    foobar dashboard site.toml --grafana >site.json

Exit status: 0 ended by Ctrl-C or SIGTERM, 1 the local port is taken or nothing
answers on the host, 4 the host was not reached or the connection broke, 64 wrong usage or
inventory, or no master secret.`,
	}
	addLogin(cmd, &v.Common)
	cmd.Flags().Var(number{&v.Port, 1, 65535}, "port", "the local port (default: a free one)")
	cmd.Flags().BoolVar(&v.Grafana, "grafana", false, "print a dashboard for Grafana, as JSON")
	return printing(cmd, &v.Common, &v.JSON, v.Run)
}
