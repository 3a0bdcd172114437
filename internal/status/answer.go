package status

import (
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
)

// mostText is how many characters of a text people are shown.
const mostText = 300

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

func decimal(s string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || f != f || f > 1e15 || f < -1e15 { // JSON has neither NaN nor infinity
		return 0
	}
	return f
}

// unixTime reads seconds since 1970, with or without systemd's "@".
func unixTime(s string) time.Time {
	n := ask.Number(strings.TrimPrefix(s, "@"))
	if n <= 0 || n >= 1<<37 { // the year 6325; from 10000 on there is no form in JSON
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// bytesOf reads a number of KiB.
func bytesOf(kib string) int64 { return min(ask.Number(kib), 1<<43) << 10 }

// percent reads a share as df(1) writes it.
func percent(s string) int { return int(min(ask.Number(strings.TrimSuffix(s, "%")), 100)) }
