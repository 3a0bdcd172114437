package engine

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/resource"
	"foobar/inventory"
)

// folder is a resource that owns a folder as a whole: what is in it is somebody's.
type folder struct{ path string }

func (f folder) ID() resource.ID                    { return resource.NewID("folder", f.path) }
func (f folder) Stage() resource.Stage              { return resource.Converge }
func (f folder) Probe() resource.Probe              { return resource.Query("ls " + f.path) }
func (f folder) names(o resource.Observed) []string { return strings.Fields(o.Get("out")) }
func (f folder) Found(o resource.Observed) ([]string, bool) {
	return f.names(o), o.State == resource.Present
}
func (f folder) Unmanaged(o resource.Observed) []string {
	return slices.DeleteFunc(f.names(o), o.Strange)
}
func (f folder) Diff(o resource.Observed) (resource.Change, error) {
	var c resource.Change
	for _, n := range f.names(o) {
		if o.Strange(n) {
			c.Fields = append(c.Fields, resource.Field{Name: "stranger", Old: n})
			c.Steps = append(c.Steps, resource.Run{Title: "remove " + n, Script: "rm " + f.path + "/" + n})
		}
	}
	return c, nil
}

// TestWhatCameLaterGoes: the ledger keeps what stood there at the end of the first run;
// what comes later is removed, unless the inventory names it, and with purge = "all"
// nothing else stays either.
func TestWhatCameLaterGoes(t *testing.T) {
	b := newBench(t, "a")
	dir := b.path("a", "own")
	put := func(names ...string) {
		t.Helper()
		for _, n := range names {
			if err := os.WriteFile(dir+"/"+n, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b.one(func(*inventory.Host) []resource.Resource { return []resource.Resource{folder{dir}} })
	expect := func(when, verb string, exit int, there, listed string) {
		t.Helper()
		r := b.run(verb)
		entries, _ := os.ReadDir(dir)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		var shown []string
		for _, e := range b.events {
			if p, ok := e.(event.HostPlanned); ok {
				shown = p.Unmanaged
			}
		}
		if r.Exit != exit || strings.Join(names, " ") != there || strings.Join(shown, " ") != listed {
			t.Fatalf("%s: exit %d, there is %v, listed %v: %s", when, r.Exit, names, shown, b.problems())
		}
	}
	put("before")
	expect("a plan records nothing", "plan", 0, "before", "before")
	put("also-before")
	expect("the first run", "deploy", 0, "also-before before", "also-before before")
	var l facts.Ledger
	raw, _ := os.ReadFile(b.path("a", "lib/owned.json"))
	if err := json.Unmarshal(raw, &l); err != nil || strings.Join(l.Found["folder:"+dir], " ") != "also-before before" {
		t.Fatalf("the ledger has %v, %v", l.Found, err)
	}
	put("later", "kept")
	b.inv.Deploy.Keep = []string{"kept"}
	expect("one came later", "plan", ExitDiffers, "also-before before kept later", "also-before before kept")
	expect("it goes", "deploy", 0, "also-before before kept", "also-before before kept")
	expect("and then nothing does", "plan", 0, "also-before before kept", "also-before before kept")
	b.roles = []string{"another"}
	expect("a run for another role", "deploy", 0, "also-before before kept", "")
	b.roles = nil
	put("later")
	expect("is not forgetful", "plan", ExitDiffers, "also-before before kept later", "also-before before kept")
	b.inv.Deploy.Purge = "all"
	expect("all but what the inventory names", "deploy", 0, "kept", "kept")
}

// TestHostKeysAreAFact: what the connection shows of the host is known to roles.
func TestHostKeysAreAFact(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource { return nil })
	var seen facts.HostKeys
	b.build = func(f map[string]facts.Facts) { seen = f["a"].HostKeys }
	b.wrap = func(s *shell) Target {
		s.keys = facts.HostKeys{Kinds: []string{"ssh-rsa"}, More: "add"}
		return s
	}
	if r := b.run("plan"); r.Exit != ExitOK || seen.More != "add" || len(seen.Kinds) != 1 {
		t.Errorf("exit %d, %+v", r.Exit, seen)
	}
}
