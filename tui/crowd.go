package tui

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/event"
)

// A site may have more hosts than the screen has lines. Its hosts are then counted by
// group, and listed by how much they need a person's eye.

// mostGroups is how many groups of hosts have a line each.
const mostGroups = 4

// crowded reports whether there are more hosts than there is room for a line each.
func (m *Model) crowded() bool { return len(m.hosts) > m.listRoom(m.height-len(m.head())-1) }

// listRoom is how many lines the list of hosts may have of so many.
func (m *Model) listRoom(room int) int { return max(1, min(room, max(4, room*2/3))) }

// urgency puts hosts into the order of the list: what failed, what runs, what waits, what
// is yet to come, and what is done.
func (h *host) urgency() int {
	switch {
	case h.failed || h.state == ended && h.outcome.Outcome != event.OK:
		return 0
	case h.state == changing || h.state == verifying:
		return 1
	case h.state == waiting:
		return 2
	case h.state == connecting || h.state == looking:
		return 3
	case h.state == planned:
		return 4
	}
	return 5
}

// order is the order of the list, as indices of hosts.
func (m *Model) order() []int {
	all := make([]int, len(m.hosts))
	for i := range all {
		all[i] = i
	}
	if m.crowded() {
		slices.SortStableFunc(all, func(a, b int) int { return m.hosts[a].urgency() - m.hosts[b].urgency() })
	}
	return all
}

// lead chooses the host that needs a person's eye the most, until a person has chosen.
func (m *Model) lead() {
	if !m.steered && m.crowded() && !m.pane.open && !m.pane.all {
		m.selected = m.order()[0]
	}
}

// beside is the host so many lines further down the list.
func (m *Model) beside(by int) int {
	all := m.order()
	n := len(all)
	if n == 0 {
		return 0
	}
	return all[(slices.Index(all, m.selected)+by+n)%n]
}

// groupOf is what a host's name is before its number: "web" of "web12.example.com".
func groupOf(name string) string {
	if i := strings.IndexAny(name, "0123456789."); i > 0 {
		return strings.TrimRight(name[:i], "-_")
	}
	return name
}

// groups counts the hosts of each group by what they are at; nil where the names say of
// no groups.
func (m *Model) groups() []string {
	var names []string
	in := map[string][]*host{}
	for _, h := range m.hosts {
		g := groupOf(h.name)
		if in[g] == nil {
			names = append(names, g)
		}
		in[g] = append(in[g], h)
	}
	if len(names) > mostGroups {
		names = []string{""}
		in[""] = m.hosts
	}
	wide := widest(names)
	var lines []string
	for _, name := range names {
		line := fmt.Sprintf("  %-*s %4d", wide, name, len(in[name]))
		if name == "" {
			line = fmt.Sprintf("  all %4d", len(in[name]))
		}
		lines = append(lines, line+"  "+m.tally(in[name]))
	}
	return lines
}

// tally counts hosts by their states, the most urgent first.
func (m *Model) tally(hosts []*host) string {
	hosts = slices.Clone(hosts)
	slices.SortStableFunc(hosts, func(a, b *host) int { return a.urgency() - b.urgency() })
	var words []string
	count := map[string]int{}
	for _, h := range hosts {
		word := m.stateOf(h)
		if count[word]++; count[word] == 1 {
			words = append(words, word)
		}
	}
	for i, w := range words {
		words[i] = fmt.Sprintf("%d %s", count[w], w)
	}
	return strings.Join(words, ", ")
}
