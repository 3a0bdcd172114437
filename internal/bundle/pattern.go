package bundle

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// pattern is one line of a .foobarignore, read as git reads it. No library that is kept up
// does: they match a line against every folder on the way to a file as well, so that a
// folder taken back takes back the secrets in it, or know no [!a]. Sources: gitignore(5),
// and git's dir.c and wildmatch.c for what that page does not say.
type pattern struct {
	domain   string // the folder of the file that has the line, with a slash behind it; "" of the top
	re       *regexp.Regexp
	anchored bool // it is about the path from there, not about the last element alone
	folder   bool // it is about folders only
	keep     bool // it takes back
	broad    bool // it names nothing, as "*", "*/" and "*.*" do
}

// parse reads a line; false of one that matches nothing.
func parse(line, domain string) (pattern, bool) {
	p := pattern{domain: domain}
	line = strings.TrimSuffix(line, "\r")
	if strings.HasPrefix(line, "#") {
		return p, false
	}
	line, p.keep = strings.CutPrefix(trimmed(line), "!")
	line, p.folder = strings.CutSuffix(line, "/")
	p.anchored = strings.Contains(line, "/")
	line = strings.TrimPrefix(line, "/")
	if line == "" {
		return p, false
	}
	p.broad = strings.Trim(path.Base(line), "*?.") == ""
	text, ok := expression(line, p.anchored)
	if !ok {
		return p, false
	}
	var err error
	p.re, err = regexp.Compile(text)
	return p, err == nil
}

// trimmed is a line without the spaces at its end that no backslash keeps.
func trimmed(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
		} else if line[i] == ' ' {
			continue
		}
		end = min(i+1, len(line))
	}
	return line[:end]
}

// fits reports whether the line is about this very entry. What lies in a folder that is
// left out is not asked for: nobody walks there.
func (p pattern) fits(name string, isDir bool) bool {
	rest, below := strings.CutPrefix(name, p.domain)
	if !below || p.folder && !isDir {
		return false
	}
	if !p.anchored {
		rest = path.Base(rest)
	}
	return p.re.MatchString(bytewise(rest))
}

// bytewise makes a character of each byte: git's "?" is one byte, whatever the letter.
func bytewise(s string) string {
	ascii := true
	for i := range len(s) {
		ascii = ascii && s[i] < 0x80
	}
	if ascii {
		return s
	}
	letters := make([]rune, len(s))
	for i := range letters {
		letters[i] = rune(s[i])
	}
	return string(letters)
}

// expression writes a line as a regular expression, which no line makes slow.
func expression(line string, anchored bool) (string, bool) {
	var b strings.Builder
	b.WriteString(`(?s)^`)
	// git compares what is before the first wildcard by itself: "**" right behind it
	// is to git at the start.
	plain := strings.IndexAny(line, `*?[\`)
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '*':
			n := i + 1
			for n < len(line) && line[n] == '*' {
				n++
			}
			rest := line[n:]
			deep := anchored && n-i > 1 && (i == plain || line[i-1] == '/')
			switch {
			case deep && strings.HasPrefix(rest, "/"):
				b.WriteString(`(?:.*/)?`)
				n++
			case deep && (rest == "" || strings.HasPrefix(rest, `\/`)):
				b.WriteString(`.*`)
			default:
				b.WriteString(`[^/]*`)
			}
			i = n - 1
		case '?':
			b.WriteString(`[^/]`)
		case '[':
			set, length := class(line[i:])
			if length == 0 {
				return "", false
			}
			b.WriteString(set)
			i += length - 1
		case '\\':
			if i++; i == len(line) {
				return "", false
			}
			fallthrough
		default:
			b.WriteString(regexp.QuoteMeta(bytewise(line[i : i+1])))
		}
	}
	return b.String() + `$`, true
}

// posix are the classes that git knows by name.
var posix = []string{"alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit"}

// class reads a bracket expression at the start of s, and says how long it is; 0 of one
// that has no end or an unknown name in it.
func class(s string) (expression string, length int) {
	i := 1
	negated := i < len(s) && (s[i] == '!' || s[i] == '^')
	if negated {
		i++
	}
	var in [256]bool
	var before byte // may begin a range
	for first := true; i < len(s); first, i = false, i+1 {
		switch c := s[i]; {
		case c == ']' && !first:
			return oneOf(in, negated), i + 1
		case c == '-' && before != 0 && i+1 < len(s) && s[i+1] != ']':
			if i++; s[i] == '\\' {
				i++
			}
			if i == len(s) {
				return "", 0
			}
			for b := int(before); b <= int(s[i]); b++ {
				in[b] = true
			}
			before = 0
			continue
		case strings.HasPrefix(s[i:], "[:"):
			inside, _, closed := strings.Cut(s[i+2:], "]")
			name, named := strings.CutSuffix(inside, ":")
			if !closed || named && !slices.Contains(posix, name) {
				return "", 0
			}
			if named {
				is := regexp.MustCompile("[[:" + name + ":]]")
				for b := range 0x80 {
					in[b] = in[b] || is.MatchString(string(rune(b)))
				}
				i += len("[:") + len(inside)
				before = 0
				continue
			}
		case c == '\\':
			if i++; i == len(s) {
				return "", 0
			}
		}
		before = s[i]
		in[before] = true
	}
	return "", 0
}

// oneOf is a regular expression of one byte of a set, or not of it; never of a slash.
func oneOf(in [256]bool, negated bool) string {
	var b strings.Builder
	for c, is := range in {
		if is != negated && c != '/' {
			fmt.Fprintf(&b, `\x{%x}`, c)
		}
	}
	if b.Len() == 0 {
		return `[^\x{0}-\x{10ffff}]`
	}
	return "[" + b.String() + "]"
}
