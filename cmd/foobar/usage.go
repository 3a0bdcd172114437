package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"foobar/internal/action"
	"foobar/internal/ask"
	"foobar/internal/docs"
	"foobar/internal/engine"
	"foobar/internal/fault"
	"foobar/inventory"
)

// inventoryIn takes the inventory from the front of a verb's arguments, of which follow
// may come after it.
func inventoryIn(cmd *cobra.Command, args []string, follow int) (path string, rest []string, err error) {
	given := map[string]string{}
	cmd.Flags().Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
	return action.Named(cmd.CommandPath(), args, follow, given)
}

// upTo accepts at most so many arguments.
func upTo(most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > most {
			return fmt.Errorf("%q is one argument too many; usage: %s", args[most], useOf(cmd))
		}
		return nil
	}
}

// exactly accepts so many arguments, no more and no less.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return fmt.Errorf("an argument is missing; usage: %s", useOf(cmd))
		}
		return upTo(n)(cmd, args)
	}
}

// oneOrMore accepts an argument and whatever follows it.
func oneOrMore(cmd *cobra.Command, args []string) error {
	return exactly(1)(cmd, args[:min(1, len(args))])
}

func useOf(cmd *cobra.Command) string {
	return strings.TrimSuffix(cmd.UseLine(), " [flags]")
}

// mistyped is the error of a word that is no command, below the last one that is: cobra
// itself would show the help of that one, and succeed, or complain of a flag after it.
func mistyped(root *cobra.Command, args []string) error {
	cmd, rest, _ := root.Find(args)
	if !cmd.HasSubCommands() {
		return nil
	}
	for _, word := range rest {
		switch {
		case word == "--", strings.HasPrefix(word, "__"): // cobra's own, for completion
			return nil
		case !strings.HasPrefix(word, "-"):
			return unknownCommand(cmd, word)
		}
	}
	return nil
}

// helpCommand is cobra's, but for an error where there is no such command.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show how a command is used",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 && about.HasSubCommands() {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var list []cobra.Completion
			if about, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, sub := range about.Commands() {
					if sub.IsAvailableCommand() {
						list = append(list, cobra.CompletionWithDesc(sub.Name(), sub.Short))
					}
				}
			}
			return list, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// unknownCommand says which command was probably meant: one that is spelled nearly so,
// or what other programs call by that word.
func unknownCommand(parent *cobra.Command, word string) error {
	var known []string
	for _, sub := range parent.Commands() {
		if sub.IsAvailableCommand() {
			known = append(known, sub.Name())
		}
	}
	what := fmt.Sprintf("%s has no command %q", parent.CommandPath(), word)
	advice := "it has " + strings.Join(known, ", ")
	if !parent.HasParent() {
		advice = "foobar --help lists them"
	}
	if near := inventory.Nearest(word, known); near != "" {
		advice = "did you mean " + near + "?"
	}
	if own := docs.OwnWord(parent.CommandPath(), word); own != "" {
		advice = own
	}
	return action.Usage(fmt.Errorf("%s; %s", what, advice))
}

// unknownFlag says which flag was probably meant.
func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	name := err.GetSpecifiedName()
	if err.GetSpecifiedShortnames() != "" {
		if own := docs.OwnFlag(cmd.CommandPath(), name); own != "" {
			return fmt.Errorf("%s has no flag -%s; %s", cmd.CommandPath(), name, own)
		}
		return fmt.Errorf("%s has no flag -%s", cmd.CommandPath(), name)
	}
	if own := docs.OwnFlag(cmd.CommandPath(), name); own != "" {
		return fmt.Errorf("%s has no flag --%s; %s", cmd.CommandPath(), name, own)
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	slices.Sort(known)
	if near := inventory.Nearest(name, known); near != "" {
		return fmt.Errorf("%s has no flag --%s; did you mean --%s?", cmd.CommandPath(), name, near)
	}
	return fmt.Errorf("%s has no flag --%s", cmd.CommandPath(), name)
}

// exclusive is cobra's error of flags that exclude each other.
var exclusive = regexp.MustCompile(`^if any flags in the group \[([a-z -]+)\] are set none of the others can be`)

// tells says that a verb's JSON is the stream of events.
func tells(verb string) bool {
	return slices.Contains([]string{"plan", "deploy", "release", "rollback", "exec", "renew", "drain", "undrain", "remove", "switchover", "failover", "rejoin", "restore"}, verb)
}

// failed says on standard error what kept a command from succeeding, with -o json on
// standard output, too, and returns its exit status.
func failed(cmd *cobra.Command, err error) int {
	var ee *action.Exit
	if !errors.As(err, &ee) { // what cobra itself refuses
		if m := exclusive.FindStringSubmatch(err.Error()); m != nil {
			err = fmt.Errorf("--%s cannot be given together; leave one out", strings.ReplaceAll(m[1], " ", " and --"))
		}
		ee = &action.Exit{Code: engine.ExitUsage, Err: fault.Or(fault.Usage, err)}
	}
	if file := new(fs.PathError); errors.As(ee, &file) {
		ee = &action.Exit{Code: ee.Code, Err: fault.Or(fault.LocalFile, ee.Err)}
	}
	if output := cmd.Flags().Lookup("output"); output != nil && output.Value.String() == "json" && ee.Error() != "" {
		_ = action.ComplainJSON(os.Stdout, ee, ee.Code, tells(cmd.Name())) // the text says the same
	}
	switch {
	case ee.Error() == "":
	case fault.Of(ee) == fault.Usage:
		fmt.Fprintf(ask.Safe(os.Stderr), "error: %s\nsee: %s --help\n", fault.Usage.After(ee.Error()), cmd.CommandPath())
	default:
		action.Complain(os.Stderr, ee)
	}
	return ee.Code
}
