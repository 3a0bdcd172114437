package ops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// withEvents gives web1 an event that runs and one that is disabled, and the replicas what
// they make of them.
func withEvents(f *fleet) {
	const waits = "SLAVESIDE_DISABLED"
	f.servers["web1"].events = map[string]string{"nightly": "ENABLED", "paused": "DISABLED"}
	f.servers["web2"].events = map[string]string{"nightly": waits, "paused": waits}
	f.servers["web3"].events = map[string]string{"nightly": waits, "paused": waits}
}

func (f *fleet) wantEvents(host, nightly, paused string) {
	f.t.Helper()
	if got := f.servers[host].events; got["nightly"] != nightly || got["paused"] != paused {
		f.t.Errorf("%s has the events %v", host, got)
	}
}

// TestEventsMove: the new primary runs what the old one ran, which stops before it is
// closed; where nothing was moved all is as before.
func TestEventsMove(t *testing.T) {
	f, s := newFleet(t)
	withEvents(f)
	if _, err := s.Switchover(context.Background(), "web2", nil); err != nil {
		t.Fatal(err)
	}
	f.wantEvents("web2", "ENABLED", "DISABLED")
	f.wantEvents("web1", "SLAVESIDE_DISABLED", "DISABLED")
	lulled := slices.IndexFunc(f.sent, func(s string) bool {
		return strings.HasPrefix(s, "web1: ") && strings.Contains(s, "sql_log_bin=0;\nSET SESSION sql_mode='';\nSET NAMES utf8mb4;\nALTER DEFINER") && strings.Contains(s, "DISABLE ON SLAVE")
	})
	closed := slices.IndexFunc(f.sent, func(s string) bool { return strings.Contains(s, "read_only=ON") })
	if lulled < 0 || lulled > closed {
		t.Errorf("the old primary's events stop at %d, and it is closed at %d", lulled, closed)
	}

	f, s = newFleet(t)
	withEvents(f)
	f.failAt, f.fail = "web2", "MASTER_GTID_WAIT"
	if _, err := s.Switchover(context.Background(), "web2", nil); err == nil {
		t.Fatal("no error")
	}
	f.wantEvents("web1", "ENABLED", "DISABLED")
	f.wantEvents("web2", "SLAVESIDE_DISABLED", "SLAVESIDE_DISABLED")
}

// TestEventsOfAKilledMove: the same command enables what is left.
func TestEventsOfAKilledMove(t *testing.T) {
	f, s := newFleet(t)
	withEvents(f)
	handedOver(f)
	f.servers["web1"].events["nightly"] = "SLAVESIDE_DISABLED"
	if _, err := s.Switchover(context.Background(), "web2", nil); err != nil {
		t.Fatal(err)
	}
	f.wantEvents("web2", "ENABLED", "DISABLED")
}

// TestEventsAfterAFailover: what the new primary itself knows to be disabled stays so, and a
// lost one that comes back runs none.
func TestEventsAfterAFailover(t *testing.T) {
	f, s := newFleet(t)
	withEvents(f)
	f.servers["web2"].events["paused"] = "DISABLED"
	f.servers["web1"].off = true
	if _, err := s.Failover(context.Background(), "web2", nil); err != nil {
		t.Fatal(err)
	}
	f.wantEvents("web2", "ENABLED", "DISABLED")
	f.servers["web1"].off, f.servers["web1"].readOnly = false, true
	if _, err := s.Rejoin(context.Background(), "web1", false, nil); err != nil {
		t.Fatal(err)
	}
	f.wantEvents("web1", "SLAVESIDE_DISABLED", "DISABLED")
}

// TestEventsThatFail: a move does not depend on them.
func TestEventsThatFail(t *testing.T) {
	for host, statement := range map[string]string{"web1": "DISABLE ON SLAVE", "web2": "` ENABLE;"} {
		f, s := newFleet(t)
		withEvents(f)
		f.failAt, f.fail = host, statement
		said := ""
		s.Say = func(host, text string) { said += host + ": " + text + "\n" }
		if _, err := s.Switchover(context.Background(), "web2", nil); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
		f.want("web2", "web1", "web3")
		if !strings.Contains(said, host+": its events ") {
			t.Errorf("nothing is said of the events of %s:\n%s", host, said)
		}
	}
}

// TestEventsThatNobodyStarts: events that are enabled do not run where the scheduler is off.
func TestEventsThatNobodyStarts(t *testing.T) {
	for scheduler, want := range map[string]string{"ON": "web2: runs the events app.nightly\n", "OFF": "web2: does not run the events app.nightly, because its event_scheduler is OFF: write event_scheduler = true into [db.settings], and deploy\n"} {
		f, s := newFleet(t)
		withEvents(f)
		f.scheduler = scheduler
		said := ""
		s.Say = func(host, text string) { said += host + ": " + text + "\n" }
		if _, err := s.Switchover(context.Background(), "web2", nil); err != nil || !strings.Contains(said, want) {
			t.Errorf("%v: no %q in\n%s", err, want, said)
		}
	}
}

func TestEventNames(t *testing.T) {
	f, s := newFleet(t)
	withEvents(f)
	for n := range 7 {
		f.servers["web2"].events[fmt.Sprint("e", n)] = "SLAVESIDE_DISABLED"
	}
	said := ""
	s.Say = func(host, text string) { said += text + "\n" }
	if _, err := s.Switchover(context.Background(), "web2", nil); err != nil || !strings.Contains(said, " and 3 more\n") {
		t.Errorf("%v: %s; %v", err, said, slices.Collect(maps.Keys(f.servers["web2"].events)))
	}
}
