package tui

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestReplay shows a recorded run to its end; the result stands behind the last
// thing that takes the screen away.
func TestReplay(t *testing.T) {
	var out bytes.Buffer
	run := recorded(t, "drift.jsonl")
	if err := Replay(context.Background(), Options{NoColor: true, Out: &out}, run, 1000); err != nil {
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

// TestReplayEnds: a record that was cut off, and a context that is over.
func TestReplayEnds(t *testing.T) {
	run := recorded(t, "drift.jsonl")
	if err := Replay(context.Background(), Options{NoColor: true, Out: &bytes.Buffer{}}, run[:20], 0); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Replay(ctx, Options{NoColor: true, Out: &bytes.Buffer{}}, run, 0.001); err != nil {
		t.Error(err)
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
