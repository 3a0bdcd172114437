package tui

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"foobar/internal/event"
	"foobar/internal/resource"
)

var update = flag.Bool("update", false, "rewrite the golden screens")

// story is a rollout of four hosts, one of which fails.
func story() []event.Event {
	hosts := []string{"lb1", "web1", "web2", "web3"}
	events := []event.Event{event.RunStarted{Verb: "deploy", Inventory: "inventory.toml", Hosts: hosts}}
	for _, h := range hosts {
		events = append(events, event.HostConnected{Host: h, Address: "10.0.0.1"}, event.FactsGathered{Host: h, OS: "Debian GNU/Linux 13 (trixie)"})
	}
	for _, h := range hosts[1:] {
		events = append(events, event.HostPlanned{Host: h, Resources: 60, Changes: []event.Change{
			{Play: "web", Resource: "file:/etc/nginx/nginx.conf", Action: resource.Update, Fields: []resource.Field{{Name: "content", Old: "a\nb\n", New: "a\nc\n", Text: true}}},
			{Play: "web", Resource: "service:nginx.service", Action: resource.Act, Reason: "reload: /etc/nginx/nginx.conf not loaded by the running process",
				Fields: []resource.Field{{Name: "loaded", Old: "older", New: "/etc/nginx/nginx.conf"}}},
		}})
	}
	return append(events, event.HostPlanned{Host: "lb1", Resources: 50},
		event.ChangeStarted{Host: "web1", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Title: "write /etc/nginx/nginx.conf"},
		event.ChangeDone{Host: "web1", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Changed: true},
		event.ChangeStarted{Host: "web1", Play: "web", Resource: "service:nginx.service", Title: "reload nginx.service"},
		event.Output{Host: "web1", Resource: "service:nginx.service", Line: "a very long line of output " + strings.Repeat("that goes on and on ", 20)},
		event.Waiting{Host: "web2", For: "its turn in web"},
		event.ChangeStarted{Host: "web3", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Title: "write /etc/nginx/nginx.conf"},
		event.ChangeDone{Host: "web3", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Error: "exit status 1: unknown directive"},
	)
}

func ending() []event.Event {
	return []event.Event{
		event.HostDone{Host: "lb1", Outcome: event.OK}, event.HostDone{Host: "web1", Outcome: event.OK, Changed: 2},
		event.HostDone{Host: "web2", Outcome: event.Skipped, Error: "web goes host by host and failed on web3"},
		event.HostDone{Host: "web3", Outcome: event.Failed, Error: "file:/etc/nginx/nginx.conf: exit status 1: unknown directive", Hint: "look at the file"},
		event.RunDone{Changed: 2, Planned: 6, Exit: 1, Took: 83 * time.Second},
	}
}

func fold(width, height int, events ...event.Event) Model {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var m tea.Model = newModel(Options{NoColor: true})
	m, _ = m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	for i, e := range events {
		m, _ = m.Update(envelope{Seq: i, Time: start.Add(time.Duration(i) * time.Second), Event: e})
	}
	return m.(Model)
}

func press(m Model, keys ...string) Model {
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		if k == "tab" {
			msg = tea.KeyMsg{Type: tea.KeyTab}
		}
		next, _ := m.Update(msg)
		m = next.(Model)
	}
	return m
}

func TestScreens(t *testing.T) {
	for _, size := range []struct{ w, h int }{{80, 24}, {60, 15}, {200, 60}} {
		running := fold(size.w, size.h, story()...)
		asked, _ := running.Update(ask(&question{text: "Make these 6 changes?", yes: true, reply: make(chan string, 1)}))
		for name, m := range map[string]Model{
			"running":  press(running, "tab"),
			"plan":     press(running, "tab", "d"),
			"help":     press(running, "?"),
			"question": asked.(Model),
			"ended":    fold(size.w, size.h, append(story(), ending()...)...),
		} {
			view := m.View()
			lines := strings.Split(strings.TrimSuffix(view, "\n"), "\n")
			if len(lines) > size.h {
				t.Errorf("%s at %dx%d has %d lines", name, size.w, size.h, len(lines))
			}
			for _, l := range lines {
				if ansi.StringWidth(l) > size.w {
					t.Errorf("%s at %dx%d: a line is %d wide: %q", name, size.w, size.h, ansi.StringWidth(l), l)
				}
			}
			path := fmt.Sprintf("testdata/%s-%dx%d.txt", name, size.w, size.h)
			if *update {
				if err := os.WriteFile(path, []byte(view), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if view != string(want) {
				t.Errorf("%s differs:\n%s", path, view)
			}
		}
	}
}

func TestMemoryStaysFlat(t *testing.T) {
	m := fold(80, 24, story()...)
	for i := range 10000 {
		m.fold(event.Envelope{Event: event.Output{Host: "web1", Line: fmt.Sprint(i)}})
	}
	if n := len(m.byName["web1"].lines); n > keepLines {
		t.Errorf("%d lines are kept", n)
	}
	if last := m.byName["web1"].lines[len(m.byName["web1"].lines)-1]; last != "  9999" {
		t.Errorf("the last line is %q", last)
	}
}

func TestCtrlCStopsThenKills(t *testing.T) {
	stopped, killed := make(chan bool, 1), make(chan bool, 1)
	m := newModel(Options{NoColor: true, Stop: func() { stopped <- true }, Kill: func() { killed <- true }})
	next, _ := m.Update(tea.KeyMsg{Type: tea.KeyCtrlC})
	<-stopped
	next, _ = next.Update(tea.KeyMsg{Type: tea.KeyCtrlC})
	<-killed
	if next.(Model).stops != 2 {
		t.Error("two interruptions were not counted")
	}
}

func TestAnswers(t *testing.T) {
	for key, want := range map[string]string{"y": "y", "n": "n"} {
		q := &question{text: "?", yes: true, reply: make(chan string, 1)}
		m, _ := fold(80, 24, story()...).Update(ask(q))
		press(m.(Model), key)
		if got := <-q.reply; got != want {
			t.Errorf("%s answered %q", key, got)
		}
	}
	q := &question{text: "password", secret: true, reply: make(chan string, 1)}
	m, _ := fold(80, 24, story()...).Update(ask(q))
	typed := press(m.(Model), "s", "3", "c")
	if strings.Contains(typed.View(), "s3c") {
		t.Error("a secret answer is shown")
	}
	typed.Update(tea.KeyMsg{Type: tea.KeyEnter})
	if got := <-q.reply; got != "s3c" {
		t.Errorf("the answer was %q", got)
	}
}
