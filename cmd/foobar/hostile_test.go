package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode"

	"golang.org/x/crypto/ssh"

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
)

// mute is a server whose root shell comes up and then does as it likes with
// the first thing that it is asked.
func mute(t *testing.T, answer func(token string, c ssh.Channel, s *sshtest.Server)) *sshtest.Server {
	var s *sshtest.Server
	ready := make(chan struct{})
	s = sshtest.Start(t, sshtest.Config{Session: func(command string, c ssh.Channel) bool {
		<-ready
		if !sshtest.Ready(command, c, "/run/foobar.x") {
			return false
		}
		line, _ := bufio.NewReader(c).ReadString('\n')
		if word := strings.Fields(line); len(word) > 1 {
			answer(word[1], c, s)
		}
		<-s.Gone
		return true
	}})
	close(ready)
	return s
}

// TestAHostThatHangsHoldsNoVerb: a verb ends by its own time and shows the
// others.
func TestAHostThatHangsHoldsNoVerb(t *testing.T) {
	silent := func(string, ssh.Channel, *sshtest.Server) {}
	endless := func(token string, c ssh.Channel, s *sshtest.Server) {
		fmt.Fprintf(c, "\n%s begin\n", token)
		for {
			if _, err := io.WriteString(c, strings.Repeat("\n", 1<<12)); err != nil {
				return
			}
		}
	}
	began := time.Now()
	stdout, _, code := foobar(t, "check", siteOn(t, sshtest.Start(t, sshtest.Config{}), mute(t, endless)), "-o", "json")
	if took := time.Since(began); took > 20*time.Second || code != engine.ExitUnreachable || !strings.Contains(stdout, `"reached":false`) {
		t.Errorf("exit %d after %v, %.300s", code, took, stdout)
	}
	inv := reload(t, siteOn(t, mute(t, silent), mute(t, silent)))
	g := &status.Gatherer{Inv: inv, Dial: (&runFlags{}).statusDial(&atomic.Bool{}), Time: 500 * time.Millisecond}
	began = time.Now()
	s := g.Take(t.Context())
	g.Close()
	if took := time.Since(began); took > 20*time.Second || s.Hosts[1].Reached || !strings.Contains(s.Hosts[1].Error, "did not answer in 500ms") {
		t.Errorf("after %v: %+v", took, s.Hosts[1])
	}
}

// TestInterruptsEndAHangingRun runs itself: whatever a host does, the third
// Ctrl-C ends the program.
func TestInterruptsEndAHangingRun(t *testing.T) {
	if path := os.Getenv("FOOBAR_TEST_HANGS"); path != "" {
		os.Exit(run([]string{"plan", path, "-o", "plain"}))
	}
	asked := make(chan struct{}, 2)
	hangs := func(string, ssh.Channel, *sshtest.Server) { asked <- struct{}{} }
	path := siteOn(t, mute(t, hangs), mute(t, hangs))
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "app", "wsgi.py"), []byte("app = None\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestInterruptsEndAHangingRun$")
	cmd.Env = append(os.Environ(), "FOOBAR_TEST_HANGS="+path, "SUMOLOGIC_INSTALLATION_TOKEN=x", "XDG_STATE_HOME="+t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-asked:
	case err := <-ended:
		t.Fatalf("it ended before: %v", err)
	}
	for range 3 {
		_ = cmd.Process.Signal(os.Interrupt)
		time.Sleep(50 * time.Millisecond)
	}
	select {
	case <-ended:
		if code := cmd.ProcessState.ExitCode(); code != engine.ExitInterrupted {
			t.Errorf("ended with %s", cmd.ProcessState)
		}
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Signal(syscall.SIGKILL)
		t.Error("it goes on")
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
			event.HostPlanned{Host: "web1", Strangers: []string{wicked}, Changes: []event.Change{{Reason: wicked, Resource: wicked}}},
			event.RunDone{Exit: 1, Problems: []string{wicked}}} {
			s.Emit(e)
		}
	}
	summary := record.Summary{RunRecorded: event.RunRecorded{ID: wicked, By: wicked, Verb: wicked}, Hosts: []record.HostEnd{{Host: "a", Error: wicked}}}
	for name, show := range map[string]func(w io.Writer){
		"an error": func(w io.Writer) { complain(w, errors.New(wicked)) },
		"a verdict": func(w io.Writer) {
			_, _ = verdict([]*inventory.Host{{Name: "a"}}, []error{&engine.HostError{Msg: wicked, Hint: wicked}}, w)
		},
		"exec":       func(w io.Writer) { newPrefixed(w, nil).line("a", wicked) },
		"logs":       func(w io.Writer) { _ = writeEntries([]entry{{Host: "a", Message: wicked}}, w) },
		"JSON":       func(w io.Writer) { _ = writeJSON(w, map[string]string{"a": wicked}) },
		"JSON lines": func(io.Writer) { _ = printJSON(entry{Message: wicked}) },
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
		"db progress": func(io.Writer) { dbSay(&inventory.Inventory{})("a", wicked) },
		"a question":  func(w io.Writer) { fmt.Fprint(ask.Safe(w), wicked) },
	} {
		var text strings.Builder
		stdout, stderr, _ := capture(t, func() error { show(&text); return nil })
		all := text.String() + stdout + stderr
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
