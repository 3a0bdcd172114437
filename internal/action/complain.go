package action

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/event"
	"foobar/internal/fault"
	"foobar/inventory"
)

// Complain writes an error with its code, and where to read more of it. Of several
// things that are wrong with an inventory each has a line of its own, below their number.
func Complain(w io.Writer, err error) {
	wrong := wholly(err)
	text := fault.Of(err).After(err.Error())
	if wrong != nil {
		lines := make([]string, len(wrong.List))
		for i, one := range wrong.List {
			lines[i] = one.Code.After(one.Error())
		}
		if len(lines) > 1 {
			lines = append([]string{wrong.List[0].Path + ": " + wrong.Summary()}, lines...)
		}
		text = strings.Join(lines, "\n")
	}
	fmt.Fprintln(ask.Safe(w), "error: "+text)
	fmt.Fprint(w, fault.See(fault.All(err)))
}

// wholly is what is wrong with an inventory, where an error is nothing else.
func wholly(err error) *inventory.Errors {
	var wrong *inventory.Errors
	if errors.As(err, &wrong) && wrong.Error() == err.Error() {
		return wrong
	}
	return nil
}

// ComplainJSON writes an error as one line: as an event where the others are events,
// too, else as the document {"v": 1, "errors": [event.Problem, …]}.
func ComplainJSON(w io.Writer, err error, exit int, asEvent bool) error {
	var list []event.Problem
	if wrong := wholly(err); wrong != nil {
		for _, one := range wrong.List {
			list = append(list, event.Problem{Code: one.Code, File: one.Path, Line: one.Line, Key: one.Key, Message: one.Message, Fix: one.Fix()})
		}
	} else {
		one := event.Problem{Code: fault.Of(err), Message: err.Error()}
		if i := strings.LastIndex(one.Message, "; "); i >= 0 {
			one.Fix = one.Message[i+2:]
		}
		var at *located
		if errors.As(err, &at) {
			one.File, one.Line, one.Key = at.file, at.line, at.key
		}
		list = append(list, one)
	}
	if asEvent {
		return ask.WriteJSON(w, event.Envelope{Time: time.Now(), Event: event.RunRefused{Exit: exit, Errors: list}})
	}
	return ask.WriteJSON(w, struct {
		V      int             `json:"v"`
		Errors []event.Problem `json:"errors"`
	}{1, list})
}

// located is an error about what a key of the inventory names.
type located struct {
	file, key string
	line      int
	err       error
}

// Error is "file:line: key: what is wrong".
func (l *located) Error() string {
	if l.line == 0 {
		return fmt.Sprintf("%s: %s: %v", l.file, l.key, l.err)
	}
	return fmt.Sprintf("%s:%d: %s: %v", l.file, l.line, l.key, l.err)
}

// Unwrap gives the cause.
func (l *located) Unwrap() error { return l.err }

// blame says at which line of the inventory a key stands that leads to an error.
func blame(inv *inventory.Inventory, key string, err error) error {
	table, _, _ := strings.Cut(key, ".")
	_, place := inv.Where(key, table)
	line, _ := strconv.Atoi(place[strings.LastIndexByte(place, ':')+1:])
	return &located{file: inv.Path, key: key, line: line, err: err}
}
