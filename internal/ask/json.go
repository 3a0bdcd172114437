package ask

import (
	"encoding/json"
	"errors"
	"io"
	"syscall"
)

// WriteJSON writes a document on one line, fit to be shown. A reader who has gone
// (| head) is no error.
func WriteJSON(out io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if _, err = out.Write(append(PrintableJSON(data), '\n')); errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}
