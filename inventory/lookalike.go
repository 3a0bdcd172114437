package inventory

import (
	"fmt"
	"strings"
	"unicode"
)

// lookAlike names the first character of a text that cannot be seen, or that only looks
// like one of the keyboard: people paste them from web pages, chats and word processors.
// It is "" where there is none, as in names of other alphabets.
func lookAlike(s string) string {
	latin := strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
	for _, r := range s {
		switch {
		case r < 0x80:
		case !unicode.IsGraphic(r), unicode.Is(unicode.Mn, r):
			return fmt.Sprintf("an invisible character (U+%04X)", r)
		case unicode.Is(unicode.Zs, r):
			return fmt.Sprintf("a space of another kind (U+%04X)", r)
		case unicode.Is(unicode.Pd, r):
			return fmt.Sprintf("%c (U+%04X), which is not the dash of the keyboard", r, r)
		case r >= 0xFF01 && r <= 0xFF5E:
			return fmt.Sprintf("%c (U+%04X), which only looks like %c", r, r, r-0xFF01+'!')
		case unicode.In(r, unicode.Nd, unicode.Po):
			return fmt.Sprintf("%c (U+%04X), which is not a character of the keyboard", r, r)
		case unicode.In(r, unicode.Cyrillic, unicode.Greek) && latin:
			return fmt.Sprintf("%c (U+%04X), which only looks like one of a-z", r, r)
		}
	}
	return ""
}

// asTyped gives, in the place of an error about a text, the character in it that only
// looks right.
func asTyped(s string, err error) error {
	if odd := lookAlike(s); err != nil && odd != "" {
		return fmt.Errorf("%q has %s; type it again", cut(s, mostWord), odd)
	}
	return err
}
