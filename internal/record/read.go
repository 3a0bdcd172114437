package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"foobar/internal/event"
)

// State is where a run is.
type State string

// The states of a run.
const (
	Running State = "running"
	Ended   State = "ended"
	CutOff  State = "cut off" // killed, or its machine was
)

// Summary is a run in a few words.
type Summary struct {
	event.RunRecorded
	Began time.Time `json:"began"`
	State State     `json:"state"`
	// Here says that the run's record is on this machine; others are known from
	// the hosts alone.
	Here bool `json:"recorded_here"`
	// Told are the hosts on whose word alone the rest of it stands, where this
	// machine has no record. Nothing proves that such a run was as they say.
	Told  []string  `json:"told_by,omitempty"`
	Hosts []HostEnd `json:"hosts"`
	// Changed counts the changes made, as far as it came.
	Changed int `json:"changed"`
	// Exit is the exit code; null until the run has ended, or where only hosts know of it.
	Exit     *int          `json:"exit"`
	Took     time.Duration `json:"took_ns,omitempty"` // until it ended
	Problems []string      `json:"problems,omitempty"`
	// FailedRequests is the run's RunDone's.
	FailedRequests *int `json:"failed_requests,omitempty"`

	beside string // RunStarted's, which is no host
}

// HostEnd is how a host's part ended; Outcome is "" when it did not.
type HostEnd struct {
	Host    string        `json:"host"`
	Outcome event.Outcome `json:"outcome,omitempty"`
	Changed int           `json:"changed"`
	Error   string        `json:"error,omitempty"`
}

// Lines gives the whole lines of a record to each, as they are. A run may still
// be writing it.
func (s Store) Lines(id string, each func(line []byte) error) error {
	file, err := os.Open(s.path(id))
	if err != nil {
		return err
	}
	defer file.Close()
	r := bufio.NewReaderSize(io.LimitReader(file, 4*maxRun), 64<<10)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // the rest was cut off
		}
		if err == nil {
			err = each(bytes.TrimSuffix(line, []byte("\n")))
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", file.Name(), n, err)
		}
	}
}

// Events reads a record back, in order.
func (s Store) Events(id string, each func(event.Envelope) error) error {
	return s.Lines(id, func(line []byte) error {
		var e event.Envelope
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		return each(e)
	})
}

// Summary sums up one record.
func (s Store) Summary(id string) (Summary, error) {
	sum := Summary{Here: true, State: CutOff, Hosts: []HostEnd{}}
	sum.ID = id
	open := 0
	err := s.Lines(id, func(line []byte) error {
		if !counts(line) {
			return nil
		}
		var e event.Envelope
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		sum.fold(e, &open)
		return nil
	})
	if err != nil {
		return sum, err
	}
	if sum.State == CutOff && s.held(id) {
		sum.State = Running
	}
	return sum, nil
}

// counts reports whether Summary needs a line, by the type at its beginning, so that
// long plans are not parsed for it.
func counts(line []byte) bool {
	head := line[:min(len(line), 120)]
	for _, e := range []event.Event{event.RunRecorded{}, event.RunStarted{}, event.ChangeDone{}, event.HostDone{}, event.RunDone{}} {
		if bytes.Contains(head, []byte(`"type":"`+e.Type()+`"`)) {
			return true
		}
	}
	return false
}

// fold takes in an event. The run of a command may hold others, as that of
// db switchover holds deploys: open counts those begun and not ended.
func (sum *Summary) fold(env event.Envelope, open *int) {
	switch e := env.Event.(type) {
	case event.RunRecorded:
		sum.RunRecorded, sum.Began = e, env.Time
	case event.RunStarted:
		*open++
		sum.beside = e.Beside
		for _, h := range e.Hosts {
			sum.host(h)
		}
	case event.ChangeDone:
		if e.Changed {
			sum.host(e.Host).Changed++
			sum.Changed++
		}
	case event.HostDone:
		if h := sum.host(e.Host); h.Outcome == "" || h.Outcome == event.OK {
			h.Outcome, h.Error = e.Outcome, e.Error
		}
	case event.RunDone:
		if *open--; *open > 0 {
			return
		}
		sum.State, sum.Exit, sum.Took, sum.Problems, sum.FailedRequests = Ended, &e.Exit, env.Time.Sub(sum.Began), e.Problems, e.FailedRequests
	}
}

// host finds how a host's part ended, or adds it. What is said of hosts that the run
// was not to change is dropped.
func (sum *Summary) host(name string) *HostEnd {
	if name == sum.beside || len(sum.Limit) > 0 && !slices.Contains(sum.Limit, name) {
		return &HostEnd{}
	}
	for i := range sum.Hosts {
		if sum.Hosts[i].Host == name {
			return &sum.Hosts[i]
		}
	}
	sum.Hosts = append(sum.Hosts, HostEnd{Host: name})
	return &sum.Hosts[len(sum.Hosts)-1]
}

// held says that the process that writes a record is still there.
func (s Store) held(id string) bool {
	file, err := os.Open(s.path(id))
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
