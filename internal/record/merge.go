package record

import (
	"slices"
	"strings"

	"foobar/internal/event"
)

// HostRuns is what a host knows of runs.
type HostRuns struct {
	Host string
	Runs []HostRun
	Held bool // its lock is taken: the last run may still be under way
}

// Merge adds the runs that only hosts know, in the order of time. A host speaks of its
// own part alone; where hosts contradict one another about a run, each version of it
// is a run.
func Merge(list []Summary, found []HostRuns) []Summary {
	at := map[string]int{} // by what hosts agree on
	here := map[string]bool{}
	for _, s := range list {
		here[s.ID] = true
	}
	for _, h := range found {
		for i, r := range h.Runs {
			if here[r.ID] {
				continue // this machine's own record knows better
			}
			version := strings.Join([]string{r.ID, r.At.UTC().String(), r.By, r.Verb, r.Site, r.Inventory, r.Foobar, strings.Join(r.Limit, ","), strings.Join(r.Roles, ",")}, "\x00")
			n, known := at[version]
			if !known {
				n = len(list)
				at[version] = n
				list = append(list, Summary{State: Ended, Began: r.At, RunRecorded: event.RunRecorded{ID: r.ID, By: r.By, From: r.From, Verb: r.Verb,
					Site: r.Site, Inventory: r.Inventory, Limit: r.Limit, Roles: r.Roles, Foobar: r.Foobar}})
			}
			s := &list[n]
			if slices.Contains(s.Told, h.Host) {
				continue
			}
			s.Told = append(s.Told, h.Host)
			s.Hosts = append(s.Hosts, HostEnd{Host: h.Host, Outcome: r.Outcome, Changed: r.Changed, Error: r.Error})
			s.Changed += r.Changed
			s.Took = max(s.Took, r.Ended.Sub(r.At))
			if state := r.State(h.Held && i == len(h.Runs)-1); state == Running || s.State == Ended {
				s.State = state
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Summary) int { return a.Began.Compare(b.Began) })
	return list
}
