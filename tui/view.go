package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"foobar/internal/planview"
)

// View draws the screen: never wider or higher than the terminal.
func (m *Model) View() string {
	if m.quit {
		return "" // the result is printed below the prompt, where it stays
	}
	lines := m.head()
	foot := m.foot()
	if m.help {
		return m.fit(append(lines, m.helpText()...), foot)
	}
	if !m.pane.open && !m.pane.all {
		lines = append(lines, m.overview(m.height-len(lines)-len(foot))...)
	}
	lines = append(lines, m.body(m.height-len(lines)-len(foot))...)
	return m.fit(lines, foot)
}

// fit cuts what is too wide or too high; the foot stays.
func (m *Model) fit(lines, foot []string) string {
	if n := m.height - len(foot); len(lines) > n {
		lines = lines[:max(0, n)]
	}
	for len(lines) < m.height-len(foot) {
		lines = append(lines, "")
	}
	lines = append(lines[:len(lines):len(lines)], foot...)
	if len(lines) > m.height {
		lines = lines[len(lines)-m.height:]
	}
	flat := strings.NewReplacer("\n", " ", "\t", "    ") // either would move the rest of the screen
	for i, l := range lines {
		lines[i] = m.style.encode(ansi.Truncate(flat.Replace(l), m.width, m.style.more))
	}
	return strings.Join(lines, "\n")
}

func width(s string) int { return ansi.StringWidth(s) }

// head is the run as a whole: what it is, how long it has been going, the bar.
func (m *Model) head() []string {
	verb := m.verb
	if verb == "" {
		verb = "deploy"
	}
	left := m.style.bold("foobar "+verb) + " " + m.inventory
	right := "0:00"
	if !m.began.IsZero() {
		right = clock(m.now.Sub(m.began))
	}
	if mood := m.mood(); mood != "" {
		right = mood + "  " + right
	}
	return []string{m.spread(left, right), m.barLine()}
}

// spread puts one text at the left and one at the right; the right one stays whole.
func (m *Model) spread(left, right string) string {
	room := m.width - width(right) - 1
	if room < 1 {
		return right
	}
	left = ansi.Truncate(left, room, m.style.more)
	return left + strings.Repeat(" ", m.width-width(left)-width(right)) + right
}

// mood is the state of the run when it is not simply going on.
func (m *Model) mood() string {
	switch {
	case m.done != nil && m.well():
		return m.style.good("ended")
	case m.done != nil:
		return m.style.bad("ended, exit status " + fmt.Sprint(m.done.Exit))
	case m.stops > 1:
		return m.style.bad("ending what runs")
	case m.stops == 1:
		return m.style.busy("stopping after the current steps")
	case m.paused && m.busy() == 0:
		return m.style.busy("PAUSED")
	case m.paused:
		return m.style.busy(fmt.Sprintf("PAUSING, %s at work", planview.Count(m.busy(), "host")))
	}
	return ""
}

// busy counts the hosts that are at something.
func (m *Model) busy() int {
	n := 0
	for _, h := range m.hosts {
		if h.state == changing || h.state == verifying || h.state == looking || h.state == connecting {
			n++
		}
	}
	return n
}

func (m *Model) barLine() string {
	r := m.reckon()
	if m.pane.all && m.total.Changes() > 0 {
		return m.total.Lines(m.style.paint)[0]
	}
	if r.changes == 0 {
		n := m.busy()
		if n == 0 {
			return m.style.dim("nothing to change")
		}
		return m.style.dim(fmt.Sprintf("looking at %s: %d of %d done", planview.Count(len(m.hosts), "host"), len(m.hosts)-n, len(m.hosts)))
	}
	part := m.progress(r)
	text := fmt.Sprintf(" %3.0f%%  %d/%d changes", 100*part, r.ending, r.changes)
	if r.failed > 0 {
		text += "  " + m.style.bad(fmt.Sprintf("%d failed", r.failed))
	}
	if left := m.left(r); left != "" {
		text += "  " + left
	}
	n := max(8, min(60, m.width-width(text)))
	return m.style.bar(part, n) + text
}

// foot is the question, the filter as it is typed, or the keys.
func (m *Model) foot() []string {
	switch {
	case m.typing:
		return []string{m.style.bold("/") + m.typed() + m.style.dim("   enter keep  esc clear")}
	case m.question != nil && m.question.yes:
		return append(m.wrapped(m.question.text), m.keys(hint{0, "y yes"}, hint{0, "n no"}, hint{2, "arrows scroll"}, hint{1, "enter diff"},
			hint{3, "e all"}, hint{3, "tab host"}, hint{2, "/ filter"}, hint{0, "? help"}))
	case m.question != nil:
		lines := append(m.wrapped(m.question.text), m.style.bold(m.style.cursor+" ")+m.typed())
		return append(lines, m.keys(hint{0, "enter answer"}, hint{1, "esc no answer"}, hint{0, "ctrl-c stop"}))
	case m.help:
		return []string{m.keys(hint{0, "any key: back"})}
	case m.done != nil:
		return []string{m.keys(hint{0, "q close and print the result"}, hint{2, "arrows scroll"}, hint{1, "enter diff"}, hint{3, "d changes/output"}, hint{2, "tab host"}, hint{1, "/ filter"})}
	}
	var list []hint
	switch {
	case m.pane.open && m.pane.changes:
		list = []hint{{0, "esc back"}, {4, "arrows scroll"}, {1, "enter diff"}, {3, "e all"}, {2, "d output"}, {3, "tab host"}}
	case m.pane.open:
		list = []hint{{0, "esc back"}, {3, "arrows scroll"}, {2, "d changes"}, {3, "tab host"}}
	case m.pane.changes:
		list = []hint{{5, "arrows host"}, {1, "enter open"}, {3, "d output"}}
	default:
		list = []hint{{5, "arrows host"}, {1, "enter open"}, {3, "d changes"}}
	}
	list = append(list, hint{2, "/ filter"}, hint{4, "f failures"})
	if m.follow {
		list[len(list)-1] = hint{2, "f following failures"}
	}
	switch {
	case m.pause != nil && m.paused:
		list = append([]hint{{0, "p go on"}}, list...)
	case m.pause != nil:
		list = append(list, hint{1, "p pause"})
	}
	switch {
	case m.stops > 0:
		list = append(list, hint{0, "ctrl-c end now"})
	default:
		list = append(list, hint{0, "ctrl-c stop"})
	}
	return []string{m.keys(append(list, hint{0, "? help"})...)}
}

// hint is a key in the last line. Where there is no room for all, those with the
// highest numbers are left out.
type hint struct {
	spare int
	text  string
}

func (m *Model) keys(list ...hint) string {
	text := ""
	for spare := 9; spare >= 0; spare-- {
		var kept []string
		for _, h := range list {
			if h.spare <= spare {
				kept = append(kept, h.text)
			}
		}
		if text = strings.Join(kept, "  "); width(text) <= m.width {
			break
		}
	}
	return m.style.dim(text)
}

// wrapped is a question, wrapped and not cut: a fingerprint must be seen whole.
func (m *Model) wrapped(text string) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") { // a list stays one
		lines = append(lines, wrap(line, m.width-1)...)
	}
	if most := max(1, m.height-4); len(lines) > most {
		lines = lines[:most]
	}
	for i, l := range lines {
		lines[i] = m.style.bold(l)
	}
	return lines
}

// typed is what is in the input, with a cursor; nothing of a secret.
func (m *Model) typed() string {
	if m.question != nil && m.question.secret && !m.typing {
		return m.style.dim("(not shown)")
	}
	text := []rune(m.input.Value())
	at := min(m.input.Position(), len(text))
	before := string(text[:at])
	if room := m.width - 30; width(before) > room && room > 0 {
		before = ansi.TruncateLeft(before, width(before)-room, m.style.more)
	}
	return before + m.style.busy("_") + string(text[at:])
}

func clock(d time.Duration) string {
	d = max(0, d)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
