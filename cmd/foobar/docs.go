package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/docs"
	"foobar/internal/engine"
	"foobar/internal/event"
	"foobar/internal/fault"
)

func docsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "docs [SECTION | CODE | codes | exit | environment | files]...",
		Short: "Explain a section of the inventory, or the code of a failure",
		Long: `Explains a section or a key of the inventory, or the code at the end of an error: what
it means, what likely caused it and what to do next. Without an argument it lists what
it can explain.

    foobar docs SSH04           what the failure means
    foobar docs codes           every failure
    foobar docs firewall        the keys of [firewall]
    foobar docs app.health_path one key
    foobar docs exit            what the exit status says
    foobar docs environment     the variables that foobar reads
    foobar docs files           the files that it reads and writes

Exit status: 0 explained, 64 there is nothing of that name.`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return docs.Topics(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := docs.Explain(args)
			if verb, rest, no := cmd.Root().Find(args); err != nil && no == nil && len(rest) == 0 && verb.HasParent() {
				return action.Usage(fault.Wrap(fault.NoSuch, fmt.Errorf("%q is a command; see %s --help", strings.Join(args, " "), verb.CommandPath())))
			}
			if err != nil {
				return action.Usage(err)
			}
			if _, err := io.WriteString(os.Stdout, text); err != nil {
				return &action.Exit{Code: engine.ExitFailed, Err: fault.Wrap(fault.LocalFile, err)}
			}
			return nil
		},
	}
}

func schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [events]",
		Short: "Print a JSON Schema of inventories, for editors, or of the event stream",
		Long: `Prints a JSON Schema (draft 7) of inventories: every key with its type, range, words,
default and meaning. Editors with a TOML language server (taplo, Even Better TOML) use it
to complete and to check, if the inventory begins with the comment in the second line:

    foobar schema > foobar.schema.json
    #:schema ./foobar.schema.json

With the word events it is a JSON Schema (draft 2020-12) of one line of deploy -o json,
plan -o json and history -o json INVENTORY RUN, with every type of event.

Exit status: 0 printed, 64 wrong usage.`,
		Args:      upTo(1),
		ValidArgs: []string{"events"},
		RunE: func(_ *cobra.Command, args []string) error {
			enc := json.NewEncoder(os.Stdout)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			for _, name := range args {
				if name != "events" {
					return action.Usage(fmt.Errorf("there is no schema of %q; leave it out for that of inventories, or write events", name))
				}
				return enc.Encode(event.Schema())
			}
			return enc.Encode(docs.Schema())
		},
	}
}
