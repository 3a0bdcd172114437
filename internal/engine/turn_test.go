package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// turning is a bench of three servers, of which the first that turns does not get well by
// what a step of the web server says, which has taken itself back.
func turning(t *testing.T, change resource.Change) (b *bench, log string) {
	b = newBench(t, "lb", "a", "b", "c")
	log = filepath.Join(t.TempDir(), "log")
	say := func(word string) func(string) string {
		return func(h string) string { return "echo " + word + " " + h + " >>" + log + "\n" }
	}
	b.plays = func() []play.Play {
		return []play.Play{{Name: "web", Hosts: b.inv.Hosts[1:], Serial: 1, Drain: &play.Drain{On: b.inv.Hosts[0], Out: say("out"), In: say("in"), Back: say("back")},
			Role: fixed{"r", func(h *inventory.Host) []resource.Resource {
				return []resource.Resource{resource.Custom{Name: "service:web", In: resource.Converge, Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
					c := change
					c.Action, c.Fields = resource.Act, []resource.Field{{Name: "x", New: "y"}}
					c.Steps = []resource.Step{resource.Run{Title: "turn", Script: say("turn")(h.Name) + fault.Shell(fault.WebReverted)}}
					return c, nil
				}}}
			}}}}
	}
	return b, log
}

// TestReloadsGoOneByOne: what makes one server unwell reaches no other one, and none leaves
// service for it; one that was out goes back, for it serves as it did.
func TestReloadsGoOneByOne(t *testing.T) {
	for want, change := range map[string]resource.Change{
		"turn 1\n":                {OneByOne: true},
		"out 1\nturn 1\nback 1\n": {Disrupts: true},
	} {
		b, log := turning(t, change)
		r := b.run("deploy")
		raw, _ := os.ReadFile(log)
		first := strings.Fields(string(raw) + " none none")[1]
		if got := strings.ReplaceAll(string(raw), " "+first, " 1"); got != want || r.Exit != ExitReverted {
			t.Errorf("exit %d, and what happened is %q, not %q: %s", r.Exit, got, want, b.problems())
		}
		skipped := 0
		for _, one := range b.outcomes() {
			if strings.HasSuffix(one, " skipped") {
				skipped++
			}
		}
		if skipped != 2 {
			t.Errorf("%v", b.outcomes())
		}
	}
}

// TestLastWordsOfWhatTheBalancerRefuses: a server that finds itself well shows what its app
// has said, without its secrets.
func TestLastWordsOfWhatTheBalancerRefuses(t *testing.T) {
	b, log := reverting(t, 99, "a")
	plays := b.plays
	b.plays = func() []play.Play {
		all := plays()
		i := slices.IndexFunc(all, func(p play.Play) bool { return p.Revert != nil })
		all[i].Drain.In = func(string) string { return fault.Shell(fault.Unhealthy) }
		all[i].Drain.Back = func(h string) string { return "echo back " + h + " >>" + log + "\n" }
		all[i].Revert.Words = func(string) string { return "echo 'DisallowedHost: s3cret'\n" }
		return all
	}
	r := b.run("deploy")
	if r.Exit != ExitReverted || !strings.Contains(b.problems(), "; its log ends: DisallowedHost: [hidden]; release old runs again") {
		t.Errorf("exit %d: %s", r.Exit, b.problems())
	}
	if !slices.ContainsFunc(b.events, func(e event.Event) bool {
		o, ok := e.(event.Output)
		return ok && o.Host == "a" && o.Line == "DisallowedHost: [hidden]"
	}) {
		t.Error("they are not shown")
	}
}
