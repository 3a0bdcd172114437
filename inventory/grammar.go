package inventory

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// written is a line that the decoder refuses, with what it said: the whole line, what
// follows its = and the first word of that.
type written struct {
	line, value, word, said string
	equals                  bool
}

// grammar puts what the decoder said about a line in words that say what to write.
func grammar(here, said string) string {
	w := written{line: strings.TrimSpace(here), said: said}
	_, w.value, w.equals = strings.Cut(w.line, "=")
	w.value = strings.TrimSpace(w.value)
	w.word, _, _ = strings.Cut(w.value, " ")
	for _, judge := range []func(written) string{ofALine, ofAKey, ofAValue, ofANumber, ofTheRest} {
		if message := judge(w); message != "" {
			return message
		}
	}
	return said + "; correct the TOML (https://toml.io)"
}

func ofALine(w written) string {
	switch {
	case strings.Contains(w.said, "NULL bytes") || strings.Contains(w.said, "invalid UTF-8"):
		return "the file is not text in UTF-8; name the right file, or save it as UTF-8"
	case strings.Contains(w.said, "'0x0d'"):
		return "the lines end in CR only; save the file with ordinary line ends"
	case strings.Contains(w.said, "control characters"):
		code := strings.Trim(w.said[strings.LastIndexByte(w.said, ' ')+1:], "'")
		return "there is a control character in this line (" + code + "); remove it, or name the right file"
	case conflictMark.MatchString(w.line):
		return "this is the mark of a merge conflict; resolve the conflict and remove the mark"
	case templateMark.MatchString(w.line), templateMark.MatchString(w.value):
		return "this is for a template engine, and foobar has none; write the values themselves"
	case otherComment.MatchString(w.line):
		return "a comment does not begin with " + otherComment.FindString(w.line) + "; begin it with #"
	}
	return ""
}

// ofAKey judges keys, and the names of tables in brackets.
func ofAKey(w written) string {
	name, header := strings.CutPrefix(w.line, "[")
	name, _, _ = strings.Cut(strings.Trim(name, "[ "), "]")
	between := "."
	if strings.Contains(name, ".") { // the dots are there, so the mark is within a name
		between = "-"
	}
	dots := headerMarks.ReplaceAllString(name, between)
	switch {
	case strings.Contains(w.said, "table names cannot be empty"):
		return "a name is missing in the brackets; write one such as [hosts.web1]"
	case header && strings.Contains(w.said, "to end table name") && dots != name && bareName.MatchString(dots):
		return "a name in brackets has only letters from a to z, digits, - and _, with dots between its parts; write [" + dots + "]"
	case header && strings.Contains(w.said, "to end table name"):
		return "a name in brackets has only letters from a to z, digits, dots, - and _; write one such as [hosts.web1]"
	case strings.Contains(w.said, "key name appears blank"):
		return "there is no key before the =; write key = value"
	case exported.MatchString(w.line):
		return "this is a line for a shell; write only key = value"
	case colonKey.MatchString(w.line):
		return "there is a colon after the key; write = instead"
	case w.line != "" && !w.equals && !header && !strings.HasPrefix(w.said, "expected value"):
		return "there is no = in this line; write key = value, and # before a comment"
	case strings.HasPrefix(w.said, "expected '.' or '='"):
		return "a key has only letters from a to z, digits, - and _; write such a key, and = after it"
	}
	return ""
}

// ofAValue judges what no value begins with.
func ofAValue(w written) string {
	lower := strings.ToLower(strings.TrimRight(w.word, ",;"))
	switch {
	case !strings.HasPrefix(w.said, "expected value"):
		return ""
	case w.equals && slices.Contains([]string{"yes", "on", "true"}, lower):
		return w.word + " is not a boolean; write true"
	case w.equals && slices.Contains([]string{"no", "off", "false"}, lower):
		return w.word + " is not a boolean; write false"
	case w.equals && slices.Contains([]string{"null", "none", "nil", "undefined"}, lower):
		return "there is no " + w.word + "; remove the line for the default"
	case w.equals && w.value == "":
		return "there is no value after the =; write one in the same line, or remove the line"
	case strings.HasPrefix(w.value, "=") || strings.HasPrefix(w.value, ">"):
		return "there is more than = between the key and its value; write only ="
	case strings.HasPrefix(w.value, "<<"):
		return `a text of several lines begins and ends with three quotes; write """ before and after it`
	case strings.HasPrefix(w.value, "`"):
		return `a string is not written in backticks; write straight quotes: "`
	case variable.MatchString(w.value):
		return `foobar fills in no variables here; write the value itself in quotes, or for a secret { env = "NAME" }`
	case unquoted.MatchString(w.value):
		return fmt.Sprintf(`strings have quotes; write "%s"`, w.value)
	case strings.HasSuffix(w.value, `"`) && unquoted.MatchString(strings.TrimSuffix(w.value, `"`)):
		return `the quote at the beginning is missing; write "` + w.value
	case strings.Contains(w.line, "//"):
		return "a comment does not begin with //; begin it with #"
	}
	return w.said + "; write strings in quotes"
}

// ofANumber judges numbers, dates and escapes.
func ofANumber(w written) string {
	word := strings.TrimRight(w.word, ",;")
	switch {
	case strings.HasPrefix(w.said, "Invalid float value") && strings.Count(word, ".") > 1:
		return fmt.Sprintf(`%s is not a number; write it in quotes: "%s"`, word, word)
	case strings.Contains(w.said, "leading zero"):
		return fmt.Sprintf("%s begins with a zero; write %s", word, strings.TrimLeft(word, "0_"))
	case strings.Contains(w.said, "hexadecimal digits") || strings.Contains(w.said, "invalid escape") || strings.Contains(w.said, "scaped character"):
		return `a \ in double quotes begins an escape; write \\ for each, or single quotes around the string`
	case numberError.MatchString(w.said):
		return word + " is not a number or a date as TOML has them; write one such as 5 or 0.5, or a string in quotes"
	}
	return ""
}

// ofTheRest judges what follows a value.
func ofTheRest(w written) string {
	more := strings.Contains(w.said, "top-level item to end")
	switch {
	case strings.Contains(w.said, "array terminator"):
		return "two elements of the list have no comma between them; write one"
	case strings.Contains(w.said, "';'"):
		return "the line ends in a semicolon; remove it"
	case more && strings.Contains(w.said, "','"):
		return "the line ends in a comma; remove it"
	case more && strings.Contains(w.said, "'/'"):
		return "a comment does not begin with //; begin it with #"
	case more:
		return "there is more in the line than a key and its value; write each key in a line of its own, and # before a comment"
	}
	return ""
}

var (
	conflictMark = regexp.MustCompile(`^(<{7}|={7}|>{7}|\|{7})`)
	templateMark = regexp.MustCompile(`^\{[{%]`)
	colonKey     = regexp.MustCompile(`^[A-Za-z0-9_-]+ *:`)
	otherComment = regexp.MustCompile(`^(//|/\*|--|;|%|!|(?i:rem)\b)`)
	headerMarks  = regexp.MustCompile(`[ /:]+`)
	bareName     = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$`)
	exported     = regexp.MustCompile(`^(export|set|let|var|local) +[A-Za-z_]`)
	variable     = regexp.MustCompile(`^([$!@%]|<[A-Za-z]|(env|getenv|var|local|secret|vault|lookup)[(.\[])`)
	unquoted     = regexp.MustCompile(`^[A-Za-z/~.][A-Za-z0-9/~._:@-]*$`)
	numberError  = regexp.MustCompile(`^([Ii]nvalid |floats must|not a )`)
)
