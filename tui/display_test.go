package tui

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestResultStays shows a recorded run to its end; the result stands behind what
// takes the screen away.
func TestResultStays(t *testing.T) {
	var out bytes.Buffer
	d := New(Options{NoColor: true, Out: &out})
	for _, e := range recorded(t, "drift.jsonl") {
		d.Receive(e)
	}
	if err := d.Run(); err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(out.String(), "\x1b[?1049l") // the end of the alternate screen
	if at < 0 {
		t.Fatalf("there was no screen: %q", out.String())
	}
	if end := out.String()[at:]; !strings.Contains(end, "✓ deploy: 14 changed") || !strings.Contains(end, "web3 4 changes made") {
		t.Errorf("what stays is %q", end)
	}
}

// TestQuit ends the view of a run without an end, such as a record that was cut off:
// there is no result.
func TestQuit(t *testing.T) {
	var out bytes.Buffer
	d := New(Options{NoColor: true, Out: &out})
	for _, e := range recorded(t, "drift.jsonl")[:20] {
		d.Receive(e)
	}
	go d.Quit()
	if err := d.Run(); err != nil || strings.Contains(out.String(), "changed in") {
		t.Errorf("%v: %q", err, out.String())
	}
}

// TestQuestionsComeBehindTheirPlan: what is asked about is shown before. A
// question nobody will answer any more ends with the view.
func TestQuestionsComeBehindTheirPlan(t *testing.T) {
	d := New(Options{NoColor: true, Out: &bytes.Buffer{}})
	before := until(recorded(t, "drift.jsonl"), isPlanned)
	for _, e := range before {
		d.Receive(e)
	}
	end := make(chan error, 1)
	go func() {
		_, err := d.Confirm("Make these 15 changes?")
		end <- err
	}()
	var owed batch
	for len(owed) <= len(before) {
		owed = append(owed, d.feed.take()...)
		time.Sleep(time.Millisecond)
	}
	if _, ok := owed[len(before)].(ask); !ok {
		t.Errorf("the last is a %T", owed[len(before)])
	}
	close(d.over)
	if err := <-end; !errors.Is(err, ErrGone) {
		t.Errorf("an unanswered question ended with %v", err)
	}
}
