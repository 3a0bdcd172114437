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
	text := withCode(err.Error(), fault.Of(err))
	if errors.As(err, &wrong) && wrong.Error() == err.Error() {
		lines := make([]string, len(wrong.List))
		for i, one := range wrong.List {
			lines[i] = withCode(one.Error(), one.Code)
		}
		text = strings.Join(lines, "\n")
	}
	fmt.Fprintln(ask.Safe(w), "error: "+text)
	see(w, fault.All(err))
}

// withCode ends a message with its code, where it has one.
func withCode(text string, code fault.Code) string {
	if code == "" {
		return text
	}
	return text + " [" + string(code) + "]"
}

// see names the command that explains the codes.
func see(w io.Writer, codes []fault.Code) {
	if len(codes) == 0 {
		return
	}
	words := make([]string, len(codes))
	for i, c := range codes {
		words[i] = string(c)
	}
	fmt.Fprintln(w, "see: foobar docs "+strings.Join(words, " "))
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
