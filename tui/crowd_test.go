package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// crowd is a site of 256 hosts, of which the 254 web servers have the same changes to
// make, and the events until its plan is there.
func crowd() (webs []string, events []event.Event) {
	hosts := []string{"lb1"}
	for i := 1; i <= 254; i++ {
		webs = append(webs, fmt.Sprintf("web%d", i))
	}
	hosts = append(append(hosts, webs...), "db1")
	events = []event.Event{event.RunStarted{Verb: "deploy", Inventory: "inventory.toml", Hosts: hosts}}
	for _, h := range hosts {
		p := event.HostPlanned{Host: h, Resources: 80}
		if strings.HasPrefix(h, "web") {
			p.Changes = []event.Change{
				{Play: "base", Resource: "block:/etc/hosts", Action: resource.Update, Fields: []resource.Field{{Name: "lines", Old: "10.0.0.1 db1\n", New: "10.0.0.1 db1\n10.0.0.2 db2\n", Text: true}}},
				{Play: "web", Resource: "service:nginx.service", Action: resource.Act, Reason: "reload: it has loaded another file"}}
		}
		events = append(events, event.HostConnected{Host: h, Address: "10.0.0.9"}, p)
	}
	return webs, append(events, event.Planned{Plays: []string{"base", "web"}})
}

// crowdAtWork is that site in the middle of the run: one host has failed.
func crowdAtWork() []event.Event {
	webs, events := crowd()
	events = append(events, event.HostDone{Host: "lb1", Outcome: event.OK}, event.HostDone{Host: "db1", Outcome: event.OK})
	for i, h := range webs[:150] {
		events = append(events, event.ChangeStarted{Host: h, Play: "base", Resource: "block:/etc/hosts", Title: "write /etc/hosts"})
		switch {
		case i == 77:
			events = append(events, event.ChangeDone{Host: h, Play: "base", Resource: "block:/etc/hosts", Error: "no space left on device"},
				event.HostDone{Host: h, Outcome: event.Failed, Error: "block:/etc/hosts: no space left on device"})
		case i < 140:
			events = append(events, event.ChangeDone{Host: h, Play: "base", Resource: "block:/etc/hosts", Changed: true},
				event.ChangeDone{Host: h, Play: "web", Resource: "service:nginx.service", Changed: true}, event.HostDone{Host: h, Outcome: event.OK, Changed: 2})
		}
	}
	return events
}

// crowdEnded is how it ends.
func crowdEnded() []event.Event {
	webs, _ := crowd()
	events := crowdAtWork()
	for _, h := range webs[140:] {
		events = append(events, event.ChangeDone{Host: h, Play: "base", Resource: "block:/etc/hosts", Changed: true},
			event.ChangeDone{Host: h, Play: "web", Resource: "service:nginx.service", Changed: true}, event.HostDone{Host: h, Outcome: event.OK, Changed: 2})
	}
	return append(events, event.RunDone{Changed: 506, Planned: 508, Failed: []string{"web78"}, Exit: 1, Took: 61 * time.Second, Problems: []string{"web78: no space left on device"}})
}

// TestCrowd: of many hosts, those that need a person's eye are seen first, and a choice
// is not taken away again.
func TestCrowd(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 80, 24, envelopes(crowdAtWork()))
	v.Update(tick(v.now))
	v.expect(t, "in the middle", []string{"web   254  1 failed, 10 changing, 104 planned, 139 done", "› ✗ web78", "web141", "web78: output"}, "web79")
	v.press("down").expect(t, "the next of the list", []string{"› ", "web141: output"})
	v.press("down", "up", "up").expect(t, "back", []string{"web78: output"})
	v.press("tab").expect(t, "the next of the inventory", []string{"web79: output"})
	v.Update(tick(v.now))
	v.expect(t, "chosen", []string{"web79: output"})
}

// TestGroupOf: hosts are of a group by the beginning of their names.
func TestGroupOf(t *testing.T) {
	for name, want := range map[string]string{"web12": "web", "web-12": "web", "db.example.com": "db", "web12.example.com": "web", "gateway": "gateway", "10.0.0.1": "10.0.0.1"} {
		if got := groupOf(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
