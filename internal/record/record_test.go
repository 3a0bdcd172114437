package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/event"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// write records a run of some events; ended says that its record is closed.
func write(t *testing.T, s Store, began time.Time, ended bool, events ...event.Event) (string, *Writer) {
	t.Helper()
	head := event.RunRecorded{ID: NewID(began), By: "alice@desk", Verb: "deploy", Site: "shop", Domain: "shop.example", Inventory: "/site.toml"}
	w, err := s.Create(head, began)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		w.Receive(event.Envelope{Seq: 77, Time: began.Add(time.Duration(i+1) * time.Second), Event: e})
	}
	if ended {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return head.ID, w
}

func deploy(changed int, o event.Outcome, exit int) []event.Event {
	list := []event.Event{event.RunStarted{Verb: "deploy", Hosts: []string{"a", "b"}}}
	for i := range changed {
		list = append(list, event.ChangeDone{Host: "a", Resource: "file:/x", Changed: true, Took: time.Duration(i)})
	}
	return append(list, event.HostDone{Host: "a", Outcome: o, Changed: changed}, event.HostDone{Host: "b", Outcome: event.OK}, event.RunDone{Changed: changed, Exit: exit})
}

func TestSummaries(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "deep", "shop")}
	if ids, err := s.IDs(); len(ids) != 0 || err != nil {
		t.Fatal("a site without runs:", ids, err)
	}
	write(t, s, noon, true, deploy(2, event.OK, 0)...)
	write(t, s, noon.Add(time.Hour), true, deploy(1, event.Failed, 1)...)
	write(t, s, noon.Add(2*time.Hour), true, deploy(3, event.OK, 0)[:3]...) // killed: closed by the kernel
	_, live := write(t, s, noon.Add(3*time.Hour), false, deploy(1, event.OK, 0)[:2]...)
	// A move of the primary, with two deploys within, of which one has other hosts.
	write(t, s, noon.Add(4*time.Hour), true, slices.Concat([]event.Event{event.RunStarted{Verb: "db switchover", Hosts: []string{"a", "b"}}, event.Output{Host: "a", Line: "closed"}},
		deploy(1, event.OK, 0), deploy(1, event.Unhealthy, 8), []event.Event{event.RunDone{Exit: 8, Problems: []string{"p"}}})...)
	list, err := s.List()
	if err != nil || len(list) != 5 {
		t.Fatalf("%v: %+v", err, list)
	}
	for i, want := range []string{
		"ended 2 0 6s [{a ok 2 } {b ok 0 }]", "ended 1 1 5s [{a failed 1 } {b ok 0 }]", "cut off 2 -1 0s [{a  2 } {b  0 }]", "running 1 -1 0s [{a  1 } {b  0 }]",
		"ended 2 8 13s [{a unhealthy 2 } {b ok 0 }]",
	} {
		exit := -1
		if list[i].Exit != nil {
			exit = *list[i].Exit
		}
		got := fmt.Sprintf("%s %d %d %s %v", list[i].State, list[i].Changed, exit, list[i].Took, list[i].Hosts)
		if got != want || list[i].By != "alice@desk" || !list[i].Here {
			t.Errorf("run %d: got %q, want %q", i, got, want)
		}
	}
	if live.Close() != nil {
		t.Error("close")
	}
	if sum, err := s.Summary(list[3].ID); err != nil || sum.State != CutOff {
		t.Errorf("after its process: %s, %v", sum.State, err)
	}
}

func TestRecordIsPrivateWholeAndNumbered(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "shop")}
	if err := os.Mkdir(s.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	id, _ := write(t, s, noon, true, deploy(1, event.OK, 0)...)
	for path, mode := range map[string]os.FileMode{s.Dir: 0o700, s.path(id): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	n := 0
	if err := s.Events(id, func(e event.Envelope) error {
		if e.Seq != n {
			t.Errorf("number %d at place %d", e.Seq, n)
		}
		n++
		return nil
	}); err != nil || n != 6 {
		t.Errorf("%d events, %v", n, err)
	}
	// A last line that was cut off is passed over; a broken one before it is said.
	text, _ := os.ReadFile(s.path(id))
	os.WriteFile(s.path(id), text[:len(text)-10], 0o600)
	if sum, err := s.Summary(id); err != nil || sum.State != CutOff || len(sum.Hosts) != 2 {
		t.Errorf("cut: %+v, %v", sum, err)
	}
	os.WriteFile(s.path(id), append([]byte(`{"v":9,"type":"run_done"}`+"\n"), text...), 0o600)
	if _, err := s.Summary(id); !errors.Is(err, event.ErrVersion) || !strings.Contains(err.Error(), id+".jsonl:1:") {
		t.Errorf("another version: %v", err)
	}
	if list, err := s.List(); err == nil || len(list) != 0 {
		t.Errorf("list: %v, %v", list, err)
	}
}

// TestKilledWriter: the lock ends with the process, whatever ends it.
func TestKilledWriter(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "shop")}
	if os.Getenv("RECORD_TO") != "" {
		write(t, Store{os.Getenv("RECORD_TO")}, noon, false, deploy(1, event.OK, 0)[:2]...)
		fmt.Println("written")
		select {}
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^TestKilledWriter$")
	cmd.Env = append(os.Environ(), "RECORD_TO="+s.Dir)
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 || list[0].State != Running {
		t.Errorf("under way: %+v, %v", list, err)
	}
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait()
	if list, err := s.List(); err != nil || len(list) != 1 || list[0].State != CutOff || list[0].Changed != 1 {
		t.Errorf("killed: %+v, %v", list, err)
	}
}

func TestBounds(t *testing.T) {
	s := Store{t.TempDir()}
	var events []event.Event
	line := strings.Repeat("x", 2000)
	for range 2 * maxOutput / 2000 {
		events = append(events, event.Output{Host: "a", Line: line})
	}
	for range 20 {
		events = append(events, event.HostPlanned{Host: "a", Unmanaged: []string{strings.Repeat("y", 300<<10)}})
	}
	id, _ := write(t, s, noon, true, append(events, deploy(1, event.OK, 0)...)...)
	info, err := os.Stat(s.path(id))
	if err != nil || info.Size() > maxRun+2000 {
		t.Errorf("%d bytes, %v", info.Size(), err)
	}
	full, plans := 0, 0
	_ = s.Events(id, func(e event.Envelope) error {
		if o, ok := e.Event.(event.Output); ok && strings.Contains(o.Line, "not recorded from here on") {
			full++
		}
		if e.Type() == "host_planned" {
			plans++
		}
		return nil
	})
	if sum, err := s.Summary(id); err != nil || sum.State != Ended || sum.Changed != 1 || full != 1 || plans < 5 {
		t.Errorf("%+v, %v; said %d times, %d plans", sum, err, full, plans)
	}
}

func TestPruneKeepsWhatChangedSomething(t *testing.T) {
	s := Store{t.TempDir()}
	first, _ := write(t, s, noon, true, deploy(1, event.OK, 0)...)
	for i := range keepRuns + 30 {
		write(t, s, noon.Add(time.Duration(i+1)*time.Minute), true, deploy(0, event.OK, 0)...)
	}
	if ids, _ := s.IDs(); len(ids) != keepRuns || ids[0] != first {
		t.Errorf("%d runs are left, the first is %s, not %s", len(ids), ids[0], first)
	}
	for i := range keepRuns + 30 {
		write(t, s, noon.Add(time.Duration(i+200)*time.Minute), true, deploy(1, event.OK, 0)...)
	}
	list, err := s.List()
	idle := 0
	for _, sum := range list {
		if sum.Changed == 0 {
			idle++
		}
	}
	if err != nil || len(list) != keepRuns || idle != keepIdle {
		t.Errorf("%d runs, %d of them changed nothing, %v", len(list), idle, err)
	}
}

// TestEndOfRun: how a run ended is told from the end of its record alone.
func TestEndOfRun(t *testing.T) {
	s := Store{t.TempDir()}
	long := event.HostPlanned{Host: "a", Unmanaged: []string{strings.Repeat("x", 3*endOfRun)}}
	for i, c := range []struct {
		events []event.Event
		want   string
	}{
		{deploy(0, event.OK, 0), "true 0 0"},
		{append([]event.Event{long}, deploy(2, event.Failed, 1)...), "true 1 2"},
		{deploy(1, event.OK, 0)[:2], "false 0 0"},
		{append(deploy(0, event.OK, 0), long), "false 0 0"},
		{nil, "false 0 0"},
	} {
		id, _ := write(t, s, noon.Add(time.Duration(i)*time.Minute), true, c.events...)
		done, ok := s.done(id)
		if got := fmt.Sprint(ok, done.Exit, done.Changed); got != c.want {
			t.Errorf("record %d: %s, want %s", i, got, c.want)
		}
	}
	id, _ := write(t, s, noon.Add(time.Hour), true, deploy(0, event.OK, 0)...)
	f, err := os.OpenFile(s.path(id), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(`{"v":1,"type":"run_st`); err != nil { // what a killed run leaves
		t.Fatal(err)
	}
	if _, ok := s.done(id); !ok {
		t.Error("half a line hides the whole one before it")
	}
	if _, ok := s.done("none"); ok {
		t.Error("a record that is not there has an end")
	}
}

func TestFailureToWriteIsSaidOnce(t *testing.T) {
	s := Store{t.TempDir()}
	_, w := write(t, s, noon, false)
	w.file.Close()
	for range 3 {
		w.Receive(event.Envelope{Time: noon, Event: event.Waiting{Host: "a"}})
	}
	if err := w.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("%v", err)
	}
	var none *Writer
	none.Receive(event.Envelope{Event: event.Waiting{}})
	if none.Close() != nil {
		t.Error("a nil writer fails")
	}
	blocked := filepath.Join(t.TempDir(), "file")
	os.WriteFile(blocked, nil, 0o600)
	if _, err := (Store{filepath.Join(blocked, "x")}).Create(event.RunRecorded{ID: NewID(noon)}, noon); err == nil {
		t.Error("a folder that cannot be made is no error")
	}
}

func TestBase(t *testing.T) {
	t.Setenv("HOME", "/home/alice")
	for state, want := range map[string]string{"": "/home/alice/.local/state/foobar/runs", "relative": "/home/alice/.local/state/foobar/runs", "/var/s": "/var/s/foobar/runs"} {
		t.Setenv("XDG_STATE_HOME", state)
		if got, err := Base(); err != nil || got != want {
			t.Errorf("%q: %s, %v", state, got, err)
		}
	}
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	if _, err := Base(); err == nil {
		t.Error("no home is no error")
	}
	a, b := Of("/b", "../x y", "one"), Of("/b", "../x y", "two")
	if a == b || filepath.Dir(a.Dir) != "/b" {
		t.Errorf("%s, %s", a.Dir, b.Dir)
	}
}

func TestParseHostRuns(t *testing.T) {
	r := HostRun{V: 1, ID: "i", From: "10.0.0.1", At: noon, By: "alice@desk\x1b[2J", Verb: "deploy", Limit: []string{"\u202ea"}, Outcome: event.OK, Changed: 3, Error: strings.Repeat("e", 5000)}
	line, _ := json.Marshal(r)
	got := ParseHostRuns([]string{"", "{", `{"v":2,"id":"x"}`, `{"v":1}`, strings.Repeat("[", 1000), string(line)})
	if len(got) != 1 || got[0].By != "alice@desk" || got[0].Limit[0] != "a" || len(got[0].Error) > 510 || !got[0].At.Equal(noon) {
		t.Errorf("%+v", got)
	}
}

// TestRunsOfOneSecondKeepTheirOrder: a script starts several runs within a second.
func TestRunsOfOneSecondKeepTheirOrder(t *testing.T) {
	s := Store{t.TempDir()}
	want := []string{"20260304T115959Z-ffffff"} // as IDs once were
	for i := range 20 {
		want = append(want, NewID(time.Date(2026, 3, 4, 12, 0, 0, (i+1)*int(time.Millisecond), time.UTC)))
	}
	for _, id := range slices.Backward(want) {
		if err := os.WriteFile(s.path(id), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if ids, err := s.IDs(); err != nil || !slices.Equal(ids, want) {
		t.Errorf("%v: %v, not %v", err, ids, want)
	}
}
