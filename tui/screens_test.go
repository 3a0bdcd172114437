package tui

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"foobar/internal/event"
	"foobar/internal/planview"
)

var update = flag.Bool("update", false, "rewrite the golden screens")

// scene is a state of the view, made by events and keys.
type scene struct {
	name   string
	events func(t testing.TB) []event.Envelope
	do     func(v view) view
	result bool // what stays after the end is looked at
}

func told(parts ...[]event.Event) func(testing.TB) []event.Envelope {
	var all []event.Event
	for _, p := range parts {
		all = append(all, p...)
	}
	return func(testing.TB) []event.Envelope { return envelopes(all) }
}

func part(name string, is func(event.Event) bool) func(testing.TB) []event.Envelope {
	return func(t testing.TB) []event.Envelope { return until(recorded(t, name), is) }
}

// halfway is the recorded first deploy while packages are being installed, and
// late when the replicas are attached.
func halfway(e event.Event) bool {
	d, ok := e.(event.ChangeDone)
	return ok && d.Resource == "packages:base"
}
func late(e event.Event) bool {
	d, ok := e.(event.ChangeDone)
	return ok && d.Resource == "acme:www.foobar.com"
}

func second(_ []string, events []event.Event) []event.Event { return events }

// asPlan is a recorded deploy as if it had been a plan.
func asPlan(events []event.Envelope) []event.Envelope {
	start := events[0].Event.(event.RunStarted)
	start.Verb = "plan"
	events[0].Event = start
	return events
}

const longQuestion = "The host key of web1.example.com is not known yet: ssh-ed25519 SHA256:Rm9vYmFyIGlzIGEgbmFtZSBvZiBub3RoaW5nIGF0IGFsbA. Trust and remember it (yes/no)"

var scenes = []scene{
	{name: "looking", events: part("drift.jsonl", func(e event.Event) bool { _, ok := e.(event.HostPlanned); return ok })},
	{name: "running", events: told(story()), do: func(v view) view { return v.press("tab") }},
	{name: "failed", events: told(story(), failing()), do: func(v view) view { return v.press("f") }},
	{name: "installing", events: part("first.jsonl", halfway)},
	{name: "late", events: part("first.jsonl", late), do: func(v view) view { return v.press("tab", "d") }},
	{name: "paused", events: told(story()), do: func(v view) view { return v.press("p") }},
	{name: "filtered", events: part("first.jsonl", late), do: func(v view) view { return v.press("tab", "enter", "/", "nginx", "enter") }},
	{name: "filter-typed", events: told(story()), do: func(v view) view { return v.press("/", "ngin") }},
	{name: "host-output", events: part("first.jsonl", late), do: func(v view) view { return v.press("tab", "enter", "d") }},
	{name: "host-diff", events: part("drift.jsonl", isDone), do: func(v view) view { return v.press("tab", "enter", "down", "down", "down", "enter") }},
	{name: "many-hosts", events: told(many()), do: func(v view) view { return v.press("up", "up") }},
	{name: "crowd", events: told(crowdAtWork()), do: func(v view) view {
		v.Update(tick(v.now))
		return v
	}},
	{name: "crowd-plan", events: told(second(crowd())), do: func(v view) view { return v.ask("Make these 508 changes?", true, false) }},
	{name: "result-crowd", events: told(crowdEnded()), result: true},
	{name: "help", events: told(story()), do: func(v view) view { return v.press("?") }},
	{name: "plan-question", events: part("drift.jsonl", isPlanned), do: func(v view) view { return v.ask("Make these 14 changes?", true, false) }},
	{name: "plan-first", events: part("first.jsonl", isPlanned), do: func(v view) view { return v.ask("Make these 187 changes?", true, false).press("tab", "pgdown") }},
	{name: "plan-end", events: part("drift.jsonl", isPlanned), do: func(v view) view { return v.ask("Make these 14 changes?", true, false).press("end") }},
	{name: "key-question", events: part("drift.jsonl", func(e event.Event) bool { _, ok := e.(event.FactsGathered); return ok }),
		do: func(v view) view { return v.ask(longQuestion, false, false).press("ye") }},
	{name: "secret-question", events: told(story()), do: func(v view) view { return v.ask("sudo password", false, true).press("s3cret") }},
	{name: "stopping", events: told(story()), do: func(v view) view { return v.press("ctrl+c") }},
	{name: "ended-in-view", events: told(story(), failing()), do: func(v view) view {
		v.press("f", "enter")
		for _, e := range envelopes(ending()) {
			v.Update(envelope(e))
		}
		return v
	}},
	{name: "plan-verb", events: func(t testing.TB) []event.Envelope {
		return append(until(asPlan(recorded(t, "drift.jsonl")), isPlanned), event.Envelope{Event: event.RunDone{Planned: 15, Exit: 2, Took: time.Second}})
	}, do: func(v view) view { return v.press("down") }},
	{name: "result-plan", events: func(t testing.TB) []event.Envelope {
		all := until(asPlan(recorded(t, "drift.jsonl")), isPlanned)
		for _, h := range []string{"lb1", "web1", "web2", "web3"} {
			all = append(all, event.Envelope{Event: event.HostDone{Host: h, Outcome: event.OK}})
		}
		return append(all, event.Envelope{Event: event.RunDone{Planned: 15, Exit: 2, Took: time.Second}})
	}, result: true},
	{name: "result-ok", events: part("first.jsonl", func(event.Event) bool { return false }), result: true},
	{name: "result-failed", events: told(story(), failing(), ending()), result: true},
	{name: "result-failed-host", events: part("failed.jsonl", func(event.Event) bool { return false }), result: true},
	{name: "result-locked", events: told(locked()), result: true},
}

func (s scene) draw(events []event.Envelope, o Options, w, h int) string {
	o.Pause = func(bool) {}
	v := viewOf(o, w, h, events)
	if s.do != nil {
		v = s.do(v)
	}
	if s.result {
		return v.result()
	}
	return v.View()
}

// TestScreens compares every state, at three sizes, with what it looked like.
func TestScreens(t *testing.T) {
	for _, s := range scenes {
		var b strings.Builder
		events := s.events(t)
		for _, size := range [][2]int{{80, 24}, {60, 15}, {200, 60}} {
			fmt.Fprintf(&b, "=== %dx%d\n", size[0], size[1])
			for _, l := range strings.Split(s.draw(events, Options{NoColor: true}, size[0], size[1]), "\n") {
				b.WriteString(strings.TrimRight(l, " ") + "\n")
			}
		}
		path := "testdata/" + s.name + ".txt"
		if *update {
			if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s differs (go test -update rewrites it):\n%s", path, strings.Join(planview.Unified(string(want), b.String()), "\n"))
		}
	}
}

// TestNothingOverflows: whatever the size and the terminal, no line is wider and
// no screen higher; plain ASCII where that is asked for; no escape without
// colours, and with them only the sixteen.
func TestNothingOverflows(t *testing.T) {
	defer lipgloss.SetColorProfile(lipgloss.ColorProfile())
	lipgloss.SetColorProfile(termenv.TrueColor)
	for _, s := range scenes {
		events := s.events(t)
		for _, size := range [][2]int{{60, 15}, {80, 24}, {100, 30}, {300, 80}, {30, 5}, {1, 1}} {
			for _, o := range []Options{{NoColor: true}, {NoColor: true, ASCII: true}, {}} {
				text := s.draw(events, o, size[0], size[1])
				lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
				if !s.result && len(lines) > size[1] {
					t.Errorf("%s at %v has %d lines", s.name, size, len(lines))
				}
				for _, l := range lines {
					// A diff that stays is broken by the terminal, so that it can be copied.
					if ansi.StringWidth(l) > size[0] && (!s.result || size[0] >= 60 && s.name != "result-plan") {
						t.Errorf("%s at %v: a line is %d wide: %q", s.name, size, ansi.StringWidth(l), l)
					}
				}
				if o.ASCII && strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
					t.Errorf("%s at %v is not plain ASCII:\n%s", s.name, size, text)
				}
				if o.NoColor && strings.Contains(text, "\x1b") {
					t.Errorf("%s at %v holds an escape without colours", s.name, size)
				}
				if strings.Contains(text, "38;") || strings.Contains(text, "48;") {
					t.Errorf("%s at %v has other colours than the sixteen, or a ground", s.name, size)
				}
			}
		}
		if !strings.Contains(s.draw(events, Options{}, 80, 24), "\x1b[") {
			t.Errorf("%s has no colours", s.name)
		}
	}
}
