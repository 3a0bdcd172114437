package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/record"
	"foobar/inventory"
)

func historyCommand() *cobra.Command {
	f := &runFlags{}
	fromHosts, speed := false, 1.0
	cmd := &cobra.Command{
		Use:   "history INVENTORY [RUN]",
		Short: "List the runs that changed the site, or show one of them again",
		Long: `Lists the deploys and the moves of the primary made from this machine by this user,
the newest last: who, what, how it ended. The hosts keep a record of their own, which
knows the runs from other machines too: --hosts asks all of them, -l some. plan, exec
and ssh are not recorded.

With RUN, the name in the first column or "last", it prints that run again, as deploy
printed it; -o json gives the recorded events (see foobar schema events), -o tui plays
it in the view of deploy, at the pace it had or --speed times that.

    foobar history inventory.toml
    foobar history inventory.toml last -v

Records lie in $XDG_STATE_HOME/foobar/runs (by default ~/.local/state/foobar/runs), at
most 100 of a site, and in ` + record.HostFile + ` on the hosts.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return f.historyRun(cmd.Context(), args[0], args[1], fromHosts, speed)
			}
			if cmd.Flags().Changed("speed") {
				return usage(errors.New("--speed is for a RUN that is played with -o tui"))
			}
			return f.history(cmd.Context(), args[0], fromHosts)
		},
		ValidArgsFunction: completeArgs(completeRuns),
	}
	f.addFleet(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&fromHosts, "hosts", false, "ask the hosts, too, for the runs they know")
	fl.Lookup("limit").Usage = "ask these hosts, or groups (lb, web, app, db), for the runs they know"
	fl.StringVarP(&f.output, "output", "o", "plain", "plain or json; with RUN also tui")
	fl.CountVarP(&f.verbose, "verbose", "v", "with RUN: show the output of steps; twice: what each host cost")
	fl.Float64Var(&speed, "speed", 1, "with -o tui: how many times as fast as it was; 0 at once")
	fl.BoolVar(&f.noColor, "no-color", false, "no colours (as NO_COLOR)")
	return cmd
}

// history lists the runs of a site.
func (f *runFlags) history(ctx context.Context, path string, fromHosts bool) error {
	if err := plainOrJSON(f.output); err != nil {
		return err
	}
	inv, hosts, err := f.fleet(path, nil)
	if err != nil {
		return err
	}
	store, err := recordsOf(inv)
	if err != nil {
		return &exitError{engine.ExitFailed, err}
	}
	list, err := store.List()
	if err != nil { // the others are still worth showing
		fmt.Fprintln(ask.Safe(os.Stderr), "warning: "+strings.ReplaceAll(err.Error(), "\n", "\nwarning: "))
	}
	var failed error
	if fromHosts || len(f.limit) > 0 {
		var found []hostHistory
		if found, failed = f.askHistory(ctx, inv, hosts); found == nil {
			return failed
		}
		list = mergeHistory(list, found)
	}
	if f.output == "json" {
		err = printJSON(struct {
			V      int              `json:"v"`
			Site   string           `json:"site"`
			Domain string           `json:"domain"`
			Runs   []record.Summary `json:"runs"`
		}{1, inv.Site.Name, inv.Site.Domain, append([]record.Summary{}, list...)})
	} else {
		err = historyTable(os.Stdout, list, time.Now())
	}
	if err != nil {
		return &exitError{engine.ExitFailed, err}
	}
	return failed
}

// historyRun shows one run again.
func (f *runFlags) historyRun(ctx context.Context, path, name string, fromHosts bool, speed float64) error {
	switch {
	case !slices.Contains([]string{"plain", "json", "tui"}, f.output):
		return usage(fmt.Errorf("--output %s: it is plain, json or tui", f.output))
	case fromHosts || len(f.limit) > 0:
		return usage(errors.New("the hosts know of a run only that it was: --hosts and --limit go with the list, without a RUN"))
	case f.output == "tui" && !terminal():
		return usage(fault.As(fault.CannotAsk, errors.New("-o tui needs a terminal, and there is none")))
	case speed < 0:
		return usage(fmt.Errorf("--speed %g: give 0 or more", speed))
	}
	inv, err := inventory.Load(path)
	if err != nil {
		return usage(err)
	}
	store, err := recordsOf(inv)
	if err != nil {
		return &exitError{engine.ExitFailed, err}
	}
	id, err := findRun(store, name, path)
	if err != nil {
		return err
	}
	switch f.output {
	case "json":
		err = store.Lines(id, func(line []byte) error {
			_, err := os.Stdout.Write(append(ask.PrintableJSON(line), '\n'))
			return err
		})
	case "tui":
		err = f.replayTUI(ctx, store, id, speed)
	default:
		err = replayPlain(os.Stdout, store, id, f.verbose)
	}
	if err != nil && !gone(err) {
		return &exitError{engine.ExitFailed, err}
	}
	return nil
}

// findRun finds the run that a person means: "last", an ID, or enough of its
// beginning or end.
func findRun(store record.Store, name, path string) (string, error) {
	ids, err := store.IDs()
	if err != nil {
		return "", &exitError{engine.ExitFailed, err}
	}
	if len(ids) == 0 {
		return "", usage(fault.As(fault.NoSuch, fmt.Errorf("no run of %s is recorded here, by this user; foobar history --hosts %s asks the hosts for those made elsewhere", path, path)))
	}
	last := ids[len(ids)-1]
	if name == "last" {
		return last, nil
	}
	var fit []string
	for _, id := range ids {
		if id == name || record.Short(id) == name {
			return id, nil
		}
		if name != "" && (strings.HasPrefix(id, name) || strings.HasPrefix(record.Short(id), name)) {
			fit = append(fit, id)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return "", usage(fault.As(fault.NoSuch, fmt.Errorf("%q is the beginning of %d runs: %s", name, len(fit), strings.Join(fit[max(0, len(fit)-5):], ", "))))
	}
	hint := ""
	for _, id := range ids {
		if known := record.Short(id); levenshtein.Distance(name, known, nil) <= 2 {
			hint = "did you mean " + known + "? "
		}
	}
	return "", usage(fault.As(fault.NoSuch, fmt.Errorf("no run %q is recorded here; %sthe last is %s, foobar history %s lists them", name, hint, record.Short(last), path)))
}

func completeRuns(inv *inventory.Inventory) []string {
	names := []string{"last"}
	if store, err := recordsOf(inv); err == nil {
		ids, _ := store.IDs()
		for _, id := range ids {
			names = append(names, record.Short(id))
		}
	}
	return names
}
