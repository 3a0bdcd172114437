package tui

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"foobar/internal/event"
	"foobar/internal/resource"
)

func TestCtrlCStopsThenKills(t *testing.T) {
	stopped, killed := make(chan bool, 1), make(chan bool, 1)
	v := viewOf(Options{NoColor: true, Stop: func() { stopped <- true }, Kill: func() { killed <- true }}, 80, 24, envelopes(story()))
	v.press("ctrl+c")
	<-stopped
	v.press("ctrl+c")
	<-killed
	if v.stops != 2 {
		t.Error("two interruptions were not counted")
	}
}

// TestSignalLikeAKey: a signal is shown, and no question outlives it.
func TestSignalLikeAKey(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 80, 24, envelopes(story())).ask("?", true, false)
	reply := v.question.reply
	v.Update(batch{signal{}})
	if got := <-reply; got != "n" || !strings.Contains(v.View(), "stopping after the current steps") {
		t.Errorf("the question was answered %q:\n%s", got, v.View())
	}
}

func TestAnswers(t *testing.T) {
	for key, want := range map[string]string{"y": "y", "n": "n", "esc": "n", "q": "n"} {
		v := viewOf(Options{NoColor: true}, 80, 24, envelopes(story())).ask("?", true, false)
		reply := v.question.reply
		v.press("tab", "down", "enter", "?", "x") // looking around, also into the help, is no answer
		if v.question == nil {
			t.Fatal("looking around answered the question")
		}
		v.press(key)
		if got := <-reply; got != want {
			t.Errorf("%s answered %q", key, got)
		}
	}
	v := viewOf(Options{NoColor: true}, 80, 24, envelopes(story())).ask("password", false, true)
	reply := v.question.reply
	v.press("s3c")
	if strings.Contains(v.View(), "s3c") {
		t.Error("a secret answer is shown")
	}
	v.press("enter")
	if got := <-reply; got != "s3c" {
		t.Errorf("the answer was %q", got)
	}
	v.ask("password", false, true)
	reply = v.question.reply
	v.press("ctrl+c")
	if got, given := <-reply; given {
		t.Errorf("an interruption answered %q", got)
	}
}

// TestClockBeforeTheFirstEvent: the terminal is there before the run is.
func TestClockBeforeTheFirstEvent(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 80, 24, nil)
	v.Update(tick(time.Unix(1e9, 0)))
	if got := v.View(); !strings.Contains(got, " 0:00\n") {
		t.Errorf("the clock is wrong:\n%s", got)
	}
}

func TestPauseIsHandedOn(t *testing.T) {
	var got []bool
	v := viewOf(Options{NoColor: true, Pause: func(on bool) { got = append(got, on) }}, 80, 24, envelopes(story()))
	v.press("p")
	if !strings.Contains(v.View(), "PAUSING, 2 hosts at work") {
		t.Error("it is not said who is still at work")
	}
	for _, h := range []string{"web1", "web3"} {
		v.Update(envelope{Event: event.Waiting{Host: h, For: "the end of the pause"}})
	}
	if !strings.Contains(v.View(), "PAUSED") {
		t.Error("the pause is not shown")
	}
	v.press("p")
	if fmt.Sprint(got) != "[true false]" || strings.Contains(v.View(), "PAUS") {
		t.Errorf("the engine was told %v", got)
	}
}

// TestFollowsFailures: f goes to the failed host, and later to one that fails later.
func TestFollowsFailures(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 80, 24, envelopes(story()))
	v.press("f") // none yet: stay with those to come
	for _, e := range envelopes(failing()) {
		v.Update(envelope(e))
	}
	if v.host().name != "web3" {
		t.Errorf("the view stays at %s", v.host().name)
	}
	v.press("tab")
	if v.follow {
		t.Error("choosing a host by hand does not let go")
	}
	v.press("f")
	if v.host().name != "web3" || !v.follow {
		t.Error("f does not go to the failed host")
	}
}

// TestFilter: over output and changes, live while it is typed; esc shows all again.
func TestFilter(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 100, 40, recorded(t, "drift.jsonl")[:20])
	v.press("tab", "enter", "/", "Journ")
	if strings.Contains(v.View(), "nginx.conf") {
		t.Error("what does not match is shown")
	}
	v.press("esc")
	if !strings.Contains(v.View(), "nginx.conf") {
		t.Error("esc does not show all again")
	}
	v.press("/", "worker_connections", "enter") // within a diff
	if got := v.View(); !strings.Contains(got, "nginx.conf") || strings.Contains(got, "block:/etc/hosts") {
		t.Errorf("the diffs are not searched:\n%s", got)
	}
	v.press("esc", "d", "/", "reload")
	for _, l := range strings.Split(v.View(), "\n") {
		if strings.HasPrefix(l, "✓") && !strings.Contains(l, "reload") {
			t.Errorf("%q does not match", l)
		}
	}
}

// TestKeysReadAtOnce: keys that come in one message count one by one. What is pasted
// does not act as keys; where text is typed it is text.
func TestKeysReadAtOnce(t *testing.T) {
	at := func(text string, paste bool) view {
		v := viewOf(Options{NoColor: true}, 80, 24, envelopes(story())).press("enter")
		v.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(text), Paste: paste})
		return v
	}
	if v := at("/relo", false); !v.typing || v.filter != "relo" {
		t.Errorf("typed: typing %v, filter %q", v.typing, v.filter)
	}
	if v := at("/relo", true); v.typing || v.filter != "" {
		t.Errorf("pasted: typing %v, filter %q", v.typing, v.filter)
	}
	v := at("/", false)
	v.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("load"), Paste: true})
	if v.filter != "load" {
		t.Errorf("pasted into the filter: %q", v.filter)
	}
}

// TestEndWaitsForTheReader: the view closes by itself, but not under somebody's eyes.
func TestEndWaitsForTheReader(t *testing.T) {
	last := envelope{Event: event.RunDone{Exit: 0}}
	v := viewOf(Options{NoColor: true}, 80, 24, envelopes(story()))
	if _, cmd := v.Update(last); cmd == nil || !v.quit {
		t.Error("the view does not close")
	}
	v = viewOf(Options{NoColor: true}, 80, 24, envelopes(story())).press("enter")
	if _, cmd := v.Update(last); cmd != nil {
		t.Error("the view closes while a host is open")
	}
	if _, cmd := v.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("q")}); cmd == nil {
		t.Error("q does not close it")
	}
}

// TestBarNeverRunsBackwards: in a recorded first deploy, even where a change takes
// longer than usual; and the bar reaches its end.
func TestBarNeverRunsBackwards(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 80, 24, nil)
	last, at := 0.0, time.Time{}
	for _, e := range recorded(t, "first.jsonl") {
		for !at.IsZero() && at.Before(e.Time) { // the clock between two events
			at = at.Add(200 * time.Millisecond)
			v.Update(tick(at))
			part := v.progress(v.reckon())
			if part < last || part > 1 {
				t.Fatalf("at %s the bar went from %f to %f", at, last, part)
			}
			last = part
		}
		at = e.Time
		v.Update(envelope(e))
	}
	if part := v.progress(v.reckon()); part < 0.999 {
		t.Errorf("at the end the bar is at %f", part)
	}
}

// TestEstimateIsOfTheRightOrder: in the middle of the recorded first deploy the
// time left is at most half or double of what it then took.
func TestEstimateIsOfTheRightOrder(t *testing.T) {
	all := recorded(t, "first.jsonl")
	v := viewOf(Options{NoColor: true}, 80, 24, until(all, halfway))
	if got := v.left(v.reckon()); !strings.HasPrefix(got, "about ") {
		t.Errorf("nothing is said of the time left: %q", got)
	}
	var left float64
	if _, err := fmt.Sscanf(v.left(v.reckon()), "about %f s left", &left); err != nil {
		t.Fatal(err)
	}
	if took := all[len(all)-1].Time.Sub(v.now).Seconds(); left < took/2 || left > took*2 {
		t.Errorf("%.0f s were said to be left, and it took %.0f s", left, took)
	}
}

// TestMemoryStaysFlat: four hosts that say sixty lines a second for five
// minutes. What is kept does not grow, and a message costs little.
func TestMemoryStaysFlat(t *testing.T) {
	v := viewOf(Options{NoColor: true}, 200, 60, envelopes(story()))
	hosts := []string{"lb1", "web1", "web2", "web3"}
	n := 0
	feed := func(seconds int) {
		for range seconds * 60 {
			for _, h := range hosts {
				n++
				line := fmt.Sprintf("%d %s", n, strings.Repeat("x", 100+n%50))
				v.Update(envelope{Seq: n, Time: time.Unix(int64(n), 0), Event: event.Output{Host: h, Resource: "packages:base", Line: line}})
			}
			v.View()
		}
	}
	kept := func() uint64 {
		var s runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&s)
		return s.HeapAlloc
	}
	feed(60)
	before := kept()
	feed(240)
	if after := kept(); after > before+256<<10 {
		t.Errorf("%d KiB more are kept after four more minutes", (after-before)>>10)
	}
	runtime.KeepAlive(v)
	for _, h := range v.hosts {
		if h.out.len() != keepLines {
			t.Errorf("%s: %d lines are kept", h.name, h.out.len())
		}
	}
	if last := v.byName["web3"].out.newest(); !strings.HasPrefix(last, fmt.Sprint(n)+" ") {
		t.Errorf("the last line is %q", last)
	}
	msg := envelope{Time: time.Unix(int64(n), 0), Event: event.Output{Host: "web1", Line: "x"}}
	if a := testing.AllocsPerRun(200, func() { v.Update(msg) }); a > 4 {
		t.Errorf("an event costs %.0f allocations", a)
	}
	if a := testing.AllocsPerRun(50, func() { v.View() }); a > 2000 {
		t.Errorf("drawing costs %.0f allocations", a)
	}
}

// TestSlowTerminalDoesNotHoldTheRun: events are taken at once although nobody
// shows them; of output the newest lines are kept, of the rest all.
func TestSlowTerminalDoesNotHoldTheRun(t *testing.T) {
	f := newFeed()
	for i := range 100_000 {
		f.put(envelope{Seq: i, Event: event.Output{Host: "a", Line: "x"}})
		if i%1000 == 0 {
			f.put(envelope{Seq: i, Event: event.ChangeDone{Host: "a", Resource: resource.ID("file:/x")}})
		}
	}
	all := f.take()
	lines, done := 0, 0
	for _, msg := range all {
		if isOutput(msg) {
			lines++
		} else {
			done++
		}
	}
	if lines < keepLines || lines > 2*keepOwed || done != 100 {
		t.Errorf("%d lines and %d other events wait", lines, done)
	}
	if last := all[len(all)-1].(envelope); last.Seq != 99_999 {
		t.Errorf("the newest is number %d", last.Seq)
	}
}
