// Package fault is the catalogue of failures: a short code for each, what it
// means, what likely caused it and what to do next. Errors get their code where they
// are made; only for what a program on a host printed is it found by the words, see
// Classify.
//
// A code is an area and a number (SSH04). It never changes its meaning and is
// never given to another failure: people search for it, and programs read it.
package fault

import (
	"errors"
	"slices"
	"strings"
)

// Code names a failure: an area of two to four capital letters and two digits.
type Code string

// After is a message with its code behind it, where it has one.
func (c Code) After(text string) string {
	if c == "" {
		return text
	}
	return text + " [" + string(c) + "]"
}

// See is the line that names the command which explains codes, "" without any.
func See(codes []Code) string {
	if len(codes) == 0 {
		return ""
	}
	text := "see: foobar docs"
	for _, c := range codes {
		text += " " + string(c)
	}
	return text + "\n"
}

// Coded is an error that knows its code.
type Coded interface {
	error
	// Fault is the code, "" when there is none.
	Fault() Code
}

// Error gives an error a code; its text is the error's own.
type Error struct {
	Code Code
	Err  error
}

// Error is the text of the wrapped error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the wrapped error.
func (e *Error) Unwrap() error { return e.Err }

// Fault is the code.
func (e *Error) Fault() Code { return e.Code }

// Wrap gives an error a code; nil stays nil.
func Wrap(code Code, err error) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Err: err}
}

// Or gives an error a code where it has none yet.
func Or(code Code, err error) error {
	if err == nil || Of(err) != "" {
		return err
	}
	return Wrap(code, err)
}

// Of is the outermost code of an error and of those that it wraps, "" when none has
// one.
func Of(err error) Code {
	if all := All(err); len(all) > 0 {
		return all[0]
	}
	return ""
}

// All are the codes of an error that joins others, each once and in their order. Of
// an error that wraps another only the outermost code counts.
func All(err error) []Code {
	var codes []Code
	for err != nil {
		if c, ok := err.(Coded); ok && c.Fault() != "" {
			return []Code{c.Fault()}
		}
		switch e := err.(type) {
		case interface{ Unwrap() []error }:
			for _, one := range e.Unwrap() {
				for _, code := range All(one) {
					if !slices.Contains(codes, code) {
						codes = append(codes, code)
					}
				}
			}
			return codes
		default:
			err = errors.Unwrap(err)
		}
	}
	return codes
}

// Entry is what the catalogue says of a failure.
type Entry struct {
	Code Code
	// Title is the failure in a few words, Means in a sentence or two.
	Title, Means string
	// Causes are what likely caused it, the likeliest first.
	Causes []string
	// Next are things to do, first what to try first; most end in a command.
	// {inv}, {host} and {unit} stand for the inventory's file, the host and the
	// systemd unit.
	Next []string
	// Keys are keys of the inventory that may be to blame, the likeliest first;
	// {host} stands for the host.
	Keys []string
}

// Place is where a failure happened; what is not known is empty.
type Place struct{ Inventory, Host, Unit string }

// plainWord are the characters that a shell reads as they are.
const plainWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@:%+,"

// fill puts a place into a text, fit for a shell.
func (p Place) fill(text string) string {
	or := func(s, word string) string {
		switch {
		case s == "":
			return word
		case strings.Trim(s, plainWord) != "":
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
		return s
	}
	return strings.NewReplacer("{inv}", or(p.Inventory, "INVENTORY"), "{host}", or(p.Host, "HOST"), "{unit}", or(p.Unit, "UNIT")).Replace(text)
}

// Hint is the likeliest cause and what to do first, in a line.
func (e Entry) Hint(p Place) string {
	return p.fill("likely: " + e.Causes[0] + "; " + e.Next[0])
}

// Steps are all things to do.
func (e Entry) Steps(p Place) []string {
	list := make([]string, len(e.Next))
	for i, n := range e.Next {
		list[i] = p.fill(n)
	}
	return list
}

// Blamed are the inventory's keys that may be to blame on a host.
func (e Entry) Blamed(host string) []string {
	list := make([]string, len(e.Keys))
	for i, k := range e.Keys {
		list[i] = Place{Host: host}.fill(k)
	}
	return list
}

// Area is a group of codes.
type Area struct {
	// Name is what the codes begin with, Title what they are about.
	Name, Title string
	Entries     []Entry
}

// Catalogue is every area with its entries, in the order of the codes.
func Catalogue() []Area {
	return []Area{
		{"CLI", "the command line", commandLine()},
		{"INV", "the inventory", inventoryFile()},
		{"SEC", "secrets", secrets()},
		{"TLS", "a certificate of your own", certificates()},
		{"ACME", "certificates from an authority", authority()},
		{"SSH", "reaching a host", slices.Concat(addressesAndKeys(), connections())},
		{"SUDO", "becoming root", root()},
		{"RUN", "the run as a whole", slices.Concat(runs(), found())},
		{"HOST", "a host's system", append(system(), places()...)},
		{"PKG", "packages", packages()},
		{"SVC", "services", slices.Concat(services(), limits(), balancing(), snippets(), nginxTurns(), otherKinds())},
		{"REL", "releases of the app", releases()},
		{"DB", "databases", slices.Concat(replication(), moves(), backups(), contents())},
		{"FW", "the way in", wayIn()},
		{"MON", "the monitoring service", monitors()},
	}
}

// Lookup finds the entry of a code; letters may be small.
func Lookup(code Code) (Entry, bool) {
	for _, area := range Catalogue() {
		for _, e := range area.Entries {
			if strings.EqualFold(string(e.Code), string(code)) {
				return e, true
			}
		}
	}
	return Entry{}, false
}
