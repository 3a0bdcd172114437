package inventory

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// schedule accepts what OnCalendar= does. Who writes a time as cron does is shown how
// systemd writes it: the two differ where a day of the month and one of the week stand
// together, so that one is not taken for the other in silence.
func schedule(s string) error {
	fields := strings.Fields(s)
	switch {
	case s == "@reboot":
		return errors.New("@reboot is not a time; write one such as 03:00 (a command that always runs is a table [[app.worker]])")
	case strings.HasPrefix(s, "@"):
		word := strings.NewReplacer("@", "", "midnight", "daily").Replace(s)
		if !calendarWord.MatchString(word) {
			return calendar(s)
		}
		return fmt.Errorf("%s is a word of cron; write %q", s, word)
	case len(fields) == 5 && !strings.Contains(s, ":"):
		if at, ok := fromCron(fields); ok {
			return fmt.Errorf("%q is a time in the form of cron; write %s", s, at)
		}
	}
	return calendar(s)
}

// cronField is one of cron's five: the least that it can be, how systemd writes it, and
// the names it may have.
type cronField struct {
	first int
	names string
	form  func(n int) string
}

func two(n int) string { return fmt.Sprintf("%02d", n) }

const weekdays = "Sun Mon Tue Wed Thu Fri Sat Sun"

// Source: crontab(5) and systemd.time(7).
func cronFields() []cronField {
	return []cronField{
		{0, "", two}, {0, "", two}, {1, "", two},
		{1, "jan feb mar apr may jun jul aug sep oct nov dec", two},
		{0, "sun mon tue wed thu fri sat", func(n int) string { return strings.Fields(weekdays)[n] }},
	}
}

var cronItem = regexp.MustCompile(`^(\*|[0-9]{1,2}|[a-z]{3})(-([0-9]{1,2}|[a-z]{3}))?(/([0-9]{1,2}))?$`)

// fromCron says how systemd writes a time of cron, in quotes.
func fromCron(fields []string) (at string, ok bool) {
	var parts [5]string
	for i, f := range cronFields() {
		if parts[i], ok = f.of(strings.ToLower(fields[i])); !ok {
			return "", false
		}
	}
	minute, hour, dom, month, dow := parts[0], parts[1], parts[2], parts[3], parts[4]
	date := "*-" + month + "-"
	line := func(words ...string) string { return strconv.Quote(strings.Join(append(words, hour+":"+minute), " ")) }
	switch {
	case dow == "*" && dom == "*" && month == "*":
		return line(), true
	case dow == "*":
		return line(date + dom), true
	case dom == "*" && month == "*":
		return line(dow), true
	case dom == "*":
		return line(dow, date+"*"), true
	}
	return line(date+dom) + ", and " + line(dow, date+"*") + " in a second timer, since cron runs it on either day", true
}

// of is a field as systemd writes it. Days of the week have no steps there.
func (f cronField) of(text string) (string, bool) {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		m := cronItem.FindStringSubmatch(item)
		if m == nil {
			return "", false
		}
		from, ok := f.number(m[1])
		to, also := f.number(m[3])
		week := strings.HasPrefix(f.names, "sun")
		switch step := m[5]; {
		case !ok || !also && m[3] != "" || week && step != "" || m[1] == "*" && m[3] != "":
			return "", false
		case m[1] == "*" && step == "":
			if text != "*" {
				return "", false
			}
			return "*", true
		case m[1] == "*":
			items = append(items, strconv.Itoa(f.first)+"/"+step)
		default:
			one := f.form(from)
			if m[3] != "" {
				one += ".." + f.form(to)
			}
			if step != "" {
				one += "/" + step
			}
			items = append(items, one)
		}
	}
	return strings.Join(items, ","), true
}

// number reads a number or a name; "*" is the first number.
func (f cronField) number(s string) (int, bool) {
	if s == "*" {
		return f.first, true
	}
	for i, name := range strings.Fields(f.names) {
		if s == name {
			return i + f.first, true
		}
	}
	n, err := strconv.Atoi(s)
	most := 59
	if strings.HasPrefix(f.names, "sun") {
		most = 7
	}
	return n, err == nil && n >= f.first && n <= most
}
