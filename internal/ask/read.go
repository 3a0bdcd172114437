package ask

import (
	"strconv"
	"strings"
)

// Pairs reads lines of a key, a space and a value; the first of a key counts.
func Pairs(lines []string) map[string]string {
	m := map[string]string{}
	for _, l := range lines {
		k, v, _ := strings.Cut(l, " ")
		if _, seen := m[k]; !seen {
			m[k] = strings.TrimSpace(v)
		}
	}
	return m
}

// mostNumber is the largest number that is believed: the largest that JSON's readers
// keep, and a hundredfold of it is still a number here.
const mostNumber = 1 << 53

// Number reads a whole number; what is none, or is below zero, reads as 0, and no
// number is larger than 2^53.
func Number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return min(max(n, 0), mostNumber)
}
