package tui

import (
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"
	"github.com/charmbracelet/lipgloss"
)

// styles are the few looks there are: sixteen colours, none with NO_COLOR, and
// plain ASCII where the locale has no UTF-8.
type styles struct {
	plain                                       bool
	tick, cross, wait, dot, cursor, more, arrow string
	rule, full, empty                           string
	spinner                                     []string
	bold, dim, good, bad, busy                  func(...string) string
}

func newStyles(o Options) styles {
	s := styles{tick: "✓", cross: "✗", wait: "…", dot: "·", cursor: "›", more: "…", arrow: "→", rule: "─", full: "█", empty: "░",
		spinner: strings.Split("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "")}
	if o.ASCII {
		s.tick, s.cross, s.wait, s.dot, s.cursor, s.more, s.arrow, s.rule, s.full, s.empty = "+", "x", ".", "-", ">", "~", "->", "-", "#", "."
		s.spinner = []string{"|", "/", "-", "\\"}
	}
	paint := func(st lipgloss.Style) func(...string) string {
		if o.NoColor {
			return func(parts ...string) string { return strings.Join(parts, " ") }
		}
		return st.Render
	}
	s.bold = paint(lipgloss.NewStyle().Bold(true))
	s.dim = paint(lipgloss.NewStyle().Faint(true))
	s.good = paint(lipgloss.NewStyle().Foreground(lipgloss.Color("2")))
	s.bad = paint(lipgloss.NewStyle().Foreground(lipgloss.Color("1")))
	s.busy = paint(lipgloss.NewStyle().Foreground(lipgloss.Color("3")))
	return s
}

func (s styles) spin(now time.Time) string {
	return s.spinner[int(now.UnixMilli()/200)%len(s.spinner)]
}

func (s styles) bar(part float64, width int) string {
	n := int(part * float64(width))
	return s.good(strings.Repeat(s.full, n)) + s.dim(strings.Repeat(s.empty, width-n))
}

// diff is a unified diff with its colours.
func (s styles) diff(old, new string) []string {
	var lines []string
	for i, l := range strings.Split(strings.TrimSuffix(udiff.Unified("now", "wanted", old, new), "\n"), "\n") {
		switch {
		case i < 2: // the file names
			continue
		case strings.HasPrefix(l, "+"):
			l = s.good(l)
		case strings.HasPrefix(l, "-"):
			l = s.bad(l)
		case strings.HasPrefix(l, "@"):
			l = s.dim(l)
		}
		lines = append(lines, "      "+strings.ReplaceAll(l, "\t", "    "))
	}
	return lines
}
