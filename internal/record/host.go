package record

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
)

// HostFile is where a host keeps, for root alone, a line for each run that
// changed it or set out to: JSON, the newest last, at most HostLines.
const (
	HostFile  = "/var/lib/foobar/history.jsonl"
	HostLines = 1000
)

// hostLock is what a run holds while it is at work on a host; earlierLock is
// what a run of an earlier version holds.
const (
	hostLock    = "/run/foobar/lock"
	earlierLock = "/run/lock/foobar.lock"
)

// hostHeld is the line of the answer to HostQuestion that says that the lock is held.
const hostHeld = "held"

// HostQuestion is POSIX sh that prints the last lines of HostFile, and whether a
// run has the host's lock. It looks at the kernel's list of locks: trying this
// one could get into the way of a run. Source: proc_locks(5).
func HostQuestion(lines int) string {
	return fmt.Sprintf("( set -- %s %d %s %s\n%s)\n", HostFile, lines, hostLock, earlierLock, hostQuestion)
}

//go:embed host.sh
var hostQuestion string

// Held reports whether an answer to HostQuestion says that a run is at work.
func Held(lines []string) bool { return slices.Contains(lines, hostHeld) }

// State is where the host's last run is.
func (r HostRun) State(held bool) State {
	switch {
	case r.Outcome != "":
		return Ended
	case held:
		return Running
	}
	return CutOff
}

// HostRun is a line of HostFile. It is written when the work begins and again, in its
// place, when it has ended: one that was cut off has no Outcome.
type HostRun struct {
	V  int    `json:"v"`
	ID string `json:"id"`
	// From is the address the connection came from, as the host's sshd saw it.
	From      string        `json:"from,omitempty"`
	At        time.Time     `json:"at"` // of the controller's clock
	By        string        `json:"by"` // user@machine
	Verb      string        `json:"verb"`
	Site      string        `json:"site"`
	Inventory string        `json:"inventory"` // absolute path on that machine
	Limit     []string      `json:"limit,omitempty"`
	Roles     []string      `json:"roles,omitempty"`
	Foobar    string        `json:"foobar"`
	Ended     time.Time     `json:"ended,omitzero"`
	Outcome   event.Outcome `json:"outcome,omitempty"`
	Changed   int           `json:"changed"`
	Error     string        `json:"error,omitempty"` // one line
}

// OnHost is a run as a host notes it, when it begins.
func OnHost(head event.RunRecorded, began time.Time) HostRun {
	return HostRun{V: 1, ID: head.ID, At: began.UTC().Truncate(time.Second), By: head.By, Verb: head.Verb, Site: head.Site,
		Inventory: head.Inventory, Limit: head.Limit, Roles: head.Roles, Foobar: head.Foobar}
}

// ParseHostRuns reads lines of HostFile; those that are not such lines are
// passed over. They come from a host: texts are bounded and printable.
func ParseHostRuns(lines []string) []HostRun {
	var runs []HostRun
	for _, l := range lines {
		var r HostRun
		if len(l) > 64<<10 || json.Unmarshal([]byte(l), &r) != nil || r.V != 1 || printable(r.ID) == "" || len(runs) >= HostLines ||
			r.Changed < 0 || !sensible(r.At) || !sensible(r.Ended) {
			continue
		}
		for _, text := range []*string{&r.ID, &r.From, &r.By, &r.Verb, &r.Site, &r.Inventory, &r.Foobar, (*string)(&r.Outcome), &r.Error} {
			*text = printable(*text)
		}
		for _, list := range [][]string{r.Limit, r.Roles} {
			for i := range list {
				list[i] = printable(list[i])
			}
		}
		runs = append(runs, r)
	}
	return runs
}

// sensible reports whether a time has a form in JSON.
func sensible(at time.Time) bool { return at.UTC().Year() >= 0 && at.UTC().Year() < 9999 }

// MostText bounds each text in a host's record, in characters.
const MostText = 500

func printable(s string) string { return ask.Printable(s, MostText) }
