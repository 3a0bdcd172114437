package action

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/inventory"
)

// Complain writes an error with its code, and where to read more of it. A line
// of its own names each thing that is wrong with an inventory.
func Complain(w io.Writer, err error) {
	var wrong *inventory.Errors
	text := fault.Of(err).After(err.Error())
	if errors.As(err, &wrong) && wrong.Error() == err.Error() {
		lines := make([]string, len(wrong.List))
		for i, one := range wrong.List {
			lines[i] = one.Code.After(one.Error())
		}
		text = strings.Join(lines, "\n")
	}
	fmt.Fprintln(ask.Safe(w), "error: "+text)
	fmt.Fprint(w, fault.See(fault.All(err)))
}

// blame says at which line of the inventory a key stands that leads to an error.
func blame(inv *inventory.Inventory, key string, err error) error {
	table, _, _ := strings.Cut(key, ".")
	_, place := inv.Where(key, table)
	if place == "" {
		place = inv.Path
	}
	return fmt.Errorf("%s: %s: %w", place, key, err)
}
