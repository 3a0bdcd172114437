package action

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"foobar/internal/ask"
	"foobar/internal/bundle"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/record"
	"foobar/inventory"
	"foobar/roles"
)

// Releases lists the releases that the hosts keep.
type Releases struct {
	Common Common
	JSON   bool
}

// Run asks the hosts with the app and prints.
func (v *Releases) Run(ctx context.Context) error {
	c := &v.Common
	inv, hosts, err := c.fleet(func(h *inventory.Host) bool { return !h.Has(inventory.App) })
	if err != nil {
		return err
	}
	hosts = slices.DeleteFunc(hosts, func(h *inventory.Host) bool { return !h.Has(inventory.App) })
	if len(hosts) == 0 {
		return Usage(noApp(inv))
	}
	found, failed := c.askReleases(ctx, inv, hosts)
	if len(found.hosts) == 0 && failed != nil {
		return failed
	}
	if app, err := bundle.Pack(inv.App.Source, inv.App.Build...); err != nil {
		fmt.Fprintln(ask.Safe(c.Console.Err), "warning: foobar cannot tell which release app.source makes: "+err.Error())
	} else {
		found.source = app.ID
		app.Close()
	}
	list := found.list()
	if v.JSON {
		err = ask.WriteJSON(c.Console.Out, struct {
			V        int           `json:"v"`
			Site     string        `json:"site"`
			Domain   string        `json:"domain"`
			Source   string        `json:"source,omitempty"`
			Releases []siteRelease `json:"releases"`
		}{1, inv.Site.Name, inv.Site.Domain, found.source, append([]siteRelease{}, list...)})
	} else {
		err = releasesTable(c.Console.Out, list, len(found.hosts), time.Now())
	}
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	return failed
}

// siteReleases is what hosts say of their releases.
type siteReleases struct {
	hosts  map[string]roles.HostReleases
	runs   []record.HostRun
	source string // the release that app.source makes
}

// askReleases asks hosts, one script each; those that do not answer are named on standard
// error, and make an error.
func (c *Common) askReleases(ctx context.Context, inv *inventory.Inventory, hosts []*inventory.Host) (siteReleases, error) {
	found := siteReleases{hosts: map[string]roles.HostReleases{}}
	var mu sync.Mutex
	question := "section releases\n" + roles.ReleasesQuestion(inv) + "section history\n" + record.HostQuestion(200)
	err := c.onHosts(ctx, inv, hosts, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		said, err := c.patience().Ask(ctx, t, question)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		found.hosts[h.Name] = roles.ReadReleases(said.Lines("releases"))
		found.runs = append(found.runs, record.ParseHostRuns(said.Lines("history"))...)
		return nil
	})
	return found, err
}

// siteRelease is a release as a site has it.
type siteRelease struct {
	ID string `json:"id"`
	// Came is when the first host had built it, By who ran that, as far as that is known.
	Came time.Time `json:"came,omitzero"`
	By   string    `json:"by,omitempty"`
	Size int64     `json:"size_bytes"`
	// Kept are the hosts that keep it, Current those whose link leads to it, Running those
	// where the app was started from it.
	Kept    []string `json:"kept"`
	Current []string `json:"current,omitempty"`
	Running []string `json:"running,omitempty"`
	// Previous says that a rollback goes there, Source that app.source makes it.
	Previous bool `json:"previous,omitempty"`
	Source   bool `json:"source,omitempty"`
	// Failed is when it was taken back, if it was not used since; Back when the site was
	// rolled back to it, and by whom.
	Failed time.Time `json:"failed,omitzero"`
	Back   time.Time `json:"rolled_back,omitzero"`
	BackBy string    `json:"rolled_back_by,omitempty"`

	used time.Time // when it was last switched to, going forward
}

// list are the releases, the newest first.
func (s siteReleases) list() []siteRelease {
	all := map[string]*siteRelease{}
	at := func(id string) *siteRelease {
		if all[id] == nil {
			all[id] = &siteRelease{ID: id, Kept: []string{}, Source: id == s.source}
		}
		return all[id]
	}
	if s.source != "" {
		at(s.source)
	}
	for _, host := range slices.Sorted(maps.Keys(s.hosts)) {
		h := s.hosts[host]
		for _, k := range h.Kept {
			r := at(k.ID)
			r.Kept, r.Size = append(r.Kept, host), max(r.Size, k.Size)
			if r.Came.IsZero() || k.Built.Before(r.Came) {
				r.Came = k.Built
			}
			if k.ID == h.Current {
				r.Current = append(r.Current, host)
			}
			if k.ID == h.Running {
				r.Running = append(r.Running, host)
			}
		}
		s.remember(h, all)
	}
	list := []siteRelease{}
	for _, r := range all {
		r.By = s.who(r.Came)
		if r.used.IsZero() {
			r.used = r.Came
		}
		list = append(list, *r)
	}
	slices.SortFunc(list, func(a, b siteRelease) int {
		return cmp.Or(b.rank().Compare(a.rank()), strings.Compare(a.ID, b.ID))
	})
	if i := s.previous(list); i >= 0 {
		list[i].Previous = true
	}
	return list
}

// rank is by what releases are ordered: one that no host has is the newest.
func (r siteRelease) rank() time.Time {
	if r.Came.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return r.used
}

// remember takes in what a host's log says of releases that are kept.
func (s siteReleases) remember(h roles.HostReleases, all map[string]*siteRelease) {
	for _, n := range h.Log {
		r := all[n.ID]
		if r == nil {
			continue
		}
		switch n.Word {
		case "switched":
			r.Failed, r.Back, r.BackBy = time.Time{}, time.Time{}, ""
			if n.At.After(r.used) {
				r.used = n.At
			}
		case "failed":
			r.Failed = n.At
		case "back":
			r.Failed, r.Back, r.BackBy = time.Time{}, n.At, n.Who
		}
	}
}

// who ran what was at work at a time, which is the last run that began before.
func (s siteReleases) who(at time.Time) string {
	var last record.HostRun
	for _, r := range s.runs {
		if !at.Before(r.At) && r.At.After(last.At) {
			last = r
		}
	}
	if !last.Ended.IsZero() && at.After(last.Ended.Add(time.Second)) {
		return ""
	}
	return last.By
}

// previous is the place in the list of the release that ran before the one in use, on all
// hosts that were asked, and did not fail; -1 where there is none. Of two releases in
// use, as after a run that was cut off, the newer one counts.
func (s siteReleases) previous(list []siteRelease) int {
	now := slices.IndexFunc(list, func(r siteRelease) bool { return len(r.Current) > 0 })
	if now < 0 {
		return -1
	}
	for i := now + 1; i < len(list); i++ {
		if len(list[i].Kept) == len(s.hosts) && list[i].Failed.IsZero() {
			return i
		}
	}
	return -1
}

// choose finds the release to go back to: the one that a person names by its beginning, or
// the one before.
func (s siteReleases) choose(name, path string) (string, error) {
	list := slices.DeleteFunc(s.list(), func(r siteRelease) bool { return len(r.Kept) == 0 })
	var names []string
	for _, r := range list {
		names = append(names, r.ID)
	}
	known := "the hosts keep " + cmp.Or(strings.Join(names, ", "), "none")
	if name == "" {
		for _, r := range list {
			if r.Previous {
				return r.ID, nil
			}
		}
		return "", fault.Wrap(fault.NoEarlier, fmt.Errorf("no release that ran before is kept on all hosts; %s: name one with foobar rollback %s RELEASE", known, path))
	}
	fit := slices.DeleteFunc(list, func(r siteRelease) bool { return !strings.HasPrefix(r.ID, strings.ToLower(name)) })
	switch {
	case len(fit) == 0:
		return "", fault.Wrap(fault.NoRelease, fmt.Errorf("no host keeps a release %q; %s", name, known))
	case len(fit) > 1:
		return "", fault.Wrap(fault.NoRelease, fmt.Errorf("%q is the beginning of %d releases; %s", name, len(fit), known))
	case len(fit[0].Kept) < len(s.hosts):
		return "", fault.Wrap(fault.NoRelease, fmt.Errorf("only %s keeps release %s; name one that all hosts keep, or the hosts with -l", strings.Join(fit[0].Kept, ", "), fit[0].ID))
	}
	return fit[0].ID, nil
}

// releasesTable lists releases for people, in local time.
func releasesTable(w io.Writer, list []siteRelease, hosts int, now time.Time) error {
	t := tabwriter.NewWriter(ask.Safe(w), 0, 0, 2, ' ', 0)
	on := func(names []string) string {
		if len(names) == hosts && hosts > 1 {
			return "all"
		}
		return cmp.Or(strings.Join(names, ","), "-")
	}
	fmt.Fprintln(t, "RELEASE\tCAME\tAGE\tBY\tSIZE\tKEPT ON\tRUNS ON\tSTATE")
	for _, r := range list {
		came, age, size := "-", "-", "-"
		if !r.Came.IsZero() {
			came, age, size = r.Came.Local().Format("2006-01-02 15:04:05"), ago(now.Sub(r.Came)), fmt.Sprintf("%.1f MB", float64(r.Size)/1e6)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, came, age, cmp.Or(r.By, "-"), size, on(r.Kept), on(r.Running), r.state(hosts))
	}
	return unlessGone(t.Flush())
}

// state says what a release is, in a few words.
func (r siteRelease) state(hosts int) string {
	var words []string
	if n := len(r.Current); n == hosts {
		words = append(words, "current")
	} else if n > 0 {
		words = append(words, "current on "+strings.Join(r.Current, ","))
	}
	if len(r.Current) > 0 && !r.Back.IsZero() {
		words = append(words, "rolled back to by "+r.BackBy)
	}
	if r.Previous {
		words = append(words, "previous")
	}
	if !r.Failed.IsZero() {
		words = append(words, "failed "+r.Failed.Local().Format("2006-01-02 15:04:05"))
	}
	if r.Source {
		words = append(words, "app.source")
	}
	return cmp.Or(strings.Join(words, ", "), "-")
}

// ReleasesHere are the releases that this machine's last records of a site name, the newest
// first: no host is asked.
func ReleasesHere(inv *inventory.Inventory) []string {
	store, err := RecordsOf(inv)
	if err != nil {
		return nil
	}
	ids, _ := store.IDs()
	var names []string
	for _, id := range slices.Backward(ids[max(0, len(ids)-10):]) {
		_ = store.Events(id, func(e event.Envelope) error {
			planned, ok := e.Event.(event.HostPlanned)
			if !ok {
				return nil
			}
			for _, c := range planned.Changes {
				for _, f := range c.Fields {
					if c.Resource.Kind() == "current" && f.Name == "current" && !slices.Contains(names, f.New) {
						names = append(names, f.New)
					}
				}
			}
			return nil
		})
	}
	return names
}
