package record

import (
	"fmt"
	"path/filepath"
	"testing"

	"foobar/internal/event"
)

// TestBesideIsNoHost: its changes count, and it is not among the hosts.
func TestBesideIsNoHost(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "shop")}
	id, _ := write(t, s, noon, true, event.RunStarted{Verb: "deploy", Hosts: []string{"a"}, Beside: "Some Service"},
		event.ChangeDone{Host: "Some Service", Resource: "monitor:disk", Changed: true},
		event.HostDone{Host: "a", Outcome: event.OK}, event.HostDone{Host: "Some Service", Outcome: event.Unhealthy, Changed: 1, Error: "no"},
		event.RunDone{Changed: 1, Exit: 8, Problems: []string{"Some Service: no"}})
	sum, err := s.Summary(id)
	if got := fmt.Sprint(sum.Changed, sum.Hosts, *sum.Exit); err != nil || got != "1 [{a ok 0 }] 8" {
		t.Errorf("%v: %s", err, got)
	}
}
