package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"foobar/internal/event"
	"foobar/internal/planview"
)

// result is what stays on the terminal after the end: how it ended and how long
// it took, what changed on each host, what failed and why, what to do next. Its
// lines are wrapped, not cut.
func (m *Model) result() string {
	if m.done == nil {
		return ""
	}
	var lines []string
	if m.verb == "plan" { // its diffs are the result: they stay, too
		lines = m.planned()
	}
	told := map[string]bool{}
	for _, h := range m.hosts {
		switch {
		case m.verb == "plan" && h.outcome.Outcome == event.OK:
			continue
		case !m.many() || h.outcome.Outcome != event.OK:
			lines = append(lines, m.ending(h)...)
		}
		if h.state == ended && h.outcome.Outcome != event.OK {
			told[h.outcome.Error] = true
		}
	}
	lines = append(lines, m.wellEnded()...)
	say := func(text string) { lines = append(lines, m.indented(0, text)...) }
	for _, problem := range m.done.Problems {
		known := false
		for text := range told {
			known = known || text != "" && strings.Contains(problem, text)
		}
		if !known {
			say(m.style.bad("error: ") + problem)
		}
	}
	mark := m.style.good(m.style.tick)
	if !m.well() {
		mark = m.style.bad(m.style.cross)
	}
	say(fmt.Sprintf("%s %s: %s in %s%s", mark, m.style.bold(m.verb), m.changedText(), planview.Seconds(m.done.Took), planview.Lost(m.done.FailedRequests)))
	if codes := m.done.Codes; len(codes) > 0 {
		say(m.style.dim("see: ") + "foobar docs " + strings.Trim(fmt.Sprint(codes), "[]"))
	}
	for _, next := range m.next() {
		say(m.style.dim("next: ") + next)
	}
	for i, l := range lines {
		lines[i] = m.style.encode(strings.TrimRight(l, " "))
	}
	return strings.Join(lines, "\n") + "\n"
}

// indented wraps a text and puts blanks before its lines.
func (m *Model) indented(by int, text string) []string {
	lines := wrap(text, m.width-by-1)
	for i, l := range lines {
		lines[i] = strings.Repeat(" ", by) + l
	}
	return lines
}

// plans are those of the hosts as they came.
func (m *Model) plans() []event.HostPlanned {
	all := make([]event.HostPlanned, len(m.hosts))
	for i, h := range m.hosts {
		all[i] = event.HostPlanned{Host: h.name, Addresses: h.addresses, Unmanaged: h.unmanaged, Refused: h.refused, Held: h.held}
		for j := range h.changes {
			all[i].Changes = append(all[i].Changes, h.changes[j].Change)
		}
	}
	return all
}

// planned is what a plan would change, with its diffs.
func (m *Model) planned() (lines []string) {
	lines = planview.Hosts(m.style.paint, m.plans(), planview.Diffs)
	for i, l := range m.total.Lines(m.style.paint) {
		lines = append(lines, m.indented(2*min(i, 1), strings.TrimPrefix(l, "  "))...)
	}
	return lines
}

// many reports whether hosts that ended well and alike are told of together.
func (m *Model) many() bool { return len(m.hosts) > 16 }

// wellEnded are the hosts that ended well, where they are many.
func (m *Model) wellEnded() (lines []string) {
	if !m.many() || m.verb == "plan" {
		return nil
	}
	var order []string
	on := map[string][]string{}
	for _, h := range m.hosts {
		if h.outcome.Outcome != event.OK {
			continue
		}
		text := h.doing
		if made := h.made(m.plays); made != "" {
			text += m.style.dim(" (" + made + ")")
		}
		if on[text] == nil {
			order = append(order, text)
		}
		on[text] = append(on[text], h.name)
	}
	for _, text := range order {
		lines = append(lines, m.indented(0, m.style.good(m.style.tick)+" "+planview.Names(on[text])+": "+text)...)
	}
	return lines
}

// ending is how a host ended, what its failed step printed and what to do.
func (m *Model) ending(h *host) (lines []string) {
	text := h.doing
	if h.state != ended {
		text = h.state.String()
	} else if o := h.outcome.Outcome; o != event.OK {
		text = strings.TrimSuffix(string(o)+": "+h.doing, ": ")
	}
	if made := h.made(m.plays); made != "" {
		text += m.style.dim(" (" + made + ")")
	}
	wide := m.hostWidth()
	for i, l := range wrap(text, m.width-wide-4) {
		if i == 0 {
			lines = append(lines, fmt.Sprintf("%s %-*s %s", m.sign(h), wide, ansi.Truncate(h.name, wide, m.style.more), l))
		} else {
			lines = append(lines, strings.Repeat(" ", wide+3)+l)
		}
	}
	if h.failed {
		for _, l := range h.tail {
			if !strings.Contains(h.outcome.Error, l) {
				lines = append(lines, m.indented(wide+3, m.style.dim(m.style.bar1+" "+l))...)
			}
		}
	}
	if h.outcome.Hint != "" {
		lines = append(lines, m.indented(wide+3, m.style.busy(h.outcome.Hint))...)
	}
	return lines
}

// well says that a run ended as it should: a plan with differences, too.
func (m *Model) well() bool { return m.done.Exit == 0 || m.verb == "plan" && m.done.Exit == 2 }

func (m *Model) changedText() string {
	switch {
	case m.done.Planned == 0 && m.done.Exit == 0:
		return "no differences, nothing changed"
	case m.verb == "plan":
		return planview.Count(m.done.Planned, "change") + " planned"
	case m.done.Exit == 0 && m.done.Changed < m.done.Planned:
		return fmt.Sprintf("%d changed, %d already correct when reached", m.done.Changed, m.done.Planned-m.done.Changed)
	case m.done.Changed < m.done.Planned:
		return fmt.Sprintf("%d of %d changed", m.done.Changed, m.done.Planned)
	}
	return fmt.Sprintf("%d changed", m.done.Changed)
}

// made counts the changes of each play that were made.
func (h *host) made(plays []string) string {
	by := map[string]int{}
	for i := range h.changes {
		if h.changes[i].state == changed {
			by[h.changes[i].Play]++
		}
	}
	var parts []string
	for _, p := range plays {
		if by[p] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", p, by[p]))
		}
	}
	return strings.Join(parts, ", ")
}

// next says what to do after an end like this one. The numbers are the exit
// codes of the command.
func (m *Model) next() []string {
	again := "foobar " + m.verb + " " + m.inventory
	switch m.done.Exit {
	case 0:
		if m.done.Changed > 0 {
			return []string{"foobar status " + m.inventory + " shows the site's health"}
		}
		return nil
	case 2:
		return []string{"foobar deploy " + m.inventory}
	case 4:
		return []string{"see that the host answers, then " + again}
	case 5:
		return []string{"let the other run end, or wait for it: " + again + " --lock-wait 10m"}
	case 6:
		return []string{"a new plan: foobar plan " + m.inventory + " --out FILE"}
	case 8:
		return []string{"foobar status " + m.inventory + " says what is unhealthy"}
	case 130, 143:
		return []string{again + " does the rest"}
	}
	if m.done.Changed == 0 && len(m.done.Failed) == 0 {
		return nil
	}
	return []string{"fix what is named above, then " + again + ": it does the rest"}
}

// wrap breaks a text between words, and a word only when it is wider than a line.
func wrap(text string, most int) []string {
	most = max(20, most)
	var lines []string
	line, used := "", 0
	for _, word := range strings.Split(text, " ") {
		n := width(word)
		if line != "" && used+1+n > most {
			lines = append(lines, line)
			line, used = "", 0
		}
		for n > most {
			lines = append(lines, ansi.Truncate(word, most, ""))
			word = ansi.TruncateLeft(word, most, "")
			n = width(word)
		}
		if line != "" {
			line, used = line+" "+word, used+1+n
		} else {
			line, used = word, n
		}
	}
	return append(lines, line)
}
