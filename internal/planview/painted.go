package planview

import (
	"io"
	"strings"
)

// Painted paints what a verb says of a site's health, as it passes: the lines that say what
// is wrong, and what to do about it. Without a paint it is the writer itself.
func Painted(out io.Writer, paint Paint) io.Writer {
	if paint == nil {
		return out
	}
	return painted{out, paint}
}

type painted struct {
	out   io.Writer
	paint Paint
}

// Write takes whole lines.
func (p painted) Write(text []byte) (int, error) {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		words := strings.TrimSuffix(line, "\n")
		for _, mark := range []struct {
			begin string
			ink   Ink
		}{{"PROBLEM ", Gone | Bold}, {"notice  ", Altered}, {"        next: ", Dim}} {
			if rest, ok := strings.CutPrefix(words, mark.begin); ok {
				words = p.paint(mark.ink, strings.TrimRight(mark.begin, " ")) + mark.begin[len(strings.TrimRight(mark.begin, " ")):] + rest
			}
		}
		b.WriteString(words)
		if strings.HasSuffix(line, "\n") {
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(p.out, b.String())
	return len(text), err
}
