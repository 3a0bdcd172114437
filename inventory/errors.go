package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"foobar/internal/fault"
)

// Error is one thing that is wrong with an inventory.
type Error struct {
	// Path is the file as it was named.
	Path string
	// Line counts from 1. For something missing it is the line of the table it
	// is missing from.
	Line int
	// Key is the key it is about ("hosts.web1.address"), "" when it is about the file.
	Key string
	// Message names the key, says what is wrong and, behind the last semicolon, what
	// to do about it.
	Message string
	// Code is the failure's in the catalogue.
	Code fault.Code

	meant string // the key in whose place an unknown one stands
}

// Fix is what to do about it, "" where the message does not say.
func (e *Error) Fix() string {
	if i := strings.LastIndex(e.Message, "; "); i >= 0 {
		return e.Message[i+2:]
	}
	return ""
}

// Fault is the failure's code.
func (e *Error) Fault() fault.Code { return e.Code }

// Error is "path:line: message".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Message) }

// Errors is everything that is wrong with an inventory, in the order of its
// lines; never empty when it is returned. After mostErrors it ends.
type Errors struct {
	List []*Error
}

// mostErrors bounds the errors about one inventory, and mostMessage the bytes of each:
// what has more is something else than an inventory.
const (
	mostErrors  = 200
	mostMessage = 600
)

// cut bounds a message, or a key, that repeats what the file has.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// Error has a line for each error.
func (e *Errors) Error() string {
	lines := make([]string, len(e.List))
	for i, one := range e.List {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the single errors to errors.Is and errors.As.
func (e *Errors) Unwrap() []error {
	list := make([]error, len(e.List))
	for i, one := range e.List {
		list[i] = one
	}
	return list
}

// Join is an *Errors of what is wrong, or nil when nothing is.
func Join(list []*Error) error {
	if len(list) == 0 {
		return nil
	}
	all := &Errors{List: list}
	all.sort()
	return all
}

// sort orders by line and drops what was said twice.
func (e *Errors) sort() {
	slices.SortStableFunc(e.List, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	e.List = slices.CompactFunc(e.List, func(a, b *Error) bool { return *a == *b })
}

// DidYouMean ends a message about an unknown word: with the nearest known one, or with
// all of them, after what all says, when none is near.
func DidYouMean(word string, known []string, all string) string {
	if best := Nearest(word, known); best != "" {
		return "did you mean " + best + "?"
	}
	return all + " " + strings.Join(known, ", ")
}

// Nearest is the known word of which another may be a misspelling, "" when none is near.
func Nearest(word string, known []string) string {
	if len(word) > mostWord {
		return ""
	}
	word = strings.ToLower(word)
	best, least := "", 0
	for _, k := range known {
		low := strings.ToLower(k)
		// Doubled, so that of two equally near words the one with the same first letter wins.
		far := 2 * levenshtein.Distance(word, low, nil)
		if word != "" && !strings.HasPrefix(low, word[:1]) {
			far++
		}
		if near(word, low) && (best == "" || far < least) {
			best, least = k, far
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	begun := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return !strings.HasPrefix(strings.ToLower(k), word) })
	if len(begun) == 1 { // its beginning alone was written
		return begun[0]
	}
	return ""
}

// mostWord is the longest word that is compared with known ones.
const mostWord = 100

// near reports whether one word may be a misspelling of the other: one letter differs,
// or in words of more than four letters two or a third of them; or two letters changed
// places.
func near(word, known string) bool {
	d := levenshtein.Distance(word, known, nil)
	switch short := min(len(word), len(known)); {
	case d == 2 && short > 2 && letters(word) == letters(known):
		return true
	case short <= 4:
		return d <= 1 && short > 1
	default:
		return d <= max(2, short/3)
	}
}

// letters are those of a word in the order of the alphabet.
func letters(word string) string {
	b := []byte(word)
	slices.Sort(b)
	return string(b)
}
