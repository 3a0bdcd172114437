package distro

import (
	"regexp"
	"strconv"
	"strings"
)

// clause is one of what requires-python lists, or Poetry's own words for it. Sources: PEP 440,
// and Poetry's documentation of its dependencies.
var clause = regexp.MustCompile(`^(===|~=|==|!=|<=|>=|<|>|\^|~|)\s*([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(\.\*)?$`)

// HasPython reports whether a program runs with the release's Python that asks for a version
// so: ">=3.12,<4". What cannot be read, or is about the patch level, is not judged here: pip
// does so.
func (r Release) HasPython(asked string) bool {
	for alternative := range strings.SplitSeq(strings.ReplaceAll(asked, "||", "|"), "|") {
		fits := true
		for one := range strings.SplitSeq(alternative, ",") {
			fits = fits && r.fits(clause.FindStringSubmatch(strings.TrimSpace(one)))
		}
		if fits {
			return true
		}
	}
	return false
}

func (r Release) fits(c []string) bool {
	if c == nil {
		return true
	}
	major, minor, _ := strings.Cut(r.Python, ".")
	has, wants := number(major)<<16|number(minor), number(c[2])<<16|number(c[3])
	// A Python of 3.12 is a later one than 3.12 itself, which is its first.
	first := number(c[4]) == 0 && c[5] == ""
	exact := has == wants || c[3] == "" && major == c[2]
	switch c[1] {
	case ">=", ">":
		return has >= wants
	case "<", "<=":
		return has < wants || has == wants && !first
	case "!=":
		return !exact || c[5] == ""
	case "~=":
		return has >= wants && major == c[2] && (c[4] == "" || exact)
	case "^":
		return has >= wants && major == c[2]
	}
	return exact
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
