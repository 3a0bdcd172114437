package planview

import (
	"path"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// maxDiff bounds a diff in lines; the rest is counted.
const maxDiff = 200

// Unified is a unified diff of two texts, as lines without the file header.
func Unified(old, new string) []string {
	text := udiff.Unified("now", "wanted", old, new)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > 2 && strings.HasPrefix(lines[0], "---") {
		lines = lines[2:]
	}
	if len(lines) > maxDiff {
		more := len(lines) - maxDiff
		lines = append(lines[:maxDiff:maxDiff], "… "+Count(more, "more line"))
	}
	return lines
}

// diff is a unified diff in colours: the sign decides the colour, the language
// of the file what is bold or dim.
func diff(paint Paint, name, old, new string) []string {
	lines := Unified(old, new)
	language := languageOf(name)
	for i, l := range lines {
		if l == "" {
			continue
		}
		var ink Ink
		switch l[0] {
		case '+':
			ink = Add
		case '-':
			ink = Gone
		case '@':
			lines[i] = paint(Place, l)
			continue
		case ' ':
		default: // "\ No newline", or the count of what is left out
			lines[i] = paint(Dim, l)
			continue
		}
		lines[i] = paint(ink, l[:1]) + language.paint(paint, ink, l[1:])
	}
	return lines
}

// language is what the configuration formats that foobar writes have in common:
// a line is a comment, a section, or begins with a word that names a setting.
// It is not a parser: a wrong guess costs a bold word.
type language struct {
	comments string // what begins a comment
	sections bool   // [section]
	ends     string // what ends the first word
}

// languageOf guesses by the file's name; the zero language highlights nothing.
func languageOf(name string) language {
	base := path.Base(name)
	switch ext := path.Ext(base); {
	case ext == ".yaml" || ext == ".yml":
		return language{comments: "#", ends: ":"}
	case ext == ".toml":
		return language{comments: "#", sections: true, ends: " ="}
	case ext == ".ini" || ext == ".cnf" || ext == ".service" || ext == ".socket" || ext == ".timer" || ext == ".target" || strings.Contains(name, ".service.d/"):
		return language{comments: "#;", sections: true, ends: " ="}
	case ext == ".sh" || strings.HasPrefix(base, "."):
		return language{comments: "#", ends: " =;("}
	case ext == ".conf" || ext == ".cfg" || ext == ".env" || ext == ".rules" || strings.HasPrefix(name, "/etc/"):
		return language{comments: "#", sections: true, ends: " \t=;"}
	}
	return language{}
}

func (l language) paint(paint Paint, ink Ink, text string) string {
	if l.comments == "" {
		return paint(ink, text)
	}
	code, comment := l.split(text)
	lead := code[:len(code)-len(strings.TrimLeft(code, " \t-"))]
	word := code[len(lead):]
	rest := ""
	if l.sections && strings.HasPrefix(word, "[") {
		return lead + paint(ink|Bold, word) + paint(ink|Dim, comment)
	}
	if i := strings.IndexAny(word, l.ends); i >= 0 {
		word, rest = word[:i], word[i:]
	} else if l.ends == ":" || strings.HasPrefix(word, "}") { // a YAML line without a key
		word, rest = "", word
	}
	return paint(ink, lead) + paint(ink|Bold, word) + paint(ink, rest) + paint(ink|Dim, comment)
}

// split separates a line from the comment at its end. A comment begins the line, or
// follows a blank outside of quotes.
func (l language) split(text string) (code, comment string) {
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0:
			if c == quote && text[i-1] != '\\' {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte(l.comments, c) >= 0 && (strings.TrimSpace(text[:i]) == "" || c == '#' && (text[i-1] == ' ' || text[i-1] == '\t')):
			return text[:i], text[i:]
		}
	}
	return text, ""
}
