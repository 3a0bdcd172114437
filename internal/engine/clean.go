package engine

import (
	"strings"
	"unicode"
)

// Everything that comes from a host is untrusted: what people are shown of it
// is bounded and free of control characters.
const (
	maxLine = 2000
	maxText = 256 << 10
)

// clean makes one bounded, printable line.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	if len(s) > maxLine {
		s = strings.ToValidUTF8(s[:maxLine], "") + "…"
	}
	return s
}

// cleanText keeps line breaks and tabs.
func cleanText(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "\n…"
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
}

// lastLines joins the last n lines that say something.
func lastLines(lines []string, n int) string {
	var said []string
	for _, l := range lines {
		if l = strings.TrimSpace(clean(l)); l != "" {
			said = append(said, l)
		}
	}
	if len(said) > n {
		said = said[len(said)-n:]
	}
	return strings.Join(said, " | ")
}
