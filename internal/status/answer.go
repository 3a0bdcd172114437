package status

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
)

// Bounds of what is kept of a host's answer.
const (
	mostLines = 20000
	mostText  = 300 // characters of a text that people are shown
)

// answer is a host's answer by section.
type answer map[string][]string

// errCut says that a host did not answer to the end.
var errCut = errors.New("the answer was cut off before its end")

// split takes an answer apart. An answer without its end is an error.
func split(token string, lines []string) (answer, error) {
	a, name, done := answer{}, "", false
	for i, line := range lines {
		if i == mostLines {
			return nil, errors.New("the answer has too many lines")
		}
		line = strings.TrimSuffix(line, "\r")
		if rest, ok := strings.CutPrefix(line, token+" "); ok {
			if rest == "done" {
				done = true
				break
			}
			if section, ok := strings.CutPrefix(rest, "begin "); ok {
				name = section
				a[name] = []string{}
				continue
			}
		}
		if name != "" && (line != "" || name == "units") { // whose blocks end with an empty line
			a[name] = append(a[name], line)
		}
	}
	if !done {
		return nil, errCut
	}
	return a, nil
}

// pairs reads "key value" lines; the first of a key counts.
func pairs(lines []string) map[string]string {
	m := map[string]string{}
	for _, l := range lines {
		k, v, _ := strings.Cut(l, " ")
		if _, seen := m[k]; !seen {
			m[k] = strings.TrimSpace(v)
		}
	}
	return m
}

// printable makes one bounded line, fit to be shown, of a text from elsewhere.
func printable(s string) string { return strings.TrimSpace(ask.Printable(s, mostText)) }

// lastSaid is the last line that says something.
func lastSaid(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		if l := printable(lines[i]); l != "" {
			return l
		}
	}
	return "no answer"
}

func number(s string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	return n
}

func decimal(s string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || f != f || f > 1e15 || f < -1e15 { // JSON has neither NaN nor infinity
		return 0
	}
	return f
}

// unixTime reads seconds since 1970, with or without systemd's "@".
func unixTime(s string) time.Time {
	n := number(strings.TrimPrefix(s, "@"))
	if n <= 0 || n >= 1<<37 { // the year 6325; from 10000 on there is no form in JSON
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
