package engine

import (
	"context"
	"fmt"
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

// TestPlaceIsHandedOn: the host that goes back into service and the one that is taken out
// after it are one trip to the balancer, and what goes wrong is told of the one it happened to.
func TestPlaceIsHandedOn(t *testing.T) {
	for name, c := range map[string]struct {
		in, out string // of the second that is taken out, and of the first that is put back
		want    []string
		log     string
	}{
		"well":        {"", "", []string{"ok", "ok", "ok"}, "out 1\nin 1\nout 2\nin 2\nout 3\nin 3\n"},
		"not back":    {in: "echo not up; exit 1\n", want: []string{"failed", "skipped", "skipped"}, log: "out 1\nin 1\n"},
		"not out":     {out: "echo it stays; exit 1\n", want: []string{"ok", "failed", "skipped"}, log: "out 1\nin 1\nout 2\n"},
		"no function": {out: "nosuchcommand\n", want: []string{"ok", "failed", "skipped"}, log: "out 1\nin 1\nout 2\n"},
	} {
		b := newBench(t, "lb", "a", "b", "c")
		log := filepath.Join(t.TempDir(), "log")
		nth := func(word, host, then string, n int) string {
			return fmt.Sprintf("( set -eu\necho %s %s >>%s\n[ $(grep -c ^%s %s) != %d ] || { :\n%s}\n)\n", word, host, log, word, log, n, then)
		}
		queued := filepath.Join(t.TempDir(), "queued") // has a line for each that waits
		b.onEmit = func(e event.Event) {
			if e, ok := e.(event.Waiting); ok && e.For == "its turn in app" {
				appendLine(t, queued, e.Host)
			}
		}
		step := "until [ \"$(grep -c . " + queued + ")\" = 2 ]; do sleep 0.05; done"
		b.plays = func() []play.Play {
			return []play.Play{{Name: "app", Hosts: b.inv.Hosts[1:], Serial: 1, Role: fixed{"r", disruptive(b, "app", step)}, Drain: &play.Drain{On: b.inv.Hosts[0],
				Out: func(h string) string { return nth("out", h, c.out, 2) }, In: func(h string) string { return nth("in", h, c.in, 1) }}}}
		}
		b.run("deploy")
		raw, _ := os.ReadFile(log)
		got, order := string(raw), map[string]string{}
		for _, line := range strings.Fields(got) {
			if order[line] == "" && line != "in" && line != "out" {
				order[line] = fmt.Sprint(len(order) + 1)
				got = strings.ReplaceAll(got, " "+line+"\n", " "+order[line]+"\n")
			}
		}
		var outcomes []string
		for _, one := range b.outcomes() {
			_, outcome, _ := strings.Cut(one, " ")
			outcomes = append(outcomes, outcome)
		}
		slices.Sort(outcomes)
		slices.Sort(c.want)
		if got != c.log || !slices.Equal(outcomes, c.want) {
			t.Errorf("%s: %v, and the balancer heard:\n%s%s", name, outcomes, got, b.problems())
		}
		if said := "drain at lb: exit status 1: it stays"; name == "not out" && !strings.Contains(b.problems(), said) {
			t.Errorf("%s: %s", name, b.problems())
		}
		// Its facts, and four to take out and put back three hosts.
		if n := b.shells["lb"].scripts; name == "well" && n != 5 {
			t.Errorf("the balancer was sent %d scripts, not 5", n)
		}
	}
}

// appendLine adds a line to a file.
func appendLine(t *testing.T, path, line string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(line + "\n")
		_ = f.Close()
	}
	if err != nil {
		t.Error(err)
	}
}

// TestNoPlaceIsHandedOnInAPause: nobody is taken out of service while the run pauses, nor
// once it was told to stop, and one that was taken out by then goes back.
func TestNoPlaceIsHandedOnInAPause(t *testing.T) {
	for name, halt := range map[string]func(*Engine){"pause": (*Engine).Pause, "stop": (*Engine).Stop} {
		b := newBench(t, "lb", "a", "b")
		log := filepath.Join(t.TempDir(), "log")
		say := func(word string) func(string) string {
			return func(h string) string { return "echo " + word + " >>" + log + "\n" }
		}
		b.plays = func() []play.Play {
			return []play.Play{{Name: "app", Hosts: b.inv.Hosts[1:], Serial: 1, Role: fixed{"r", disruptive(b, "app", ":")},
				Drain: &play.Drain{On: b.inv.Hosts[0], Out: say("out"), In: say("in")}}}
		}
		b.onEmit = func(e event.Event) {
			switch e := e.(type) {
			case event.ChangeDone:
				halt(b.eng)
			case event.Waiting:
				if strings.HasPrefix(e.For, "the end of the pause") {
					raw, _ := os.ReadFile(log)
					if string(raw) != "out\nin\n" {
						t.Errorf("in the pause the balancer had heard:\n%s", raw)
					}
					b.eng.Resume()
				}
			}
		}
		b.run("deploy")
		want := map[string]string{"pause": "out\nin\nout\nin\n", "stop": "out\nin\n"}[name]
		if raw, _ := os.ReadFile(log); string(raw) != want {
			t.Errorf("%s: the balancer heard:\n%s", name, raw)
		}
	}
}

// lostBetween is a balancer that is gone once one host has been put back for another.
type lostBetween struct{ *shell }

func (l lostBetween) Run(ctx context.Context, script string, line func(string)) (int, error) {
	if strings.Contains(script, play.IsBack) {
		return 0, &HostError{Outcome: event.Unreachable, Msg: "the connection was lost"}
	}
	return l.shell.Run(ctx, script, line)
}

// TestBalancerLostBetweenTwo: the host that may be out of service by then says so, and is not
// what was lost; no third one is taken out.
func TestBalancerLostBetweenTwo(t *testing.T) {
	b := newBench(t, "lb", "a", "b", "c")
	queued, turned := filepath.Join(t.TempDir(), "queued"), filepath.Join(t.TempDir(), "turned")
	b.onEmit = func(e event.Event) {
		if e, ok := e.(event.Waiting); ok && e.For == "its turn in app" {
			appendLine(t, queued, e.Host)
		}
	}
	b.wrap = func(s *shell) Target {
		if s.dir == b.dirs["lb"] {
			return lostBetween{s}
		}
		return s
	}
	step := "until [ \"$(grep -c . " + queued + ")\" = 2 ]; do sleep 0.05; done; echo >>" + turned
	b.plays = func() []play.Play {
		quiet := func(string) string { return ":\n" }
		return []play.Play{{Name: "app", Hosts: b.inv.Hosts[1:], Serial: 1, Role: fixed{"r", disruptive(b, "app", step)}, Drain: &play.Drain{On: b.inv.Hosts[0], Out: quiet, In: quiet}}}
	}
	b.run("deploy")
	ends := map[string]int{}
	for _, one := range b.outcomes() {
		_, outcome, _ := strings.Cut(one, " ")
		ends[outcome]++
	}
	if raw, _ := os.ReadFile(turned); string(raw) != "\n" || ends["failed"] != 1 || ends["unreachable"] != 1 || ends["skipped"] != 1 {
		t.Errorf("%v, and %d were worked on: %s", ends, len(raw), b.problems())
	}
	if said := "it may be out of service at lb: the connection was lost"; !strings.Contains(b.problems(), said) {
		t.Errorf("nobody says %q: %s", said, b.problems())
	}
}

// TestTwoPlacesAreHandedOn: never more hosts are out than there are places, and all get one.
func TestTwoPlacesAreHandedOn(t *testing.T) {
	b := newBench(t, "lb", "a", "b", "c", "d", "e")
	log := filepath.Join(t.TempDir(), "log")
	say := func(word string) func(string) string {
		return func(h string) string { return "echo " + word + " " + h + " >>" + log + "\n" }
	}
	b.plays = func() []play.Play {
		return []play.Play{{Name: "app", Hosts: b.inv.Hosts[1:], Serial: 2, Role: fixed{"r", disruptive(b, "app", ":")}, Drain: &play.Drain{On: b.inv.Hosts[0], Out: say("out"), In: say("in")}}}
	}
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	raw, _ := os.ReadFile(log)
	out, times := 0, 0
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "out ") {
			out, times = out+1, times+1
		} else {
			out--
		}
		if out < 0 || out > 2 {
			t.Errorf("%d are out:\n%s", out, raw)
		}
	}
	if out != 0 || times != 5 {
		t.Errorf("%d were taken out, %d stay out:\n%s", times, out, raw)
	}
}
