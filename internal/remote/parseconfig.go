package remote

import (
	"bytes"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// configFile is a file of ssh_config, line by line.
type configFile struct {
	lines []configLine
}

// configLine is one setting, or the head of a section.
type configLine struct {
	number int
	key    string           // in lower case
	value  string           // with its quotes and its comment
	host   *ssh_config.Host // of a Host line
	why    string           // why the line cannot be read, if so
}

// parseConfig reads a file's lines one at a time, so that one that cannot be read
// takes no other along.
func parseConfig(data []byte) *configFile {
	f := &configFile{}
	for i, raw := range bytes.Split(data, []byte("\n")) {
		line := strings.TrimSpace(string(raw))
		if line == "" || line[0] == '#' {
			continue
		}
		l := configLine{number: i + 1}
		l.read(line)
		f.lines = append(f.lines, l)
	}
	return f
}

// read takes a line apart: a keyword, blanks or one =, and the value.
func (l *configLine) read(line string) {
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		end = len(line)
	}
	l.key = strings.ToLower(line[:end])
	l.value = strings.TrimLeft(line[end:], " \t")
	l.value = strings.TrimLeft(strings.TrimPrefix(l.value, "="), " \t")
	list, whole := words(l.value)
	switch {
	case l.key == "match":
	case len(list) == 0:
		l.why = "a keyword without a value"
	case isCommand(l.key):
	case !whole:
		l.why = "a quote is not closed"
	case l.key == "host":
		l.host = &ssh_config.Host{}
		for _, w := range list {
			pattern, err := ssh_config.NewPattern(w)
			if err != nil {
				l.why = clean(err.Error())
				return
			}
			l.host.Patterns = append(l.host.Patterns, pattern)
		}
	}
}

// isCommand reports whether a value is a line for a shell, quotes and all.
func isCommand(key string) bool { return key == "proxycommand" || key == "knownhostscommand" }

// words splits a value as ssh does: at blanks that are not within quotes, up to a
// word that begins a comment. It is whole when every quote has its end.
func words(text string) (list []string, whole bool) {
	var word strings.Builder
	quoted, begun := false, false
	for _, r := range text {
		switch {
		case r == '"':
			quoted, begun = !quoted, true
		case r == '#' && !begun && !quoted:
			return list, true
		case (r == ' ' || r == '\t') && !quoted:
			if begun {
				list = append(list, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		list = append(list, word.String())
	}
	return list, !quoted
}
