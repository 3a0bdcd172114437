package status

import (
	"fmt"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/play"
)

// Timer is a command that a host runs at its times.
type Timer struct {
	Name string `json:"name"` // of its service, "timer-mail"
	Unit string `json:"unit"` // what the timer starts
	// Running says that it runs now. Last is when it ended last, and Result how:
	// success, exit-code, timeout…, with the Status that it ended with.
	Running bool      `json:"running,omitempty"`
	Last    time.Time `json:"last,omitzero"`
	Result  string    `json:"result,omitempty"`
	Status  int       `json:"status,omitempty"`
	// Next is when it runs next.
	Next time.Time `json:"next,omitzero"`
}

// Failed reports whether its last run did not end well.
func (t Timer) Failed() bool { return !t.Running && t.Result != "" && t.Result != "success" }

// jobs are the units that timers of the services start.
func (a questions) jobs() (units []string) {
	for _, s := range a.services {
		if s.Job != "" {
			units = append(units, s.Job)
		}
	}
	return units
}

// readTimers reads of systemctl show what it says of timers and of what they start; see readUnits.
func readTimers(text string, services []play.Service) (all []Timer) {
	blocks := map[string]map[string]string{}
	for block := range strings.SplitSeq(text, "\n\n") {
		v := map[string]string{}
		for line := range strings.SplitSeq(block, "\n") {
			if key, value, ok := strings.Cut(line, "="); ok {
				v[key] = printable(value)
			}
		}
		blocks[v["Id"]] = v
	}
	for _, s := range services {
		job := blocks[s.Job]
		if s.Job == "" || job["LoadState"] != "loaded" {
			continue
		}
		t := Timer{Name: s.Name, Unit: s.Job, Running: job["ActiveState"] == "activating", Last: unixTime(job["ExecMainExitTimestamp"]), Next: worded(blocks[s.Units[0]]["NextElapseUSecRealtime"])}
		if !t.Last.IsZero() || job["ActiveState"] == "failed" {
			t.Result, t.Status = job["Result"], int(ask.Number(job["ExecMainStatus"]))
		}
		all = append(all, t)
	}
	return all
}

// worded reads the time that systemctl says in words even where others are numbers:
// "Fri 2026-11-27 03:30:00 UTC". It is asked for UTC.
func worded(s string) time.Time {
	at, err := time.Parse("Mon 2006-01-02 15:04:05 UTC", s)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// how says how the last run ended.
func (t Timer) how() string {
	switch {
	case t.Running:
		return "runs"
	case t.Result == "exit-code":
		return fmt.Sprintf("exit %d", t.Status)
	}
	return t.Result
}

func (j *judge) timers(h *Host) {
	for _, t := range h.Timers {
		if !t.Failed() {
			continue
		}
		when := ""
		if !t.Last.IsZero() {
			when = ", " + age(j.s.Taken.Sub(t.Last)) + " ago"
		}
		j.add(Problem, h.Name, j.logs(t.Name, h.Name), "timer %s failed (%s)%s", strings.TrimPrefix(t.Name, "timer-"), t.how(), when)
	}
}

// timers lists the timers, each on its host.
func timers(b *strings.Builder, s Status) {
	var rows []string
	for _, h := range s.Hosts {
		for _, t := range h.Timers {
			last, next := "never", ""
			if !t.Last.IsZero() {
				last = age(s.Taken.Sub(t.Last)) + " ago"
			}
			if !t.Next.IsZero() {
				next = "in " + age(t.Next.Sub(s.Taken))
			}
			rows = append(rows, cells(strings.TrimPrefix(t.Name, "timer-"), h.Name, last, t.how(), next))
		}
	}
	table(b, "TIMER\tHOST\tLAST RUN\tENDED\tNEXT RUN", rows)
}
