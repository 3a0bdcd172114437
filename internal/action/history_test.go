package action

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/record"
	"foobar/internal/report"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// deployed is what a deploy of two hosts tells.
func deployed(verb string, o event.Outcome, exit int) []event.Event {
	return []event.Event{
		event.RunStarted{Verb: verb, Inventory: "site.toml", Hosts: []string{"lb1", "web1"}},
		event.HostConnected{Host: "lb1", Address: "10.0.0.1"},
		event.FactsGathered{Host: "lb1", OS: "Debian", Arch: "amd64", CPUs: 2, Memory: 1 << 30},
		event.HostPlanned{Host: "lb1", Resources: 3, Changes: []event.Change{{Play: "p", Resource: "file:/x", Action: "create"}}},
		event.HostPlanned{Host: "web1", Resources: 3},
		event.ChangeStarted{Host: "lb1", Play: "p", Resource: "file:/x", Title: "write /x"},
		event.Output{Host: "lb1", Line: "said"},
		event.ChangeDone{Host: "lb1", Play: "p", Resource: "file:/x", Changed: true},
		event.HostDone{Host: "lb1", Outcome: o, Changed: 1},
		event.HostDone{Host: "web1", Outcome: event.OK},
		event.RunDone{Changed: 1, Planned: 1, Exit: exit, Took: 3 * time.Second},
	}
}

// recorded writes a record of events, a second apart.
func recorded(t *testing.T, s record.Store, id string, head event.RunRecorded, events ...event.Event) {
	t.Helper()
	began, err := time.Parse("20060102T150405Z", id[:16])
	if err != nil {
		t.Fatal(err)
	}
	head.ID = id
	w, err := s.Create(head, began)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		w.Receive(event.Envelope{Time: began.Add(time.Duration(i+1) * time.Second), Event: e})
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestHistoryTable(t *testing.T) {
	local := time.Local
	time.Local = time.FixedZone("X", 3600)
	defer func() { time.Local = local }()
	s := record.Store{Dir: filepath.Join(t.TempDir(), "s")}
	head := event.RunRecorded{By: "alice@desk", Verb: "deploy"}
	recorded(t, s, "20260304T120000Z-aaaaaa", head, deployed("deploy", event.OK, 0)...)
	head.Limit, head.Roles = []string{"lb1"}, []string{"haproxy"}
	recorded(t, s, "20260304T130000Z-bbbbbb", head, deployed("deploy", event.Failed, 1)...)
	head.Limit, head.Roles = nil, nil
	recorded(t, s, "20260304T140000Z-cccccc", head, deployed("deploy", event.OK, 0)[:8]...)
	recorded(t, s, "20260304T150000Z-dddddd", head, deployed("deploy", event.Stopped, 130)...)
	refused := event.RunDone{Exit: 1, Problems: []string{"not approved: nothing was changed"}}
	recorded(t, s, "20260304T150500Z-eeeeee", head, append(deployed("deploy", event.OK, 0)[:5], refused)...)
	list, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	// What another machine did, and what is under way from there.
	list = record.Merge(list, []record.HostRuns{
		{Host: "lb1", Runs: []record.HostRun{{V: 1, ID: "20260304T120000Z-aaaaaa", At: noon, Outcome: event.OK, Changed: 1},
			{V: 1, ID: "20260304T123000Z-ffffff", At: noon.Add(30 * time.Minute), Ended: noon.Add(31 * time.Minute), By: "bob@other", Verb: "db switchover", Outcome: event.OK, Changed: 2}}},
		{Host: "web1", Runs: []record.HostRun{{V: 1, ID: "20260304T123000Z-ffffff", At: noon.Add(30 * time.Minute), By: "bob@other", Verb: "db switchover"},
			{V: 1, ID: "20260304T160000Z-999999", At: noon.Add(4 * time.Hour), By: "bob@other", Verb: "deploy", Changed: 0}}, Held: true},
		// One that says something else of the same run, twice.
		{Host: "web2", Runs: []record.HostRun{{V: 1, ID: "20260304T123000Z-ffffff", At: noon.Add(30 * time.Minute), By: "eve@other", Verb: "db switchover"},
			{V: 1, ID: "20260304T123000Z-ffffff", At: noon.Add(30 * time.Minute), By: "eve@other", Verb: "db switchover", Changed: 7}}},
	})
	var b bytes.Buffer
	if err := historyTable(&b, list, noon.Add(5*time.Hour)); err != nil {
		t.Fatal(err)
	}
	const want = `RUN     WHEN                 AGE   WHO         COMMAND                   HOSTS  CHANGED  ENDED         TOOK       TOLD BY
aaaaaa  2026-03-04 13:00:00  5h    alice@desk  deploy                    2      1        ok            11.0 s     this machine
ffffff  2026-03-04 13:30:00  4h    bob@other   db switchover             2      2        cut off       1 min 0 s  lb1,web1
ffffff  2026-03-04 13:30:00  4h    eve@other   db switchover             1      0        cut off       -          web2
bbbbbb  2026-03-04 14:00:00  4h    alice@desk  deploy -l lb1 -r haproxy  1      1        failed: lb1   11.0 s     this machine
cccccc  2026-03-04 15:00:00  3h    alice@desk  deploy                    2      1        cut off       -          this machine
dddddd  2026-03-04 16:00:00  2h    alice@desk  deploy                    2      1        interrupted   11.0 s     this machine
eeeeee  2026-03-04 16:05:00  115m  alice@desk  deploy                    2      0        not approved  6.0 s      this machine
999999  2026-03-04 17:00:00  60m   bob@other   deploy                    1      0        running       -          web1
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	b.Reset()
	if err := historyTable(&b, nil, noon); err != nil || !strings.Contains(b.String(), "no run is recorded here yet") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// TestReplayPrintsWhatWasPrinted: the same fold over the recorded events.
func TestReplayPrintsWhatWasPrinted(t *testing.T) {
	s := record.Store{Dir: filepath.Join(t.TempDir(), "s")}
	head := event.RunRecorded{By: "alice@desk", From: "192.0.2.7", Verb: "deploy", Foobar: "v1", Inventory: "/site.toml"}
	events := deployed("deploy", event.Failed, 1)
	recorded(t, s, "20260304T120000Z-aaaaaa", head, events...)
	for _, verbose := range []int{0, 1, 2} {
		var live, again bytes.Buffer
		p := &report.Plain{Out: &live, Err: &live, Verbose: verbose}
		for _, e := range events {
			p.Receive(event.Envelope{Event: e})
		}
		if err := replayPlain(&again, s, "20260304T120000Z-aaaaaa", verbose); err != nil {
			t.Fatal(err)
		}
		first, rest, _ := strings.Cut(again.String(), "\n")
		if rest != live.String() || !strings.HasPrefix(first, "run aaaaaa: deploy by alice@desk (from 192.0.2.7) on 2026-03-04 ") || !strings.HasSuffix(first, ", foobar v1, /site.toml") {
			t.Errorf("got\n%s\nwant\n%s", again.String(), live.String())
		}
	}
	recorded(t, s, "20260304T130000Z-bbbbbb", head, events[:7]...)
	var b bytes.Buffer
	if err := replayPlain(&b, s, "20260304T130000Z-bbbbbb", 0); err != nil || !strings.HasSuffix(b.String(), "\ncut off: the run was killed here; the same command again finishes what it left undone\n") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// TestReplayOfAnOperation: the deploys within are told apart in plain, and one in
// the view.
func TestReplayOfAnOperation(t *testing.T) {
	s := record.Store{Dir: filepath.Join(t.TempDir(), "s")}
	recorded(t, s, "20260304T120000Z-aaaaaa", event.RunRecorded{Verb: "db switchover"}, slices.Concat(
		[]event.Event{event.RunStarted{Verb: "db switchover", Hosts: []string{"lb1", "web1"}}, event.Output{Host: "web1", Line: "closed to writes"}},
		deployed("deploy", event.OK, 0), []event.Event{event.RunDone{Changed: 1, Took: 9 * time.Second}})...)
	var b bytes.Buffer
	if err := replayPlain(&b, s, "20260304T120000Z-aaaaaa", 0); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"web1      closed to writes\n", "\nlb1   changed file:/x", "\ndeploy: 1 changed in 3.0 s\ndb switchover: 1 changed in 9.0 s\n"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("it lacks %q:\n%s", part, b.String())
		}
	}
	var types []string
	if err := replay(t.Context(), s, "20260304T120000Z-aaaaaa", 0, func(e event.Envelope) { types = append(types, e.Type()) }); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(types, " "); strings.Count(got, "run_started") != 1 || strings.Count(got, "run_done") != 1 || !strings.HasSuffix(got, "run_done") || !strings.Contains(got, "change_done") {
		t.Error(got)
	}
}

func TestFindRun(t *testing.T) {
	s := record.Store{Dir: filepath.Join(t.TempDir(), "s")}
	if _, err := findRun(s, "last", "site.toml"); err == nil || !strings.Contains(err.Error(), "no run of site.toml is recorded here") {
		t.Error(err)
	}
	for _, id := range []string{"20260304T120000Z-abc123", "20260304T130000Z-abd456", "20260305T120000Z-9f0000"} {
		recorded(t, s, id, event.RunRecorded{})
	}
	for name, want := range map[string]string{"last": "9f0000", "abc123": "abc123", "abd": "abd456", "20260305": "9f0000", "20260304T120000Z-abc123": "abc123"} {
		if id, err := findRun(s, name, "site.toml"); err != nil || record.Short(id) != want {
			t.Errorf("%s: %s, %v", name, id, err)
		}
	}
	for name, want := range map[string]string{
		"ab":     `"ab" is the beginning of 2 runs: 20260304T120000Z-abc123, 20260304T130000Z-abd456`,
		"abc124": `no run "abc124" is recorded here; did you mean abc123? the last is 9f0000, foobar history site.toml lists them`,
		"nine":   `no run "nine" is recorded here; the last is 9f0000, foobar history site.toml lists them`,
		"":       `no run "" is recorded here; the last is 9f0000, foobar history site.toml lists them`,
	} {
		_, err := findRun(s, name, "site.toml")
		var ee *Exit
		if err == nil || err.Error() != want || !errors.As(err, &ee) || ee.Code != engine.ExitUsage {
			t.Errorf("%q: %v", name, err)
		}
	}
}
