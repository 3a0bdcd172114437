// Package report holds the displays for pipes, logs and programs: plain text and
// JSON lines. Both are folds over the event stream.
package report

import (
	"encoding/json"
	"io"

	"foobar/internal/ask"
	"foobar/internal/event"
)

// JSON writes one event per line, see event.Envelope for the form.
type JSON struct{ Out io.Writer }

// Receive writes an event. A reader that has gone away is not an error of the run.
func (j JSON) Receive(e event.Envelope) {
	line, err := json.Marshal(e)
	if err != nil {
		return
	}
	_, _ = j.Out.Write(append(ask.PrintableJSON(line), '\n'))
}
