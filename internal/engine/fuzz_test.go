package engine

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/event"
	"foobar/internal/resource"
	"foobar/inventory"
)

// FuzzFrames: no answer to a script of steps makes more of it than there is, and
// all that is told of it can be shown.
func FuzzFrames(f *testing.F) {
	f.Add("T step 0\nline\nT rc 0 0\nT step 1\nT rc 1 7\nT over\nT begin 0")
	f.Add("T step 9\nT rc -1 0\nT rc 0 x\nT stopped\nT step 1\n\x1b[2J\u202e\nT step 0")
	f.Fuzz(func(t *testing.T, text string) {
		items := []*item{{id: "custom:a"}, {id: "custom:b"}}
		var mu sync.Mutex
		w := &worker{host: &inventory.Host{Name: "a"}, run: &run{req: Request{Inventory: &inventory.Inventory{}}, eng: &Engine{Emit: func(e event.Event) {
			mu.Lock()
			defer mu.Unlock()
			if o, ok := e.(event.Output); ok {
				asktest.Shown(t, o.Line)
			}
		}}}}
		s := &script{on: w, token: "T", current: -1, second: ask.NewAnswer("T-look"), status: map[int]int{}}
		for _, it := range items {
			s.tasks = append(s.tasks, &task{items: []*item{it}, step: resource.Run{Title: "x"}})
		}
		s.said = make([]bytes.Buffer, len(s.tasks))
		for line := range strings.SplitSeq(text, "\n") {
			s.line(line, func() {})
		}
		s.arm(0, nil)
		if len(s.status) > len(s.tasks) || len(s.second.Said()) > strings.Count(text, "\n")+1 {
			t.Fatalf("%v, %d lines", s.status, len(s.second.Said()))
		}
		for i, u := range s.tasks {
			e := newStepError(u, 1, s.said[i].String())
			asktest.Shown(t, e.Error())
		}
	})
}
