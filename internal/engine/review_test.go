package engine

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// disruptive is a disruptive change, made by a script that leaves a mark.
func disruptive(b *bench, name, script string) func(h *inventory.Host) []resource.Resource {
	return func(h *inventory.Host) []resource.Resource {
		mark := b.path(h.Name, name)
		return []resource.Resource{resource.Custom{Name: resource.NewID("custom", name), In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
			Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Act, Disrupts: true, Fields: []resource.Field{{Name: "x", New: "y"}},
					Steps: []resource.Step{resource.Run{Title: name, Script: script + "; touch " + mark}}}, nil
			}}}
	}
}

// TestUnwellAfterItsRestartStopsTheRollout: a host that does not come back into
// service keeps the next one from being taken out.
func TestUnwellAfterItsRestartStopsTheRollout(t *testing.T) {
	for range 20 {
		b := newBench(t, "lb", "a", "b", "c")
		log := filepath.Join(t.TempDir(), "log")
		drain := &play.Drain{On: b.inv.Hosts[0],
			Out: func(h string) string { return "echo out >>" + log },
			In:  func(h string) string { return "echo not up; exit 1" }}
		b.plays = func() []play.Play {
			return []play.Play{{Name: "app", Role: fixed{"r", disruptive(b, "app", ":")}, Hosts: b.inv.Hosts[1:], Serial: 1, Drain: drain}}
		}
		if r := b.run("deploy"); r.Exit != ExitFailed || !strings.Contains(b.problems(), "not up") {
			t.Fatalf("exit %d: %s", r.Exit, b.problems())
		}
		if got, _ := os.ReadFile(log); string(got) != "out\n" {
			t.Fatalf("more than one host was taken out of service:\n%s", got)
		}
	}
}

// TestStoppedHostGoesBackIntoService: Ctrl-C does not leave a well host drained.
func TestStoppedHostGoesBackIntoService(t *testing.T) {
	b := newBench(t, "lb", "a")
	log := filepath.Join(t.TempDir(), "log")
	drain := &play.Drain{On: b.inv.Hosts[0],
		Out: func(h string) string { return "echo out >>" + log },
		In:  func(h string) string { return "echo in >>" + log }}
	b.plays = func() []play.Play {
		return []play.Play{{Name: "app", Hosts: b.inv.Hosts[1:], Serial: 1, Drain: drain, Role: fixed{"r", func(h *inventory.Host) []resource.Resource {
			return append(disruptive(b, "one", "sleep 0.5")(h), disruptive(b, "two", ":")(h)...)
		}}}}
	}
	b.onEmit = func(e event.Event) {
		if _, ok := e.(event.ChangeStarted); ok {
			go b.eng.Stop()
		}
	}
	if r := b.run("deploy"); r.Exit != ExitInterrupted {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	if got, _ := os.ReadFile(log); string(got) != "out\nin\n" {
		t.Errorf("the balancer heard:\n%s", got)
	}
}

// TestStopLeavesOtherRunsAlone: only hosts whose lock this run has are told to
// stop; on the others the word would reach the run that has it.
func TestStopLeavesOtherRunsAlone(t *testing.T) {
	for verb, want := range map[string]int{"plan": 0, "deploy": 2} {
		b := newBench(t, "a", "b")
		b.one(func(*inventory.Host) []resource.Resource { return nil })
		b.onEmit = func(e event.Event) {
			if _, ok := e.(event.FactsGathered); ok {
				b.eng.Kill()
			}
		}
		if r := b.run(verb); r.Exit != ExitInterrupted {
			t.Fatalf("%s: exit %d", verb, r.Exit)
		}
		told := 0
		for _, s := range b.shells {
			if len(s.signals) > 0 {
				told++
			}
		}
		if told != want {
			t.Errorf("%s: %d hosts were told to stop, not %d", verb, told, want)
		}
	}
}

// TestRolesLeftOutOwnNothing: what a role outside the run would want was never
// put there, so it must not come to be removed later.
func TestRolesLeftOutOwnNothing(t *testing.T) {
	b := newBench(t, "a")
	mine := b.path("a", "mine")
	if err := os.WriteFile(mine, []byte("an administrator's"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.plays = func() []play.Play {
		return []play.Play{
			{Name: "one", Role: fixed{"one", func(*inventory.Host) []resource.Resource { return []resource.Resource{b.file("a", "one", "1")} }}, Hosts: b.inv.Hosts},
			{Name: "two", Role: fixed{"two", func(*inventory.Host) []resource.Resource { return []resource.Resource{b.file("a", "mine", "2")} }}, Hosts: b.inv.Hosts},
		}
	}
	b.roles = []string{"one"}
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	var l facts.Ledger
	raw, _ := os.ReadFile(b.path("a", "lib/owned.json"))
	if err := json.Unmarshal(raw, &l); err != nil || len(l.Owned) != 1 || l.Owned[0] != "file:"+b.path("a", "one") {
		t.Errorf("owned: %v (%v)", l.Owned, err)
	}
}

// TestPackagesWaitForLocks: a machine that has just started updates its lists by itself.
func TestPackagesWaitForLocks(t *testing.T) {
	dir := t.TempDir()
	stub := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	once := func(said string) string {
		return `[ -e "$0.held" ] || case "$*" in *update*|*configure*) : >"$0.held"; echo ` + "'" + said + "'" + `; exit 2;; esac; echo "$@" >>` + dir + "/log"
	}
	stub("dpkg", once("dpkg: error: dpkg frontend lock was locked by another process with pid 7"))
	stub("apt-get", once("E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)"))
	stub("sleep", "exit 0")
	cmd := exec.CommandContext(context.Background(), "sh", "-c", strings.ReplaceAll(aptScript([]string{"nginx"}), "/var/lib/foobar", dir))
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "log")); !strings.Contains(string(got), "install -- nginx") {
		t.Errorf("what ran:\n%s", got)
	}
	stub("dpkg", "echo broken; exit 2")
	cmd = exec.CommandContext(context.Background(), "sh", "-c", strings.ReplaceAll(aptScript([]string{"nginx"}), "/var/lib/foobar", dir))
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "broken") {
		t.Errorf("another failure was passed over: %v\n%s", err, out)
	}
}

// account is a kind that the ledger lists and that stays.
type account struct{ resource.Resource }

func (account) ID() resource.ID { return "account:" }

func (account) Removed(string) resource.Resource { return nil }

// TestLedgerKnowsAccounts: accounts in a database are listed by the host that
// makes them, and still when it is no longer the one; they are not removed by
// omission, and one that could not be looked at is nobody's yet.
func TestLedgerKnowsAccounts(t *testing.T) {
	b := newBench(t, "a")
	wants := func(name string, provisional bool) resource.Resource {
		mark := b.path("a", name)
		return resource.Custom{Name: resource.NewID("account", name), In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
			Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				c := resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "account", New: name}}}
				if provisional {
					c.Provisional, c.Reason = true, "the server does not run"
				} else {
					c.Steps = []resource.Step{resource.Run{Title: "make it", Script: ": >" + mark}}
				}
				return c, nil
			}}
	}
	wanted := []resource.Resource{wants("foobar_x@h", false)}
	b.one(func(*inventory.Host) []resource.Resource { return wanted })
	owned := func() string {
		var l facts.Ledger
		raw, _ := os.ReadFile(b.path("a", "lib/owned.json"))
		_ = json.Unmarshal(raw, &l)
		return strings.Join(l.Owned, " ")
	}
	if r := b.run("deploy"); r.Exit != 0 || owned() != "account:foobar_x@h" {
		t.Fatalf("exit %d, owned %q: %s", r.Exit, owned(), b.problems())
	}
	wanted = []resource.Resource{b.file("a", "one", "1")}
	if r := b.run("deploy"); r.Exit != 0 || !strings.HasPrefix(owned(), "account:foobar_x@h file:") {
		t.Fatalf("exit %d, as a replica: owned %q: %s", r.Exit, owned(), b.problems())
	}
	wanted = []resource.Resource{wants("foobar_y@h", true)}
	if r := b.run("deploy"); r.Exit == 0 || strings.Contains(owned(), "foobar_y@h") {
		t.Errorf("exit %d, not looked at: owned %q", r.Exit, owned())
	}
}
