package remote

import (
	"bufio"
	"strings"
	"testing"
)

// FuzzLines compares with splitting the text at once.
func FuzzLines(f *testing.F) {
	for _, s := range []string{"", "\n", "a", "a\n", "\n\na\n", strings.Repeat("x", 40) + "\ny", strings.Repeat("x", 16) + "\n", "\r\n\x00\n"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, text string, most int) {
		if most < 1 || most > 1<<16 {
			t.Skip("not a bound")
		}
		l := &lineReader{in: bufio.NewReaderSize(strings.NewReader(text), 16), most: most}
		for i, want := range strings.Split(text, "\n") {
			line, cut, err := l.next()
			if long := len(want) > most; cut != long || string(line) != want[:min(len(want), most)] {
				t.Fatalf("line %d: %q, cut %v; want %q", i, line, cut, want)
			}
			if last := i == strings.Count(text, "\n"); (err != nil) != last {
				t.Fatalf("line %d: error %v", i, err)
			}
		}
	})
}

func TestPromptAcrossWrites(t *testing.T) {
	w := newStderrWatch("prompt:")
	for _, part := range []string{"lecture prom", "ptprom", "pt", ":", "pro", "mpt: prompt:"} {
		_, _ = w.Write([]byte(part))
	}
	if len(w.asked) != 3 {
		t.Errorf("saw %d prompts, want 3", len(w.asked))
	}
}
