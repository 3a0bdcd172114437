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

// Set is a line that sets variables. The pairs are a name and its value.
func Set(pairs ...string) string {
	words := make([]string, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		words = append(words, pairs[i]+"="+Quote(pairs[i+1]))
	}
	return strings.Join(words, " ") + "\n"
}

// Func defines a shell function. Its body must not be empty.
func Func(name, script string) string {
	return name + "(){\n" + strings.TrimSpace(script) + "\n}\n"
}
