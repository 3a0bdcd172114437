package resource

import (
	"fmt"
	"strings"

	"foobar/internal/sh"
)

// calls are lines that call a function of a fragment once for each probe, with its
// index and its arguments.
func calls(function string, args [][]string) string {
	var b strings.Builder
	for i, a := range args {
		fmt.Fprintf(&b, "%s %d %s\n", function, i, sh.Join(a...))
	}
	return b.String()
}
