package report

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// maxDiff bounds a diff in lines; the rest is counted.
const maxDiff = 200

// Unified is a unified diff of two texts, as lines without the file header.
func Unified(old, new string) []string {
	text := udiff.Unified("now", "wanted", old, new)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > 2 && strings.HasPrefix(lines[0], "---") {
		lines = lines[2:]
	}
	if len(lines) > maxDiff {
		more := len(lines) - maxDiff
		lines = append(lines[:maxDiff:maxDiff], "… "+count(more, "more line"))
	}
	return lines
}
