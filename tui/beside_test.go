package tui

import (
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// TestBesideHasALine: what a site has beside its hosts is planned, shown and ends as they
// do.
func TestBesideHasALine(t *testing.T) {
	events := []event.Event{event.RunStarted{Verb: "deploy", Inventory: "inventory.toml", Hosts: []string{"web1"}, Beside: "Some Service"},
		event.HostConnected{Host: "web1"}, event.HostPlanned{Host: "web1"},
		event.HostPlanned{Host: "Some Service", Resources: 9, Changes: []event.Change{{Play: "alerts", Resource: "monitor:disk", Action: resource.Create,
			Fields: []resource.Field{{Name: "content", New: "a\nb\n", Text: true}}}}},
		event.Planned{Plays: []string{"base", "alerts"}}}
	v := viewOf(Options{ASCII: true, NoColor: true}, 120, 40, envelopes(events)).ask("Make this change?", true, false)
	for _, want := range []string{"Some Service: 1 change", "+ monitor:disk", "1 to create, 0 to change, 0 to remove, 0 to run on Some Service"} {
		if !strings.Contains(v.View(), want) {
			t.Errorf("the plan does not show %q:\n%s", want, v.View())
		}
	}
	v = viewOf(Options{ASCII: true, NoColor: true}, 120, 40, envelopes(append(events, event.ChangeStarted{Host: "Some Service", Play: "alerts", Resource: "monitor:disk", Title: "create monitor disk"},
		event.HostDone{Host: "web1", Outcome: event.OK}, event.HostDone{Host: "Some Service", Outcome: event.Unhealthy, Error: "it says no", Code: "MON02"},
		event.RunDone{Planned: 1, Exit: 8, Problems: []string{"Some Service: it says no"}, Failed: []string{"Some Service"}})))
	if got := v.result(); !strings.Contains(got, "Some Service unhealthy: it says no") {
		t.Errorf("the result is\n%s", got)
	}
}
