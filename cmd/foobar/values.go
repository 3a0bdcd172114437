package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"foobar/internal/action"
	"foobar/inventory"
)

// The values of flags, which are refused where they are read: what no verb could do
// anything with must not mean all of something, or a default.

// number is a whole number from low to high.
type number struct {
	to        *int
	low, high int
}

// String implements pflag.Value.
func (n number) String() string {
	if n.to == nil || *n.to == 0 {
		return ""
	}
	return strconv.Itoa(*n.to)
}

// Type implements pflag.Value.
func (number) Type() string { return "N" }

// Set implements pflag.Value.
func (n number) Set(text string) error {
	v, err := strconv.Atoi(text)
	if err != nil || v < n.low || v > n.high {
		return fmt.Errorf("give a number from %d to %d", n.low, n.high)
	}
	*n.to = v
	return nil
}

// length is a length of time, as inventories write it, of least or more.
type length struct {
	to    *time.Duration
	least time.Duration
}

// String implements pflag.Value.
func (l length) String() string {
	if l.to == nil || *l.to == 0 {
		return ""
	}
	return l.to.String()
}

// Type implements pflag.Value.
func (length) Type() string { return "TIME" }

// Set implements pflag.Value.
func (l length) Set(text string) error {
	d, err := inventory.ParseDuration(text)
	switch {
	case err != nil:
		return errors.New("give a number with its unit, such as 10s, 5m or 2h")
	case d < l.least:
		return fmt.Errorf("give %s or more", l.least)
	}
	*l.to = d
	return nil
}

// names are words with commas between them; the flag may be given more than once.
// Without a word it is refused: a variable of a script may have been empty.
type names struct{ to *[]string }

// String implements pflag.Value.
func (n names) String() string {
	if n.to == nil {
		return ""
	}
	return strings.Join(*n.to, ",")
}

// Type implements pflag.Value.
func (names) Type() string { return "NAMES" }

// Set implements pflag.Value.
func (n names) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word == "" {
			return errors.New("a name is empty; name one, or leave the flag out for all")
		}
		*n.to = append(*n.to, word)
	}
	return nil
}

// flagError says what is wrong with a flag in the words that its value has for it.
func flagError(cmd *cobra.Command, err error) error {
	var bad *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	switch {
	case errors.As(err, &bad) && bad.GetFlag().Value.Type() == "bool":
		err = fmt.Errorf("--%s %q: give the flag without a value, or not at all", bad.GetFlag().Name, bad.GetValue())
	case errors.As(err, &bad) && bad.GetFlag().Value.Type() == "int":
		err = fmt.Errorf("--%s %q: give a whole number", bad.GetFlag().Name, bad.GetValue())
	case errors.As(err, &bad):
		err = fmt.Errorf("--%s %q: %w", bad.GetFlag().Name, bad.GetValue(), errors.Unwrap(bad))
	case errors.As(err, &bare):
		err = fmt.Errorf("--%s needs a value", bare.GetFlag().Name)
	case errors.As(err, &unknown):
		err = unknownFlag(cmd, unknown)
	}
	return action.Usage(err)
}
