package secret

import (
	"strings"
	"testing"
)

// TestGnuPGKnowsTheTerminal: pass works by hand without GPG_TTY, where its standard input
// is the terminal, and so it must here.
func TestGnuPGKnowsTheTerminal(t *testing.T) {
	for _, c := range []struct{ had, typed, want string }{
		{"A=b", "/dev/pts/3", "A=b GPG_TTY=/dev/pts/3"},
		{"A=b", "/dev/tty1", "A=b GPG_TTY=/dev/tty1"},
		{"GPG_TTY=/dev/pts/1", "/dev/pts/3", "GPG_TTY=/dev/pts/1"},
		{"A=b", "/dev/null", "A=b"},
		{"A=b", "pipe:[77]", "A=b"},
		{"A=b", "", "A=b"},
	} {
		if got := strings.Join(withTerminal([]string{c.had}, c.typed), " "); got != c.want {
			t.Errorf("%s at %q: %s, not %s", c.had, c.typed, got, c.want)
		}
	}
}
