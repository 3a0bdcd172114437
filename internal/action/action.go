// Package action is what the verbs of foobar do: for each a struct of what it
// needs, with a method Run. Flags, displays and the end of the program are package
// main's: what a verb reads, writes and asks comes in a Console.
package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/internal/remote"
	"foobar/inventory"
)

// Exit is an error with the exit status it means. Without Err there is nothing to
// say that was not said before.
type Exit struct {
	Code int
	Err  error
}

// Error is the message, or "".
func (e *Exit) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// Unwrap gives the cause.
func (e *Exit) Unwrap() error { return e.Err }

// Usage marks an error as the caller's: bad flags, a bad inventory.
func Usage(err error) error { return &Exit{engine.ExitUsage, fault.Or(fault.Usage, err)} }

// exit is the error of a run that ended with a code; nil for 0.
func exit(code int) error {
	if code == engine.ExitOK {
		return nil
	}
	return &Exit{Code: code}
}

// shown ends a verb that says how things are: with what kept it from printing, or
// with the exit code of hosts that were not reached or are not well.
func shown(printing error, unreachable, well bool, unwell int) error {
	switch {
	case printing != nil:
		return &Exit{engine.ExitFailed, printing}
	case unreachable: // because of them less is known
		return exit(engine.ExitUnreachable)
	case !well:
		return exit(unwell)
	}
	return nil
}

// Console is what stands around a verb.
type Console struct {
	In       io.Reader
	Out, Err io.Writer
	// Asker asks the person at the terminal.
	Asker Asker
	// Typed says that In is a terminal, Read that Err is one.
	Typed, Read bool
}

// CanAsk says that a person reads Err and answers.
func (c Console) CanAsk() bool { return c.Typed && c.Read }

// Asker puts one question to a person. The answer to a secret one is not shown.
type Asker interface {
	Ask(question string, secret bool) (string, error)
}

// Agreed asks for a yes.
func Agreed(a Asker, question string) (bool, error) {
	answer, err := a.Ask(question+" (yes/no)", false)
	return agrees(answer), err
}

func agrees(answer string) bool { return answer == "y" || answer == "yes" }

// Common is what the verbs that connect to hosts have in common.
type Common struct {
	Console Console
	// Foobar is the version of this program, for records.
	Foobar string
	// Inventory is the inventory's path.
	Inventory string
	// Limit names the hosts and roles to work on; empty means all.
	Limit []string
	// Forks is how many hosts are connected to at once; 0 means deploy.forks.
	Forks int
	// Jump and Identity, where given, win over what the inventory says.
	Jump, Identity string
	// Timeout is the time to connect; 0 means the inventory's. More of it gives
	// more time for answers, too.
	Timeout time.Duration
	// AskBecome asks for the password of sudo.
	AskBecome bool

	sudo func() (string, error) // set by readPassword
}

// patience bounds the answers of hosts.
func (c *Common) patience() ask.Bounds { return ask.Patient(c.Timeout) }

// scaled is a time of a verb's own, for the Timeout that was given.
func (c *Common) scaled(usual time.Duration) time.Duration {
	return time.Duration(float64(usual) * max(1, c.Timeout.Seconds()/10))
}

// forks is how many hosts are connected to at once.
func (c *Common) forks(inv *inventory.Inventory) int {
	if c.Forks == 0 {
		return inv.Deploy.Forks
	}
	return c.Forks
}

// readPassword asks for the sudo password once, before anything is shown, or
// reads it from standard input where there is no terminal.
func (c *Common) readPassword() error {
	if !c.AskBecome || c.sudo != nil {
		return nil
	}
	var password string
	if c.Console.Typed {
		var err error
		if password, err = c.Console.Asker.Ask("sudo password", true); err != nil {
			return err
		}
	} else {
		raw, err := io.ReadAll(io.LimitReader(c.Console.In, 4096))
		if err != nil {
			return fmt.Errorf("read the sudo password from standard input: %w", err)
		}
		password = strings.TrimRight(string(raw), "\r\n")
	}
	c.sudo = func() (string, error) { return password, nil }
	return nil
}

// hostsOf turns host and role names into host names.
func hostsOf(inv *inventory.Inventory, names []string) ([]string, error) {
	var list []string
	for _, n := range names {
		if inv.Host(n) != nil {
			list = append(list, n)
			continue
		}
		group := inv.Group(n)
		if len(group) == 0 {
			return nil, fault.Wrap(fault.NoSuch, fmt.Errorf("--limit %s: %s has no host and no role of that name; %s", n, inv.Path, suggested(n, inv)))
		}
		list = append(list, inventory.Names(group)...)
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// suggested is the host or role that was probably meant, or all hosts.
func suggested(word string, inv *inventory.Inventory) string {
	hosts := inventory.Names(inv.Hosts)
	list := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(" ;:", r) })
	for _, h := range inv.Hosts {
		if h.Address == word || slices.ContainsFunc(h.Private, func(a netip.Addr) bool { return a.String() == word }) {
			return "it is the address of " + h.Name + "; did you mean that?"
		}
	}
	switch {
	case word == "all":
		return "leave --limit out for all hosts"
	case len(list) > 1 && !slices.ContainsFunc(list, func(one string) bool { return inv.Host(one) == nil && len(inv.Group(one)) == 0 }):
		return "separate several names with commas: " + strings.Join(list, ",")
	case strings.ContainsAny(word, "*?![]&~"):
		return "patterns are not known; name hosts or roles, separated by commas"
	}
	if near := inventory.Nearest(word, append(hosts, inventory.LB, inventory.Web, inventory.App, inventory.DB)); near != "" {
		return "did you mean " + near + "?"
	}
	return "the hosts are " + strings.Join(hosts, ", ")
}

// printable is a line fit to be shown; tabs stay.
func printable(line string) string { return ask.PrintableText(line, remote.MaxLine) }

// writeIndented writes a document for people who read it, too.
func writeIndented(out io.Writer, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeDocument(out, data)
}

func writeDocument(out io.Writer, data []byte) error {
	_, err := out.Write(append(ask.PrintableJSON(data), '\n'))
	return err
}

// unlessGone drops the error of a reader who has had enough (| head).
func unlessGone(err error) error {
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// cancelled is the error of a verb that was asked to end, or nil.
func cancelled(ctx context.Context) error {
	if ctx.Err() != nil {
		return &Exit{Code: engine.ExitInterrupted}
	}
	return nil
}
