package main

import (
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
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.JSON, err = wantsJSON(cmd); err != nil {
				return err
			}
			if v.Watch && !v.JSON && !drawable() {
				return action.Usage(errors.New("--watch redraws a terminal, and there is none; leave it out, or add -o json for a document a line"))
			}
			v.Paint = paint(noColor)
			v.View = func() action.Watching {
				w := tui.NewWatch(tui.Options{In: os.Stdin, Out: os.Stdout, NoColor: bare(noColor), ASCII: !utf8Locale()})
				return action.Watching{Receive: func(s status.Status) { w.Receive(sampleOf(s)) }, Run: w.Run, Quit: w.Quit}
			}
			return on(&v.Common, v.Run)(cmd, args)
		},
	}
	addFleet(cmd, &v.Common)
	fl := cmd.Flags()
	fl.Lookup("forks").Usage = "how many hosts to ask at once (default 64)"
	addOutput(cmd)
	fl.BoolVarP(&v.Watch, "watch", "w", false, "look again every 2 s, and draw charts; q ends it")
	fl.BoolVar(&noColor, "no-color", false, "no colours (as NO_COLOR)")
	return cmd
}

// sampleOf is what the view needs of a look; with several balancers the sum,
// and the slowest of them.
func sampleOf(s status.Status) tui.Sample {
	var text strings.Builder
	_ = status.Plain(&text, s) // into memory
	sample := tui.Sample{Time: s.Taken, Text: text.String(), Healthy: s.Healthy}
	for _, h := range s.Hosts {
		if b := h.Balancer; b != nil && b.Answered {
			sample.Counted = true
			sample.Requests += b.Front.Requests
			sample.Errors += b.Front.Status5xx
			sample.ResponseTime = max(sample.ResponseTime, b.Back.ResponseTime)
		}
	}
	return sample
}
