package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/status"
	"foobar/tui"
)

func statusCommand() *cobra.Command {
	v, noColor := &action.Status{}, false
	cmd := &cobra.Command{
		Use:   "status [INVENTORY]",
		Short: "Show the health of the site, with the next command for each problem",
		Long: `Asks every host at once, and changes nothing: the load balancer and its
servers, the certificate that visitors see, releases, replication, firewalls,
collectors and the machines. What is wrong comes first, each with the command to
run next.

    foobar status
    foobar status -w
    foobar status -o json | jq .findings

Exit status: 0 healthy, 4 a host did not answer, 8 unhealthy. Notices are not
problems. With -o json, one document: {"v": 1, "healthy": …, "findings": […],
"hosts": […]}; with --watch too, one a line.`,
	}
	addFleet(cmd, &v.Common)
	fl := cmd.Flags()
	fl.Lookup("forks").Usage = "how many hosts to ask at once (default 64)"
	fl.BoolVarP(&v.Watch, "watch", "w", false, "look again every 2 s, and draw charts; q ends it")
	fl.BoolVar(&noColor, "no-color", false, "no colours (as NO_COLOR)")
	return printing(cmd, &v.Common, &v.JSON, func(ctx context.Context) error {
		if v.Watch && !v.JSON && !drawable() {
			return action.Usage(errors.New("--watch redraws a terminal, and there is none; leave it out, or add -o json for a document a line"))
		}
		v.Paint = paint(noColor)
		v.View = func() action.Watching {
			w := tui.NewWatch(tui.Options{In: os.Stdin, Out: os.Stdout, NoColor: bare(noColor), ASCII: !utf8Locale()})
			return action.Watching{Receive: func(s status.Status) { w.Receive(sampleOf(s)) }, Run: w.Run, Quit: w.Quit}
		}
		return v.Run(ctx)
	})
}

// sampleOf is what the view needs of a look.
func sampleOf(s status.Status) tui.Sample {
	var text strings.Builder
	_ = status.Plain(&text, s) // into memory
	sample := tui.Sample{Time: s.Taken, Text: text.String(), Healthy: s.Healthy}
	sample.Requests, sample.Errors, sample.ResponseTime, sample.Counted = s.Counted()
	return sample
}
