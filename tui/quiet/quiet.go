// Package quiet keeps the terminal from being asked about its colours. Package
// bubbletea does so when the program starts, for every verb, also those without
// a view, and the answers may land in what a person types. foobar's colours are
// the same on dark and on light backgrounds.
//
// It works because packages are initialised in the order of their import paths
// once what they import is (Go specification, Program initialization): this one
// imports lipgloss alone, and "foobar/…" sorts before "github.com/…".
package quiet

import "github.com/charmbracelet/lipgloss"

// The answer that would have been asked for; nothing looks at it.
var _ = func() bool {
	lipgloss.SetHasDarkBackground(true)
	return true
}()
