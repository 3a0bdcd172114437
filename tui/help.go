package tui

// helpText is the help, in two columns where there is room, the most wanted first.
func (m *Model) helpText() []string {
	keys := [][2]string{
		{"up/down", "choose a host; in an open pane: scroll"},
		{"tab, left/right", "the next host, the previous host"},
		{"enter", "open the host's changes; there: show or hide a change's diff"},
		{"d", "changes or output"},
		{"e", "all diffs, or none"},
		{"pgup/pgdn, g/G", "scroll by pages, to the start, to the end"},
		{"/", "show only lines that contain a text; esc shows all again"},
		{"f", "go to the next failed host, and follow further failures"},
		{"p", "pause before the next play on every host; again: continue"},
		{"ctrl-c", "stop after the current steps; the second stops at once"},
		{"esc", "back"},
	}
	var lines []string
	for _, k := range keys {
		lines = append(lines, "  "+m.style.pad(m.style.bold(k[0]), 16)+" "+k[1])
	}
	notes := []string{
		"Marks of plays: " + m.style.tick + " done, " + m.style.cross + " failed, " + m.style.half + " started, " + m.style.dot + " to do, - nothing to do on that host.",
		"The bar: planned changes, weighted by how long each kind usually takes. Time left: the slowest host, or the one-at-a-time steps, at this run's speed so far.",
	}
	for _, n := range notes {
		lines = append(lines, "")
		for _, l := range wrap(n, m.width-4) {
			lines = append(lines, "  "+m.style.dim(l))
		}
	}
	return lines
}
