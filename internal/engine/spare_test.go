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

// TestSparePlay: what fails of a play that the site serves without leaves the rest of that
// play undone on its host, and nothing else; what waits for it does not begin.
func TestSparePlay(t *testing.T) {
	for name, c := range map[string]struct {
		stage resource.Stage
		spare bool
		done  string
	}{
		"while writing":   {resource.Prepare, true, "a/late a/site b/late b/more b/site"},
		"while starting":  {resource.Converge, true, "a/late a/site b/late b/more b/site"},
		"one that counts": {resource.Prepare, false, "b/late b/more b/site"},
	} {
		b := newBench(t, "a", "b")
		files := func(name string) fixed {
			return fixed{name, func(h *inventory.Host) []resource.Resource { return []resource.Resource{b.file(h.Name, name, "x\n")} }}
		}
		agent := fixed{"agent", func(h *inventory.Host) []resource.Resource {
			try := resource.Run{Title: "fetch", Script: "false"}
			if h.Name == "b" {
				try.Script = "touch " + b.path("b", "got")
			}
			fetch := resource.Custom{Name: "custom:fetch", In: c.stage, Ask: "test -e " + b.path(h.Name, "got") + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}}, Steps: []resource.Step{try}}, nil
			}}
			return []resource.Resource{fetch, resource.At(c.stage, b.file(h.Name, "more", "x\n"))}
		}}
		after := fixed{"after", func(h *inventory.Host) []resource.Resource {
			return []resource.Resource{resource.At(resource.Converge, b.file(h.Name, "after", "x\n"))}
		}}
		plays := func() []play.Play {
			return []play.Play{{Name: "site", Role: files("site"), Hosts: b.inv.Hosts}, {Name: "agent", Role: agent, Hosts: b.inv.Hosts, Spare: c.spare},
				{Name: "late", Role: files("late"), Hosts: b.inv.Hosts}, {Name: "after", Role: after, Hosts: b.inv.Hosts[1:], After: []string{"agent"}}}
		}
		b.plays = plays
		b.run("deploy")
		var done []string
		for _, host := range []string{"a", "b"} {
			for _, file := range []string{"after", "late", "more", "site"} {
				if _, err := os.Stat(b.path(host, file)); err == nil {
					done = append(done, host+"/"+file)
				}
			}
		}
		got := strings.Join(slices.DeleteFunc(done, func(s string) bool { return !c.spare && strings.HasPrefix(s, "a/") }), " ")
		if b.end("b").Outcome != event.Skipped || got != c.done {
			t.Errorf("%s: %s; %s", name, got, b.problems())
		}
		if want := map[bool]event.Outcome{true: event.Unhealthy, false: event.Failed}[c.spare]; b.end("a").Outcome != want || !strings.Contains(b.problems(), "custom:fetch") {
			t.Errorf("%s: %+v", name, b.end("a"))
		}
		b.plays = func() []play.Play { return plays()[:3] }
		if r, want := b.run("deploy"), map[bool]int{true: ExitUnhealthy, false: ExitFailed}[c.spare]; r.Exit != want {
			t.Errorf("%s: exit %d when nothing waits for it", name, r.Exit)
		}
	}
}
