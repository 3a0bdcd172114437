package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/event"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// TestDrainSpansTheWorkOnAHost: a host is taken out once, worked on for all
// plays that need it, and put back once; hosts one after another.
func TestDrainSpansTheWorkOnAHost(t *testing.T) {
	b := newBench(t, "lb", "a", "b")
	log := filepath.Join(t.TempDir(), "log")
	disruptive := func(play string) func(h *inventory.Host) []resource.Resource {
		return func(h *inventory.Host) []resource.Resource {
			mark := b.path(h.Name, play)
			return []resource.Resource{resource.Custom{Name: resource.NewID("custom", play), In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
				Compare: func(o resource.Observed) (resource.Change, error) {
					if o.State == resource.Present {
						return resource.Change{}, nil
					}
					return resource.Change{Action: resource.Act, Disrupts: true, Fields: []resource.Field{{Name: "x", New: "y"}},
						Steps: []resource.Step{resource.Run{Title: play, Script: "echo " + play + " " + h.Name + " >>" + log + "; touch " + mark}}}, nil
				}}}
		}
	}
	drain := &play.Drain{On: b.inv.Hosts[0],
		Out: func(h string) string { return "echo out " + h + " >>" + log },
		In:  func(h string) string { return "echo in " + h + " >>" + log }}
	b.plays = func() []play.Play {
		servers := b.inv.Hosts[1:]
		return []play.Play{
			{Name: "app", Role: fixed{"r", disruptive("app")}, Hosts: servers, Serial: 1, Drain: drain},
			{Name: "web", Role: fixed{"r", disruptive("web")}, Hosts: servers, Serial: 1, Drain: drain},
		}
	}
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	got, _ := os.ReadFile(log)
	one := func(h string) string { return "out " + h + "\napp " + h + "\nweb " + h + "\nin " + h + "\n" }
	if string(got) != one("a")+one("b") && string(got) != one("b")+one("a") {
		t.Errorf("the order was:\n%s", got)
	}
}

// TestSerialPlayStopsAtItsFirstFailure: what broke one server is not done to the next.
func TestSerialPlayStopsAtItsFirstFailure(t *testing.T) {
	b := newBench(t, "a", "b", "c")
	b.plays = func() []play.Play {
		return []play.Play{{Name: "app", Hosts: b.inv.Hosts, Serial: 1, Role: fixed{"r", func(*inventory.Host) []resource.Resource {
			return []resource.Resource{resource.Custom{Name: "custom:bad", In: resource.Converge, Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
				return resource.Change{Action: resource.Act, Disrupts: true, Fields: []resource.Field{{Name: "x", New: "y"}},
					Steps: []resource.Step{resource.Run{Title: "break", Script: "false"}}}, nil
			}}}
		}}}}
	}
	if r := b.run("deploy"); r.Exit != ExitFailed {
		t.Fatalf("exit %d", r.Exit)
	}
	outcomes := map[event.Outcome]int{}
	for _, e := range b.events {
		if d, ok := e.(event.HostDone); ok {
			outcomes[d.Outcome]++
		}
	}
	if outcomes[event.Failed] != 1 || outcomes[event.Skipped] != 2 {
		t.Errorf("the outcomes are %v", outcomes)
	}
}

func TestSlowStepIsEnded(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{resource.Custom{Name: "custom:slow", Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
			return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}},
				Steps: []resource.Step{resource.Run{Title: "sleep", Script: "sleep 30", Timeout: 300 * time.Millisecond}}}, nil
		}}}
	})
	if r := b.run("deploy"); r.Exit != ExitFailed || !strings.Contains(b.problems(), "took longer than 300ms") {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
}

// TestNoMeansNo: a plan that is not approved changes nothing and says so.
func TestNoMeansNo(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource { return []resource.Resource{b.file("a", "x", "x")} })
	b.approve = func(*Plan) (bool, error) { return false, nil }
	if r := b.run("deploy"); r.Exit != ExitFailed || !strings.Contains(b.problems(), "not approved") {
		t.Errorf("exit %d: %s", r.Exit, b.problems())
	}
	if _, err := os.Stat(b.path("a", "x")); err == nil {
		t.Error("something was changed all the same")
	}
}

// fixed is a role made of a function.
type fixed struct {
	name string
	want func(h *inventory.Host) []resource.Resource
}

func (f fixed) Name() string { return f.name }
func (f fixed) Resources(_ *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	return f.want(h), nil
}
