package tui

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/event"
	"foobar/internal/planview"
)

// pane is the lower part of the screen: what a host says, or what is changed.
type pane struct {
	open    bool // it has the whole screen
	changes bool // changes in place of the output
	all     bool // of all hosts: the plan that is asked about
	cursor  int  // the line of the changes that is marked
	back    int  // lines up from the newest output
}

// row is a line of the changes: a heading, a change, or a detail of one.
type row struct {
	h      *host
	change int // -1 for none
	detail int // of the change; -1 for its first line
	head   string
}

// shown are the hosts that the pane is about.
func (m *Model) shown() []*host {
	if m.pane.all {
		return m.hosts
	}
	return m.hosts[min(m.selected, len(m.hosts)):min(m.selected+1, len(m.hosts))]
}

// rows are the lines of the changes, not as text yet: only those in view are drawn.
func (m *Model) rows() []row {
	var rows []row
	for _, h := range m.shown() {
		if m.pane.all && h.told {
			continue
		}
		play, first := "", true
		if m.filter == "" && len(h.refused) > 0 {
			rows, first = append(rows, m.refusals(h)...), false
		}
		for i := range h.changes {
			c := &h.changes[i]
			if m.filter != "" && !strings.Contains(c.text, m.filter) {
				continue
			}
			if first && m.pane.all {
				rows = append(rows, m.heading(h))
			}
			if c.Play != play {
				rows = append(rows, row{h, -1, -1, "  " + m.style.bold("["+c.Play+"]")})
			}
			play, first = c.Play, false
			rows = append(rows, row{h, i, -1, ""})
			if c.open {
				for l := range c.details(&m.style) {
					rows = append(rows, row{h, i, l, ""})
				}
			}
		}
		if m.filter == "" {
			for _, s := range h.unmanaged {
				rows = append(rows, row{h, -1, -1, m.style.dim("  ? not foobar's, left alone on " + m.group(h) + ": " + s)})
			}
		}
	}
	if m.pane.all && m.filter == "" {
		for _, l := range m.total.Lines(m.style.paint) {
			rows = append(rows, row{nil, -1, -1, l})
		}
	}
	return rows
}

// heading names a host and counts what its plan holds.
func (m *Model) heading(h *host) row {
	return row{h, -1, -1, planview.Heading(m.style.paint, h.alike, planview.Title(len(h.changes), len(h.refused), len(h.held)))}
}

// group names the hosts for which one stands where the plans of all are seen.
func (m *Model) group(h *host) string {
	if m.pane.all {
		return planview.Names(h.alike)
	}
	return h.name
}

// refusals are the lines about what is refused on a host, and held back with it.
func (m *Model) refusals(h *host) (rows []row) {
	if m.pane.all {
		rows = append(rows, m.heading(h))
	}
	for _, r := range h.refused {
		for _, l := range planview.Refusal(m.style.paint, r) {
			rows = append(rows, row{h, -1, -1, l})
		}
	}
	for _, c := range h.held {
		rows = append(rows, row{h, -1, -1, planview.Head(m.style.paint, c)})
	}
	return rows
}

func (m *Model) rowOf(h *host) int {
	return max(0, slices.IndexFunc(m.rows(), func(r row) bool { return r.h != nil && (r.h == h || slices.Contains(r.h.alike, h.name)) }))
}

// text is a row as it is shown. One that stands for hosts whose plans are not the same to
// the letter shows what they have in common.
func (m *Model) text(r row) string {
	line := m.own(r)
	if m.pane.all && r.change >= 0 && len(r.h.alike) > 1 && !r.h.same {
		line = planview.Common([]string{line}, event.HostPlanned{Host: r.h.name, Addresses: r.h.addresses})[0]
	}
	return line
}

// own is a row about its host alone.
func (m *Model) own(r row) string {
	if r.change < 0 {
		return r.head
	}
	c := &r.h.changes[r.change]
	if r.detail >= 0 {
		return c.details(&m.style)[r.detail]
	}
	line := planview.Head(m.style.paint, c.Change)
	switch c.state {
	case running:
		line = m.style.busy(m.style.spin(m.now)) + line[1:] + m.style.dim("  "+clock(m.now.Sub(c.began)))
	case changed:
		line = m.style.good(m.style.tick) + line[1:] + m.style.dim(fmt.Sprintf("  %.1f s", c.took.Seconds()))
	case unneeded:
		line = m.style.good(m.style.tick) + line[1:] + m.style.dim("  already correct")
	case broken:
		line = m.style.bad(m.style.cross) + line[1:]
	}
	if !c.open && len(c.Fields) > 0 {
		line += m.style.dim(" " + m.style.more)
	}
	return line
}

// expand opens or closes the change under the cursor.
func (m *Model) expand() {
	rows := m.rows()
	if m.pane.cursor >= len(rows) || rows[m.pane.cursor].change < 0 {
		return
	}
	r := rows[m.pane.cursor]
	c := &r.h.changes[r.change]
	c.open = !c.open
	m.pane.cursor -= r.detail + 1 // to the change itself
}

// expandAll opens all changes in the pane, or closes them when all are open.
func (m *Model) expandAll() {
	open, hosts := false, m.shown()
	for _, h := range hosts {
		for i := range h.changes {
			open = open || !h.changes[i].open
		}
	}
	for _, h := range hosts {
		for i := range h.changes {
			h.changes[i].open = open
		}
	}
	m.pane.cursor = 0
}

// body draws the pane with its title.
func (m *Model) body(room int) []string {
	if room < 2 {
		return nil
	}
	title, lines := "", []string(nil)
	if m.pane.changes {
		title, lines = m.changesPane(room - 1)
	} else {
		title, lines = m.outputPane(room - 1)
	}
	for len(lines) < room-1 {
		lines = append(lines, "")
	}
	if m.filter != "" && !m.typing {
		title += "  filter: " + m.filter
	}
	rule := m.style.rule + m.style.rule + " " + title + " "
	if n := m.width - width(rule); n > 0 {
		rule += strings.Repeat(m.style.rule, n)
	}
	return append([]string{m.style.dim(rule)}, lines...)
}

func (m *Model) changesPane(room int) (string, []string) {
	rows := m.rows()
	m.pane.cursor = max(0, min(m.pane.cursor, len(rows)-1))
	title := "the plan"
	if h := m.host(); !m.pane.all && h != nil {
		title = h.name + ": changes"
		if len(h.changes) == 0 {
			return title, []string{"  nothing to change"}
		}
	}
	if len(rows) == 0 {
		return title, []string{"  nothing matches"}
	}
	// The cursor is kept in the middle, so that what is around it is in view.
	from := max(0, min(m.pane.cursor-room/2, len(rows)-room))
	var lines []string
	for i := from; i < min(len(rows), from+room); i++ {
		text := m.text(rows[i])
		if i == m.pane.cursor && (m.pane.open || m.pane.all) {
			text = m.style.bold(m.style.cursor) + strings.TrimPrefix(text, " ") // in the first cell
		}
		lines = append(lines, text)
	}
	if len(rows) > room {
		title += fmt.Sprintf(" (%d of %d lines)", min(len(rows), from+room), len(rows))
	}
	return title, lines
}

func (m *Model) outputPane(room int) (string, []string) {
	h := m.host()
	if h == nil {
		return "output", nil
	}
	var at []int
	n := h.out.len()
	if m.filter != "" {
		for i := range n {
			if strings.Contains(strings.ToLower(h.out.at(i).text), m.filter) {
				at = append(at, i)
			}
		}
		n = len(at)
	}
	m.pane.back = min(m.pane.back, max(0, n-room))
	from := max(0, n-room-m.pane.back)
	var lines []string
	for i := from; i < min(n, from+room); i++ {
		l := h.out.at(i)
		if m.filter != "" {
			l = h.out.at(at[i])
		}
		lines = append(lines, m.voiced(l))
	}
	title := h.name + ": output"
	if m.pane.back > 0 {
		title += fmt.Sprintf(" (%s below)", planview.Count(m.pane.back, "line"))
	}
	return title, lines
}

func (m *Model) voiced(l *line) string {
	text := l.text
	if len(text) > 4*m.width { // nearly every cell is at most four bytes long
		text = strings.ToValidUTF8(text[:4*m.width], "")
	}
	switch l.voice {
	case step:
		return m.style.bold(m.style.cursor + " " + text)
	case good:
		return m.style.good(m.style.tick + " " + text)
	case bad:
		return m.style.bad(m.style.cross + " " + text)
	case noted:
		return m.style.dim(m.style.wait + " " + text)
	}
	return "  " + text
}
