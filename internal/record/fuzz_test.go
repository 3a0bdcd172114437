package record

import (
	"strings"
	"testing"

	"foobar/internal/ask/asktest"
)

// FuzzParseHostRuns: what a host remembers of runs can be shown, and is bounded.
func FuzzParseHostRuns(f *testing.F) {
	f.Add(`{"from":"10.0.0.1","v":1,"id":"20260304T120000Z-aaaaaa","at":"2026-03-04T12:00:00Z","by":"a@b","verb":"deploy","outcome":"ok","changed":3}` + "\nheld")
	f.Add(`{"v":1,"id":"\u001b]52;c;x\u0007\u202e","at":"9999-12-31T23:59:59-23:59","limit":["\u200b"],"changed":-1}`)
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		runs := ParseHostRuns(lines)
		if len(runs) > HostLines {
			t.Fatalf("%d runs", len(runs))
		}
		for _, r := range runs {
			for _, s := range append(append([]string{r.ID, r.From, r.By, r.Verb, r.Site, r.Inventory, r.Foobar, string(r.Outcome), r.Error}, r.Limit...), r.Roles...) {
				asktest.Shown(t, s)
			}
			if r.State(Held(lines)); r.ID == "" || r.Changed < 0 {
				t.Fatalf("%+v", r)
			}
		}
		asktest.Document(t, runs)
	})
}
