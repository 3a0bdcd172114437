package mysql

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/database"
)

// gtids is a set of transactions of MySQL: by writer, the server's UUID with
// or without a tag, the intervals of their numbers, sorted and apart. Source:
// MySQL's reference manual, "GTID Format and Storage".
type gtids map[string][]interval

type interval struct{ first, last uint64 }

var (
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	tagForm  = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,31}$`)
)

// parseSet reads "UUID:1-5:7,UUID:TAG:1", in which blanks mean nothing.
func parseSet(text string) (gtids, error) {
	set := gtids{}
	if n := strings.Count(text, ":"); n > database.MostTransactions {
		return nil, fmt.Errorf("a text of %d intervals is not a set of transactions", n)
	}
	bad := func() (gtids, error) { return nil, fmt.Errorf("%q is not a set of transactions", text) }
	for _, part := range strings.Split(strings.ToLower(strings.Join(strings.Fields(text), "")), ",") {
		if part == "" {
			continue
		}
		f := strings.Split(part, ":")
		if len(f) < 2 || !uuidForm.MatchString(f[0]) {
			return bad()
		}
		writer := f[0]
		for _, word := range f[1:] {
			if tagForm.MatchString(word) {
				writer = f[0] + ":" + word
				continue
			}
			from, to, isRange := strings.Cut(word, "-")
			if !isRange {
				to = from
			}
			first, err1 := strconv.ParseUint(from, 10, 63)
			last, err2 := strconv.ParseUint(to, 10, 63)
			if err1 != nil || err2 != nil || first == 0 || last < first {
				return bad()
			}
			set[writer] = append(set[writer], interval{first, last})
		}
	}
	for writer, list := range set {
		set[writer] = joined(list)
	}
	return set, nil
}

// joined sorts intervals and joins those that touch.
func joined(list []interval) []interval {
	slices.SortFunc(list, func(a, b interval) int { return int(min(max(int64(a.first)-int64(b.first), -1), 1)) })
	var out []interval
	for _, i := range list {
		if n := len(out); n > 0 && i.first <= out[n-1].last+1 {
			out[n-1].last = max(out[n-1].last, i.last)
			continue
		}
		out = append(out, i)
	}
	return out
}

func (s gtids) String() string {
	var parts []string
	for _, writer := range slices.Sorted(maps.Keys(s)) {
		var b strings.Builder
		b.WriteString(writer)
		for _, i := range s[writer] {
			b.WriteString(":" + strconv.FormatUint(i.first, 10))
			if i.last > i.first {
				b.WriteString("-" + strconv.FormatUint(i.last, 10))
			}
		}
		parts = append(parts, b.String())
	}
	return strings.Join(parts, ",")
}

// without is the part of s that is not in o.
func (s gtids) without(o gtids) gtids {
	rest := gtids{}
	for writer, list := range s {
		for _, i := range list {
			for _, not := range o[writer] {
				if not.last < i.first || not.first > i.last {
					continue
				}
				if not.first > i.first {
					rest[writer] = append(rest[writer], interval{i.first, not.first - 1})
				}
				i.first = not.last + 1
			}
			if i.first <= i.last {
				rest[writer] = append(rest[writer], i)
			}
		}
	}
	return rest
}

func parseSets(a, b string) (x, y gtids, err error) {
	if x, err = parseSet(a); err == nil {
		y, err = parseSet(b)
	}
	return x, y, err
}

// Covers says whether b is a part of a.
func (Dialect) Covers(a, b string) (bool, error) {
	x, y, err := parseSets(a, b)
	return err == nil && len(y.without(x)) == 0, err
}

// Known is the union of both.
func (Dialect) Known(current, received string) (string, error) {
	x, y, err := parseSets(current, received)
	if err != nil {
		return "", err
	}
	for writer, list := range y {
		x[writer] = joined(append(x[writer], list...))
	}
	return x.String(), nil
}

// Errant is the difference of two sets: what a server got as a copy is in its set,
// too.
func (Dialect) Errant(log, theirs, _ string) ([]string, error) {
	x, y, err := parseSets(log, theirs)
	if err != nil {
		return nil, err
	}
	return x.without(y).list(), nil
}

// list is a set with an element for every writer.
func (s gtids) list() []string {
	if len(s) == 0 {
		return nil
	}
	return strings.Split(s.String(), ",")
}

// Own goes by the server's UUID.
func (Dialect) Own(log, id string) []string {
	set, err := parseSet(log)
	if err != nil {
		return []string{log} // what cannot be read is not known to be another's
	}
	for writer := range set {
		if uuid, _, _ := strings.Cut(writer, ":"); uuid != strings.ToLower(id) {
			delete(set, writer)
		}
	}
	return set.list()
}

// Foreign is true of a server that has transactions, none of which it wrote.
func (m Dialect) Foreign(s database.State) bool {
	return strings.TrimSpace(s.Written) != "" && len(m.Own(s.Written, s.ServerID)) == 0
}
