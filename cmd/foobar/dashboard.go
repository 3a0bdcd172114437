package main

import (
	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func dashboardCommand() *cobra.Command {
	v := &action.Dashboard{}
	cmd := &cobra.Command{
		Use:   "dashboard [INVENTORY]",
		Short: "Show the page of the site's Prometheus, through ssh",
		Long: `Forwards a port of this machine to the page of Prometheus on the host that runs it
(monitoring.prometheus), prints its address, and goes on until Ctrl-C. Hosts open no
port for it; who may log in may look.

    foobar dashboard
    foobar dashboard site.toml --port 9090

Exit status: 0 ended by Ctrl-C, 1 the connection broke or was not made, 64 wrong usage
or inventory. With -o json, one document: {"v": 1, "url", "host"}.`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.JSON, err = wantsJSON(cmd); err != nil {
				return err
			}
			return on(&v.Common, v.Run)(cmd, args)
		},
	}
	addLogin(cmd, &v.Common)
	cmd.Flags().IntVar(&v.Port, "port", 0, "the local port; 0 takes a free one")
	addOutput(cmd)
	return cmd
}
