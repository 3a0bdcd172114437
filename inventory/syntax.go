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
	defer func() {
		e.Message = cut(e.Message, mostMessage)
		r.errs.List = append(r.errs.List, e)
	}()
	if form := otherForm(text); form != "" {
		e.Key, e.Message = "", form
		return
	}
	here := lineOf(text, line)
	switch {
	case definedName.MatchString(said):
		name := definedName.FindStringSubmatch(said)[1]
		e.Key, e.Message = cut(name, mostWord), name+" is defined twice: "+places(text, name, line)+"; remove one"
	case strings.ContainsAny(here, "“”‘’„«»"):
		e.Message = `there are curly quotes in this line; write straight ones: "`
	case strings.ContainsRune(here, '\u00a0'):
		e.Message = "there is a no-break space in this line, as word processors and web pages have; write an ordinary space"
	case lookAlike(outsideQuotes(here)) != "":
		e.Message = "this line has " + lookAlike(outsideQuotes(here)) + "; type it again"
	case strings.Contains(said, "to end table name") && strings.Contains(said, `'\n'`):
		e.Line, e.Message = max(1, line-1), "the bracket that opens in this line is not closed; write ] after the table's name"
	case strings.Contains(said, "out of range for int64"):
		e.Code, e.Message = fault.WrongValue, strings.TrimPrefix(key+": the number is too large; write a smaller one", ": ")
	default:
		if opened, message := unclosed(text, line, key, said); message != "" {
			e.Line, e.Key, e.Message = opened, "", message
			return
		}
		last := key[strings.LastIndexByte(key, '.')+1:]
		if !strings.HasPrefix(strings.TrimSpace(here), last) { // it is the one before
			e.Key, key = "", ""
		}
		e.Message = prefixed(key, grammar(here, said))
	}
}

// places says where a key is that is defined again in a line.
func places(text, name string, line int) string {
	switch at := scan(text)[pathOf(strings.Split(name, "."))]; at {
	case 0:
		return "here"
	case line:
		return "both in this line"
	default:
		return fmt.Sprintf("here and at line %d", at)
	}
}

// lineOf is a line of a text, which count from 1.
func lineOf(text string, n int) string {
	lines := strings.Split(text, "\n")
	if n < 1 || n > len(lines) {
		return ""
	}
	return lines[n-1]
}

// outsideQuotes is a line without its strings and its comment, roughly.
func outsideQuotes(line string) string {
	line, _, _ = strings.Cut(simpleString.ReplaceAllString(line, ""), "#")
	return line
}

// unclosed finds what was opened and not closed, from an error that is about a later
// line, or about the end of the file. Its message is "" for any other error.
func unclosed(text string, line int, key, said string) (opened int, message string) {
	at := strings.Split(key, ".")
	opened = scan(text)[pathOf(at)]
	next := nextKey.MatchString(lineOf(text, line))
	switch {
	case strings.Contains(said, `unexpected EOF; expected '"""'`), strings.Contains(said, "unexpected EOF; expected `'''"), strings.Contains(said, "unexpected EOF; expected '''"):
		return max(1, opened), "the string that opens here with three quotes is not closed; write three more at its end"
	case strings.Contains(said, "strings cannot contain newlines"), strings.Contains(said, `unexpected EOF; expected '"'`):
		return line, `the quote that opens in this line is not closed; write " at the end of the string`
	case strings.Contains(said, "array terminator") && (strings.Contains(said, "end of file") || next && opened != 0 && opened < line):
		return max(1, opened), "the list that opens here is not closed; write ] at its end"
	case strings.Contains(said, "inline table terminator"):
		if opened = scan(text)[pathOf(at[:len(at)-1])]; opened == 0 {
			opened = line
		}
		return opened, "the brace that opens here is not closed, or two keys have no comma between them; write } at its end"
	}
	return 0, ""
}

var (
	simpleString = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	nextKey      = regexp.MustCompile(`^\s*(\[|[A-Za-z0-9_."-]+\s*=)`)
	definedName  = regexp.MustCompile(`[Kk]ey '([^']+)' (?:has already been defined|was already created)`)
)

func prefixed(key, text string) string {
	if key == "" {
		return text
	}
	return key + ": " + text
}
