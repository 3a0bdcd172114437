package action

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/planview"
	"foobar/internal/record"
	"foobar/internal/report"
)

// historyTable lists runs for people, in local time.
func historyTable(w io.Writer, list []record.Summary, now time.Time) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "no run is recorded here yet; --hosts asks the hosts for those made elsewhere")
		return err
	}
	t := tabwriter.NewWriter(ask.Safe(w), 0, 0, 2, ' ', 0)
	told := slices.ContainsFunc(list, func(s record.Summary) bool { return len(s.Told) > 0 })
	fmt.Fprintln(t, "RUN\tWHEN\tAGE\tWHO\tCOMMAND\tHOSTS\tCHANGED\tENDED\tTOOK"+column(told, "TOLD BY"))
	for _, s := range list {
		took := "-"
		if s.Took > 0 {
			took = planview.Seconds(s.Took)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s%s\n", record.Short(s.ID), s.Began.Local().Format("2006-01-02 15:04:05"), ago(now.Sub(s.Began)),
			s.By, commandOf(s.RunRecorded), len(s.Hosts), s.Changed, endOf(s), took, column(told, cmp.Or(strings.Join(s.Told, ","), "this machine")))
	}
	return unlessGone(t.Flush())
}

// column is one more column of a table, where it is wanted.
func column(wanted bool, text string) string {
	if !wanted {
		return ""
	}
	return "\t" + text
}

// commandOf is the command as it was given, as far as it says what was to be done.
func commandOf(r event.RunRecorded) string {
	text := r.Verb
	if strings.HasPrefix(text, "host ") {
		return text + " " + strings.Join(r.Limit, ",")
	}
	if len(r.Limit) > 0 {
		text += " -l " + strings.Join(r.Limit, ",")
	}
	if len(r.Roles) > 0 {
		text += " -r " + strings.Join(r.Roles, ",")
	}
	return text
}

// endOf says in a word or two how a run ended, and where it did not end well.
func endOf(s record.Summary) string {
	if s.State != record.Ended {
		return string(s.State)
	}
	var outcomes []event.Outcome
	hosts := map[event.Outcome][]string{}
	for _, h := range s.Hosts {
		if h.Outcome == "" || h.Outcome == event.OK {
			continue
		}
		if hosts[h.Outcome] == nil {
			outcomes = append(outcomes, h.Outcome)
		}
		hosts[h.Outcome] = append(hosts[h.Outcome], h.Host)
	}
	var parts []string
	for _, o := range outcomes {
		parts = append(parts, string(o)+": "+strings.Join(hosts[o], ","))
	}
	code := engine.ExitOK
	if s.Exit != nil {
		code = *s.Exit
	}
	switch {
	case code == engine.ExitInterrupted:
		return "interrupted"
	case len(parts) > 0:
		return strings.Join(parts, "; ")
	case code == engine.ExitOK:
		return "ok"
	case slices.ContainsFunc(s.Problems, func(p string) bool { return strings.HasPrefix(p, "not approved") }):
		return "not approved"
	case code == engine.ExitStale:
		return "stale plan"
	}
	return fmt.Sprintf("failed (exit %d)", code)
}

// ago writes a span of time in its largest unit.
func ago(d time.Duration) string {
	for _, u := range []struct {
		name  string
		unit  time.Duration
		above time.Duration
	}{{"d", 24 * time.Hour, 48 * time.Hour}, {"h", time.Hour, 2 * time.Hour}, {"m", time.Minute, 2 * time.Minute}} {
		if d >= u.above {
			return fmt.Sprintf("%d%s", d/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%ds", max(0, d/time.Second))
}

// replayPlain prints a recorded run as deploy does without a terminal, all of it
// to one place. A run may hold others, as db switchover holds deploys.
func replayPlain(out io.Writer, store record.Store, id string, verbose int) error {
	w := bufio.NewWriter(out) // which remembers that writing failed
	var open []*report.Plain
	err := store.Events(id, func(e event.Envelope) error {
		switch one := e.Event.(type) {
		case event.RunRecorded:
			from := ""
			if one.From != "" {
				from = " (from " + one.From + ")"
			}
			fmt.Fprintf(ask.Safe(w), "run %s: %s by %s%s on %s, foobar %s, %s\n", record.Short(id), commandOf(one), one.By, from,
				e.Time.Local().Format("2006-01-02 15:04:05 MST"), one.Foobar, one.Inventory)
			return w.Flush()
		case event.RunStarted:
			p := &report.Plain{Out: w, Err: w, Verbose: verbose}
			if !slices.Contains([]string{"deploy", "release", "rollback"}, one.Verb) {
				p.Verbose = max(1, verbose) // an operation has no plan: what it says is all there is
			}
			open = append(open, p)
		}
		if n := len(open); n > 0 {
			open[n-1].Receive(e)
			if e.Type() == (event.RunDone{}).Type() {
				open = open[:n-1]
			}
		}
		return w.Flush()
	})
	if err != nil {
		return err
	}
	sum, err := store.Summary(id)
	if err == nil && sum.State != record.Ended {
		_, err = fmt.Fprintln(out, unended(sum.State))
	}
	return err
}

// unended explains a record without an end.
func unended(s record.State) string {
	if s == record.Running {
		return "running: the run has not ended"
	}
	return "cut off: the run was killed here; the same command again finishes what it left undone"
}

// play plays a recorded run in the view.
func (v *HistoryRun) play(ctx context.Context, store record.Store, id string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	view := v.View(cancel)
	fed := make(chan error, 1)
	go func() {
		err := replay(ctx, store, id, v.Speed, view.Receive)
		if err != nil || ctx.Err() != nil {
			view.Quit()
		}
		if sum, _ := store.Summary(id); sum.State != record.Ended {
			view.Quit() // the view waits for an end, which this record lacks
		}
		fed <- err
	}()
	if err := view.Run(); err != nil {
		return err
	}
	cancel()
	err := <-fed
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if sum, _ := store.Summary(id); err == nil && sum.State != record.Ended {
		fmt.Fprintln(v.Common.Console.Err, unended(sum.State))
	}
	return err
}

// replay hands on the events of a run at the pace they had, speed times as fast;
// 0 is at once. Runs within the run are shown as one.
func replay(ctx context.Context, store record.Store, id string, speed float64, to func(event.Envelope)) error {
	var before time.Time
	open := 0
	return store.Events(id, func(e event.Envelope) error {
		switch e.Event.(type) {
		case event.RunStarted:
			if open++; open > 1 {
				return nil
			}
		case event.RunDone:
			if open--; open > 0 {
				return nil
			}
		}
		if wait := e.Time.Sub(before); speed > 0 && !before.IsZero() && wait > 0 {
			select {
			case <-time.After(time.Duration(float64(wait) / speed)):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if before = e.Time; speed > 0 {
			e.Time = time.Now() // the view's own clock goes on from it
		}
		to(e)
		return ctx.Err()
	})
}
