package tui

import (
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/lipgloss"

	"foobar/internal/planview"
)

// styles are the few ways in which text is shown: in the sixteen colours, without a
// background, so that it is legible on dark and on light; without colours under
// NO_COLOR; in plain ASCII where the locale has no UTF-8.
type styles struct {
	ascii                                                        bool
	tick, cross, wait, dot, half, mark, cursor, more, rule, bar1 string
	full, empty                                                  string
	spinner                                                      []string
	bold, dim, good, bad, busy                                   func(string) string
	paint                                                        planview.Paint
}

func newStyles(o Options) styles {
	s := styles{ascii: o.ASCII, tick: "✓", cross: "✗", wait: "…", dot: "·", half: "◐", mark: "◂", cursor: "›", more: "…", rule: "─", bar1: "│",
		full: "█", empty: "░", spinner: strings.Split("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "")}
	if o.ASCII {
		s.tick, s.cross, s.wait, s.dot, s.half, s.mark, s.cursor, s.more, s.rule, s.bar1 = "+", "x", ".", ".", "%", "<", ">", "~", "-", "|"
		s.full, s.empty, s.spinner = "#", ".", []string{"|", "/", "-", "\\"}
	}
	s.paint = painter(o.NoColor)
	ink := func(i planview.Ink) func(string) string {
		return func(text string) string { return s.paint(i, text) }
	}
	s.bold, s.dim = ink(planview.Bold), ink(planview.Dim)
	s.good, s.bad, s.busy = ink(planview.Add), ink(planview.Gone), ink(planview.Altered)
	return s
}

// painter makes the inks of plans into styles of this terminal.
func painter(bare bool) planview.Paint {
	if bare {
		return planview.Bare
	}
	var looks [planview.Inks]lipgloss.Style
	for i := range looks {
		ink := planview.Ink(i)
		st := lipgloss.NewStyle().Bold(ink&planview.Bold != 0).Faint(ink&planview.Dim != 0).Inline(true)
		for _, c := range []struct {
			ink   planview.Ink
			color string
		}{{planview.Add, "2"}, {planview.Gone, "1"}, {planview.Altered, "3"}, {planview.Place, "6"}} {
			if ink&c.ink != 0 {
				st = st.Foreground(lipgloss.Color(c.color))
				break
			}
		}
		looks[i] = st
	}
	return func(ink planview.Ink, text string) string {
		if ink == 0 || text == "" {
			return text
		}
		return looks[ink%planview.Inks].Render(text)
	}
}

func (s *styles) spin(now time.Time) string {
	return s.spinner[int(max(0, now.UnixMilli())/200)%len(s.spinner)]
}

func (s *styles) bar(part float64, width int) string {
	n := int(min(1, max(0, part)) * float64(width))
	return s.good(strings.Repeat(s.full, n)) + s.dim(strings.Repeat(s.empty, width-n))
}

// pad fills a painted text up with blanks.
func (s *styles) pad(text string, to int) string {
	return text + strings.Repeat(" ", max(1, to-width(text)))
}

// encode replaces what the terminal cannot show, in a cell of the same width.
func (s *styles) encode(line string) string {
	if !s.ascii {
		return line
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r <= unicode.MaxASCII:
			return r
		case r == '…':
			return '~'
		}
		return '?'
	}, line)
}
