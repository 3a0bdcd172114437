package engine

import "foobar/internal/ask"

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
