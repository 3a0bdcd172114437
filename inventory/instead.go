package inventory

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What to write instead of a value of another type, where the value itself shows what was
// meant.

// between is what belongs between the elements of a list that other programs take for a
// key, and foobar as one string.
func between(name string) (text string, ok bool) {
	switch name {
	case "command", "proxy_command":
		return " ", true
	case "jump":
		return ",", true
	}
	return "", false
}

// inQuotes is what to write for a string: the only element of a list, or all of them in
// one string, where that is accepted.
func inQuotes(name string, v any, checks []check) string {
	list, _ := v.([]any)
	var words []string
	for _, one := range list {
		if s, ok := one.(string); ok {
			words = append(words, s)
		}
	}
	glue, several := between(name)
	if len(words) == 0 || len(words) != len(list) || len(words) > 1 && !several {
		return wording(checks)
	}
	if s := strings.Join(words, glue); accepted(s, checks) {
		return Quote(s)
	}
	return wording(checks)
}

func accepted(s string, checks []check) bool {
	return printable(s) == nil && !slices.ContainsFunc(checks, func(c check) bool { return c(s) != nil })
}

// plain is a number or a boolean as the string that was meant, in a table of strings.
func plain(v any) (s string, ok bool) {
	switch v.(type) {
	case int64, bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// wholeNumber is what to write for a number from low to high.
func wholeNumber(v any, low, high int) string {
	n, ok := int64(0), false
	switch v := v.(type) {
	case string:
		parsed, err := strconv.ParseInt(strings.ReplaceAll(strings.TrimSpace(v), "_", ""), 10, 64)
		n, ok = parsed, err == nil
	case float64:
		if ok = v == math.Trunc(v) && math.Abs(v) < 1e15; ok {
			n = int64(v)
		}
	}
	if ok && n >= int64(low) && n <= int64(high) {
		if _, text := v.(string); text {
			return fmt.Sprintf("%d, without quotes", n)
		}
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("a whole number from %d to %d", low, high)
}

// lengthOfTime is what to write for a duration, with the units that are in its range.
func lengthOfTime(v any, low, high time.Duration) string {
	var forms []string
	if n, ok := v.(int64); ok && n > 0 && n < 1_000_000 {
		for _, unit := range []string{"s", "m", "h", "d"} {
			if d, err := ParseDuration(strconv.FormatInt(n, 10) + unit); err == nil && d >= low && d <= high {
				forms = append(forms, fmt.Sprintf(`"%d%s"`, n, unit))
			}
		}
	}
	if len(forms) == 0 {
		return `a duration in quotes, such as "10s"`
	}
	return "it with its unit, in quotes: " + strings.Join(forms, " or ")
}

// truth is what to write for a boolean.
func truth(v any) string {
	switch strings.ToLower(fmt.Sprint(v)) {
	case "true", "yes", "on", "1":
		return "true, without quotes"
	case "false", "no", "off", "0":
		return "false, without quotes"
	}
	return "true or false, without quotes"
}

// aList is what to write for a list of strings.
func aList(v any, checks []check) string {
	s, ok := v.(string)
	switch {
	case !ok || s == "":
		return `a list of strings: ["…"]`
	case len(apart(s, checks)) > 1:
		return "a list: " + quoted(apart(s, checks))
	}
	return fmt.Sprintf("a list: [%s]", Quote(s))
}

// apart are the words of a string with commas between them, each of which would be
// accepted where the string is not; nil where it is something else.
func apart(s string, checks []check) (words []string) {
	if !strings.Contains(s, ",") || len(checks) == 0 || accepted(s, checks) {
		return nil
	}
	for word := range strings.SplitSeq(s, ",") {
		if word = strings.TrimSpace(word); word == "" || !accepted(word, checks) {
			return nil
		}
		words = append(words, word)
	}
	return words
}

// quoted is a list as the file has it.
func quoted(words []string) string {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = Quote(w)
	}
	return "[" + strings.Join(list, ", ") + "]"
}
