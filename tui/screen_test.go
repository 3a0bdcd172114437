package tui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// size is a new size of the terminal.
func (v view) size(w, h int) view {
	v.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return v
}

// tell gives events, as they come during a run.
func (v view) tell(events ...event.Event) view {
	for _, e := range events {
		v.Update(envelope{Time: v.now.Add(time.Second), Event: e})
	}
	return v
}

// shows reports which of the texts are on the screen.
func (v view) shows(texts ...string) []string {
	screen := ansi.Strip(v.View())
	return slices.DeleteFunc(slices.Clone(texts), func(text string) bool { return !strings.Contains(screen, text) })
}

// expect fails unless of all the texts exactly the wanted ones are on the screen.
func (v view) expect(t *testing.T, when string, want []string, not ...string) {
	t.Helper()
	if got := v.shows(append(slices.Clone(want), not...)...); !slices.Equal(got, want) {
		t.Errorf("%s: %q are shown, not %q:\n%s", when, got, want, v.View())
	}
}

// large is a site of 64 hosts, of which every one has a change in both of its plays.
func large() (hosts []string, events []event.Event) {
	for i := range 64 {
		hosts = append(hosts, fmt.Sprintf("web%02d", i))
	}
	events = append(events, event.RunStarted{Verb: "deploy", Inventory: "inventory.toml", Hosts: hosts})
	for _, h := range hosts {
		events = append(events, event.HostConnected{Host: h}, event.HostPlanned{Host: h, Changes: []event.Change{
			{Play: "base", Resource: "packages:base", Action: resource.Create}, {Play: "web", Resource: "file:/etc/nginx/x" + resource.ID(h), Action: resource.Create}}})
	}
	return hosts, append(events, event.Planned{Plays: []string{"base", "web"}})
}

// TestEveryHostCanBeReached: on a small screen a window of the hosts is shown, and
// it goes with the choice, around the ends as well.
func TestEveryHostCanBeReached(t *testing.T) {
	hosts, events := large()
	v := viewOf(Options{NoColor: true}, 80, 24, envelopes(events))
	v.expect(t, "at first", []string{"› · web00", "of 64 hosts shown"}, "web63")
	for _, h := range hosts[1:] {
		v.press("down").expect(t, h, []string{"› · " + h, h + ": output"})
	}
	v.press("down").expect(t, "after the last", []string{"› · web00"}, "web63")
	v.press("up").expect(t, "before the first", []string{"› · web63"}, "web00 ")
	v.size(200, 100).expect(t, "where there is room", []string{"web00", "web31", "web63"}, "hosts shown")
}

// TestLargeSiteIsCounted: what happens on hosts that are not in view is in the
// numbers, and a failure among them can be gone to.
func TestLargeSiteIsCounted(t *testing.T) {
	hosts, events := large()
	v := viewOf(Options{NoColor: true}, 80, 24, envelopes(events)).press("f")
	for i, h := range hosts {
		v.tell(event.ChangeStarted{Host: h, Play: "base", Resource: "packages:base", Title: "install packages"})
		if i == 50 {
			v.tell(event.ChangeDone{Host: h, Resource: "packages:base", Error: "no such package"})
			continue
		}
		v.tell(event.ChangeDone{Host: h, Resource: "packages:base", Changed: true})
	}
	v.expect(t, "after base", []string{"63/128 changes", "1 failed", "› ✗ web50", "packages:base: no such package"})
	v.press("tab").expect(t, "a host by hand", []string{"web51: output"})
	v.tell(event.ChangeDone{Host: "web60", Resource: "file:/etc/nginx/xweb60", Error: "disk full"})
	v.expect(t, "a failure that is not followed any more", []string{"2 failed", "web51: output"}, "web60: output")
	v.press("f").expect(t, "the next failure", []string{"web60: output"})
	v.press("f").expect(t, "around to the first", []string{"web50: output"})
}

// TestPlanOfALargeSite: the question stays in view wherever one reads, and a host's
// changes are gone to by its key.
func TestPlanOfALargeSite(t *testing.T) {
	_, events := large()
	v := viewOf(Options{NoColor: true}, 80, 24, envelopes(events)).ask("Make these 128 changes?", true, false)
	const question = "Make these 128 changes?"
	v.expect(t, "at first", []string{question, "128 to create", "web00: 2 changes"}, "web63: 2 changes")
	v.press("end").expect(t, "the end", []string{question, "web63: 2 changes"}, "web00: 2 changes")
	v.press("home").expect(t, "the beginning", []string{question, "web00: 2 changes"})
	v.press("tab", "tab").expect(t, "the third host", []string{question, "›web02: 2 changes"}, "web60: 2 changes")
	v.press("/", "web40", "enter").expect(t, "a filter", []string{question, "web40: 2 changes", "filter: web40"}, "web02: 2 changes")
	v.press("esc").expect(t, "no filter", []string{question, "web00: 2 changes"}, "filter:")
	if v.question == nil {
		t.Error("looking around answered the question")
	}
}

// TestResize: whatever was on the screen is on it again when the terminal has its
// size back, also where it has been too small for anything.
func TestResize(t *testing.T) {
	for _, s := range scenes {
		if s.result {
			continue
		}
		v := viewOf(Options{NoColor: true, Pause: func(bool) {}}, 100, 30, s.events(t))
		if s.do != nil {
			v = s.do(v)
		}
		before := v.View()
		for _, size := range [][2]int{{40, 10}, {1, 1}, {0, 0}, {300, 90}, {100, 30}} {
			v.size(size[0], size[1]).View()
		}
		after := v.View()
		if s.name == "plan-end" || s.name == "plan-first" || s.name == "host-output" {
			continue // a higher screen shows the end, and what is scrolled to goes with it
		}
		if after != before {
			t.Errorf("%s: after other sizes it is\n%s\nand was\n%s", s.name, after, before)
		}
	}
}

// TestNarrow: on thirty columns the states of hosts and the way out can be read.
func TestNarrow(t *testing.T) {
	v := viewOf(Options{NoColor: true, Pause: func(bool) {}}, 30, 12, envelopes(append(story(), failing()...)))
	v.expect(t, "hosts", []string{"foobar deploy", "lb1", "web1", "web3", "failed", "? help"}, "d changes")
	v.press("?").expect(t, "help", []string{"up/down", "any key: back"})
	v.press("x").expect(t, "back", []string{"web3"}, "any key")
	v.ask("2 host keys are not known yet:\n  lb1: ssh-ed25519 SHA256:one\n  web1: ssh-ed25519 SHA256:two\nTrust and remember them all (yes/no)", false, false).expect(t, "a list",
		[]string{"2 host keys are not known\n", "lb1: ssh-ed25519 SHA256:one\n", "web1: ssh-ed25519 SHA256:two\n", "Trust and remember them all", "enter answer"})
	v.ask(longQuestion, false, false).expect(t, "a question", []string{"SHA256:Rm9vYmFyIGlzIGEgbmFtZ", "enter answer"})
	v.press("yes").expect(t, "its answer", []string{"yes_"})
}

// TestSixteenColours: what is good, bad and to come looks different, in colours that
// the terminal's owner has chosen; without colours the same text stands there.
func TestSixteenColours(t *testing.T) {
	defer lipgloss.SetColorProfile(lipgloss.ColorProfile())
	lipgloss.SetColorProfile(termenv.ANSI)
	events := envelopes(slices.Concat(story(), failing()))
	coloured := viewOf(Options{}, 100, 30, events).View()
	for what, want := range map[string]string{"a failure": "\x1b[31m✗\x1b[0m", "what is as wanted": "\x1b[32m✓\x1b[0m", "the chosen host": "\x1b[1mlb1\x1b[0m"} {
		if !strings.Contains(coloured, want) {
			t.Errorf("%s is not %q:\n%q", what, want, coloured)
		}
	}
	ends := regexp.MustCompile(` +(\n|$)`)
	if bare := viewOf(Options{NoColor: true}, 100, 30, events).View(); ends.ReplaceAllString(bare, "$1") != ends.ReplaceAllString(ansi.Strip(coloured), "$1") {
		t.Errorf("without colours it is\n%s\nwith them\n%s", bare, ansi.Strip(coloured))
	}
}

// TestASCII: every sign has one in ASCII, and other letters take the room they took.
func TestASCII(t *testing.T) {
	events := envelopes(slices.Concat(story(), failing()))
	o := Options{NoColor: true, ASCII: true}
	v := viewOf(o, 100, 30, events).press("f")
	v.expect(t, "hosts", []string{"+ lb1", "x web3", `unknown directive "w?rker"`}, "✗", "·")
	wide, plain := viewOf(Options{NoColor: true}, 100, 30, events), viewOf(o, 100, 30, events)
	a, b := strings.Split(wide.View(), "\n"), strings.Split(plain.View(), "\n")
	for i := range a {
		if ansi.StringWidth(a[i]) != ansi.StringWidth(b[i]) {
			t.Errorf("a line takes another room:\n%s\n%s", a[i], b[i])
		}
	}
}

// TestHostileText: the view is given text that has been made fit to be shown; what
// is left of it, however long or strange, moves nothing on the screen.
func TestHostileText(t *testing.T) {
	texts := []string{strings.Repeat("x", 100_000), strings.Repeat("漢", 5_000), strings.Repeat("e\u0301", 3_000), "a\tb\tc", strings.Repeat("👩‍👩‍👧", 500), "", " ", "\uFFFD\uFFFD", "line one\nline two"}
	for _, text := range texts {
		v := viewOf(Options{NoColor: true}, 60, 15, envelopes(story()))
		v.tell(event.Output{Host: "web1", Line: text}, event.Waiting{Host: "web2", For: text}, event.ChangeStarted{Host: "web3", Play: "web", Resource: "file:/x", Title: text},
			event.ChangeDone{Host: "web3", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Error: text}, event.HostDone{Host: "lb1", Outcome: event.Failed, Error: text, Hint: text})
		for _, keys := range [][]string{nil, {"tab"}, {"enter"}, {"d"}, {"e"}, {"/"}} {
			lines := strings.Split(v.press(keys...).View(), "\n")
			if len(lines) != 15 {
				t.Errorf("%.20q, %q: %d lines", text, keys, len(lines))
			}
			for _, l := range lines {
				if ansi.StringWidth(l) > 60 || strings.Contains(l, "\t") {
					t.Errorf("%.20q, %q: a line is %d wide", text, keys, ansi.StringWidth(l))
				}
			}
		}
	}
}
