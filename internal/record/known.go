package record

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

// mostKnown bounds what Recall reads, in bytes.
const mostKnown = 16 << 20

// known is the file of what was learned about the hosts; it is no run.
const known = "known.json"

// Recall reads what Keep wrote last. Where that is nothing, or cannot be read, v
// stays as it is: what is kept saves time, and is never needed.
func (s Store) Recall(v any) {
	f, err := os.Open(filepath.Join(s.Dir, known))
	if err != nil {
		return
	}
	defer f.Close()
	_ = json.NewDecoder(io.LimitReader(f, mostKnown)).Decode(v)
}

// Keep writes v, as JSON, for the next run on this machine.
func (s Store) Keep(v any) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(s.Dir, known+".*") // its owner's alone
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = json.NewEncoder(f).Encode(v)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.Dir, known))
	}
	return err
}
