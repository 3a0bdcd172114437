package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agext/levenshtein"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/record"
	"foobar/inventory"
	"foobar/playbooks"
)

// History lists the runs that changed the site.
type History struct {
	Common Common
	JSON   bool
	// Hosts asks the hosts, too, for the runs they know; so does a Limit.
	Hosts bool
	// Most is how many of the last runs are listed; 0 is all.
	Most int
}

// Run reads the records of this machine, asks and prints.
func (v *History) Run(ctx context.Context) error {
	c := &v.Common
	inv, hosts, err := c.fleet(nil)
	if err != nil {
		return err
	}
	store, err := RecordsOf(inv)
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	list, err := store.List()
	if err != nil { // the others are still worth showing
		fmt.Fprintln(ask.Safe(c.Console.Err), "warning: "+strings.ReplaceAll(err.Error(), "\n", "\nwarning: "))
	}
	var failed error
	if v.Hosts || len(c.Limit) > 0 {
		var found []record.HostRuns
		if found, failed = c.askHistory(ctx, inv, hosts); found == nil {
			return failed
		}
		list = record.Merge(list, found)
	}
	if n := len(list); v.Most > 0 && n > v.Most {
		list = list[n-v.Most:]
	}
	if v.JSON {
		err = ask.WriteJSON(c.Console.Out, struct {
			V      int              `json:"v"`
			Site   string           `json:"site"`
			Domain string           `json:"domain"`
			Runs   []record.Summary `json:"runs"`
		}{1, inv.Site.Name, inv.Site.Domain, append([]record.Summary{}, list...)})
	} else {
		err = historyTable(c.Console.Out, list, time.Now())
	}
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	return failed
}

// askHistory asks hosts, one script each; those that do not answer are named on
// standard error, and make an error. Interrupted, it returns nil.
func (c *Common) askHistory(ctx context.Context, inv *inventory.Inventory, hosts []*inventory.Host) ([]record.HostRuns, error) {
	var mu sync.Mutex
	found := []record.HostRuns{}
	err := c.onHosts(ctx, inv, hosts, func(ctx context.Context, h *inventory.Host, t engine.Target) error {
		said, err := c.patience().Ask(ctx, t, "section history\n"+record.HostQuestion(200))
		if err != nil {
			return err
		}
		lines := said.Lines("history")
		mu.Lock()
		defer mu.Unlock()
		found = append(found, record.HostRuns{Host: h.Name, Runs: record.ParseHostRuns(lines), Held: record.Held(lines)})
		return nil
	})
	var ee *Exit
	if errors.As(err, &ee) && (ee.Code == engine.ExitInterrupted || ee.Code == 143) {
		return nil, err
	}
	slices.SortFunc(found, func(a, b record.HostRuns) int { return strings.Compare(a.Host, b.Host) })
	return found, err
}

// HistoryRun shows one run again.
type HistoryRun struct {
	Common Common
	// Name is "last", an ID, or enough of its beginning or end.
	Name string
	JSON bool
	// Verbose shows the output of steps; 2 what each host cost, too.
	Verbose int
	// View, where given, makes the view that the run is played in, Speed times as fast
	// as it was, 0 at once. It calls stop when a person has seen enough.
	View  func(stop func()) Playing
	Speed float64
}

// Playing shows the events of a run on a screen.
type Playing interface {
	Receive(event.Envelope)
	// Run has the screen until a person quits, or Quit is called.
	Run() error
	Quit()
}

// Run finds the run and shows it.
func (v *HistoryRun) Run(ctx context.Context) error {
	inv, err := playbooks.Load(v.Common.Inventory)
	if err != nil {
		return Usage(err)
	}
	store, err := RecordsOf(inv)
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	id, err := findRun(store, v.Name, v.Common.Inventory)
	if err != nil {
		return err
	}
	switch {
	case v.JSON:
		err = store.Lines(id, func(line []byte) error { return writeDocument(v.Common.Console.Out, line) })
	case v.View != nil:
		err = v.play(ctx, store, id)
	default:
		err = replayPlain(v.Common.Console.Out, store, id, v.Verbose)
	}
	if unlessGone(err) != nil {
		return &Exit{engine.ExitFailed, err}
	}
	return nil
}

// findRun finds the run that a person means: "last", an ID, or enough of its
// beginning or end.
func findRun(store record.Store, name, path string) (string, error) {
	ids, err := store.IDs()
	if err != nil {
		return "", &Exit{engine.ExitFailed, err}
	}
	if len(ids) == 0 {
		return "", Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("no run of %s is recorded here, by this user; foobar history --hosts %s asks the hosts for those made elsewhere", path, path)))
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
		return "", Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("%q is the beginning of %d runs: %s", name, len(fit), strings.Join(fit[max(0, len(fit)-5):], ", "))))
	}
	hint := ""
	for _, id := range ids {
		if known := record.Short(id); levenshtein.Distance(name, known, nil) <= 2 {
			hint = "did you mean " + known + "? "
		}
	}
	return "", Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("no run %q is recorded here; %sthe last is %s, foobar history %s lists them", name, hint, record.Short(last), path)))
}
