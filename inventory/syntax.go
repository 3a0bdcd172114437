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
	default:
		e.Message = prefixed(key, grammar(here, said))
	}
	e.Message = cut(e.Message, mostMessage)
}

// grammar puts what the decoder said about a line in words that say what to write.
func grammar(here, said string) string {
	line := strings.TrimSpace(here)
	_, value, equals := strings.Cut(line, "=")
	value = strings.TrimSpace(value)
	word, _, _ := strings.Cut(value, " ")
	switch lower := strings.ToLower(strings.TrimRight(word, ",;")); {
	case strings.Contains(said, "NULL bytes") || strings.Contains(said, "invalid UTF-8"):
		return "the file is not text in UTF-8; name the right file, or save it as UTF-8"
	case conflictMark.MatchString(line):
		return "this is the mark of a merge conflict; resolve the conflict and remove the mark"
	case strings.HasPrefix(line, "//"):
		return "a comment does not begin with //; begin it with #"
	case strings.HasPrefix(said, "expected value") && equals && (lower == "yes" || lower == "on" || lower == "true"):
		return word + " is not a boolean; write true"
	case strings.HasPrefix(said, "expected value") && equals && (lower == "no" || lower == "off" || lower == "false"):
		return word + " is not a boolean; write false"
	case strings.HasPrefix(said, "expected value") && equals && (lower == "null" || lower == "none" || lower == "nil"):
		return "there is no " + word + "; remove the line for the default"
	case strings.HasPrefix(said, "expected value") && equals && value == "":
		return "there is no value after the =; write one, or remove the line"
	case strings.HasPrefix(said, "expected value"):
		return said + "; write strings in quotes"
	case strings.HasPrefix(said, "Invalid float value") && strings.Count(word, ".") > 1:
		return fmt.Sprintf(`%s is not a number; write it in quotes: "%s"`, word, word)
	case strings.Contains(said, "leading zero"):
		return fmt.Sprintf("%s begins with a zero; write %s", word, strings.TrimLeft(word, "0_"))
	case strings.Contains(said, "hexadecimal digits") || strings.Contains(said, "invalid escape"):
		return `a \ in double quotes begins an escape; write \\ for each, or single quotes around the string`
	case strings.Contains(said, "array terminator") && strings.Contains(said, "end of file"):
		return "the list that opens here is not closed; write ] at its end"
	case strings.Contains(said, "array terminator"):
		return "two elements of the list have no comma between them; write one"
	case strings.Contains(said, "';'"):
		return "the line ends in a semicolon; remove it"
	case colonKey.MatchString(line):
		return "there is a colon after the key; write = instead"
	case line != "" && !equals && !strings.HasPrefix(line, "["):
		return "there is no = in this line; write key = value, and # before a comment"
	}
	return said + "; correct the TOML (https://toml.io)"
}

var (
	conflictMark = regexp.MustCompile(`^(<{7}|={7}|>{7}|\|{7})`)
	colonKey     = regexp.MustCompile(`^[A-Za-z0-9_-]+ *:`)
)

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
	tables := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch word := strings.TrimSpace(line); {
		case strings.HasPrefix(word, "#!"):
			return "a script"
		case strings.HasPrefix(word, "-----BEGIN"):
			return "a key or a certificate"
		case word == "", strings.HasPrefix(word, "#"), strings.HasPrefix(word, ";"):
			continue
		case strings.HasPrefix(word, "{"):
			return "JSON"
		case strings.HasPrefix(word, "<"):
			return "XML"
		case yamlLine.MatchString(line) && !tables:
			return "YAML"
		case iniLine.MatchString(word):
			return "an Ansible inventory"
		case strings.HasPrefix(word, "["):
			tables = true
			continue // a table, in INI as in TOML
		}
		return ""
	}
	return ""
}
