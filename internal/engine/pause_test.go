package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// paused is a site of two hosts and two plays, whose work is written to a log,
// and which is paused as soon as the first play has begun anywhere.
func paused(t *testing.T, held func(b *bench, log string)) (*bench, string) {
	b := newBench(t, "a", "b")
	log := filepath.Join(t.TempDir(), "log")
	step := func(play string) func(h *inventory.Host) []resource.Resource {
		return func(h *inventory.Host) []resource.Resource {
			mark := b.path(h.Name, play)
			return []resource.Resource{resource.Custom{Name: resource.NewID("custom", play), In: resource.Converge, Ask: "test -e " + mark + " || exit 3",
				Compare: func(o resource.Observed) (resource.Change, error) {
					if o.State == resource.Present {
						return resource.Change{}, nil
					}
					return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}},
						Steps: []resource.Step{resource.Run{Title: play, Script: "echo " + play + " >>" + log + "; touch " + mark}}}, nil
				}}}
		}
	}
	b.plays = func() []play.Play {
		return []play.Play{{Name: "first", Role: fixed{"r", step("first")}, Hosts: b.inv.Hosts}, {Name: "second", Role: fixed{"r", step("second")}, Hosts: b.inv.Hosts}}
	}
	waits := 0
	b.onEmit = func(e event.Event) {
		switch e := e.(type) {
		case event.Planned:
			if strings.Join(e.Plays[1:], " ") != "first second" {
				t.Errorf("the plays are %v", e.Plays)
			}
		case event.ChangeStarted:
			b.eng.Pause()
		case event.Waiting:
			if !strings.HasPrefix(e.For, "the end of the pause") {
				return
			}
			b.mu.Lock()
			waits++
			both := waits == 2
			b.mu.Unlock()
			if both {
				go held(b, log)
			}
		}
	}
	return b, log
}

// TestPauseHoldsEveryHost: what has begun is finished, and no host begins
// another play until the pause is over.
func TestPauseHoldsEveryHost(t *testing.T) {
	atPause := make(chan string, 1)
	b, log := paused(t, func(b *bench, log string) {
		got, _ := os.ReadFile(log)
		atPause <- string(got)
		b.mu.Lock()
		b.onEmit = nil // no second pause
		b.mu.Unlock()
		b.eng.Resume()
	})
	if r := b.run("deploy"); r.Exit != 0 {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	// The slower of the two hosts may have been held before its first play.
	if got := <-atPause; strings.Contains(got, "second") || !strings.Contains(got, "first") {
		t.Errorf("when both hosts were held, done was %q", got)
	}
	got, _ := os.ReadFile(log)
	if strings.Count(string(got), "first") != 2 || strings.Count(string(got), "second") != 2 {
		t.Errorf("in the end, done was %q", got)
	}
}

// TestStopEndsAPause: who is held is stopped like who works.
func TestStopEndsAPause(t *testing.T) {
	told := make(chan bool)
	b, log := paused(t, func(b *bench, _ string) {
		b.eng.Stop()
		close(told)
	})
	if r := b.run("deploy"); r.Exit != ExitInterrupted {
		t.Fatalf("exit %d: %s", r.Exit, b.problems())
	}
	<-told
	if got, _ := os.ReadFile(log); strings.Contains(string(got), "second") {
		t.Errorf("after the stop, done was %q", got)
	}
}
