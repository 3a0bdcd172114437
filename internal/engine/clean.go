package engine

import (
	"slices"
	"strings"

	"foobar/internal/ask"
)

// Everything that comes from a host is untrusted: what people are shown of it
// is bounded and printable.
const (
	maxLine = 2000
	maxText = 256 << 10
)

// clean makes one bounded, printable line.
func clean(s string) string { return ask.Printable(s, maxLine) }

// cleanText keeps line breaks and tabs.
func cleanText(s string) string { return ask.PrintableText(s, maxText) }

// lastLines joins the last n lines that say something.
func lastLines(lines []string, n int) string {
	var said []string
	for i := len(lines) - 1; i >= 0 && len(said) < n; i-- {
		if l := strings.TrimSpace(clean(lines[i])); l != "" {
			said = append(said, l)
		}
	}
	slices.Reverse(said)
	return strings.Join(said, " | ")
}
