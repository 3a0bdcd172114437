package action

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostSnippet is how long lines for another program's configuration can be, in bytes.
const mostSnippet = 64 << 10

// lines refuses a file that holds no lines of a configuration.
func configLines(raw []byte) error {
	switch {
	case len(raw) > mostSnippet:
		return fmt.Errorf("is larger than %d KiB; name a file with lines for the configuration", mostSnippet>>10)
	case !utf8.Valid(raw):
		return errors.New("is not UTF-8; name a text file")
	case strings.ContainsFunc(string(raw), func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) }):
		return errors.New("holds control characters; name a text file")
	}
	return nil
}
