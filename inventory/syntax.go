package inventory

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"

	"foobar/internal/fault"
)

// syntax notes the decoder's error, in words for people who do not know its grammar.
func (r *reader) syntax(text string, err error) {
	line, said, key := 1, strings.TrimPrefix(err.Error(), "toml: "), ""
	var parse toml.ParseError
	if errors.As(err, &parse) {
		line, said, key = max(1, parse.Position.Line), strings.TrimSuffix(parse.Message, "."), parse.LastKey
	}
	said = strings.ReplaceAll(said, "\n", " ")
	e := &Error{Path: r.path, Line: line, Key: cut(key, mostWord), Code: fault.Syntax}
	defer func() { r.errs.List = append(r.errs.List, e) }()
	if form := otherForm(text); form != "" {
		e.Message = "this looks like " + form + ", and an inventory is TOML; foobar init writes one"
		return
	}
	here := ""
	if lines := strings.Split(text, "\n"); line <= len(lines) {
		here = lines[line-1]
	}
	switch {
	case strings.Contains(said, "has already been defined"):
		name, first := key, ""
		if m := definedName.FindStringSubmatch(said); m != nil {
			name = m[1]
		}
		if at := scan(text)[pathOf(strings.Split(name, "."))]; at != 0 && at != line {
			first = fmt.Sprintf(" and at line %d", at)
		}
		e.Message = fmt.Sprintf("%s is defined twice: here%s; remove one", name, first)
	case strings.ContainsAny(here, "“”‘’„"):
		e.Message = `there are curly quotes in this line; write straight ones: "`
	case strings.ContainsRune(here, '\u00a0'):
		e.Message = "there is a no-break space in this line, as word processors and web pages have; write an ordinary space"
	case strings.Contains(said, "strings cannot contain newlines"):
		e.Message = `the quote that opens in this line is not closed; write " at the end of the string`
	case strings.Contains(said, "to end table name") && strings.Contains(said, `'\n'`):
		e.Line, e.Message = max(1, line-1), "the bracket that opens in this line is not closed; write ] after the table's name"
	case strings.Contains(said, "out of range for int64"):
		e.Code, e.Message = fault.WrongValue, strings.TrimPrefix(key+": the number is too large; write a smaller one", ": ")
	case strings.HasPrefix(said, "expected value"):
		e.Message = prefixed(key, said) + "; write strings in quotes"
	default:
		e.Message = prefixed(key, said) + "; correct the TOML (https://toml.io)"
	}
	e.Message = cut(e.Message, mostMessage)
}

var definedName = regexp.MustCompile(`[Kk]ey '([^']+)' has already been defined`)

func prefixed(key, text string) string {
	if key == "" {
		return text
	}
	return key + ": " + text
}

var (
	yamlLine = regexp.MustCompile(`^(---|- |[A-Za-z_][A-Za-z0-9_-]*:( |$))`)
	iniLine  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]* +ansible_[a-z_]+=`)
)

// otherForm is another language that a text seems to be in, by its first line that
// says something; "" for none.
func otherForm(text string) string {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch word := strings.TrimSpace(line); {
		case word == "", strings.HasPrefix(word, "#"), strings.HasPrefix(word, ";"):
			continue
		case strings.HasPrefix(word, "{"):
			return "JSON"
		case strings.HasPrefix(word, "<"):
			return "XML"
		case yamlLine.MatchString(line):
			return "YAML"
		case iniLine.MatchString(word):
			return "an Ansible inventory"
		case strings.HasPrefix(word, "["):
			continue // a table, in INI as in TOML
		}
		return ""
	}
	return ""
}
