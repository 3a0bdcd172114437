package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/record"
	"foobar/inventory"
)

// hostHistory is what a host knows of runs.
type hostHistory struct {
	host string
	runs []record.HostRun
	held bool // its lock is taken: the last run may still be under way
}

// askHistory asks hosts, one script each; those that do not answer are told of
// on standard error, and in the error. Interrupted, it returns nil.
func (f *runFlags) askHistory(ctx context.Context, inv *inventory.Inventory, hosts []*inventory.Host) ([]hostHistory, error) {
	var mu sync.Mutex
	found := []hostHistory{}
	_, err := f.onHosts(ctx, inv, hosts, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		said, err := f.patience().Ask(ctx, t, "section history\n"+record.HostQuestion(200))
		if err != nil {
			return err
		}
		lines := said.Lines("history")
		mu.Lock()
		defer mu.Unlock()
		found = append(found, hostHistory{h.Name, record.ParseHostRuns(lines), record.Held(lines)})
		return nil
	})
	var ee *exitError
	if errors.As(err, &ee) && (ee.code == engine.ExitInterrupted || ee.code == 143) {
		return nil, err
	}
	slices.SortFunc(found, func(a, b hostHistory) int { return strings.Compare(a.host, b.host) })
	return found, err
}

// mergeHistory adds the runs that only hosts know, in the order of time. A host
// speaks of its own part alone; where hosts say different things of one run,
// there are as many runs as stories.
func mergeHistory(list []record.Summary, found []hostHistory) []record.Summary {
	at := map[string]int{} // by what hosts agree on
	here := map[string]bool{}
	for _, s := range list {
		here[s.ID] = true
	}
	for _, h := range found {
		for i, r := range h.runs {
			if here[r.ID] {
				continue // this machine's own record knows better
			}
			story := strings.Join([]string{r.ID, r.At.UTC().String(), r.By, r.Verb, r.Site, r.Inventory, r.Foobar, strings.Join(r.Limit, ","), strings.Join(r.Roles, ",")}, "\x00")
			n, known := at[story]
			if !known {
				n = len(list)
				at[story] = n
				list = append(list, record.Summary{State: record.Ended, Began: r.At, RunRecorded: event.RunRecorded{ID: r.ID, By: r.By, From: r.From, Verb: r.Verb,
					Site: r.Site, Inventory: r.Inventory, Limit: r.Limit, Roles: r.Roles, Foobar: r.Foobar}})
			}
			s := &list[n]
			if slices.Contains(s.Told, h.host) {
				continue
			}
			s.Told = append(s.Told, h.host)
			s.Hosts = append(s.Hosts, record.HostEnd{Host: h.host, Outcome: r.Outcome, Changed: r.Changed, Error: r.Error})
			s.Changed += r.Changed
			s.Took = max(s.Took, r.Ended.Sub(r.At))
			if state := r.State(h.held && i == len(h.runs)-1); state == record.Running || s.State == record.Ended {
				s.State = state
			}
		}
	}
	slices.SortStableFunc(list, func(a, b record.Summary) int { return a.Began.Compare(b.Began) })
	return list
}
