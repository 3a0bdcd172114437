package main

import (
	"cmp"
	"fmt"
	"image/color"

	"github.com/charmbracelet/x/ansi"
)

// The window's own colours, and the sixteen that a terminal's theme chooses.
const (
	background = "#20242b"
	foreground = "#d7dae0"
)

var theme = [...]string{
	"#3b4048", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0",
	"#7f848e", "#ff7b86", "#b5e090", "#ffd68a", "#7cc4ff", "#dd94f2", "#6fd3df", "#ffffff",
}

// style is how a piece of text looks; "" is the window's own colour.
type style struct {
	fore, back                               string
	bold, faint, italic, underline, reversed bool
}

// apply takes the parameters of one SGR sequence (ECMA-48, and xterm's colours).
func (s *style) apply(p ansi.Params) {
	if len(p) == 0 {
		*s = style{}
	}
	for i := 0; i < len(p); i++ {
		switch n := p[i].Param(0); {
		case n == 0:
			*s = style{}
		case n == 1:
			s.bold = true
		case n == 2:
			s.faint = true
		case n == 3:
			s.italic = true
		case n == 4:
			s.underline = true
		case n == 7:
			s.reversed = true
		case n == 22:
			s.bold, s.faint = false, false
		case n == 23:
			s.italic = false
		case n == 24:
			s.underline = false
		case n == 27:
			s.reversed = false
		case n >= 30 && n <= 37:
			s.fore = theme[n-30]
		case n >= 90 && n <= 97:
			s.fore = theme[n-90+8]
		case n >= 40 && n <= 47:
			s.back = theme[n-40]
		case n >= 100 && n <= 107:
			s.back = theme[n-100+8]
		case n == 39:
			s.fore = ""
		case n == 49:
			s.back = ""
		case n == 38 || n == 48:
			var c color.Color
			read := ansi.ReadStyleColor(p[i:], &c)
			if read == 0 {
				return
			}
			if n == 38 {
				s.fore = hex(c)
			} else {
				s.back = hex(c)
			}
			i += read - 1
		}
	}
}

// hex is a colour as SVG has it.
func hex(c color.Color) string {
	switch c := c.(type) {
	case nil:
		return ""
	case ansi.BasicColor:
		return theme[c]
	case ansi.IndexedColor:
		if int(c) < len(theme) {
			return theme[c]
		}
	}
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}

// colours are those that are drawn: reverse video swaps them.
func (s style) colours() (fore, back string) {
	if !s.reversed {
		return s.fore, s.back
	}
	return cmp.Or(s.back, background), cmp.Or(s.fore, foreground)
}

// attributes are the SVG attributes of text of this style.
func (s style) attributes() string {
	text := ""
	if fore, _ := s.colours(); fore != "" {
		text += ` fill="` + fore + `"`
	}
	if s.bold {
		text += ` font-weight="bold"`
	}
	if s.faint {
		text += ` fill-opacity=".6"`
	}
	if s.italic {
		text += ` font-style="italic"`
	}
	if s.underline {
		text += ` text-decoration="underline"`
	}
	return text
}
