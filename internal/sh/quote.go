// Package sh makes text safe for a POSIX shell.
package sh

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// Quote returns s as one word of a POSIX shell, so that no character of it means
// anything to the shell. A word of letters, digits and @%+=:,./-_ stays as it
// is. NUL bytes are left out: no argument of a process can hold one, and the
// shells disagree about what to do with them.
func Quote(s string) string {
	return shellescape.Quote(strings.ReplaceAll(s, "\x00", ""))
}

// Join quotes each word and puts blanks between them: a command line.
func Join(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = Quote(w)
	}
	return strings.Join(quoted, " ")
}
