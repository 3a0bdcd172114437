package main

import (
	"time"

	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func verifyCommand() *cobra.Command {
	v := &action.Verify{Path: "/", Within: time.Minute}
	cmd := &cobra.Command{
		Use:   "verify [INVENTORY]",
		Short: "Send marked requests through the site, and follow them to the monitoring",
		Long: `Asks for a page of the site a few times, as a visitor does; follows each request through
the logs of the balancer and the web server; and waits until the monitoring has their lines
and metrics. With --alert a test alert is raised, and seen at its receiver. It says what
was proved and what is missing. Each request's user agent begins with foobar-verify/.

    foobar verify
    foobar verify --alert --within 3m
    foobar verify -o json | jq .missing

Exit status: 0 all arrived, 4 a host was not reached, 8 something is missing, 64 wrong
usage or inventory. With -o json, one document: {"v": 1, "arrived", "proved", "missing"}.`,
	}
	addConnection(cmd, &v.Common)
	fl := cmd.Flags()
	fl.StringVar(&v.Path, "path", v.Path, "the `PAGE` to ask for")
	fl.BoolVar(&v.OverSSH, "over-ssh", false, "send the requests from the balancer itself, where this machine does not reach the site")
	fl.BoolVar(&v.Alert, "alert", false, "raise a test alert, too (provider prometheus)")
	fl.Var(length{&v.Within, time.Second}, "within", "how long all of it may take to arrive")
	return printing(cmd, &v.Common, &v.JSON, v.Run)
}
