package event

import (
	"encoding/json"
	"testing"

	"foobar/internal/ask/asktest"
)

// FuzzEnvelope: an event that was read can be written and read again, and shown.
func FuzzEnvelope(f *testing.F) {
	f.Add([]byte(`{"v":1,"seq":1,"time":"2026-03-04T12:00:00Z","type":"output","host":"web1","line":"\u001b[31mx"}`))
	f.Add([]byte(`{"v":1,"seq":2,"time":"2026-03-04T12:00:00Z","type":"host_planned","host":"a","changes":[{"fields":[{"name":"x","old":"\u202e"}]}]}`))
	f.Add([]byte(`{"v":1,"type":"later","x":{"y":1}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var e, again Envelope
		if json.Unmarshal(line, &e) != nil {
			return
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return // what a later foobar added is passed on as it is
		}
		if err := json.Unmarshal(raw, &again); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		if o, ok := again.Event.(Output); ok {
			asktest.Shown(t, o.Line)
		}
	})
}
