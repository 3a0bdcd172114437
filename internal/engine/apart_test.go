package engine

import (
	"os"
	"path/filepath"
	"testing"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// TestApartWaitsOnlyForDrains: what would put drained hosts back waits for those that are
// drained, over all plays for which they stay out, and for no others.
func TestApartWaitsOnlyForDrains(t *testing.T) {
	for name, c := range map[string]struct{ app, web, waits bool }{
		"nothing disrupts":         {false, false, false},
		"the last play disrupts":   {false, true, true},
		"a host stays out over it": {true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "lb", "a", "b")
			dir := t.TempDir()
			log, lb := filepath.Join(dir, "log"), filepath.Join(dir, "lb")
			does := func(what, script string, disrupts bool) fixed {
				return fixed{"r", func(h *inventory.Host) []resource.Resource {
					mark := b.path(h.Name, what)
					return []resource.Resource{resource.Custom{Name: resource.NewID("custom", what), In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
						Compare: func(o resource.Observed) (resource.Change, error) {
							if o.State == resource.Present {
								return resource.Change{}, nil
							}
							return resource.Change{Action: resource.Act, Disrupts: disrupts, Fields: []resource.Field{{Name: "x", New: "y"}},
								Steps: []resource.Step{resource.Run{Title: what, Script: script + "\ntouch " + mark}}}, nil
						}}}
				}}
			}
			web := "echo web >>" + log
			if !c.waits { // it ends only after the balancer's play, which must not wait for it
				web = "n=0; until [ -e " + lb + " ]; do n=$((n+1)); [ $n -lt 200 ]; sleep 0.05; done; " + web
			}
			drain := &play.Drain{On: b.inv.Hosts[0], Out: func(h string) string { return "echo out >>" + log }, In: func(h string) string { return "echo in >>" + log }}
			b.plays = func() []play.Play {
				servers := b.inv.Hosts[1:2]
				return []play.Play{
					{Name: "app", Role: does("app", "echo app >>"+log, c.app), Hosts: servers, Serial: 1, Drain: drain},
					{Name: "web", Role: does("web", web, c.web), Hosts: servers, Serial: 1, Drain: drain},
					{Name: "reload", Role: does("reload", "echo reload >>"+log+"; touch "+lb, false), Hosts: b.inv.Hosts[:1], Apart: []string{"web"}},
				}
			}
			if r := b.run("deploy"); r.Exit != 0 {
				t.Fatalf("exit %d: %s", r.Exit, b.problems())
			}
			got, _ := os.ReadFile(log)
			want := map[bool]string{true: "app\nout\nweb\nin\nreload\n", false: "out\napp\nweb\nin\nreload\n"}[!c.app]
			if c.waits && string(got) != want {
				t.Errorf("the order was\n%s", got)
			}
		})
	}
}

// TestAsideFillsTheWait: a host that waits for another does meanwhile what may be done then,
// and nothing twice.
func TestAsideFillsTheWait(t *testing.T) {
	b := newBench(t, "a", "b")
	log := filepath.Join(t.TempDir(), "log")
	does := func(what, script string) fixed {
		return fixed{"r", func(h *inventory.Host) []resource.Resource {
			mark := b.path(h.Name, what)
			return []resource.Resource{resource.Custom{Name: resource.NewID("custom", what), In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
				Compare: func(o resource.Observed) (resource.Change, error) {
					if o.State == resource.Present {
						return resource.Change{}, nil
					}
					return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}},
						Steps: []resource.Step{resource.Run{Title: what, Script: script + "\necho " + what + " >>" + log + "; touch " + mark}}}, nil
				}}}
		}}
	}
	built := "n=0; until [ -e " + b.path("b", "build") + " ]; do n=$((n+1)); [ $n -lt 200 ]; sleep 0.05; done"
	b.plays = func() []play.Play {
		return []play.Play{
			{Name: "primary", Role: does("primary", built), Hosts: b.inv.Hosts[:1]},
			{Name: "replica", Role: does("replica", ""), Hosts: b.inv.Hosts[1:], After: []string{"primary"}},
			{Name: "later", Role: does("later", ""), Hosts: b.inv.Hosts[1:]},
			{Name: "build", Role: does("build", ""), Hosts: b.inv.Hosts[1:], Aside: true},
			{Name: "app", Role: does("app", ""), Hosts: b.inv.Hosts[1:], After: []string{"build"}},
		}
	}
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	if got, _ := os.ReadFile(log); string(got) != "build\nprimary\nreplica\nlater\napp\n" {
		t.Errorf("the order was\n%s", got)
	}
}
