package tui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// TestKeysOfTheHelp: every key that the help names does something to the screen.
func TestKeysOfTheHelp(t *testing.T) {
	for _, key := range []string{"up", "down", "tab", "shift+tab", "left", "right", "enter", "d", "/", "f", "p", "ctrl+c", "?"} {
		v := viewOf(Options{NoColor: true, Pause: func(bool) {}}, 100, 30, envelopes(story()))
		before := v.View()
		if v.press(key).View() == before {
			t.Errorf("%s does nothing", key)
		}
	}
	for _, key := range []string{"e", "pgdown", "G", "esc", "down", "enter", "d"} {
		v := viewOf(Options{NoColor: true}, 100, 12, recorded(t, "drift.jsonl")[:20]).press("tab", "enter", "down")
		before := v.View()
		if v.press(key).View() == before {
			t.Errorf("%s does nothing where a host is open", key)
		}
	}
}

// TestOutputIsScrolled: from the newest line back and forth, by lines and by pages,
// and with a filter.
func TestOutputIsScrolled(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 80, 20, envelopes(story())).press("tab", "enter", "d")
	for i := range 100 {
		v.tell(event.Output{Host: "web1", Line: fmt.Sprintf("line %d.", i)})
	}
	v.expect(t, "the newest", []string{"line 99.", "line 84."}, "line 60.", "below")
	v.press("up", "up").expect(t, "two up", []string{"line 97.", "(2 lines below)"}, "line 98.")
	v.press("pgup").expect(t, "a page up", []string{"line 87.", "(12 lines below)"}, "line 88.")
	v.press("pgdown", "down").expect(t, "down again", []string{"line 98.", "(1 line below)"}, "line 99.")
	v.press("g").expect(t, "the beginning", []string{"write /etc/nginx/nginx.conf", "changed file:/etc/nginx/nginx.conf"}, "line 99.")
	v.press("G").expect(t, "the end", []string{"line 99."}, "below")
	v.press("/", "line 4", "enter").expect(t, "a filter", []string{"line 4.", "line 40.", "line 49."}, "line 50.")
	v.press("/", "nothing of it", "enter").expect(t, "another", []string{"filter: line 4nothing of it"}, "line 49.")
}

// TestDiffsOpenAndClose: one by one under the cursor, and all at once.
func TestDiffsOpenAndClose(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 100, 30, envelopes(story())).press("right", "enter")
	v.expect(t, "closed", []string{"file:/etc/nginx/nginx.conf", "service:nginx.service"}, "+c", "loaded: older")
	v.press("down", "enter").expect(t, "the first", []string{"+c", "-b"}, "loaded: older")
	v.press("down", "down", "enter").expect(t, "closed from within", nil, "+c", "loaded: older")
	v.press("e").expect(t, "all", []string{"+c", "loaded: older"})
	v.press("e").expect(t, "none", nil, "+c", "loaded: older")
	v.press("left").expect(t, "a host that is as wanted", []string{"lb1: changes", "nothing to change"})
}

// TestFailureShowsWhy: the change that failed is open, with its error, without a key
// more than the host's.
func TestFailureShowsWhy(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 100, 30, envelopes(slices.Concat(story(), failing()))).press("f", "enter")
	v.expect(t, "the failed host", []string{"web3: changes", "FAILED: exit status 1: unknown directive"})
	v.press("d").expect(t, "its output", []string{"unknown directive", "✗ FAILED file:/etc/nginx/nginx.conf"})
}

// TestRefusalIsShown: with the plan of all hosts, at its host, and where the view ends.
func TestRefusalIsShown(t *testing.T) {
	const id = "custom:/srv/www.foobar.com/current"
	planned := []event.Event{
		event.RunStarted{Verb: "plan", Hosts: []string{"web1", "web2"}},
		event.HostPlanned{Host: "web1", Refused: []event.Refusal{{Play: "app", Resource: id, Error: "it is a folder", Code: "RUN12"}},
			Held: []event.Change{{Play: "app", Resource: "service:app.service", Action: resource.Act, HeldBy: id}}},
		event.HostPlanned{Host: "web2", Changes: []event.Change{{Play: "web", Resource: "file:/etc/x", Action: resource.Create}}},
		event.Planned{Plays: []string{"app", "web"}},
		event.HostDone{Host: "web1", Outcome: event.Failed, Error: id + " (app): it is a folder", Code: "RUN12"},
		event.HostDone{Host: "web2", Outcome: event.OK},
	}
	v := viewOf(Options{NoColor: true}, 120, 30, envelopes(planned))
	want := []string{"web1: 1 refused, 1 held back", id + "  (refused)", "it is a folder [RUN12]", "service:app.service  (not made", "web2: 1 change", "1 refused, 1 held back: web1"}
	v.expect(t, "the plan", want)
	v.tell(event.RunDone{Exit: 1, Planned: 1})
	for _, text := range want {
		if !strings.Contains(v.result(), text) {
			t.Errorf("what stays does not say %q:\n%s", text, v.result())
		}
	}
}

// TestPauseOfARunThatStops: once told to stop, a run is not paused, and where there
// is nothing to pause the key is not offered.
func TestPauseOfARunThatStops(t *testing.T) {
	paused := 0
	v := viewOf(Options{NoColor: true, Pause: func(bool) { paused++ }, Stop: func() {}}, 100, 24, envelopes(story()))
	v.press("ctrl+c", "p").expect(t, "stopping", []string{"stopping after the current steps", "ctrl-c end now"}, "PAUS")
	if paused != 0 {
		t.Error("the engine was told to pause")
	}
	viewOf(Options{NoColor: true}, 100, 24, envelopes(story())).press("p").expect(t, "without a pause", nil, "PAUS", "p pause")
}

// TestAnswerIsEdited: as in any line of text.
func TestAnswerIsEdited(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 80, 24, nil).ask("which?", false, false)
	reply := v.question.reply
	v.press("qy?/").expect(t, "typed", []string{"which?", "qy?/_"}) // no key is a command here
	v.Update(tea.KeyMsg{Type: tea.KeyBackspace})
	v.Update(tea.KeyMsg{Type: tea.KeyLeft})
	v.press("é").expect(t, "within", []string{"qyé_?"})
	v.press("enter")
	if got := <-reply; got != "qyé?" {
		t.Errorf("the answer is %q", got)
	}
	v.expect(t, "answered", nil, "which?", "qyé")
}

// TestTimeLeft is as coarse as the guess is.
func TestTimeLeft(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "a few seconds left", 4 * time.Second: "a few seconds left", 12 * time.Second: "about 10 s left",
		58 * time.Second: "about 60 s left", 100 * time.Second: "about 1:30 min left", 9 * time.Minute: "about 9:00 min left", 90 * time.Minute: "about 90 minutes left"} {
		if got := about(d); got != want {
			t.Errorf("%s: %q", d, got)
		}
	}
}

// TestWrap breaks between words, wide ones within, and loses none.
func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                       {""},
		"short":                                  {"short"},
		"ten chars, ten chars!":                  {"ten chars, ten", "chars!"},
		"a-word-that-is-wider-than-a-line of it": {"a-word-that-is-wider", "-than-a-line of it"},
		"漢漢漢漢漢漢漢漢漢漢漢":                            {"漢漢漢漢漢漢漢漢漢漢", "漢"},
	} {
		if got := wrap(text, 20); !slices.Equal(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestNextStep: after every way to end it is said what to do, with the run's own
// inventory, and nothing after a run that had nothing to do.
func TestNextStep(t *testing.T) {
	for _, c := range []struct {
		verb  string
		done  event.RunDone
		wants string
	}{
		{"deploy", event.RunDone{}, ""},
		{"deploy", event.RunDone{Changed: 1, Planned: 1}, "next: foobar status inventory.toml shows"},
		{"plan", event.RunDone{Planned: 1, Exit: 2}, "next: foobar deploy inventory.toml"},
		{"deploy", event.RunDone{Exit: 4, Failed: []string{"web1"}}, "next: see that the host answers, then foobar deploy"},
		{"plan", event.RunDone{Exit: 5}, "foobar plan inventory.toml --lock-wait 10m"},
		{"deploy", event.RunDone{Exit: 6}, "next: a new plan: foobar plan inventory.toml --out FILE"},
		{"deploy", event.RunDone{Exit: 8, Changed: 2, Planned: 2}, "foobar status inventory.toml says what is unhealthy"},
		{"deploy", event.RunDone{Exit: 130, Changed: 1, Planned: 2}, "next: foobar deploy inventory.toml does the rest"},
		{"deploy", event.RunDone{Exit: 1, Changed: 1, Planned: 2}, "it does the rest"},
		{"deploy", event.RunDone{Exit: 1}, ""},
	} {
		v := viewOf(Options{NoColor: true}, 200, 24, envelopes([]event.Event{event.RunStarted{Verb: c.verb, Inventory: "inventory.toml"}, c.done}))
		if got := v.result(); !strings.Contains(got, c.wants) || c.wants == "" && strings.Contains(got, "next:") {
			t.Errorf("%s, exit %d: it is not said %q:\n%s", c.verb, c.done.Exit, c.wants, got)
		}
	}
}
