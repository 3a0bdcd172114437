package inventory

// mostDeep bounds the nesting of a file. No key is deeper than 5; what is far deeper
// takes parsers of TOML minutes.
const mostDeep = 32

// tooDeep finds the line on which a text is nested deeper than mostDeep: in brackets
// and braces, or in the dots of a key. It reads any text, TOML or not, once.
func tooDeep(text string) (line int, deep bool) {
	s := &scanner{src: text, line: 1}
	depth, dots := 0, 0
	for s.pos < len(s.src) {
		switch s.src[s.pos] {
		case '"', '\'':
			s.quoted()
			continue
		case '#':
			for s.pos < len(s.src) && s.src[s.pos] != '\n' {
				s.pos++
			}
			continue
		case '[', '{':
			depth, dots = depth+1, 0
		case ']', '}':
			depth, dots = max(0, depth-1), 0
		case '.':
			dots++
		case '=', ',', '\n':
			dots = 0
		}
		if depth > mostDeep || dots > mostDeep {
			return s.line, true
		}
		s.next()
	}
	return 0, false
}
