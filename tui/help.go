package tui

// helpText is the help, in two columns where there is room, the most wanted first.
func (m *Model) helpText() []string {
	keys := [][2]string{
		{"up/down", "choose a host; in an open pane: scroll"},
		{"tab, left/right", "the next host, the one before"},
		{"enter", "open the host's changes; there: show or hide a change's diff"},
		{"d", "changes or output"},
		{"e", "all diffs, or none"},
		{"pgup/pgdn, g/G", "scroll by pages, to the beginning, to the end"},
		{"/", "show only what contains a text; esc shows all again"},
		{"f", "go to the next failed host, and stay with failures to come"},
		{"p", "pause before the next play on every host; again: go on"},
		{"ctrl-c", "stop after the current steps; twice: at once"},
		{"esc", "back"},
	}
	var lines []string
	for _, k := range keys {
		lines = append(lines, "  "+m.style.pad(m.style.bold(k[0]), 16)+" "+k[1])
	}
	notes := []string{
		"A sign for each play: " + m.style.tick + " done, " + m.style.cross + " failed, " + m.style.half + " begun, " + m.style.dot + " to come, - nothing to do there.",
		"The bar: planned changes, weighted by what their kind takes on a small machine. The time left: the longest way of one host, or what goes host by host, at the speed of this run so far.",
	}
	for _, n := range notes {
		lines = append(lines, "")
		for _, l := range wrap(n, m.width-4) {
			lines = append(lines, "  "+m.style.dim(l))
		}
	}
	return lines
}
