// Package ask is how a host is asked, and what becomes of its answer: bounds
// for all that it says, and the one way to make a text of it fit to be shown.
package ask

import "context"

// Host is one that scripts can be run on.
type Host interface {
	// Run gives a script to the host and hands on what it prints, line by line.
	Run(ctx context.Context, script string, line func(string)) (status int, err error)
}
