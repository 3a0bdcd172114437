package report

import (
	"bytes"
	"testing"

	"foobar/internal/event"
)

// TestDisplaysTakeEveryType: also those that a display has nothing to show of,
// and those of a later version.
func TestDisplaysTakeEveryType(t *testing.T) {
	var out bytes.Buffer
	sinks := []event.Sink{&Plain{Out: &out, Err: &out}, JSON{Out: &out}}
	for _, e := range append(event.Types(), event.Unknown{Name: "later"}) {
		for _, sink := range sinks {
			sink.Receive(event.Envelope{Event: e})
		}
	}
	if n := bytes.Count(out.Bytes(), []byte(`{"v":1,`)); n != len(event.Types())+1 {
		t.Errorf("%d lines of JSON for %d types", n, len(event.Types())+1)
	}
}
