package engine

import (
	"context"
	"errors"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// shelf is a play.Beside: things that are to be made there, by their names.
type shelf struct {
	want, has []string
	away      error // what each look says
	deaf      bool  // nothing that is done there lasts
	refuses   string
	looks     int
	did       []string
	hook      func(name string)
}

func (s *shelf) Name() string { return "Some Service" }

func (s *shelf) Look(context.Context) (play.Found, error) {
	s.looks++
	f := play.Found{Seen: len(s.want), Unmanaged: []string{"theirs\x1b[31m"}}
	for _, name := range s.want {
		if strings.Contains(" "+strings.Join(s.has, " ")+" ", " "+name+" ") {
			continue
		}
		f.Errands = append(f.Errands, play.Errand{ID: resource.NewID("thing", name), Action: resource.Create, Digest: name,
			Fields: []resource.Field{{Name: "content", New: "a\n", Text: true}}, Do: func(context.Context) error { return s.do(name) }})
	}
	return f, s.away
}

func (s *shelf) do(name string) error {
	if s.hook != nil {
		s.hook(name)
	}
	if name == s.refuses {
		return fault.Wrap(fault.MonitorRefuses, errors.New("it says no"))
	}
	s.did = append(s.did, name)
	if !s.deaf {
		s.has = append(s.has, name)
	}
	return nil
}

// withShelf is a site of one host with a file, and something beside it.
func withShelf(t *testing.T, want ...string) (*bench, *shelf) {
	b, s := newBench(t, "a"), &shelf{want: want}
	b.one(func(h *inventory.Host) []resource.Resource {
		return []resource.Resource{b.file(h.Name, "f", "hello\n")}
	})
	b.beside = s
	return b, s
}

// besideEnded is how what is beside the hosts ended.
func (b *bench) besideEnded() (done event.HostDone) {
	for _, e := range b.events {
		if d, ok := e.(event.HostDone); ok && d.Host == "Some Service" {
			done = d
		}
	}
	return done
}

// TestBesideIsPlannedAndMade: it stands in the plan as a host does, is changed after the
// hosts, counts as changed once a second look agrees, and then nothing is left to do.
func TestBesideIsPlannedAndMade(t *testing.T) {
	b, s := withShelf(t, "one", "two")
	r := b.run("plan")
	if r.Exit != ExitDiffers || len(s.did) > 0 || s.looks != 1 || r.Plan.Changes() != 3 {
		t.Fatalf("plan: exit %d, did %v, %d looks, %d changes", r.Exit, s.did, s.looks, r.Plan.Changes())
	}
	for _, e := range b.events {
		if p, ok := e.(event.HostPlanned); ok && p.Host == "Some Service" && (len(p.Changes) != 2 || p.Changes[0].Play != besidePlay || strings.Contains(p.Unmanaged[0], "\x1b")) {
			t.Errorf("%+v", p)
		}
		if p, ok := e.(event.RunStarted); ok && p.Beside != "Some Service" {
			t.Errorf("%+v", p)
		}
		if p, ok := e.(event.Planned); ok && p.Plays[len(p.Plays)-1] != besidePlay {
			t.Errorf("%+v", p)
		}
	}
	r = b.run("deploy")
	if got := strings.Join(b.changed(), ", "); r.Exit != ExitOK || !strings.HasSuffix(got, "Some Service thing:one, Some Service thing:two") || !strings.HasPrefix(got, "a file:") {
		t.Errorf("deploy: exit %d, changed %s", r.Exit, got)
	}
	if d := b.besideEnded(); d.Outcome != event.OK || d.Changed != 2 {
		t.Errorf("%+v", d)
	}
	s.looks = 0
	if r = b.run("deploy"); r.Exit != ExitOK || s.looks != 1 || len(b.changed()) > 0 {
		t.Errorf("a second one: exit %d, %d looks, changed %v", r.Exit, s.looks, b.changed())
	}
}

// TestBesideStopsNoHost: what fails there leaves the hosts deployed, and the site unhealthy;
// a plan that could not see it has failed.
func TestBesideStopsNoHost(t *testing.T) {
	for name, c := range map[string]struct {
		with func(*shelf)
		plan int
		code fault.Code
		says string
		did  string
	}{
		"away":            {func(s *shelf) { s.away = fault.Wrap(fault.MonitorAway, errors.New("no answer")) }, ExitFailed, "MON01", "Some Service: no answer; likely: ", ""},
		"refused":         {func(s *shelf) { s.refuses = "two" }, ExitDiffers, "MON02", "Some Service: thing:two: it says no", "one"},
		"nothing lasts":   {func(s *shelf) { s.deaf = true }, ExitDiffers, "MON01", "another look finds it as before", "one two three"},
		"away after that": {func(s *shelf) { s.hook = func(string) { s.away = errors.New("gone") } }, ExitDiffers, "MON01", "could not be looked at again: gone", "one two three"},
	} {
		b, s := withShelf(t, "one", "two", "three")
		c.with(s)
		if r := b.run("plan"); r.Exit != c.plan {
			t.Errorf("%s: plan: exit %d", name, r.Exit)
		}
		for _, e := range b.events {
			if p, ok := e.(event.HostPlanned); ok && p.Host == "Some Service" && s.away != nil {
				t.Errorf("%s: it was not seen, and has a plan: %+v", name, p)
			}
		}
		r := b.run("deploy")
		if got := b.changed(); r.Exit != ExitUnhealthy || len(got) == 0 || !strings.HasPrefix(got[0], "a file:") {
			t.Errorf("%s: exit %d, changed %v", name, r.Exit, got)
		}
		d := b.besideEnded()
		if d.Outcome != event.Unhealthy || d.Code != c.code || !strings.Contains(b.problems(), c.says) || strings.Join(s.did, " ") != c.did {
			t.Errorf("%s: %+v, did %v\n%s", name, d, s.did, b.problems())
		}
	}
}

// TestBesideWhereHostsFail: a host that is not there keeps a deploy from everything; one
// that fails on the way does not keep it from what is beside the hosts.
func TestBesideWhereHostsFail(t *testing.T) {
	b, s := withShelf(t, "one")
	b.wrap = func(sh *shell) Target { sh.locked = &HostError{Outcome: event.Locked, Msg: "another run"}; return sh }
	if r := b.run("deploy"); r.Exit != ExitLocked || len(s.did) > 0 || b.besideEnded().Outcome != event.Skipped {
		t.Errorf("exit %d, did %v, %+v", r.Exit, s.did, b.besideEnded())
	}
	b, s = withShelf(t, "one")
	b.one(func(h *inventory.Host) []resource.Resource {
		return []resource.Resource{resource.Custom{Name: "x:y", In: resource.Converge, Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
			return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "n"}}, Steps: []resource.Step{resource.Run{Title: "fail", Script: "exit 9\n"}}}, nil
		}}}
	})
	if r := b.run("deploy"); r.Exit != ExitFailed || len(s.did) != 1 || b.besideEnded().Outcome != event.OK {
		t.Errorf("exit %d, did %v, %+v", r.Exit, s.did, b.besideEnded())
	}
}

// TestBesideIsStopped: after the errand that it is at.
func TestBesideIsStopped(t *testing.T) {
	b, s := withShelf(t, "one", "two")
	s.hook = func(string) { b.eng.Stop() }
	if r := b.run("deploy"); r.Exit != ExitInterrupted || strings.Join(s.did, " ") != "one" || b.besideEnded().Outcome != event.Stopped {
		t.Errorf("exit %d, did %v, %+v", r.Exit, s.did, b.besideEnded())
	}
	s.hook = nil
	if r := b.run("deploy"); r.Exit != ExitOK || strings.Join(s.did, " ") != "one two" {
		t.Errorf("then: exit %d, did %v", r.Exit, s.did)
	}
}

// TestBesideOfASavedPlan: what was edited since makes the plan stale; a service that does
// not answer does not.
func TestBesideOfASavedPlan(t *testing.T) {
	b, s := withShelf(t, "one")
	saved := &Saved{Hosts: b.run("plan").Plan.Hosts}
	b.expect = saved
	s.want = []string{"one", "two"}
	if r := b.run("deploy"); r.Exit != ExitStale || len(s.did) > 0 || !strings.Contains(b.problems(), "Some Service changed since") {
		t.Errorf("exit %d, did %v: %s", r.Exit, s.did, b.problems())
	}
	s.away = errors.New("no answer")
	if r := b.run("deploy"); r.Exit != ExitUnhealthy || len(b.changed()) != 1 {
		t.Errorf("exit %d, changed %v: %s", r.Exit, b.changed(), b.problems())
	}
	s.away, s.want = nil, []string{"one"}
	b.expect = &Saved{Hosts: b.run("plan").Plan.Hosts}
	if r := b.run("deploy"); r.Exit != ExitOK || len(s.did) != 1 {
		t.Errorf("exit %d, did %v: %s", r.Exit, s.did, b.problems())
	}
}
