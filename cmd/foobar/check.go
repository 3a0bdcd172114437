package main

import (
	"github.com/spf13/cobra"

	"foobar/internal/action"
)

func checkCommand() *cobra.Command {
	v := &action.Check{}
	cmd := &cobra.Command{
		Use:   "check [INVENTORY]",
		Short: "Find what would make a deploy fail, with the fix for each",
		Long: `Reads the inventory and what it names (secrets, app, certificates), then looks at
every host at once, with one connection and one script that changes nothing: login
and sudo, system, disk, memory, clock, ports, packages and their sources, addresses,
the DNS, the ACME server, the monitoring service, locks, and what others left there.
Failures come first, then warnings, each with its fix and a code for foobar docs.

With --offline foobar connects to no host, and runs no command of the inventory. With
--quiet it prints only failures, and nothing where there are none.

    foobar check
    foobar check --offline site.toml
    foobar check -q && foobar deploy -y         in a timer or pipeline

Exit status: 0 a deploy can begin (warnings allowed), 1 something would make it
fail, 4 a host was not reached, 64 wrong usage or inventory. With -o json,
one document: {"v": 1, "ready": …, "findings": [{"id", "host", "level", "seen",
"fix", "code"}, …], "hosts": […]}; of a wrong inventory {"v": 1, "errors": [{"code",
"file", "line", "key", "message", "fix"}, …]}.`,
	}
	addFleet(cmd, &v.Common)
	cmd.Flags().BoolVar(&v.Offline, "offline", false, "only read the inventory and what it names")
	cmd.Flags().BoolVarP(&v.Quiet, "quiet", "q", false, "only failures; nothing where there are none")
	addPaint(cmd, &v.Paint)
	return printing(cmd, &v.Common, &v.JSON, v.Run)
}
