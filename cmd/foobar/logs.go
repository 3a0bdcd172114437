package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/logs"
	"foobar/inventory"
	"foobar/playbooks"
)

func logsCommand() *cobra.Command {
	v, since := &action.Logs{}, ""
	cmd := &cobra.Command{
		Use:   "logs [INVENTORY] [SERVICE]",
		Short: "Show the logs of a service from all hosts, merged by time",
		Long: `Shows the last lines that a service wrote on all hosts, merged in the order of time
(UTC). Without a service: haproxy, nginx, app and the database, each where it runs.
The services are ` + strings.Join(logs.Names(playbooks.Known()), ", ") + `;
access stands for the requests that HAProxy and nginx served. Rotated files are read, too.

With --follow it then shows new lines as they are written, until Ctrl-C. A host that is
lost meanwhile is named at once, and the others go on.

    foobar logs inventory.toml
    foobar logs inventory.toml app --since 10m -n 1000
    foobar logs inventory.toml app -f -n 0
    foobar logs inventory.toml access -l lb -o json | jq .record.status

Exit status: 0 shown, 1 a log could not be read, 4 a host was not reached, 64 wrong usage
or inventory, 130 interrupted. With -o json, a document a line: {"time", "host",
"service", "priority", "message", "record"}.`,
		Args: upTo(2),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.JSON, err = wantsJSON(cmd); err != nil {
				return err
			}
			if err := v.Query.Begin(since, time.Now()); err != nil {
				return action.Usage(err)
			}
			rest, err := at(cmd, &v.Common, args, 1)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				v.Query.Service = rest[0]
			}
			return v.Run(cmd.Context())
		},
		ValidArgsFunction: completeArgs(func(inv *inventory.Inventory) []string { return logs.Names(playbooks.Services(inv)) }),
	}
	addHosts(cmd, &v.Common, "")
	addOutput(cmd)
	addPaint(cmd, &v.Query.Paint)
	cmd.Flags().BoolVarP(&v.Query.Follow, "follow", "f", false, "show new lines as they are written, until Ctrl-C")
	cmd.Flags().IntVarP(&v.Query.Lines, "lines", "n", 100, fmt.Sprintf("show the last `N` lines, at most %d; with -f also 0", logs.MostLines))
	cmd.Flags().StringVar(&since, "since", "", "only entries newer than `TIME`: a duration (10m, 2h, 7d) or a time (2026-01-31 12:00, 12:00, RFC 3339)")
	return cmd
}
