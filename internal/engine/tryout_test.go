package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// TestFilesInTurnAreTriedOut: a file that is put only in the turn of its host is checked
// before anything is turned on that host, and lands in its turn.
func TestFilesInTurnAreTriedOut(t *testing.T) {
	b := newBench(t, "a")
	text := "good"
	b.plays = func() []play.Play {
		turn := fixed{"app", func(h *inventory.Host) []resource.Resource {
			script := "cat " + b.path("a", "conf") + " >>" + b.path("a", "log") + "; echo turned >>" + b.path("a", "log")
			return []resource.Resource{resource.Custom{Name: "service:app", In: resource.Converge, Ask: "grep -qs turned " + b.path("a", "log") + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
				if o.State == resource.Present {
					return resource.Change{}, nil
				}
				return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}}, Steps: []resource.Step{resource.Run{Title: "turn", Script: script}}}, nil
			}}}
		}}
		file := b.file("a", "conf", text)
		file.CheckFirst = true
		file.Check = "grep -q good %s || { echo refused; exit 1; }"
		web := fixed{"web", func(h *inventory.Host) []resource.Resource {
			return []resource.Resource{resource.At(resource.Converge, file)}
		}}
		return []play.Play{{Name: "app", Role: turn, Hosts: b.inv.Hosts}, {Name: "web", Role: web, Hosts: b.inv.Hosts}}
	}
	log := func() string { raw, _ := os.ReadFile(b.path("a", "log")); return string(raw) }
	text = "bad"
	if err := os.WriteFile(b.path("a", "conf"), []byte("old\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := b.run("deploy")
	if raw, _ := os.ReadFile(b.path("a", "conf")); r.Exit != ExitFailed || log() != "" || string(raw) != "old\n" {
		t.Errorf("exit %d, the app's turn left %q, the file has %q: %s", r.Exit, log(), raw, b.problems())
	}
	if said := b.problems(); !strings.Contains(said, "check the new ") || !strings.Contains(said, ": refused") || !strings.Contains(said, "[SVC02]") {
		t.Errorf("it says %s", said)
	}
	text = "good"
	r = b.run("deploy")
	if raw, _ := os.ReadFile(b.path("a", "conf")); r.Exit != ExitOK || log() != "old\nturned\n" || string(raw) != "good" {
		t.Errorf("exit %d, the app's turn left %q, the file has %q: %s", r.Exit, log(), raw, b.problems())
	}
	done := 0
	for _, e := range b.events {
		if d, ok := e.(event.ChangeDone); ok && d.Changed {
			done++
		}
	}
	if done != 2 {
		t.Errorf("%d changes were done: %v", done, b.events)
	}
	files, err := os.ReadDir(b.dirs["a"])
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), ".foobar") {
			t.Errorf("%s is left", f.Name())
		}
	}
	if r := b.run("plan"); r.Exit != ExitOK {
		t.Errorf("a second run has something to do: exit %d", r.Exit)
	}
}

// TestFilesAreTriedOutEverywhereFirst: what only one host's program refuses is found out
// before any host with such a file begins its plays; hosts without one go on.
func TestFilesAreTriedOutEverywhereFirst(t *testing.T) {
	for name, c := range map[string]struct {
		slow, broken string // hosts
		want         []string
	}{
		"refused":                     {slow: "c", broken: "c", want: []string{"other"}},
		"fails before it can be seen": {broken: "c early", want: []string{"other"}},
		"taken by all":                {slow: "b", want: []string{"a", "b", "c", "other"}},
	} {
		b := newBench(t, "a", "b", "c", "other")
		log := filepath.Join(t.TempDir(), "log")
		b.plays = func() []play.Play {
			app := fixed{"app", func(h *inventory.Host) []resource.Resource {
				turn := resource.Custom{Name: "service:app", In: resource.Converge, Ask: "grep -qsx " + h.Name + " " + log + " || exit 3", Compare: func(o resource.Observed) (resource.Change, error) {
					if o.State == resource.Present {
						return resource.Change{}, nil
					}
					return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}}, Steps: []resource.Step{resource.Run{Title: "turn", Script: "echo " + h.Name + " >>" + log}}}, nil
				}}
				if c.broken != h.Name+" early" {
					return []resource.Resource{turn}
				}
				return []resource.Resource{turn, resource.Custom{Name: "early:app", In: resource.Install, Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
					return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}}, Steps: []resource.Step{resource.Run{Title: "fail", Script: "sleep 0.3; exit 1"}}}, nil
				}}}
			}}
			web := fixed{"web", func(h *inventory.Host) []resource.Resource {
				file := b.file(h.Name, "conf", "new")
				file.CheckFirst, file.Check = true, "grep -q new %s"
				if h.Name == c.slow {
					file.Check = "sleep 0.3; " + file.Check
				}
				if h.Name == c.broken {
					file.Check += "; exit 1"
				}
				return []resource.Resource{resource.At(resource.Converge, file)}
			}}
			return []play.Play{{Name: "app", Role: app, Hosts: b.inv.Hosts}, {Name: "web", Role: web, Hosts: b.inv.Hosts[:3]}}
		}
		r := b.run("deploy")
		raw, _ := os.ReadFile(log)
		if got := slices.Sorted(strings.FieldsSeq(string(raw))); !slices.Equal(got, c.want) || (r.Exit == ExitOK) != (c.broken == "") {
			t.Errorf("%s: exit %d, turned were %v: %s", name, r.Exit, got, b.problems())
		}
		if c.broken == "" {
			continue
		}
		for _, host := range []string{"a", "b"} {
			if _, err := os.Stat(b.path(host, "conf")); err == nil {
				t.Errorf("%s: %s has the new file", name, host)
			}
			if !slices.Contains(b.outcomes(), host+" skipped") {
				t.Errorf("%s: %v", name, b.outcomes())
			}
		}
		if said := b.problems(); !strings.Contains(said, "not begun, because the new files of web ") || !strings.Contains(said, " on c") {
			t.Errorf("%s: it says %s", name, said)
		}
	}
}
