package action

import (
	"errors"
	"fmt"
	"foobar/internal/ask"
	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/preflight"
	"foobar/internal/record"
	"foobar/internal/remote/sshtest"
	"foobar/internal/report"
	"foobar/internal/status"
	"foobar/inventory"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"
)

// TestAHostThatHangsHoldsNoStatus: the question ends by its own time.
func TestAHostThatHangsHoldsNoStatus(t *testing.T) {
	silent := func(string, ssh.Channel, *sshtest.Server) {}
	inv := reload(t, sshtest.Site(t, sshtest.Mute(t, silent), sshtest.Mute(t, silent)))
	g := &status.Gatherer{Inv: inv, Dial: (&Common{}).statusDial(&atomic.Bool{}), Time: 500 * time.Millisecond}
	began := time.Now()
	s := g.Take(t.Context())
	g.Close()
	if took := time.Since(began); took > 20*time.Second || s.Hosts[1].Reached || !strings.Contains(s.Hosts[1].Error, "did not answer in 500ms") {
		t.Errorf("after %v: %+v", took, s.Hosts[1])
	}
}

// wicked is a text of a host that takes the clipboard, paints over what stood
// above, turns the direction of what follows and hides in what cannot be seen.
const wicked = "a\x1b]52;c;Zm9v\a\x1b[2A\x1b[Kb\u009b31m\u202ec\u200b\u00ad\u2060\ufeff\U000e0041d\xff"

// TestNoDisplayObeysAHost: every place that shows something clears it once more,
// so that one forgotten before does no harm.
func TestNoDisplayObeysAHost(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	e := event.HostDone{Host: "web1", Outcome: event.Failed, Error: wicked, Hint: wicked}
	through := func(sink event.Sink) {
		s := event.NewStream(time.Now, sink)
		for _, e := range []event.Event{event.RunStarted{Verb: "deploy", Hosts: []string{"web1"}}, event.Output{Host: "web1", Line: wicked}, e,
			event.HostPlanned{Host: "web1", Unmanaged: []string{wicked}, Changes: []event.Change{{Reason: wicked, Resource: wicked}}},
			event.RunDone{Exit: 1, Problems: []string{wicked}}} {
			s.Emit(e)
		}
	}
	summary := record.Summary{RunRecorded: event.RunRecorded{ID: wicked, By: wicked, Verb: wicked}, Hosts: []record.HostEnd{{Host: "a", Error: wicked}}}
	for name, show := range map[string]func(w io.Writer){
		"an error": func(w io.Writer) { Complain(w, errors.New(wicked)) },
		"a verdict": func(w io.Writer) {
			_ = verdict([]*inventory.Host{{Name: "a"}}, []error{&engine.HostError{Msg: wicked, Hint: wicked}}, w)
		},
		"exec":       func(w io.Writer) { newPrefixed(w, nil, " | ").line("a", wicked) },
		"JSON":       func(w io.Writer) { _ = writeIndented(w, map[string]string{"a": wicked}) },
		"JSON lines": func(w io.Writer) { _ = ask.WriteJSON(w, []string{wicked}) },
		"events":     func(w io.Writer) { through(report.JSON{Out: w}) },
		"plain":      func(w io.Writer) { through(&report.Plain{Out: w, Err: w, Verbose: 2, Diffs: true}) },
		"history":    func(w io.Writer) { _ = historyTable(w, []record.Summary{summary}, now) },
		"status": func(w io.Writer) {
			_ = status.Plain(w, status.Status{Domain: wicked, Findings: []status.Finding{{Text: wicked, Next: wicked}}})
		},
		"check": func(w io.Writer) {
			_ = preflight.Plain(w, preflight.Report{Findings: []preflight.Finding{{Seen: wicked, Fix: wicked, Level: preflight.Fail}}})
		},
		"db status": func(w io.Writer) { _ = ops.Status{Findings: []ops.Finding{{Text: wicked, Next: wicked}}}.Plain(w) },
		"db backups": func(w io.Writer) {
			_ = plainBackups(w, []ops.HostBackups{{Host: "a", Error: wicked, Backups: []ops.Backup{{Position: wicked, File: wicked}}}}, now)
		},
		"a question": func(w io.Writer) { fmt.Fprint(ask.Safe(w), wicked) },
	} {
		var text strings.Builder
		show(&text)
		all := text.String()
		if len(all) == 0 {
			t.Errorf("%s: nothing was shown", name)
		}
		for _, r := range all {
			if r != '\n' && r != '\t' && (!unicode.IsPrint(r) || unicode.Is(unicode.Cf, r)) {
				t.Errorf("%s shows %U: %q", name, r, all)
				break
			}
		}
		if strings.Contains(all, "52;c") && !strings.Contains(all, `\u001b]52;c`) {
			t.Errorf("%s shows what is left of a sequence: %q", name, all)
		}
	}
}
