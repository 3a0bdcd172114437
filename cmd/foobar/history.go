package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/fault"
	"foobar/internal/record"
	"foobar/inventory"
	"foobar/tui"
)

func historyCommand() *cobra.Command {
	v, run, d := &action.History{}, &action.HistoryRun{}, &display{}
	cmd := &cobra.Command{
		Use:   "history [INVENTORY] [RUN]",
		Short: "List the runs that changed the site, or show one of them again",
		Long: `Lists the deploys, switchovers, failovers, backups and restores that this user started on
this machine, the newest last: who, what, how it ended. The hosts keep a record of their
own, which has the runs from other machines, too: --hosts asks all of them, -l some. plan,
exec and ssh are not recorded.

With RUN, the name in the first column or "last", it prints that run again, as deploy
printed it; -o json gives the recorded events (see foobar schema events), -o tui plays
it in the view of deploy, as fast as it was or --speed times as fast.

    foobar history inventory.toml
    foobar history -n 5
    foobar history inventory.toml last -v

Records are in $XDG_STATE_HOME/foobar/runs (by default ~/.local/state/foobar/runs), at
most 100 of a site, and in ` + record.HostFile + ` on the hosts.

Exit status: 0 shown, 1 it failed, 4 a host was not reached, 64 wrong usage or inventory,
or there is no such run. With -o json, one document, or with RUN events, one a line.`,
		Args: upTo(2),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			rest, err := at(cmd, &v.Common, args, 1)
			if err != nil {
				return err
			}
			if len(rest) == 1 {
				run.Common, run.Name = v.Common, rest[0]
				return d.history(cmd.Context(), run, v.Hosts)
			}
			if cmd.Flags().Changed("speed") {
				return action.Usage(errors.New("--speed is for a RUN that is played with -o tui"))
			}
			if v.JSON, err = wantsJSON(cmd); err != nil {
				return err
			}
			return v.Run(cmd.Context())
		},
		ValidArgsFunction: completeArgs(runNames),
	}
	addFleet(cmd, &v.Common)
	fl := cmd.Flags()
	fl.BoolVar(&v.Hosts, "hosts", false, "ask the hosts, too, for the runs they know")
	fl.VarP(number{&v.Most, 1, 100_000}, "lines", "n", "list only the last `N` runs")
	fl.Lookup("limit").Usage = "ask these hosts, or those with these roles (lb, web, app, db), for the runs they know"
	fl.StringVarP(&d.output, "output", "o", "plain", "`FORMAT`: plain or json; with RUN also tui")
	fl.CountVarP(&run.Verbose, "verbose", "v", "with RUN: show the output of steps; -vv also the connections and scripts of each host")
	fl.Float64Var(&run.Speed, "speed", 1, "with -o tui: playback speed, 2 is twice as fast; 0 shows the end at once")
	fl.BoolVar(&d.noColor, "no-color", false, "no colours (as NO_COLOR)")
	return cmd
}

// history shows one run again.
func (d *display) history(ctx context.Context, run *action.HistoryRun, hosts bool) error {
	switch {
	case !slices.Contains([]string{"plain", "json", "tui"}, d.output):
		return action.Usage(fmt.Errorf("--output %s: give plain, json or tui", d.output))
	case hosts || len(run.Common.Limit) > 0:
		return action.Usage(errors.New("--hosts and --limit are for the list: leave them out, or RUN, of which hosts keep no output"))
	case d.output == "tui" && !drawable():
		return action.Usage(fault.Wrap(fault.CannotAsk, errors.New("-o tui needs a terminal, and there is none")))
	case run.Speed < 0:
		return action.Usage(fmt.Errorf("--speed %g: give 0 or more", run.Speed))
	}
	run.JSON = d.output == "json"
	if d.output == "tui" {
		run.View = func(stop func()) action.Playing {
			return tui.New(tui.Options{In: os.Stdin, Out: os.Stdout, Stop: stop, Kill: stop, NoColor: bare(d.noColor), ASCII: !utf8Locale()})
		}
	}
	return run.Run(ctx)
}

// runNames completes RUN.
func runNames(inv *inventory.Inventory) []string {
	names := []string{"last"}
	if store, err := action.RecordsOf(inv); err == nil {
		ids, _ := store.IDs()
		for _, id := range ids {
			names = append(names, record.Short(id))
		}
	}
	return names
}
