package action

import (
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/record"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

// noting is a host that keeps what it was given to run.
type noting struct {
	engine.Target
	scripts []string
}

func (n *noting) Run(_ context.Context, script string, _ func(string)) (int, error) {
	n.scripts = append(n.scripts, script)
	return 0, nil
}
func (n *noting) Lock(context.Context, time.Duration, string) error { return nil }

// TestOperationIsRecorded: what was said, the deploys within, how it ended, and a
// line on each host whose lock was taken.
func TestOperationIsRecorded(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	inv, err := inventory.Load(sshtest.Inventory(t, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	r := (&Common{Console: Console{Err: io.Discard}}).startRecord(inv, "db switchover", nil, nil)
	host := &noting{}
	line := (&Common{}).dbLine()
	line.record, line.live["web1"] = r, host
	if err := (dbTarget{host, "web1", line}).Lock(t.Context(), 0, ""); err != nil {
		t.Fatal(err)
	}
	r.emit(event.RunStarted{Verb: "db switchover", Hosts: inventory.Names(inv.Hosts)})
	said := ""
	r.say(func(host, text string) { said = host + " " + text })("web1", "closed\x1b[2J to writes")
	for _, e := range deployed("deploy", event.OK, 0) {
		r.emit(e)
	}
	r.problem(errors.New("web2 does not follow"))
	r.endOperation(line.held(), &Exit{Code: engine.ExitUnhealthy})
	if said != "web1 closed\x1b[2J to writes" || len(host.scripts) != 2 || strings.Contains(host.scripts[0], `"outcome"`) {
		t.Errorf("said %q, %d scripts", said, len(host.scripts))
	}
	for _, part := range []string{`"verb":"db switchover"`, `"outcome":"failed"`, `"changed":0`, `"error":"web2 does not follow"`, r.head.ID} {
		if !strings.Contains(host.scripts[1], part) {
			t.Errorf("the host's line lacks %s: %s", part, host.scripts[1])
		}
	}
	list, err := r.store.List()
	if err != nil || len(list) != 1 {
		t.Fatalf("%v: %+v", err, list)
	}
	if s := list[0]; s.State != record.Ended || *s.Exit != engine.ExitUnhealthy || s.Changed != 1 || len(s.Problems) != 1 || s.Verb != "db switchover" {
		t.Errorf("%+v", s)
	}
	if err := r.store.Events(r.head.ID, func(e event.Envelope) error {
		if o, ok := e.Event.(event.Output); ok && o.Line != "said" && o.Line != "closed to writes" {
			t.Errorf("recorded: %q", o.Line)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestRecordIsAWarningAtMost: a run goes on where nothing can be written.
func TestRecordIsAWarningAtMost(t *testing.T) {
	inv, err := inventory.Load(sshtest.Inventory(t, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSH_CONNECTION", "192.0.2.7 1 192.0.2.1 22")
	for state, ids := range map[string]int{blocked: 0, t.TempDir(): 1} {
		t.Setenv("XDG_STATE_HOME", state)
		r := (&Common{Console: Console{Err: io.Discard}}).startRecord(inv, "deploy", []string{"web1"}, nil)
		for _, sink := range r.sinks() {
			sink.Receive(event.Envelope{Event: event.RunStarted{Verb: "deploy"}})
		}
		r.end()
		if h := r.header(); h.ID == "" || h.From != "192.0.2.7" || !strings.Contains(h.By, "@") || h.Limit[0] != "web1" || !filepath.IsAbs(h.Inventory) {
			t.Errorf("%+v", h)
		}
		if got, _ := r.store.IDs(); len(got) != ids {
			t.Errorf("%d records, not %d", len(got), ids)
		}
	}
	var none *recording
	none.end()
	none.problem(errors.New("x"))
	if none.header().ID != "" || none.sinks() != nil {
		t.Error("a run that is not recorded is")
	}
}

// TestHomeWithoutHOME: a timer of root's has none, and what it did was not recorded.
func TestHomeWithoutHOME(t *testing.T) {
	u, err := user.Current()
	if err != nil || u.HomeDir == "" {
		t.Skip("this user has no home folder")
	}
	for had, want := range map[string]string{"": u.HomeDir, "/elsewhere": "/elsewhere"} {
		t.Setenv("HOME", had)
		if FindHome(); os.Getenv("HOME") != want {
			t.Errorf("%q became %q, not %q", had, os.Getenv("HOME"), want)
		}
	}
}
