package action

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/database/ops"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/logs"
	"foobar/internal/monitoring"
	"foobar/internal/planview"
	"foobar/internal/play"
	"foobar/internal/preflight"
	"foobar/internal/record"
	"foobar/internal/remote/sshtest"
	"foobar/internal/report"
	"foobar/internal/resource"
	"foobar/internal/status"
	"foobar/internal/verify"
	"foobar/inventory"
	"foobar/tui"
)

// TestAHostThatHangsHoldsNoStatus: the question ends by its own time.
func TestAHostThatHangsHoldsNoStatus(t *testing.T) {
	silent := func(string, ssh.Channel, *sshtest.Server) {}
	inv := reload(t, sshtest.Site(t, sshtest.Mute(t, silent), sshtest.Mute(t, silent)))
	g := &status.Gatherer{Inv: inv, Dial: (&Common{}).statusDial(&atomic.Bool{}), Time: 3 * time.Second}
	began := time.Now()
	s := g.Take(t.Context())
	g.Close()
	if took := time.Since(began); took > 20*time.Second || s.Hosts[1].Reached || !strings.Contains(s.Hosts[1].Error, "did not answer in 3s") {
		t.Errorf("after %v: %+v", took, s.Hosts[1])
	}
}

// wicked is a text of a host that takes the clipboard, paints over what stood
// above, turns the direction of what follows and hides in what cannot be seen.
const wicked = "a\x1b]52;c;Zm9v\a\x1b[2A\x1b[Kb\u009b31m\u202ec\u200b\u00ad\u2060\ufeff\U000e0041d\xff"

// displays are all ways in which people and programs are shown what hosts say.
func displays(t *testing.T) map[string]func(w io.Writer) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	through := func(verb string, sink event.Sink) {
		s := event.NewStream(time.Now, sink)
		change := event.Change{Play: "p", Action: resource.Update, Reason: wicked, Resource: wicked, Fields: []resource.Field{{Name: wicked, Old: wicked, New: "new"}, {Name: "content", Old: wicked + "\n" + wicked, New: "x", Text: true}}}
		for _, e := range []event.Event{event.RunStarted{Verb: verb, Hosts: []string{"web1"}}, event.HostConnected{Host: "web1", Address: wicked},
			event.FactsGathered{Host: "web1", OS: wicked, Arch: wicked}, event.HostPlanned{Host: "web1", Unmanaged: []string{wicked}, Changes: []event.Change{change}},
			event.ChangeStarted{Host: "web1", Play: "p", Resource: wicked, Title: wicked}, event.Output{Host: "web1", Resource: wicked, Line: wicked},
			event.Waiting{Host: "web1", For: wicked}, event.HostDone{Host: "web1", Outcome: event.Failed, Error: wicked, Hint: wicked},
			event.RunDone{Exit: 1, Problems: []string{wicked}}} {
			s.Emit(e)
		}
	}
	view := func(w io.Writer) {
		d := tui.New(tui.Options{NoColor: true, Out: w})
		through("deploy", d)
		if err := d.Run(); err != nil {
			t.Error(err)
		}
	}
	said := func(asJSON bool) func(io.Writer) {
		return func(w io.Writer) {
			q := logs.Query{Service: "app", Lines: 10}
			a := q.On("web1", []play.Service{{Name: "app", Journal: play.Journal{Unit: "app"}}})
			message, _ := json.Marshal(wicked)
			a.Read(asktest.Answer("tok begin 0", `{"__REALTIME_TIMESTAMP":"1769857200000000","MESSAGE":`+string(message)+"}", wicked, "tok done"))
			_ = q.Show([]*logs.Answer{a}, asJSON, w, w)
		}
	}
	summary := record.Summary{RunRecorded: event.RunRecorded{ID: wicked, By: wicked, Verb: wicked}, Hosts: []record.HostEnd{{Host: "a", Error: wicked}}}
	return map[string]func(w io.Writer){
		"an error": func(w io.Writer) { Complain(w, errors.New(wicked)) },
		"a verdict": func(w io.Writer) {
			_ = verdict([]*inventory.Host{{Name: "a"}}, []error{&engine.HostError{Msg: wicked, Hint: wicked}}, w)
		},
		"a question":   func(w io.Writer) { fmt.Fprint(ask.Safe(w), wicked) },
		"JSON":         func(w io.Writer) { _ = writeIndented(w, map[string]string{"a": wicked}) },
		"JSON lines":   func(w io.Writer) { _ = ask.WriteJSON(w, []string{wicked}) },
		"plan":         func(w io.Writer) { through("plan", &report.Plain{Out: w, Err: w, Verbose: 2, Diffs: true}) },
		"plan, JSON":   func(w io.Writer) { through("plan", report.JSON{Out: w}) },
		"deploy":       func(w io.Writer) { through("deploy", &report.Plain{Out: w, Err: w, Verbose: 2, Diffs: true}) },
		"deploy, JSON": func(w io.Writer) { through("deploy", report.JSON{Out: w}) },
		"deploy, view": view,
		"exec":         func(w io.Writer) { newPrefixed(w, nil, " | ").line("a", wicked) },
		"logs":         said(false),
		"logs, JSON":   said(true),
		"history":      func(w io.Writer) { _ = historyTable(w, []record.Summary{summary}, now) },
		"status": func(w io.Writer) {
			_ = status.Plain(w, status.Status{Domain: wicked, Findings: []status.Finding{{Text: wicked, Next: wicked}}})
		},
		"verify": func(w io.Writer) {
			_ = verify.Plain(w, verify.Report{Domain: wicked, Proved: []monitoring.Fact{{Host: "a", Text: wicked}}, Missing: []monitoring.Missing{{Host: "a", Text: wicked, Next: wicked}}, Open: []string{wicked}})
		},
		"check": func(w io.Writer) {
			_ = preflight.Plain(w, preflight.Report{Findings: []preflight.Finding{{Seen: wicked, Fix: wicked, Level: preflight.Fail}}}, preflight.Shown{Paint: planview.Bare})
		},
		"db status": func(w io.Writer) { _ = ops.Status{Findings: []ops.Finding{{Text: wicked, Next: wicked}}}.Plain(w) },
		"db backups": func(w io.Writer) {
			_ = plainBackups(w, []ops.HostBackups{{Host: "a", Error: wicked, Backups: []ops.Backup{{Position: wicked, File: wicked}}}}, now)
		},
	}
}

// TestNoDisplayObeysAHost: every display makes texts safe once more, so that none that
// was forgotten before does harm.
func TestNoDisplayObeysAHost(t *testing.T) {
	for name, show := range displays(t) {
		var text strings.Builder
		show(&text)
		all := text.String()
		if strings.HasSuffix(name, "view") { // whose own sequences are the last that may stand there
			all = regexp.MustCompile("\x1b\\[[?0-9;]*[A-Zhlm]|[\r\b]").ReplaceAllString(all, "")
		}
		if !strings.Contains(all, "a") {
			t.Errorf("%s: nothing was shown", name)
		}
		t.Run(name, func(t *testing.T) { asktest.Shown(t, all) })
		if strings.Contains(all, "52;c") && !strings.Contains(all, `\u001b]52;c`) {
			t.Errorf("%s shows what is left of a sequence: %q", name, all)
		}
	}
}
