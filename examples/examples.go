// Package examples holds the demo application, so that the lab can deploy it
// from wherever foobar is run.
package examples

import "embed"

// App is the demo application's source, under "app".
//
//go:embed all:app
var App embed.FS
