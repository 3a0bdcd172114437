package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
	"foobar/internal/resource"
)

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
				Disrupts: true, Fields: []resource.Field{{Name: "loaded", Old: "older", New: "/etc/nginx/nginx.conf"}}},
		}})
	}
	return append(events, event.HostPlanned{Host: "lb1", Resources: 50}, event.Planned{Plays: []string{"removed from the inventory", "base", "web"}},
		event.ChangeStarted{Host: "web1", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Title: "write /etc/nginx/nginx.conf"},
		event.ChangeDone{Host: "web1", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Changed: true, Took: 300 * time.Millisecond},
		event.ChangeStarted{Host: "web1", Play: "web", Resource: "service:nginx.service", Title: "reload nginx.service"},
		event.Output{Host: "web1", Resource: "service:nginx.service", Line: "a very long line of output " + strings.Repeat("that goes on and on ", 20)},
		event.Waiting{Host: "web2", For: "its turn in web"},
		event.ChangeStarted{Host: "web3", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Title: "write /etc/nginx/nginx.conf"},
	)
}

func failing() []event.Event {
	return []event.Event{
		event.Output{Host: "web3", Resource: "file:/etc/nginx/nginx.conf", Line: `nginx: [emerg] unknown directive "wörker" in /etc/nginx/.foobar-nginx.conf:3`},
		event.ChangeDone{Host: "web3", Play: "web", Resource: "file:/etc/nginx/nginx.conf", Error: "exit status 1: unknown directive"},
	}
}

func ending() []event.Event {
	why := "file:/etc/nginx/nginx.conf: exit status 1: unknown directive"
	return []event.Event{
		event.ChangeDone{Host: "web1", Play: "web", Resource: "service:nginx.service", Changed: true, Took: time.Second},
		event.HostDone{Host: "lb1", Outcome: event.OK}, event.HostDone{Host: "web1", Outcome: event.OK, Changed: 2},
		event.HostDone{Host: "web2", Outcome: event.Skipped, Error: "web is done one host at a time and failed on web3"},
		event.HostDone{Host: "web3", Outcome: event.Failed, Error: why, Hint: "look at the file"},
		event.RunDone{Changed: 2, Planned: 6, Exit: 1, Took: 83 * time.Second, Failed: []string{"web2", "web3"},
			Problems: []string{"web2: web is done one host at a time and failed on web3", "web3: " + why + "; look at the file"}},
	}
}

// locked is a run that another one keeps out.
func locked() []event.Event {
	hosts := []string{"lb1", "web1"}
	why := "locked by alice@desk pid 4711 since 2026-01-02T03:04:05Z"
	return []event.Event{event.RunStarted{Verb: "deploy", Inventory: "inventory.toml", Hosts: hosts},
		event.HostConnected{Host: "lb1"}, event.HostConnected{Host: "web1"}, event.Waiting{Host: "web1", For: why},
		event.HostDone{Host: "lb1", Outcome: event.OK}, event.HostDone{Host: "web1", Outcome: event.Locked, Error: why, Hint: "wait for it, or give --lock-wait"},
		event.RunDone{Exit: 5, Took: time.Second, Failed: []string{"web1"}, Problems: []string{"web1: " + why + "; wait for it, or give --lock-wait", "nothing was changed, because of web1"}}}
}

// many is the planning of thirty hosts with long names.
func many() []event.Event {
	var hosts []string
	for i := range 30 {
		hosts = append(hosts, fmt.Sprintf("web%02d.frankfurt.example.com", i))
	}
	events := []event.Event{event.RunStarted{Verb: "deploy", Inventory: "inventory.toml", Hosts: hosts}}
	for i, h := range hosts {
		p := event.HostPlanned{Host: h}
		if i%2 == 0 {
			p.Changes = []event.Change{{Play: "web", Resource: "file:/x", Action: resource.Remove}}
		}
		events = append(events, event.HostConnected{Host: h}, p)
	}
	return append(events, event.Planned{Plays: []string{"web"}})
}

// envelopes numbers events, a second apart.
func envelopes(events []event.Event) []event.Envelope {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var all []event.Envelope
	for i, e := range events {
		all = append(all, event.Envelope{Seq: i, Time: start.Add(time.Duration(i) * time.Second), Event: e})
	}
	return all
}

// recorded is a run against real hosts, as -o json wrote it, with most of its
// output and of the contents of new files left out.
func recorded(t testing.TB, name string) []event.Envelope {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var all []event.Envelope
	for _, line := range bytes.Split(bytes.TrimSpace(raw), []byte("\n")) {
		var e event.Envelope
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %v: %s", name, err, line)
		}
		all = append(all, e)
	}
	return all
}

// until are the events before the first that is as asked.
func until(events []event.Envelope, is func(event.Event) bool) []event.Envelope {
	for i, e := range events {
		if is(e.Event) {
			return events[:i]
		}
	}
	return events
}

func isPlanned(e event.Event) bool { _, ok := e.(event.ChangeStarted); return ok }
func isDone(e event.Event) bool    { _, ok := e.(event.RunDone); return ok }

// view is a model that has seen events and keys.
type view struct{ *Model }

func viewOf(o Options, w, h int, events []event.Envelope) view {
	v := view{newModel(o)}
	v.Update(tea.WindowSizeMsg{Width: w, Height: h})
	for _, e := range events {
		v.Update(envelope(e))
	}
	return v
}

var named = map[string]tea.KeyType{"tab": tea.KeyTab, "enter": tea.KeyEnter, "esc": tea.KeyEsc, "up": tea.KeyUp, "down": tea.KeyDown,
	"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "end": tea.KeyEnd, "home": tea.KeyHome, "ctrl+c": tea.KeyCtrlC, "left": tea.KeyLeft, "right": tea.KeyRight, "shift+tab": tea.KeyShiftTab}

// press gives keys: a name, or a text to be typed.
func (v view) press(keys ...string) view {
	for _, k := range keys {
		if kind, ok := named[k]; ok {
			v.Update(tea.KeyMsg{Type: kind})
			continue
		}
		for _, r := range k {
			v.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
	}
	return v
}

func (v view) ask(text string, yes, secret bool) view {
	v.Update(ask(&question{text: text, yes: yes, secret: secret, reply: make(chan string, 1)}))
	return v
}
