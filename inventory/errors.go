package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Error is one thing that is wrong with an inventory.
type Error struct {
	// Path is the file as it was named.
	Path string
	// Line counts from 1. For something missing it is the line of the table it
	// is missing from.
	Line int
	// Message says what is wrong and what to do about it.
	Message string
}

// Error is "path:line: message".
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Message) }

// Errors is everything that is wrong with an inventory, in the order of its
// lines; never empty when it is returned.
type Errors struct {
	List []*Error
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

// sort orders by line and drops what was said twice.
func (e *Errors) sort() {
	slices.SortStableFunc(e.List, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Message, b.Message))
	})
	e.List = slices.CompactFunc(e.List, func(a, b *Error) bool { return *a == *b })
}

// didYouMean ends a message about an unknown word: with the nearest known one,
// or with all of them when none is near.
func didYouMean(word string, known []string, all string) string {
	best, distance := "", 1+max(2, len(word)/3)
	for _, k := range known {
		if d := levenshtein.Distance(strings.ToLower(word), k, nil); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return all + " " + strings.Join(known, ", ")
}
