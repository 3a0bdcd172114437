package ask

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostMarks is how many combining marks may follow one another. Languages need
// four at the most; a pile of them is painted over the lines above and below.
const mostMarks = 8

// Printable makes one line, of at most that many characters, of a text that
// came from elsewhere. Nothing in the result can move a cursor, change a colour,
// turn the direction of text or stand there unseen: escape sequences are taken
// out as a whole, as are control, format and zero-width characters, variation
// selectors and what Unicode has not assigned. Letters of every script stay,
// with their combining marks, and so do emoji. A line break or a tab becomes a
// space, a byte that is no UTF-8 becomes U+FFFD, and a text that was cut ends
// with "…". What is printable already stays as it is.
//
// Sources: ECMA-48; Unicode's Default_Ignorable_Code_Point and Bidi_Control.
func Printable(text string, most int) string { return printable(text, most, false) }

// PrintableText is Printable for a text of several lines: line breaks and tabs
// stay, too. An escape sequence without an end reaches to the end of its line.
func PrintableText(text string, most int) string { return printable(text, most, true) }

func printable(text string, most int, lines bool) string {
	if plain(text, lines) && len(text) <= most {
		return text
	}
	var b strings.Builder
	b.Grow(min(len(text), most))
	count, marks := 0, 0
	based := false // there is a character that a mark can belong to
	for i := 0; i < len(text); {
		if c := text[i]; c >= ' ' && c <= '~' && count < most {
			b.WriteByte(c)
			count, marks, based = count+1, 0, c != ' '
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if skip := sequence(text[i:]); skip > 0 {
			i += skip
			continue
		}
		i += n
		switch {
		case lines && (r == '\n' || r == '\t'):
			based = false
		case spaces(r):
			r, based = ' ', false
		case !shown(r):
			continue
		case unicode.IsMark(r):
			if marks++; marks > mostMarks || !based {
				continue
			}
		default:
			based = true
		}
		if !unicode.IsMark(r) {
			marks = 0
		}
		if count++; count > most {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plain reports whether a text is of printable ASCII alone.
func plain(text string, lines bool) bool {
	for i := range len(text) {
		if c := text[i]; (c < ' ' || c > '~') && !(lines && (c == '\n' || c == '\t')) {
			return false
		}
	}
	return true
}

// spaces reports whether a rune takes room and shows nothing, or ends a line.
func spaces(r rune) bool {
	switch r {
	case '\n', '\t', '\v', '\f', '\u0085', '\u2028', '\u2029':
		return true
	}
	return unicode.Is(unicode.Zs, r)
}

// shown reports whether a rune can be seen.
func shown(r rune) bool {
	return unicode.IsPrint(r) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.Is(unicode.Variation_Selector, r)
}

// sequence is how many bytes of the beginning of a text are an escape sequence
// of a terminal; 0 when it does not begin with one.
func sequence(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == '\x1b' && n < len(s) {
		c := s[n]
		switch {
		case c >= '@' && c <= '_': // the seven-bit form of a C1 control
			return n + 1 + body(rune(c)+0x40, s[n+1:])
		case c >= ' ' && c <= '~':
			rest := strings.TrimLeft(s[n:], " !\"#$%&'()*+,-./")
			if rest != "" && rest[0] >= '0' && rest[0] <= '~' {
				rest = rest[1:]
			}
			return len(s) - len(rest)
		}
		return n
	}
	if r >= 0x80 && r <= 0x9f && r != '\u0085' {
		return n + body(r, s[n:])
	}
	return 0
}

// body is how many bytes belong to the C1 control before them.
func body(control rune, s string) int {
	switch control {
	case 0x9b: // CSI: parameters, intermediates, one final byte
		rest := strings.TrimLeft(s, "0123456789:;<=>?")
		rest = strings.TrimLeft(rest, " !\"#$%&'()*+,-./")
		if rest != "" && rest[0] >= '@' && rest[0] <= '~' {
			rest = rest[1:]
		}
		return len(s) - len(rest)
	case 0x90, 0x98, 0x9d, 0x9e, 0x9f: // DCS, SOS, OSC, PM, APC: a string up to ST, or BEL
		for i, r := range s {
			switch r {
			case '\a', '\x18', '\x1a':
				return i + 1
			case '\u009c':
				return i + len("\u009c")
			case '\x1b': // ST, or the beginning of another sequence
				return i + len(s[i:]) - len(strings.TrimPrefix(s[i:], "\x1b\\"))
			case '\n':
				return i
			}
		}
		return len(s)
	}
	return 0
}

// PrintableJSON makes a JSON document safe to be shown and keeps what it means:
// what Printable would take out is written as \u and four digits.
func PrintableJSON(document []byte) []byte {
	var b []byte
	for i := 0; i < len(document); {
		r, n := utf8.DecodeRune(document[i:])
		switch {
		case r == '\n' || r == '\t' || r == '\r' || r == ' ' || shown(r) && !(r == utf8.RuneError && n == 1):
			b = append(b, document[i:i+n]...)
		case r > 0xffff:
			r -= 0x10000
			b = fmt.Appendf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			b = fmt.Appendf(b, `\u%04x`, r)
		}
		i += n
	}
	return b
}

// MostShown is how many characters Safe passes on in one write.
const MostShown = 1 << 20

// Safe is a writer of text for people, the last gate before a display: each
// write goes through PrintableText.
func Safe(out io.Writer) io.Writer { return safe{out} }

type safe struct{ out io.Writer }

func (s safe) Write(p []byte) (int, error) {
	if _, err := io.WriteString(s.out, PrintableText(string(p), MostShown)); err != nil {
		return 0, err
	}
	return len(p), nil
}
