package inventory

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// lines knows the line, from 1, on which each key of a TOML text is first
// mentioned. Errors name it, and the decoder does not keep it.
type lines map[string]int

// element is the path segment of an array's element.
func element(i int) string { return "[" + strconv.Itoa(i) + "]" }

func pathOf(at []string) string { return strings.Join(at, "\x00") }

// of is the line of a key or, if the text does not have it, of the nearest
// table around it.
func (l lines) of(at []string) int {
	for n := len(at); n > 0; n-- {
		if line, ok := l[pathOf(at[:n])]; ok {
			return line
		}
	}
	return 1
}

// scanner reads a text that the decoder has already accepted, so it checks nothing;
// where it does not understand, it stops.
type scanner struct {
	src      string
	pos      int
	line     int
	found    lines
	elements map[string]int // how many tables each array of tables has so far
}

// scan finds the lines of every key, table and array element of valid TOML.
func scan(src string) lines {
	s := &scanner{src: src, line: 1, found: lines{}, elements: map[string]int{}}
	var table []string
	for s.blanks(); s.pos < len(s.src); s.blanks() {
		start := s.pos
		if s.src[s.pos] == '[' {
			table = s.header()
		} else {
			s.pair(table)
		}
		if s.pos == start {
			break
		}
	}
	return s.found
}

func (s *scanner) peek() byte {
	if s.pos < len(s.src) {
		return s.src[s.pos]
	}
	return 0
}

// next steps over one byte and counts lines.
func (s *scanner) next() {
	if s.peek() == '\n' {
		s.line++
	}
	s.pos++
}

func (s *scanner) accept(c byte) bool {
	if s.pos < len(s.src) && s.src[s.pos] == c {
		s.next()
		return true
	}
	return false
}

// spaces steps over what may stand between the words of a line.
func (s *scanner) spaces() {
	for s.peek() == ' ' || s.peek() == '\t' {
		s.pos++
	}
}

// blanks steps over white space, ends of lines and comments.
func (s *scanner) blanks() {
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.next()
		case '#':
			for s.pos < len(s.src) && s.src[s.pos] != '\n' {
				s.pos++
			}
		default:
			return
		}
	}
}

// mention notes every table on the way to a key, unless it was mentioned before.
func (s *scanner) mention(at []string) {
	for n := 1; n <= len(at); n++ {
		if p := pathOf(at[:n]); s.found[p] == 0 {
			s.found[p] = s.line
		}
	}
}

// header reads [a.b] or [[a.b]] and gives the path of the table it opens.
func (s *scanner) header() []string {
	s.next()
	array := s.accept('[')
	var at []string
	name := s.key()
	for i, part := range name {
		at = append(at, part)
		n, isArray := s.elements[pathOf(at)]
		switch {
		case array && i == len(name)-1:
			s.elements[pathOf(at)] = n + 1
			at = append(at, element(n))
		case isArray: // a table inside the array's last element
			at = append(at, element(n-1))
		}
	}
	s.mention(at)
	s.accept(']')
	if array {
		s.accept(']')
	}
	return at
}

// pair reads key = value inside a table.
func (s *scanner) pair(table []string) {
	at := append(append([]string{}, table...), s.key()...)
	s.mention(at)
	s.spaces()
	if s.accept('=') {
		s.spaces()
		s.value(at)
	}
}

// key reads a dotted key.
func (s *scanner) key() []string {
	var parts []string
	for {
		s.spaces()
		switch s.peek() {
		case '"', '\'':
			parts = append(parts, unquote(s.quoted()))
		default:
			start := s.pos
			for s.pos < len(s.src) && !strings.ContainsRune(" \t\r\n.=]}#,", rune(s.src[s.pos])) {
				s.pos++
			}
			parts = append(parts, s.src[start:s.pos])
		}
		s.spaces()
		if !s.accept('.') {
			return parts
		}
	}
}

// unquote is what a quoted key means.
func unquote(raw string) string {
	var v struct{ K string }
	if _, err := toml.Decode("K = "+raw, &v); err != nil {
		return raw
	}
	return v.K
}

// value reads any value; arrays and inline tables note what is inside them.
func (s *scanner) value(at []string) {
	switch s.peek() {
	case '"', '\'':
		s.quoted()
	case '[':
		s.next()
		for i := 0; s.more(']'); i++ {
			inner := append(append([]string{}, at...), element(i))
			s.mention(inner)
			s.value(inner)
		}
	case '{':
		s.next()
		for s.more('}') {
			s.pair(at)
		}
	default: // a number, a boolean or a date, which may have a blank inside
		for s.pos < len(s.src) && !strings.ContainsRune(",]}#\r\n", rune(s.src[s.pos])) {
			s.pos++
		}
	}
}

// more steps to the next element of an array or inline table, or over its end.
// An element it could not step over ends it too.
func (s *scanner) more(end byte) bool {
	s.blanks()
	if s.accept(',') {
		s.blanks()
	}
	if s.accept(end) || s.pos >= len(s.src) {
		return false
	}
	if strings.ContainsRune(",]}=", rune(s.src[s.pos])) {
		s.pos = len(s.src)
		return false
	}
	return true
}

// quoted steps over a string of any of the four kinds and gives it as written.
func (s *scanner) quoted() string {
	start, quote := s.pos, s.src[s.pos]
	triple := strings.Repeat(string(quote), 3)
	if !strings.HasPrefix(s.src[s.pos:], triple) {
		s.next()
		for s.pos < len(s.src) && s.src[s.pos] != quote && s.src[s.pos] != '\n' {
			s.escaped(quote)
			s.next()
		}
		s.accept(quote)
		return s.src[start:min(s.pos, len(s.src))]
	}
	s.pos += 3
	for s.pos < len(s.src) && !strings.HasPrefix(s.src[s.pos:], triple) {
		s.escaped(quote)
		s.next()
	}
	s.pos = min(s.pos+3, len(s.src))
	for range 2 { // a string may end in one or two quotes of its own
		s.accept(quote)
	}
	return s.src[start:s.pos]
}

// escaped steps over the backslash of an escape.
func (s *scanner) escaped(quote byte) {
	if quote == '"' && s.peek() == '\\' && s.pos+1 < len(s.src) {
		s.next()
	}
}

// show writes a path as the file would: site.domain, firewall.extra[0].port.
func show(at []string) string {
	var b strings.Builder
	for i, part := range at {
		switch {
		case strings.HasPrefix(part, "["):
			b.WriteString(part)
			continue
		case i > 0:
			b.WriteByte('.')
		}
		if strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" || part == "" {
			part = fmt.Sprintf("%q", part)
		}
		b.WriteString(part)
	}
	return b.String()
}
