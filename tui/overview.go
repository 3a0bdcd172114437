package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"foobar/internal/event"
)

// cellWidth is how wide a host is at least where hosts are columns.
const cellWidth = 22

// overview shows all hosts: as columns over their plays where the screen has
// the room, else a line or two for each.
func (m *Model) overview(room int) []string {
	if len(m.hosts) == 0 {
		return nil
	}
	if n := len(m.plays); n > 0 && m.width >= 100 && m.width >= widest(m.plays)+3+cellWidth*len(m.hosts) && room >= n+len(m.hosts)+10 {
		return m.grid()
	}
	return m.list(room)
}

func widest(names []string) int {
	wide := 4
	for _, n := range names {
		wide = max(wide, width(n))
	}
	return wide
}

// grid has a column for each host and a line for each play; below it is what
// runs now.
func (m *Model) grid() []string {
	first := widest(m.plays) + 2
	each := min(44, (m.width-first)/len(m.hosts))
	put := func(cells []string) string {
		var b strings.Builder
		for i, c := range cells {
			n := each
			if i == 0 {
				n = first
			}
			c = ansi.Truncate(c, n-1, m.style.more)
			b.WriteString(c + strings.Repeat(" ", n-width(c)))
		}
		return strings.TrimRight(b.String(), " ")
	}
	names, states := []string{""}, []string{""}
	for i, h := range m.hosts {
		name := m.sign(h) + " " + h.name
		if i == m.selected {
			name = m.sign(h) + " " + m.style.bold(h.name) + m.style.dim(" "+m.style.mark)
		}
		names = append(names, name)
		states = append(states, "  "+m.stateOf(h)+m.style.dim(m.counts(h)))
	}
	lines := []string{put(names), put(states)}
	for _, play := range m.plays {
		cells := []string{play}
		for _, h := range m.hosts {
			cells = append(cells, m.cell(h, play))
		}
		lines = append(lines, put(cells))
	}
	lines = append(lines, "")
	wide := m.hostWidth()
	for _, h := range m.hosts {
		line := fmt.Sprintf("%s %-*s  %s", m.sign(h), wide, h.name, m.doing(h))
		if said := h.out.newest(); said != "" && h.state == changing {
			line += m.style.dim("  " + m.style.bar1 + " " + said)
		}
		lines = append(lines, line)
	}
	return lines
}

// cell is how far a play is on a host.
func (m *Model) cell(h *host, play string) string {
	c := h.cells[play]
	if c == nil {
		return m.style.dim("  -")
	}
	text := fmt.Sprintf("%d/%d", c.ended, c.total)
	return m.cellSign(h, c) + " " + text
}

func (m *Model) cellSign(h *host, c *cell) string {
	switch {
	case c == nil:
		return m.style.dim("-")
	case c.failed > 0:
		return m.style.bad(m.style.cross)
	case c.ended == c.total:
		return m.style.good(m.style.tick)
	case c.running > 0 && h.state != ended:
		return m.style.busy(m.style.spin(m.now))
	case c.ended > 0:
		return m.style.busy(m.style.half)
	}
	return m.style.dim(m.style.dot)
}

func (m *Model) hostWidth() int {
	var names []string
	for _, h := range m.hosts {
		names = append(names, h.name)
	}
	return min(widest(names), max(4, m.width/5))
}

// list has a line for each host, and a second one for what it says where there is room.
// Of a long list the counts come first, then what is around the selected host.
func (m *Model) list(room int) []string {
	all := m.order()
	from, to := 0, len(all)
	most := m.listRoom(room)
	var lines []string
	if to > most {
		if lines = m.groups(); len(lines) > most/3 {
			lines = nil
		}
		most = max(1, most-1-len(lines))
		from = min(max(0, slices.Index(all, m.selected)-most/2), to-most)
		to = from + most
	}
	twice := 2*(to-from) <= room/2
	wide := m.hostWidth()
	for _, i := range all[from:to] {
		h := m.hosts[i]
		lines = append(lines, m.hostLine(h, i == m.selected, wide))
		if twice {
			said := ""
			if h.state == changing || h.failed && h.state == ended {
				said = h.out.newest()
			}
			lines = append(lines, m.style.dim(strings.Repeat(" ", wide+5)+said))
		}
	}
	if to-from < len(m.hosts) {
		lines = append(lines, m.style.dim(fmt.Sprintf("  %d of %d hosts shown", to-from, len(m.hosts))))
	}
	return lines
}

// hostLine is a host in one line.
func (m *Model) hostLine(h *host, selected bool, wide int) string {
	mark, name := " ", ansi.Truncate(h.name, wide, m.style.more)
	name += strings.Repeat(" ", wide-width(name))
	if selected {
		mark, name = m.style.bold(m.style.cursor), m.style.bold(name)
	}
	line := mark + " " + m.sign(h) + " " + name + " "
	if len(m.plays) > 0 && m.width >= 40+len(m.plays) {
		for _, play := range m.plays {
			line += m.cellSign(h, h.cells[play])
		}
		line += " "
	}
	return line + m.style.pad(m.stateOf(h), 11) + m.counts(h) + " " + m.doing(h)
}

func (m *Model) sign(h *host) string {
	switch {
	case h.state == ended && (h.outcome.Outcome == event.Skipped || h.outcome.Outcome == event.Stopped):
		return m.style.busy(m.style.half)
	case h.failed:
		return m.style.bad(m.style.cross)
	case h.state == ended || h.state == clean:
		return m.style.good(m.style.tick)
	case h.state == waiting:
		return m.style.dim(m.style.wait)
	case h.state == planned:
		return m.style.dim(m.style.dot)
	}
	return m.style.busy(m.style.spin(m.now))
}

// stateOf is a host's state in a word.
func (m *Model) stateOf(h *host) string {
	switch {
	case h.state == ended && h.outcome.Outcome != event.OK:
		return m.style.bad(string(h.outcome.Outcome))
	case h.failed:
		return m.style.bad("failed")
	case h.state == ended || h.state == clean:
		return m.style.good(h.state.String())
	case h.state == changing || h.state == verifying:
		return m.style.busy(h.state.String())
	}
	return h.state.String()
}

func (m *Model) counts(h *host) string {
	if len(h.changes) == 0 {
		return "       "
	}
	return fmt.Sprintf("%3d/%-3d", h.ended, len(h.changes))
}

func (m *Model) doing(h *host) string {
	text := h.doing
	switch {
	case h.state == waiting:
		text = "for " + text
	case (h.state == changing || h.state == verifying) && h.play != "":
		text = m.style.dim(h.play+":") + " " + text
	}
	if h.failed {
		return m.style.bad(h.doing)
	}
	return text
}

// page is how far a page key goes.
func (m *Model) page() int { return max(1, m.height/2) }
