package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// step is a resource whose only step is a script.
func step(id resource.ID, in resource.Stage, run resource.Step) resource.Resource {
	return resource.Custom{Name: id, In: in, Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
		return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}}, Steps: []resource.Step{run}}, nil
	}}
}

// ended are the events that close a run.
func (b *bench) ended() (hosts []event.HostDone, run event.RunDone, changes []event.ChangeDone) {
	for _, e := range b.events {
		switch e := e.(type) {
		case event.HostDone:
			hosts = append(hosts, e)
		case event.RunDone:
			run = e
		case event.ChangeDone:
			changes = append(changes, e)
		}
	}
	return hosts, run, changes
}

// end is how a host's part ended.
func (b *bench) end(name string) (end event.HostDone) {
	hosts, _, _ := b.ended()
	for _, h := range hosts {
		if h.Host == name {
			end = h
		}
	}
	return end
}

// TestCodesOfSteps: a step that fails names its code, its place, its last lines,
// the likely cause and what to do next, in every event that tells of it.
func TestCodesOfSteps(t *testing.T) {
	say := func(lines ...string) resource.Step {
		return resource.Run{Title: "try", Script: "printf '%s\\n' '" + strings.Join(lines, "' '") + "'; exit 1"}
	}
	for _, c := range []struct {
		code fault.Code
		id   resource.ID
		run  resource.Step
		says string // in the tail
	}{
		{"RUN07", "custom:x", say("something odd"), "something odd"},
		{"HOST02", "custom:x", say("cp: error writing 'x': No space left on device"), "No space left"},
		{"HOST05", "custom:x", resource.Run{Title: "try", Script: "kill -KILL $$"}, ""},
		{"HOST07", "custom:x", resource.Run{Title: "try", Script: "no-such-program-anywhere"}, "not found"},
		{"PKG01", "packages:x", say("E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 712 (apt-get)"), "712"},
		{"SVC01", "service:x.service", say("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)"), "0.0.0.0:80"},
		{"RUN05", "custom:x", resource.Run{Title: "try", Script: "echo before it; sleep 20", Timeout: 300 * time.Millisecond}, "before it"},
	} {
		b := newBench(t, "a")
		b.one(func(*inventory.Host) []resource.Resource {
			return []resource.Resource{step(c.id, resource.Converge, c.run)}
		})
		if c.code == "HOST05" { // the whole shell is ended: only the step's status is at stake here
			e := newStepError(&task{items: []*item{{id: c.id}}, step: c.run}, 137, "")
			if e.code != c.code {
				t.Errorf("status 137 is %s", e.code)
			}
			continue
		}
		r := b.run("deploy")
		hosts, run, changes := b.ended()
		if r.Exit != ExitFailed || len(hosts) != 1 || len(changes) != 1 {
			t.Fatalf("%s: exit %d: %s", c.code, r.Exit, b.problems())
		}
		h, ch := hosts[0], changes[0]
		if h.Code != c.code || ch.Code != c.code || !slices.Equal(run.Codes, []fault.Code{c.code}) || !slices.Equal(r.Codes, run.Codes) {
			t.Errorf("%s: the codes are %s, %s, %v: %s", c.code, h.Code, ch.Code, run.Codes, h.Error)
		}
		if h.Resource != c.id || h.Play != "one" || !strings.Contains(h.Error, string(c.id)+" (one): ") {
			t.Errorf("%s: the place is %q of %q: %s", c.code, h.Resource, h.Play, h.Error)
		}
		if !strings.Contains(strings.Join(ch.Tail, "\n"), c.says) {
			t.Errorf("%s: the tail is %q", c.code, ch.Tail)
		}
		if !strings.HasPrefix(h.Hint, "likely: ") || strings.Contains(h.Hint, "{") {
			t.Errorf("%s: the hint is %q", c.code, h.Hint)
		}
		if end := "[" + string(c.code) + "]"; !strings.HasSuffix(b.problems(), end) {
			t.Errorf("the summary does not end in %s: %s", end, b.problems())
		}
	}
}

func TestTailIsBoundedAndKeepsTheReason(t *testing.T) {
	lines := []string{strings.Repeat("x", 900) + " No space left on device"}
	for i := range 40 {
		lines = append(lines, fmt.Sprintf("line %d %s", i, strings.Repeat("x", 300)))
	}
	e := classify("", "", 1, strings.Join(lines, "\n"))
	size := 0
	for _, l := range e.tail {
		size += len(l)
	}
	if e.code != "HOST02" || len(e.tail) > event.TailLines || size > event.TailBytes || e.tail[0] != lines[0] || !strings.Contains(e.Error(), lines[0]) {
		t.Errorf("%s, %d lines, %d bytes: %v", e.code, len(e.tail), size, e)
	}
}

// TestCodesOfRuns: failures that are not of a step.
func TestCodesOfRuns(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource {
		bad := b.file("a", "bad", "x")
		bad.Check = "grep -q y %s || { echo line 3 lacks a y; exit 5; }"
		return []resource.Resource{bad}
	})
	b.wants("deploy", "SVC02")

	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{step("custom:liar", resource.Converge, resource.Run{Title: "lie", Script: "true"})}
	})
	b.wants("deploy", "RUN06")

	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{resource.Custom{Name: "custom:odd", Ask: "echo odd", Compare: func(resource.Observed) (resource.Change, error) {
			return resource.Change{}, errors.New("nobody knows what to do")
		}}}
	})
	b.wants("plan", "RUN12")

	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{resource.Custom{Name: "custom:wait", In: resource.Converge, Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
			return resource.Change{Action: resource.Act, Health: true, Fields: []resource.Field{{Name: "web2", Old: "DOWN", New: "UP"}},
				Steps: []resource.Step{resource.Run{Title: "wait", Script: fault.Shell(fault.Unhealthy)}}}, nil
		}}}
	})
	b.wants("deploy", "SVC05")

	for _, code := range []fault.Code{"FW01", "FW02"} {
		b.prove = errors.New("connection refused")
		b.one(func(*inventory.Host) []resource.Resource {
			return []resource.Resource{step("custom:wall", resource.Converge, resource.Prove{Code: code})}
		})
		b.wants("deploy", code)
	}
}

// wants runs and expects one host to fail in one way.
func (b *bench) wants(verb string, code fault.Code) {
	b.t.Helper()
	b.run(verb)
	hosts, run, _ := b.ended()
	if len(hosts) != 1 || hosts[0].Code != code || !slices.Contains(run.Codes, code) {
		b.t.Errorf("%+v, %v; not %s: %s", hosts, run.Codes, code, b.problems())
	}
}

// TestCodesBetweenHosts: who waits for a host that failed, and who cannot leave
// or enter the balancer.
func TestCodesBetweenHosts(t *testing.T) {
	b := newBench(t, "lb", "a", "b")
	fails := func(*inventory.Host) []resource.Resource {
		return []resource.Resource{step("custom:x", resource.Converge, resource.Run{Title: "try", Script: "exit 1"})}
	}
	b.plays = func() []play.Play {
		return []play.Play{{Name: "first", Role: fixed{"r", fails}, Hosts: b.inv.Hosts[1:2]},
			{Name: "second", Role: fixed{"r", fails}, Hosts: b.inv.Hosts[2:], After: []string{"first"}}}
	}
	b.run("deploy")
	if h := b.end("b"); h.Code != "RUN08" || h.Outcome != event.Skipped {
		t.Errorf("%+v", h)
	}
	for _, d := range []play.Drain{
		{On: b.inv.Hosts[0], Out: func(string) string { return "( echo HAProxy said no; exit 1 )" }, In: func(string) string { return ":" }},
		{On: b.inv.Hosts[0], Out: func(string) string { return ":" }, In: func(string) string { return "( " + fault.Shell(fault.Unhealthy) + " )" }},
	} {
		mark := filepath.Join(t.TempDir(), "done")
		disruptive := func(*inventory.Host) []resource.Resource {
			return []resource.Resource{resource.Custom{Name: "custom:disruptive", In: resource.Converge, Ask: "test -e " + mark + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Act, Disrupts: true, Fields: []resource.Field{{Name: "x", New: "y"}},
					Steps: []resource.Step{resource.Run{Title: "restart", Script: ": >" + mark}}}, nil
			}}}
		}
		b.plays = func() []play.Play {
			return []play.Play{{Name: "app", Role: fixed{"r", disruptive}, Hosts: b.inv.Hosts[1:2], Serial: 1, Drain: &d}}
		}
		b.run("deploy")
		if h := b.end("a"); h.Code != "SVC06" {
			t.Errorf("%+v", h)
		}
	}
}

// TestCodesOfPlans: saved plans, and hosts of another site.
func TestCodesOfPlans(t *testing.T) {
	for _, text := range []string{"not a plan", `{"version": 99}`} {
		if _, err := ReadSaved(strings.NewReader(text)); fault.Of(err) != "RUN04" {
			t.Errorf("%s: %v", text, err)
		}
	}
	stale := (&Saved{Hosts: []HostPlan{{Host: "a", Digest: "1"}}}).check(&Plan{Hosts: []HostPlan{{Host: "a", Digest: "2"}}})
	if fault.Of(stale) != "RUN02" || !errors.Is(stale, errStale) {
		t.Error(stale)
	}

	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource { return nil })
	lib := filepath.Join(b.dirs["a"], "lib")
	if err := os.MkdirAll(lib, 0o700); err != nil {
		t.Fatal(err)
	}
	for text, code := range map[string]fault.Code{`{"version": 1, "site": "another", "owned": []}`: "RUN09", `{"version": 1, "owned": [`: "RUN10"} {
		if err := os.WriteFile(filepath.Join(lib, "owned.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		b.run("plan")
		_, run, _ := b.ended()
		if !slices.Contains(run.Codes, code) {
			t.Errorf("%s: %v: %s", code, run.Codes, b.problems())
		}
	}
	if _, err := facts.Read(ask.NewAnswer("t")); fault.Of(err) != "RUN11" {
		t.Error(err)
	}
}

// full is a host whose disk takes no file.
type full struct{ *shell }

func (full) Upload(context.Context, string, uint32, int64, io.Reader) error {
	return errors.New(`upload: sftp: "Failure" (SSH_FX_FAILURE)`)
}

func (f full) Run(ctx context.Context, script string, line func(string)) (int, error) {
	if strings.Contains(script, "/probe") {
		line("head: error writing 'standard output': No space left on device")
		return 1, nil
	}
	return f.shell.Run(ctx, script, line)
}

// TestAFailedUploadSaysWhy: SFTP does not, so the host is asked.
func TestAFailedUploadSaysWhy(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{b.file("a", "x", strings.Repeat("x", carriedFile+1))}
	})
	b.wrap = func(s *shell) Target { return full{s} }
	b.wants("deploy", "HOST02")
}
