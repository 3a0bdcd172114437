package engine

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/event"
	"foobar/internal/resource"
	"foobar/inventory"
)

// liar is a host that answers as it likes from one of its scripts on, and does
// not end what it is told to end.
type liar struct {
	*shell
	from int // counts from 1
	lie  func(ctx context.Context, script string, line func(string)) (int, error)
}

func (l *liar) Run(ctx context.Context, script string, line func(string)) (int, error) {
	if l.shell.scripts+1 < l.from {
		return l.shell.Run(ctx, script, line)
	}
	l.shell.scripts++
	return l.lie(ctx, script, line)
}

func (l *liar) RunLocked(ctx context.Context, _, script string, line func(string)) (int, error) {
	return l.Run(ctx, script, line)
}

func (*liar) Kill(ctx context.Context) error             { <-ctx.Done(); return nil }
func (*liar) Signal(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }

type lie = func(context.Context, string, func(string)) (int, error)

func silence(ctx context.Context, _ string, _ func(string)) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func prattle(text string, every time.Duration) lie {
	return func(ctx context.Context, _ string, line func(string)) (int, error) {
		for ctx.Err() == nil {
			line(text)
			if every > 0 {
				time.Sleep(every)
			}
		}
		return 0, ctx.Err()
	}
}

var frameToken = regexp.MustCompile(`T=(foobar-[0-9a-z]+)`)

// hangsInStep begins the first step and says nothing more.
func hangsInStep(ctx context.Context, script string, line func(string)) (int, error) {
	line(frameToken.FindStringSubmatch(script)[1] + " step 0")
	return silence(ctx, script, line)
}

// patience is a bound that an honest host keeps easily on this machine, as busy as it
// is now.
func patience(t *testing.T) time.Duration {
	b := newBench(t, "good")
	b.one(func(h *inventory.Host) []resource.Resource { return []resource.Resource{b.file("good", "x", "x")} })
	began := time.Now()
	b.run("deploy")
	return max(400*time.Millisecond, 5*time.Since(began))
}

// TestAHostThatHangs: whatever a host does at whatever it is asked, it is out
// after its time, with a reason, and the others are done.
func TestAHostThatHangs(t *testing.T) {
	const facts, look, steps = 1, 2, 3
	idle := patience(t)
	for name, c := range map[string]struct {
		from int
		lie  lie
		code string
		verb string
	}{
		"facts, silent":         {facts, silence, "SSH18", "plan"},
		"facts, endless":        {facts, prattle("", 0), "SSH17", "plan"},
		"facts, slow":           {facts, prattle("x", 5*time.Millisecond), "SSH18", "plan"},
		"a look, silent":        {look, silence, "SSH18", "plan"},
		"a look, endless":       {look, prattle("", 0), "SSH17", "plan"},
		"no step begins":        {steps, silence, "SSH18", "deploy"},
		"noise for steps":       {steps, prattle("x", time.Millisecond), "SSH18", "deploy"},
		"endless for steps":     {steps, prattle("x", 0), "SSH17", "deploy"},
		"a step that has begun": {steps, hangsInStep, "RUN05", "deploy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "bad", "good")
			b.one(func(h *inventory.Host) []resource.Resource {
				return []resource.Resource{resource.Custom{Name: "custom:x", Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
					return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "x", New: "y"}},
						Steps: []resource.Step{resource.Run{Title: "work", Script: ": >" + b.path(h.Name, "worked"), Timeout: idle}}}, nil
				}}}
			})
			b.wrap = func(s *shell) Target {
				if s.dir == b.dirs["bad"] {
					return &liar{s, c.from, c.lie}
				}
				return s
			}
			b.tune = func(e *Engine) {
				e.Patience, e.KillTime = ask.Bounds{Idle: idle, Whole: 2 * idle}, 50*time.Millisecond
				if c.code == "SSH17" { // its bound is not one of time
					e.Patience = ask.Bounds{}
				}
			}
			done := make(chan struct{})
			go func() { b.run(c.verb); close(done) }()
			select {
			case <-done:
			case <-time.After(time.Minute + 20*idle):
				t.Fatal("the run hangs")
			}
			var codes []string
			planned := false
			for _, e := range b.events {
				switch e := e.(type) {
				case event.HostDone:
					if e.Host == "bad" {
						codes = append(codes, string(e.Code))
					}
				case event.HostPlanned:
					planned = planned || e.Host == "good"
				}
			}
			if len(codes) != 1 || codes[0] != c.code || !planned {
				t.Errorf("ended with %q, want %s; the other was looked at: %v\n%s", codes, c.code, planned, b.problems())
			}
		})
	}
}

// TestStopEndsWhatOnlyLooks: one Ctrl-C is enough while nothing is changed yet.
func TestStopEndsWhatOnlyLooks(t *testing.T) {
	for _, from := range []int{1, 2} {
		b := newBench(t, "bad")
		b.one(func(h *inventory.Host) []resource.Resource { return []resource.Resource{b.file("bad", "x", "x")} })
		b.wrap = func(s *shell) Target {
			return &liar{s, from, func(ctx context.Context, script string, line func(string)) (int, error) {
				go b.eng.Stop()
				return silence(ctx, script, line)
			}}
		}
		done := make(chan Result, 1)
		go func() { done <- b.run("plan") }()
		select {
		case r := <-done:
			if r.Exit != ExitInterrupted {
				t.Errorf("exit %d: %s", r.Exit, b.problems())
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the run hangs")
		}
	}
}

// TestKillDoesNotWaitForAHostThatHangs: after the second Ctrl-C the run ends,
// though a host ignores it.
func TestKillDoesNotWaitForAHostThatHangs(t *testing.T) {
	b := newBench(t, "bad")
	b.one(func(h *inventory.Host) []resource.Resource { return []resource.Resource{b.file("bad", "x", "x")} })
	b.wrap = func(s *shell) Target { return &liar{s, 1, silence} }
	b.tune = func(e *Engine) { e.KillTime = 50 * time.Millisecond }
	ctx, cancel := context.WithCancel(t.Context())
	b.onEmit = func(e event.Event) {
		if _, ok := e.(event.HostConnected); ok {
			go func() {
				go b.eng.Stop()
				b.eng.Kill()
				cancel()
			}()
		}
	}
	done := make(chan Result, 1)
	go func() { done <- b.runIn(ctx, "plan") }()
	select {
	case r := <-done:
		if r.Exit != ExitInterrupted {
			t.Errorf("exit %d: %s", r.Exit, b.problems())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the run hangs")
	}
}

// TestWaitingIsNotHanging: a host that says again and again that it waits for
// an earlier run is waited for beyond the time of an answer, and says so once.
func TestWaitingIsNotHanging(t *testing.T) {
	b := newBench(t, "a")
	b.one(func(*inventory.Host) []resource.Resource { return []resource.Resource{b.file("a", "x", "x")} })
	b.wrap = func(s *shell) Target {
		return &liar{s, 1, func(ctx context.Context, script string, line func(string)) (int, error) {
			if !strings.Contains(script, "section waiting") {
				return 0, nil
			}
			for range 24 {
				asktest.Play(script, []string{asktest.Token + " begin waiting"}, line)
				time.Sleep(50 * time.Millisecond)
			}
			asktest.Play(script, []string{asktest.Token + " begin facts", "os debian", asktest.Token + " done"}, line)
			return 0, nil
		}}
	}
	b.tune = func(e *Engine) { e.Patience = ask.Bounds{Idle: time.Second, Whole: time.Second} }
	b.run("deploy")
	waits, heard := 0, false
	for _, e := range b.events {
		switch e := e.(type) {
		case event.Waiting:
			if strings.Contains(e.For, "earlier run") {
				waits++
			}
		case event.FactsGathered:
			heard = true
		}
	}
	if waits != 1 || !heard {
		t.Errorf("said %d times that it waits: %s", waits, b.problems())
	}
}
