// Package planview turns planned changes into lines for people: markers,
// reasons, unified diffs and the counts at the end. The rollout view and the
// plain display both show plans with it.
package planview

import (
	"fmt"
	"strings"
	"time"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// Ink is how a piece of text looks; inks combine.
type Ink uint8

// The inks. The first four are colours, of which one wins.
const (
	Add     Ink = 1 << iota // what comes
	Gone                    // what goes
	Altered                 // what becomes different
	Place                   // where in a file
	Bold
	Dim

	// Inks is the number of combinations.
	Inks = 1 << iota
)

// Paint gives text a look. It is never given a line break.
type Paint func(Ink, string) string

// Bare leaves text as it is.
func Bare(_ Ink, text string) string { return text }

// SGR paints with the sixteen colours that every terminal has, legible on dark
// and on light grounds. Source: ECMA-48, 8.3.117.
func SGR(ink Ink, text string) string {
	if ink == 0 || text == "" {
		return text
	}
	codes := []string(nil)
	for _, c := range []struct {
		ink  Ink
		code string
	}{{Bold, "1"}, {Dim, "2"}, {Add, "32"}, {Gone, "31"}, {Altered, "33"}, {Place, "36"}} {
		if ink&c.ink != 0 {
			codes = append(codes, c.code)
		}
	}
	return "\x1b[" + strings.Join(codes, ";") + "m" + text + "\x1b[0m"
}

// Depth says how much of a changed text is shown.
type Depth int

// The depths.
const (
	Named Depth = iota // that it differs
	Diffs              // what differs; of new files the length
	Whole              // new files, too
)

// Mark is the sign of an action: + ~ - and ! for something that is run.
func Mark(a resource.Action) (string, Ink) {
	switch a {
	case resource.Create:
		return "+", Add
	case resource.Update:
		return "~", Altered
	case resource.Remove:
		return "-", Gone
	}
	return "!", Altered
}

// Head is a change's first line, without its details.
func Head(paint Paint, c event.Change) string {
	mark, ink := Mark(c.Action)
	line := "  " + paint(ink, mark) + " " + string(c.Resource)
	if c.Provisional {
		line += paint(Dim, "  (decided during the run)")
	}
	if c.Disrupts {
		line += paint(Altered, "  (may interrupt requests: one host at a time)")
	}
	if c.HeldBy != "" {
		line += paint(Dim, "  (not made: "+string(c.HeldBy)+" is refused)")
	}
	return line
}

// Body is what follows the first line: the reason and the fields.
func Body(paint Paint, c event.Change, depth Depth) []string {
	var lines []string
	say := func(text string) { lines = append(lines, "      "+text) }
	if c.Reason != "" {
		why := c.Reason
		if c.Provisional {
			why = "not known before: " + why
		}
		say(paint(Dim, why))
	}
	for _, f := range c.Fields {
		switch {
		case f.Text && f.Old == "" && depth < Whole:
			say(f.Name + ": " + Count(strings.Count(f.New, "\n"), "line"))
		case f.Text && depth >= Diffs:
			if f.Name != "content" { // which of several texts it is
				say(f.Name + ":")
			}
			for _, l := range diff(paint, c.Resource.Name(), f.Old, f.New) {
				say(l)
			}
		case f.Text:
			say(f.Name + " differs")
		case f.Old == "":
			say(f.Name + ": " + f.New)
		default:
			say(f.Name + ": " + f.Old + " -> " + f.New)
		}
	}
	return lines
}

// Refusal is what must not be touched, and why.
func Refusal(paint Paint, r event.Refusal) []string {
	return []string{"  " + paint(Gone, "x") + " " + string(r.Resource) + paint(Gone, "  (refused)"), "      " + r.Code.After(r.Error)}
}

// Title counts what a host's plan holds; "" where that is nothing.
func Title(changes, refused, held int) string {
	var parts []string
	if changes > 0 {
		parts = append(parts, Count(changes, "change"))
	}
	if refused > 0 {
		parts = append(parts, fmt.Sprintf("%d refused", refused))
	}
	if held > 0 {
		parts = append(parts, fmt.Sprintf("%d held back", held))
	}
	return strings.Join(parts, ", ")
}

// Total sums up the plans of a run.
type Total struct {
	Create, Update, Remove, Run int
	// Hosts have changes, Disruptive have disruptive ones, and Later have changes that
	// are known only in their turn, which Unknown counts.
	Hosts, Disruptive, Later []string
	Unknown                  int
	// Stuck are hosts on which something is refused: Refused resources, and the Held
	// changes that are not made for it.
	Stuck         []string
	Refused, Held int
	// Beside is RunStarted's, to be set before the first plan: it is no host.
	Beside  string
	changed string // Beside, where that has changes
}

// Add takes in the plan of one host.
func (t *Total) Add(e event.HostPlanned) {
	host, changes := e.Host, e.Changes
	if len(e.Refused) > 0 {
		t.Stuck, t.Refused, t.Held = append(t.Stuck, host), t.Refused+len(e.Refused), t.Held+len(e.Held)
	}
	disruptive, later := false, false
	for _, c := range changes {
		switch c.Action {
		case resource.Create:
			t.Create++
		case resource.Update:
			t.Update++
		case resource.Remove:
			t.Remove++
		default:
			t.Run++
		}
		disruptive = disruptive || c.Disrupts
		if c.Provisional {
			later = true
			t.Unknown++
		}
	}
	switch {
	case len(changes) == 0:
	case host == t.Beside:
		t.changed = host
	default:
		t.Hosts = append(t.Hosts, host)
	}
	if disruptive {
		t.Disruptive = append(t.Disruptive, host)
	}
	if later {
		t.Later = append(t.Later, host)
	}
}

// Changes is how many there are.
func (t *Total) Changes() int { return t.Create + t.Update + t.Remove + t.Run }

// Lines are the counts, which hosts are disrupted, what is not known yet and what is
// refused. Without a change or a refusal there are none.
func (t *Total) Lines(paint Paint) []string {
	if t.Changes()+t.Refused == 0 {
		return nil
	}
	lines := []string{paint(Bold, "Plan:") + fmt.Sprintf(" %d to create, %d to change, %d to remove, %d to run on %s",
		t.Create, t.Update, t.Remove, t.Run, Where(len(t.Hosts), t.changed))}
	if len(t.Disruptive) > 0 {
		lines = append(lines, "  "+paint(Altered, "may interrupt requests, so done one host at a time: ")+Names(t.Disruptive))
	}
	if t.Unknown > 0 {
		lines = append(lines, fmt.Sprintf("  decided during the run, after earlier steps: %s on %s", Count(t.Unknown, "change"), Names(t.Later)))
	}
	if t.Refused > 0 {
		lines = append(lines, "  "+paint(Gone, Title(0, t.Refused, t.Held)+": ")+Names(t.Stuck))
	}
	return lines
}

// Where is on how many hosts changes are, and where beside them; "" for nowhere.
func Where(hosts int, beside string) string {
	switch {
	case beside == "":
		return Count(hosts, "host")
	case hosts == 0:
		return beside
	}
	return Count(hosts, "host") + " and " + beside
}

// Count is a number of things: "1 change", "3 changes".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Lost is the end of a sentence about a run: how many requests failed meanwhile, nothing
// where none were counted.
func Lost(requests *int) string {
	if requests == nil {
		return ""
	}
	return ", " + Count(*requests, "request") + " failed"
}

// Seconds prints a duration as people read it.
func Seconds(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
}
