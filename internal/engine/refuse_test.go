package engine

import (
	"os"
	"slices"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// refuses puts a folder where a file is wanted.
func (b *bench) refuses(host, name string) {
	b.t.Helper()
	if err := os.MkdirAll(b.path(host, name), 0o755); err != nil {
		b.t.Fatal(err)
	}
}

// wanting is a play of files; those of several hosts have the same names.
func (b *bench) wanting(name string, files ...string) play.Play {
	return play.Play{Name: name, Hosts: b.inv.Hosts, Role: fixed{name, func(h *inventory.Host) (want []resource.Resource) {
		for _, f := range files {
			want = append(want, b.file(h.Name, f, "x"))
		}
		return want
	}}}
}

func (b *bench) plan(host string) (plan event.HostPlanned) {
	for _, e := range b.events {
		if p, ok := e.(event.HostPlanned); ok && p.Host == host {
			plan = p
		}
	}
	return plan
}

func (b *bench) there(host string, names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		info, err := os.Stat(b.path(host, name))
		return err != nil || info.IsDir()
	})
}

// TestRefusalHidesNothing: what must not be touched is shown beside all else, what has
// nothing to do with it is done, and the run fails until somebody has decided.
func TestRefusalHidesNothing(t *testing.T) {
	b := newBench(t, "a", "b")
	b.refuses("a", "bad")
	b.plays = func() []play.Play {
		after := b.wanting("after", "prepared")
		after.Role = fixed{"after", func(h *inventory.Host) []resource.Resource {
			return []resource.Resource{b.file(h.Name, "prepared", "x"), resource.At(resource.Converge, b.file(h.Name, "last", "x"))}
		}}
		after.After = []string{"app"}
		return []play.Play{b.wanting("base", "one"), b.wanting("app", "before", "bad", "behind"), b.wanting("web", "two"), after}
	}
	if r := b.run("plan"); r.Exit != ExitFailed || r.Plan.Refused() != 1 || r.Plan.Changes() != 11 {
		t.Errorf("plan: exit %d, %d refused, %d changes: %s", r.Exit, r.Plan.Refused(), r.Plan.Changes(), b.problems())
	}
	p := b.plan("a")
	if len(p.Refused) != 1 || p.Refused[0].Code != "RUN12" || p.Refused[0].Play != "app" || !strings.Contains(p.Refused[0].Error, "is a directory") {
		t.Errorf("refused: %+v", p.Refused)
	}
	if len(p.Held) != 2 || p.Held[0].HeldBy != p.Refused[0].Resource || len(p.Changes) != 4 {
		t.Errorf("%d changes, held %+v", len(p.Changes), p.Held)
	}

	if r := b.run("deploy"); r.Exit != ExitFailed {
		t.Errorf("deploy: exit %d", r.Exit)
	}
	if !b.there("a", "one", "two", "prepared") || b.there("a", "before") || b.there("a", "behind") || b.there("a", "last") {
		t.Error("on the host itself, other things were done than those that are safe")
	}
	if !b.there("b", "one", "two", "before", "bad", "behind", "prepared") || b.there("b", "last") {
		t.Error("on the other host, other things were done than those that do not wait")
	}
	if end := b.end("a"); end.Outcome != event.Failed || end.Code != "RUN12" || end.Play != "app" || end.Changed != 3 {
		t.Errorf("a ended as %+v", end)
	}
	if end := b.end("b"); end.Outcome != event.Skipped || !strings.Contains(end.Error, "held back") {
		t.Errorf("b ended as %+v", end)
	}
	ledger, _ := os.ReadFile(b.path("a", "lib/owned.json"))
	if strings.Contains(string(ledger), "bad") || strings.Contains(string(ledger), "behind") || !strings.Contains(string(ledger), "two") {
		t.Errorf("the ledger of a is %s", ledger)
	}

	if err := os.Remove(b.path("a", "bad")); err != nil {
		t.Fatal(err)
	}
	if r := b.run("deploy"); r.Exit != 0 || !b.there("a", "before", "bad", "behind", "last") || !b.there("b", "last") {
		t.Errorf("afterwards: exit %d: %s", r.Exit, b.problems())
	}
	if r := b.run("plan"); r.Exit != 0 {
		t.Errorf("and again: exit %d", r.Exit)
	}
}

type needy struct {
	resource.Resource
	id resource.ID
}

func (n needy) Needs() []resource.ID      { return []resource.ID{n.id} }
func (n needy) Unwrap() resource.Resource { return n.Resource }

// TestWhatARefusalHoldsBack: of two plays, the first wants a file where a folder is.
func TestWhatARefusalHoldsBack(t *testing.T) {
	b := newBench(t, "a")
	b.refuses("a", "bad")
	bad := b.file("a", "bad", "x")
	free := resource.At(resource.Converge, b.file("a", "free", "x"))
	asks := resource.Custom{Name: "custom:asks", Ask: "exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
		o.Changes(bad.ID())
		return resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "x", New: "y"}}}, nil
	}}
	for name, c := range map[string]struct {
		first, second []resource.Resource
		same, held    bool
	}{
		"nothing to do with it": {nil, []resource.Resource{free}, false, false},
		"lies in it":            {nil, []resource.Resource{b.file("a", "bad/x", "x")}, false, true},
		"asks about it":         {nil, []resource.Resource{asks}, false, true},
		"says that it needs it": {nil, []resource.Resource{needy{free, bad.ID()}}, false, true},
		"follows it":            {nil, []resource.Resource{free, resource.Behind(bad.ID(), b.file("a", "late", "x"))}, false, true},
		"wants it too":          {nil, []resource.Resource{free, bad}, false, true},
		"wants what is held":    {[]resource.Resource{free}, []resource.Resource{free}, false, true},
		"needs what is held":    {[]resource.Resource{b.file("a", "else", "x")}, []resource.Resource{needy{free, b.file("a", "else", "x").ID()}}, false, true},
		"works on the same":     {nil, []resource.Resource{free}, true, true},
		"needs the groundwork":  {[]resource.Resource{resource.At(resource.Bootstrap, b.file("a", "ground", "x"))}, []resource.Resource{free}, false, true},
	} {
		b.plays = func() []play.Play {
			first := play.Play{Name: "first", Hosts: b.inv.Hosts, Role: fixed{"r", func(*inventory.Host) []resource.Resource { return append([]resource.Resource{bad}, c.first...) }}}
			second := play.Play{Name: "second", Hosts: b.inv.Hosts, Role: fixed{"r", func(*inventory.Host) []resource.Resource { return c.second }}}
			if c.same {
				second.Same = []string{"first"}
			}
			return []play.Play{first, second}
		}
		b.run("plan")
		p := b.plan("a")
		if held := len(p.Changes) == 0; held != c.held || len(p.Refused) != 1 || len(p.Changes)+len(p.Held) == 0 {
			t.Errorf("%s: refused %v, held %+v, changes %+v", name, p.Refused, p.Held, p.Changes)
		}
	}
}

// TestRefusalKeepsWhatLeftTheInventory: what is refused may come in its place.
func TestRefusalKeepsWhatLeftTheInventory(t *testing.T) {
	b := newBench(t, "a")
	files := []string{"old"}
	b.plays = func() []play.Play { return []play.Play{b.wanting("app", files...), b.wanting("web", "other")} }
	b.run("deploy")
	b.refuses("a", "new")
	files = []string{"new"}
	if r := b.run("deploy"); r.Exit != ExitFailed || !b.there("a", "old") {
		t.Errorf("exit %d: %s", r.Exit, b.problems())
	}
	if err := os.Remove(b.path("a", "new")); err != nil {
		t.Fatal(err)
	}
	if r := b.run("deploy"); r.Exit != 0 || b.there("a", "old") || !b.there("a", "new") {
		t.Errorf("afterwards: exit %d: %s", r.Exit, b.problems())
	}
}

// TestRefusalDoesNotStopARoll: nothing broke on the host, so that the others of a play
// that goes host by host are worked on.
func TestRefusalDoesNotStopARoll(t *testing.T) {
	b := newBench(t, "a", "b", "c")
	b.refuses("a", "bad")
	b.plays = func() []play.Play {
		p := b.wanting("app")
		p.Serial = 1
		p.Role = fixed{"app", func(h *inventory.Host) []resource.Resource {
			mark := b.path(h.Name, "mark")
			return []resource.Resource{b.file(h.Name, "bad", "x"), resource.Custom{Name: "custom:restart", In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
				Compare: func(o resource.Observed) (resource.Change, error) {
					if o.State == resource.Present {
						return resource.Change{}, nil
					}
					return resource.Change{Action: resource.Act, Disrupts: true, Fields: []resource.Field{{Name: "x", New: "y"}},
						Steps: []resource.Step{resource.Run{Title: "restart", Script: "touch " + mark}}}, nil
				}}}
		}}
		return []play.Play{p}
	}
	if r := b.run("deploy"); r.Exit != ExitFailed || b.there("a", "mark") || !b.there("b", "mark") || !b.there("c", "mark") {
		t.Errorf("exit %d: %s", r.Exit, b.problems())
	}
	for _, name := range []string{"b", "c"} {
		if end := b.end(name); end.Outcome != event.OK {
			t.Errorf("%s ended as %+v", name, end)
		}
	}
}

// TestSavedPlanKnowsItsRefusals: a plan made before somebody decided is stale.
func TestSavedPlanKnowsItsRefusals(t *testing.T) {
	b := newBench(t, "a")
	b.refuses("a", "bad")
	b.plays = func() []play.Play { return []play.Play{b.wanting("app", "bad"), b.wanting("web", "other")} }
	saved := &Saved{Hosts: b.run("plan").Plan.Hosts}
	if err := saved.check(b.run("plan").Plan); err != nil {
		t.Errorf("nothing changed: %v", err)
	}
	if len(saved.Hosts[0].Refused) != 1 {
		t.Errorf("saved: %+v", saved.Hosts[0])
	}
	if err := os.Remove(b.path("a", "bad")); err != nil {
		t.Fatal(err)
	}
	if err := saved.check(b.run("plan").Plan); err == nil {
		t.Error("the plan still holds although the refusal is gone")
	}
}
