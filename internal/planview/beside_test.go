package planview

import (
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// TestWhereChangesAre: what is beside the hosts is not counted as one.
func TestWhereChangesAre(t *testing.T) {
	changes := []event.Change{{Play: "alerts", Resource: "monitor:disk", Action: resource.Create}}
	for want, hosts := range map[string][]string{"on 2 hosts": {"a", "b"}, "on 1 host and Some Service": {"a", "Some Service"}, "on Some Service": {"Some Service"}} {
		total := Total{Beside: "Some Service"}
		total.Add(event.HostPlanned{Host: "c"})
		for _, h := range hosts {
			total.Add(event.HostPlanned{Host: h, Changes: changes})
		}
		if lines := total.Lines(Bare); len(lines) != 1 || !strings.HasSuffix(lines[0], want) {
			t.Errorf("%v: %q, not %q", hosts, lines, want)
		}
	}
}
