package engine

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/record"
	"foobar/internal/resource"
	"foobar/inventory"
)

// noted reads a test host's history, which must be lines of JSON and nothing else.
func (b *bench) noted(host string) []record.HostRun {
	b.t.Helper()
	path := b.path(host, "lib/history.jsonl")
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		b.t.Errorf("%s: %v, %v", path, info.Mode(), err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for _, l := range lines {
		if !json.Valid([]byte(l)) {
			b.t.Errorf("not JSON: %s", l)
		}
	}
	return record.ParseHostRuns(lines)
}

func TestHistoryIsKeptOfWhatChanges(t *testing.T) {
	t.Setenv("SSH_CONNECTION", "10.9.8.7 50000 10.9.8.1 22")
	b := newBench(t, "a", "b")
	odd := `it's "odd" $(touch ` + filepath.Join(t.TempDir(), "x") + ") `id` \\ %s"
	b.record = event.RunRecorded{ID: "20260102T030405Z-aaaaaa", By: "alice@desk", Verb: "deploy", Inventory: odd, Limit: []string{"a"}}
	content := map[string]string{"a": "1\n", "b": "1\n"}
	b.one(func(h *inventory.Host) []resource.Resource {
		return []resource.Resource{b.file(h.Name, "x", content[h.Name])}
	})
	b.run("plan")
	if b.noted("a") != nil {
		t.Fatal("plan left a line")
	}
	open := 0
	b.onEmit = func(e event.Event) {
		if done, ok := e.(event.ChangeDone); ok { // as a run that is killed here would leave it
			if lines := b.noted(done.Host); len(lines) == 1 && lines[0].Outcome == "" && lines[0].Ended.IsZero() {
				open++
			}
		}
	}
	b.run("deploy")
	b.onEmit = nil
	if open != 2 {
		t.Errorf("%d hosts had their line while the work went on", open)
	}
	for _, h := range []string{"a", "b"} {
		lines := b.noted(h)
		if len(lines) != 1 {
			t.Fatalf("%s: %+v", h, lines)
		}
		l := lines[0]
		if l.ID != b.record.ID || l.By != "alice@desk" || l.From != "10.9.8.7" || l.Inventory != odd || l.Outcome != event.OK || l.Changed != 1 || l.Ended.Before(l.At) || l.Limit[0] != "a" {
			t.Errorf("%s: %+v", h, l)
		}
	}
	before, _ := os.Stat(b.path("a", "lib/history.jsonl"))
	b.record.ID = "20260102T030406Z-bbbbbb"
	b.run("deploy")
	if after, _ := os.Stat(b.path("a", "lib/history.jsonl")); !os.SameFile(before, after) || b.shells["a"].scripts != 1 {
		t.Errorf("a converged deploy writes on the host: %d scripts", b.shells["a"].scripts)
	}
	content["b"] = "2\n"
	b.run("deploy")
	if lines := b.noted("b"); len(b.noted("a")) != 1 || len(lines) != 2 || lines[1].ID != b.record.ID || lines[1].Outcome != event.OK {
		t.Errorf("a: %+v, b: %+v", b.noted("a"), lines)
	}
	b.record = event.RunRecorded{}
	content["b"] = "3\n"
	b.run("deploy")
	if len(b.noted("b")) != 2 {
		t.Error("a run without an ID left a line")
	}
}

func TestHistoryOfAFailureAndOfMany(t *testing.T) {
	b := newBench(t, "a")
	b.record = event.RunRecorded{ID: "20260102T030405Z-aaaaaa", By: "alice@desk"}
	old := strings.Repeat(`{"v":1,"id":"old","at":"2026-01-01T00:00:00Z"}`+"\n", 1500)
	if err := os.MkdirAll(b.path("a", "lib"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.path("a", "lib/history.jsonl"), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	b.one(func(*inventory.Host) []resource.Resource {
		return []resource.Resource{resource.Custom{Name: "custom:bad", Ask: "exit 3", Compare: func(resource.Observed) (resource.Change, error) {
			return resource.Change{Action: resource.Create, Fields: []resource.Field{{Name: "x", New: "y"}}, Steps: []resource.Step{resource.Run{Title: "bad", Script: "echo it\\'s bad; exit 4"}}}, nil
		}}}
	})
	b.run("deploy")
	lines := b.noted("a")
	if n := len(lines); n != record.HostLines {
		t.Fatalf("%d lines", n)
	}
	if l := lines[len(lines)-1]; l.Outcome != event.Failed || l.Changed != 0 || !strings.Contains(l.Error, "it's bad") || lines[len(lines)-2].ID != "old" {
		t.Errorf("%+v", l)
	}
}
