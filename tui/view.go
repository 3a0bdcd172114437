package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"foobar/internal/event"
	"foobar/internal/resource"
)

// View draws the screen: never wider or higher than the terminal.
func (m Model) View() string {
	if len(m.hosts) == 0 {
		return ""
	}
	if m.done != nil {
		return m.fit(m.result(), 0)
	}
	lines := m.head()
	lines = append(lines, m.rows()...)
	foot := m.foot()
	room := m.height - len(lines) - len(foot) - 2
	if room > 0 {
		lines = append(lines, m.style.dim(strings.Repeat(m.style.rule, m.width)))
		lines = append(lines, m.pane(room)...)
	}
	return m.fit(append(lines, foot...), m.height-1)
}

// fit cuts lines to the terminal's width and, where most is given, height.
func (m Model) fit(lines []string, most int) string {
	if most > 0 && len(lines) > most {
		lines = append(lines[:most-1:most-1], lines[len(lines)-1])
	}
	for i, l := range lines {
		lines[i] = ansi.Truncate(l, m.width, m.style.more)
	}
	return strings.Join(lines, "\n") + "\n"
}

func (m Model) head() []string {
	took := clock(m.now.Sub(m.began))
	bar := m.style.bar(m.progress(), max(10, min(40, m.width-50)))
	return []string{fmt.Sprintf("%s %s  %s  %s %3.0f%%", m.style.bold("foobar "+m.verb), m.inventory, took, bar, 100*m.progress())}
}

// rows are the hosts, the selected one marked; a long list is shown around it.
func (m Model) rows() []string {
	wide := 4
	for _, h := range m.hosts {
		wide = max(wide, ansi.StringWidth(h.name))
	}
	from, to := 0, len(m.hosts)
	if most := max(3, m.height/2-2); to > most {
		from = min(max(0, m.selected-most/2), to-most)
		to = from + most
	}
	var lines []string
	for i := from; i < to; i++ {
		h := m.hosts[i]
		mark := " "
		if i == m.selected {
			mark = m.style.cursor
		}
		lines = append(lines, fmt.Sprintf("%s %s %-*s %s %s", mark, m.sign(h), wide, h.name, m.counts(h), m.doing(h)))
	}
	if to-from < len(m.hosts) {
		lines = append(lines, m.style.dim(fmt.Sprintf("  %d of %d hosts shown", to-from, len(m.hosts))))
	}
	return lines
}

func (m Model) sign(h *host) string {
	switch {
	case h.failed:
		return m.style.bad(m.style.cross)
	case h.state == ended:
		return m.style.good(m.style.tick)
	case h.state == waiting:
		return m.style.dim(m.style.wait)
	case h.state == planned:
		return m.style.dim(m.style.dot)
	}
	return m.style.busy(m.style.spin(m.now))
}

func (m Model) counts(h *host) string {
	if h.planned == 0 {
		return "       "
	}
	return fmt.Sprintf("%3d/%-3d", h.ended, h.planned)
}

func (m Model) doing(h *host) string {
	text := h.detail
	if h.state == working && h.play != "" {
		text = m.style.dim(h.play+":") + " " + text
	}
	if h.failed {
		return m.style.bad(text)
	}
	return text
}

// pane is the lower half: the output of the selected host, or its plan.
func (m Model) pane(room int) []string {
	h := m.hosts[m.selected]
	var lines []string
	if m.diffs {
		lines = m.planOf(h)
	} else {
		lines = h.lines
	}
	most := max(0, len(lines)-room)
	from := most - min(m.scroll, most)
	if m.diffs { // a plan is read from its beginning
		from = min(max(0, m.scroll), most)
	}
	shown := append([]string{}, lines[from:min(len(lines), from+room)]...)
	for len(shown) < room {
		shown = append(shown, "")
	}
	return shown
}

func (m Model) planOf(h *host) []string {
	if len(h.changes) == 0 {
		return []string{h.name + ": nothing to change"}
	}
	lines := []string{h.name + ": " + count(len(h.changes), "change")}
	play := ""
	for _, c := range h.changes {
		if c.Play != play {
			play = c.Play
			lines = append(lines, m.style.bold("  "+play))
		}
		lines = append(lines, m.change(c)...)
	}
	return lines
}

func (m Model) change(c event.Change) []string {
	mark := map[resource.Action]string{resource.Create: m.style.good("+"), resource.Update: m.style.busy("~"), resource.Remove: m.style.bad("-"), resource.Act: m.style.busy("!")}[c.Action]
	lines := []string{"  " + mark + " " + string(c.Resource)}
	if c.Reason != "" {
		lines = append(lines, "      "+m.style.dim(c.Reason))
	}
	for _, f := range c.Fields {
		switch {
		case f.Text && f.Old == "":
			lines = append(lines, fmt.Sprintf("      %s: %s", f.Name, count(strings.Count(f.New, "\n"), "line")))
		case f.Text:
			lines = append(lines, m.style.diff(f.Old, f.New)...)
		case f.Old == "":
			lines = append(lines, fmt.Sprintf("      %s: %s", f.Name, f.New))
		default:
			lines = append(lines, fmt.Sprintf("      %s: %s %s %s", f.Name, f.Old, m.style.arrow, f.New))
		}
	}
	return lines
}

func (m Model) foot() []string {
	switch {
	case m.question != nil && m.question.yes:
		return []string{m.style.bold(m.question.text) + "  y yes  n no  " + m.style.dim("tab host  up/down scroll")}
	case m.question != nil:
		return []string{m.style.bold(m.question.text) + ": " + m.input.View()}
	case m.stops == 1:
		return []string{m.style.busy("stopping after the current steps; ctrl-c again ends them now")}
	case m.stops > 1:
		return []string{m.style.bad("ending what runs")}
	case m.help:
		return []string{m.style.dim("tab/shift+tab select a host   up/down/pgup/pgdown scroll   d plan or output   f next failure"),
			m.style.dim("ctrl-c stop after the current steps, twice to end them now   ? less")}
	}
	return []string{m.style.dim("tab host  d plan  f failure  ctrl-c stop  ? help")}
}

// result is what stays on the terminal after the end.
func (m Model) result() []string {
	var lines []string
	wide := 0
	for _, h := range m.hosts {
		wide = max(wide, len(h.name))
	}
	for _, h := range m.hosts {
		lines = append(lines, fmt.Sprintf("%s %-*s %s", m.sign(h), wide, h.name, m.doing(h)))
		if h.outcome.Hint != "" {
			lines = append(lines, m.style.dim("  "+h.outcome.Hint))
		}
	}
	return append(lines, m.style.bold(fmt.Sprintf("%s: %d changed in %s", m.verb, m.done.Changed, clock(m.done.Took))))
}

func clock(d time.Duration) string {
	if d < 0 {
		d = 0
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
