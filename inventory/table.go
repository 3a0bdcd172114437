package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"foobar/internal/fault"
)

// reader collects what is wrong while an inventory is read.
type reader struct {
	path  string // as named
	dir   string // absolute; relative paths count from it
	lines lines
	errs  Errors
	// schema notes the keys that are asked for; nil unless Schema reads.
	schema *schema
	tree   map[string]any // what Schema gives, once it was needed
}

// wrong notes an error about the value of the key at a path.
func (r *reader) wrong(at []string, format string, args ...any) {
	r.fault(fault.WrongValue, at, format, args...)
}

// clash notes that a key and another one contradict each other.
func (r *reader) clash(at []string, format string, args ...any) {
	r.fault(fault.Contradiction, at, format, args...)
}

// lacks notes that a key that is needed is not there.
func (r *reader) lacks(at []string, format string, args ...any) {
	r.fault(fault.Lacking, at, format, args...)
}

func (r *reader) fault(code fault.Code, at []string, format string, args ...any) {
	r.say(code, at, cut(show(at), mostWord)+": "+fmt.Sprintf(format, args...))
}

func (r *reader) say(code fault.Code, at []string, message string) {
	if len(r.errs.List) < mostErrors {
		r.errs.List = append(r.errs.List, &Error{Path: r.path, Line: r.lines.of(at), Key: cut(show(at), mostWord), Message: cut(message, mostMessage), Code: code})
	}
}

// table is one table of the file. Each key is asked for by name; end refuses
// what nobody asked for.
type table struct {
	r      *reader
	at     []string
	values map[string]any
	known  []string
	// ofLines says that texts may have several lines.
	ofLines bool
}

// check judges a text. Its error is shown to the user: what is wrong and, after a
// semicolon, what to do about it.
type check func(string) error

func (t *table) key(name string) []string { return append(slices.Clone(t.at), name) }

func (t *table) wrong(name, format string, args ...any) {
	if !t.has(name) {
		t.r.schema.missing(t.at, name)
		t.r.lacks(t.key(name), format, args...)
		return
	}
	t.r.wrong(t.key(name), format, args...)
}

// fault notes an error with another code about the value of a key.
func (t *table) fault(code fault.Code, name, format string, args ...any) {
	t.r.fault(code, t.key(name), format, args...)
}

func (t *table) has(name string) bool {
	_, ok := t.values[name]
	return ok
}

// nothing refuses an empty list where leaving the key out means all or a default: who
// writes [] means nobody.
func (t *table) nothing(name, advice string) {
	if list, ok := t.values[name].([]any); ok && len(list) == 0 {
		t.wrong(name, "the list is empty; %s", advice)
	}
}

// take gives the value of a key, and notes an error when its type is another.
func take[T any](t *table, name, wanted string) (T, bool) {
	t.known = append(t.known, name)
	t.r.schema.typed(t.key(name), *new(T))
	v, ok := t.values[name]
	if !ok {
		return *new(T), false
	}
	typed, ok := v.(T)
	if !ok {
		t.fault(fault.WrongType, name, "this is %s; write %s", kind(v), wanted)
	}
	return typed, ok
}

// kind names a TOML value's type for people.
func kind(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case bool:
		return "a boolean"
	case []map[string]any:
		return "a list of tables"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	case time.Time:
		return "a date or time"
	}
	return "something else"
}

func isTable(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

// sub opens a table within this one. One that the file does not have is empty.
func (t *table) sub(name string) *table {
	wanted := ownTable(t.key(name), t.values[name])
	if len(t.at) == 1 && t.at[0] == "hosts" && t.has(name) && !isTable(t.values[name]) {
		if tables := t.elsewhere(name); len(tables) > 0 && kind(t.values[name]) != "a list of tables" {
			wanted = "settings that count for all hosts into [" + show(tables[0]) + "]"
		}
	}
	values, _ := take[map[string]any](t, name, wanted)
	return &table{r: t.r, at: t.key(name), values: values}
}

// end refuses the keys that nobody asked for.
func (t *table) end() {
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		if !slices.Contains(t.known, name) && len(t.r.errs.List) < mostErrors {
			t.unknown(name)
		}
	}
}

// pass runs the checks in order and notes the first error.
func (t *table) pass(at []string, s string, checks []check) bool {
	first := printable
	if t.ofLines {
		first = printableLines
	}
	for _, c := range append([]check{first}, checks...) {
		if err := c(s); err != nil {
			code := fault.Of(err)
			if code == "" {
				code = fault.WrongValue
			}
			t.r.fault(code, at, "%v", asTyped(s, err))
			return false
		}
	}
	return true
}

// printable refuses control characters: a value becomes part of a line in some
// program's configuration, which a line break would end.
func printable(s string) error {
	if strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("there is a line break or another control character in it; remove it")
	}
	return nil
}

// printableLines accepts line breaks and tabs, too: a key or a certificate is a value of several lines.
func printableLines(s string) error {
	if strings.Contains(s, "\r") {
		return fmt.Errorf("there is a carriage return in it that ends no line; remove it")
	}
	return printable(strings.NewReplacer("\n", "", "\t", "").Replace(s))
}

func (t *table) text(name string, dst *string, checks ...check) bool {
	t.r.schema.standard(t.key(name), *dst)
	t.r.schema.words(t.key(name), checks, false)
	s, ok := take[string](t, name, inQuotes(name, t.values[name], checks))
	s = t.unix(s)
	if !ok || !t.pass(t.key(name), s, checks) {
		return false
	}
	*dst = s
	return true
}

// unix is a text of several lines without the line ends of Windows.
func (t *table) unix(s string) string {
	if t.ofLines {
		return strings.ReplaceAll(s, "\r\n", "\n")
	}
	return s
}

// commands reads what a shell runs, in one line or several.
func (t *table) commands(read func()) {
	t.ofLines = true
	read()
	t.ofLines = false
}

// list reads a list of texts.
func (t *table) list(name string, dst *[]string, checks ...check) {
	t.r.schema.standard(t.key(name), *dst)
	v, ok := take[[]any](t, name, aList(t.values[name], checks))
	t.r.schema.words(t.key(name), checks, true)
	if ok {
		t.strings(name, v, dst, checks)
	}
}

// oneOrMore reads a text, which is a list of one, or a list of texts.
func (t *table) oneOrMore(name string, dst *[]string, checks ...check) {
	if s, ok := t.values[name].(string); ok {
		t.known = append(t.known, name)
		if words := apart(s, checks); len(words) > 1 {
			t.wrong(name, "%q is a list in one string; write %s", s, quoted(words))
		} else if t.pass(t.key(name), s, checks) {
			*dst = []string{s}
		}
		return
	}
	v, ok := take[[]any](t, name, `a string in quotes, or a list of them`)
	t.r.schema.orMore(t.key(name))
	if ok {
		t.strings(name, v, dst, checks)
	}
}

func (t *table) strings(name string, values []any, dst *[]string, checks []check) {
	list := make([]string, 0, len(values))
	seen := map[string]bool{}
	for i, v := range values {
		at := append(t.key(name), element(i))
		s, ok := v.(string)
		s = t.unix(s)
		switch {
		case !ok:
			t.r.fault(fault.WrongType, at, "this is %s; write a string, in quotes", kind(v))
		case seen[s]:
			t.r.wrong(at, "%q is twice in the list; remove one", s)
		case len(apart(s, checks)) > 1:
			t.r.wrong(at, "%q is a list in one string; write %s", s, strings.Trim(quoted(apart(s, checks)), "[]"))
		case t.pass(at, s, checks):
			list = append(list, s)
		}
		seen[s] = true
	}
	*dst = list
}

// texts reads a table whose keys are free and whose values are texts.
func (t *table) texts(name string, dst *map[string]string, nameCheck check, checks ...check) {
	t.r.schema.free(t.key(name))
	t.sub(name).entries(dst, nameCheck, checks)
}

// lines reads one whose values may have several lines.
func (t *table) lines(name string, dst *map[string]string, nameCheck check, checks ...check) {
	t.r.schema.free(t.key(name))
	sub := t.sub(name)
	sub.ofLines = true
	sub.entries(dst, nameCheck, checks)
}

func (t *table) entries(dst *map[string]string, nameCheck check, checks []check) {
	for _, k := range slices.Sorted(maps.Keys(t.values)) {
		var s string
		if one, ok := plain(t.values[k]); ok && accepted(one, checks) {
			t.fault(fault.WrongType, k, "this is %s; write %s", kind(t.values[k]), Quote(one))
			continue
		}
		if below, ok := t.values[k].(map[string]any); ok && len(below) == 1 {
			t.fault(fault.WrongType, k, "a dot in a name makes a table; write the name in quotes, or without dots")
			continue
		}
		if t.text(k, &s, checks...) && t.pass(t.key(k), k, []check{nameCheck}) {
			if *dst == nil {
				*dst = map[string]string{}
			}
			(*dst)[k] = s
		}
	}
}

func (t *table) boolean(name string, dst *bool) {
	t.r.schema.standard(t.key(name), *dst)
	if v, ok := take[bool](t, name, truth(t.values[name])); ok {
		*dst = v
	}
}

func (t *table) number(name string, dst *int, low, high int) {
	t.r.schema.standard(t.key(name), *dst)
	t.r.schema.bounds(t.key(name), low, high)
	v, ok := take[int64](t, name, wholeNumber(t.values[name], low, high))
	switch {
	case !ok:
	case v < int64(low) || v > int64(high):
		t.wrong(name, "%d is out of range; write a number from %d to %d", v, low, high)
	default:
		*dst = int(v)
	}
}

// ports reads a list of ports.
func (t *table) ports(name string, dst *[]int) {
	t.r.schema.numbers(t.key(name), 1, 65535)
	list, _ := take[[]any](t, name, "a list of ports: [25, 6379]")
	seen := map[int64]bool{}
	for i, v := range list {
		at := append(t.key(name), element(i))
		n, ok := v.(int64)
		switch {
		case !ok:
			t.r.fault(fault.WrongType, at, "this is %s; write %s", kind(v), wholeNumber(v, 1, 65535))
		case n < 1 || n > 65535:
			t.r.wrong(at, "%d is not a port; write a number from 1 to 65535", n)
		case seen[n]:
			t.r.wrong(at, "%d is twice in the list; remove one", n)
		default:
			*dst = append(*dst, int(n))
		}
		seen[n] = true
	}
}

func (t *table) duration(name string, dst *time.Duration, low, high time.Duration) {
	t.r.schema.standard(t.key(name), *dst)
	wanted := lengthOfTime(t.values[name], low, high)
	quantity(t, name, wanted, dst, "duration", low, high, ParseDuration, showDuration)
}

func (t *table) size(name string, dst *int64, low, high int64) {
	if *dst > 0 {
		t.r.schema.standard(t.key(name), showSize(*dst))
	}
	quantity(t, name, `a size in quotes, such as "16MiB"`, dst, "size", low, high, parseSize, showSize)
}

// quantity reads a number with its unit.
func quantity[T cmp.Ordered](t *table, name, wanted string, dst *T, what string, low, high T, parse func(string) (T, error), show func(T) string) {
	s, ok := take[string](t, name, wanted)
	if !ok {
		return
	}
	v, err := parse(s)
	switch {
	case err != nil:
		t.wrong(name, "%v", err)
	case v < low || v > high:
		t.wrong(name, "%s is out of range; write a %s from %s to %s", s, what, show(low), show(high))
	default:
		*dst = v
	}
}
