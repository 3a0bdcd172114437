package record

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"

	"foobar/internal/event"
)

// Writer writes the record of a run as it goes. It is an event.Sink that may be
// used from several streams at once; the record has a numbering of its own. A
// nil Writer takes everything and keeps nothing.
type Writer struct {
	mu      sync.Mutex
	file    *os.File
	seq     int
	size    int
	printed int
	said    bool // that something is left out
	err     error
}

// Create begins a record, after it has made room for it. The file is locked
// while the run goes on; that ends with the process, so that one that was killed
// is seen to be.
func (s Store) Create(head event.RunRecorded, now time.Time) (*Writer, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	if err := os.Chmod(s.Dir, 0o700); err != nil { // it may have been there
		return nil, err
	}
	pruned := s.prune()
	file, err := os.OpenFile(s.path(head.ID), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, errors.Join(err, pruned)
	}
	// Where files cannot be locked, a run under way looks like one that was cut off.
	_ = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
	w := &Writer{file: file, seq: -1, err: pruned}
	w.Receive(event.Envelope{Time: now, Event: head})
	return w, nil
}

// Receive writes one event. What goes wrong is said by Close.
func (w *Writer) Receive(e event.Envelope) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return
	}
	e.Seq = w.seq + 1
	line, err := json.Marshal(e)
	if err != nil {
		w.fail(err)
		return
	}
	if w.tooMuch(e.Event, len(line)+1) {
		if w.said {
			return
		}
		w.said = true
		e.Event = event.Output{Host: hostOf(e.Event), Line: "… not recorded from here on: the record of this run is full"}
		if line, err = json.Marshal(e); err != nil {
			return
		}
	}
	w.seq++
	// One write a line: what a killed run leaves ends with a whole line, or with
	// the beginning of one.
	n, err := w.file.Write(append(line, '\n'))
	w.size += n
	w.fail(err)
}

// tooMuch says that an event has no room any more. There is always room for how a run,
// its hosts and its changes ended.
func (w *Writer) tooMuch(e event.Event, size int) bool {
	switch e.(type) {
	case event.RunRecorded, event.RunStarted, event.ChangeDone, event.HostDone, event.RunDone:
		return false
	case event.Output:
		if w.printed += size; w.printed > maxOutput {
			return true
		}
	}
	return w.size+size > maxRun
}

func hostOf(e event.Event) string {
	switch e := e.(type) {
	case event.Output:
		return e.Host
	case event.HostPlanned:
		return e.Host
	case event.ChangeStarted:
		return e.Host
	case event.Waiting:
		return e.Host
	}
	return ""
}

// fail notes the first error and ends the record there.
func (w *Writer) fail(err error) {
	if err == nil {
		return
	}
	if w.err == nil {
		w.err = err
	}
	_ = w.file.Close()
	w.file = nil
}

// Close ends the record and says what went wrong with it.
func (w *Writer) Close() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file != nil {
		w.err = errors.Join(w.err, w.file.Close())
		w.file = nil
	}
	return w.err
}
