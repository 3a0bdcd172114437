package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/planview"
)

// at sets what no flag does: the inventory, this process's console and version. It
// returns the arguments after the inventory, of which there may be follow.
func at(cmd *cobra.Command, c *action.Common, args []string, follow int) (rest []string, err error) {
	c.Console, c.Foobar = console(), built().short()
	c.Inventory, rest, err = inventoryIn(cmd, args, follow)
	return rest, err
}

// on makes a command's function of a verb that takes an inventory alone.
func on(c *action.Common, run func(context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if _, err := at(cmd, c, args, 0); err != nil {
			return err
		}
		return run(cmd.Context())
	}
}

// printing completes the command of a verb that takes an inventory alone, and prints
// plain text or one JSON document.
func printing(cmd *cobra.Command, c *action.Common, asJSON *bool, run func(context.Context) error) *cobra.Command {
	addOutput(cmd)
	cmd.Args = upTo(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if *asJSON, err = wantsJSON(cmd); err != nil {
			return err
		}
		return on(c, run)(cmd, args)
	}
	return cmd
}

// addLogin adds the flags that say how to reach hosts.
func addLogin(cmd *cobra.Command, c *action.Common) {
	fl := cmd.Flags()
	fl.StringVarP(&c.Jump, "jump", "J", "", "connect through `HOST`, as ssh -J")
	fl.StringVarP(&c.Identity, "identity", "i", "", "log in with the private key in `FILE`")
	fl.Var(length{&c.Timeout, time.Millisecond}, "timeout", "how long a connection may take (default 10s); a longer one gives hosts more time for answers, too")
}

// addConnection adds the flags of verbs that are root on hosts.
func addConnection(cmd *cobra.Command, c *action.Common) {
	addLogin(cmd, c)
	cmd.Flags().BoolVarP(&c.AskBecome, "ask-become-pass", "K", false, "ask for the sudo password")
}

// addFleet adds the flags of verbs that work on several hosts.
func addFleet(cmd *cobra.Command, c *action.Common) { addHosts(cmd, c, "f") }

// addHosts is addFleet, with another letter for --forks, or none.
func addHosts(cmd *cobra.Command, c *action.Common, forks string) {
	addConnection(cmd, c)
	fl := cmd.Flags()
	fl.VarP(names{&c.Limit}, "limit", "l", "only these hosts, or those with these roles (lb, web, app, db)")
	fl.VarP(number{&c.Forks, 1, 1000}, "forks", forks, "how many hosts at once (default: deploy.forks)")
}

// addPaint adds --no-color, and sets how output is painted before the verb runs.
func addPaint(cmd *cobra.Command, to *planview.Paint) {
	noColor := cmd.Flags().Bool("no-color", false, "no colours (as NO_COLOR)")
	cmd.PreRun = func(*cobra.Command, []string) { *to = paint(*noColor) }
}

// addOutput adds --output for verbs that have no live view.
func addOutput(cmd *cobra.Command) {
	cmd.Flags().StringP("output", "o", "plain", "`FORMAT`: plain or json")
}

func wantsJSON(cmd *cobra.Command) (bool, error) {
	output, err := cmd.Flags().GetString("output")
	if err == nil && output != "" && output != "plain" && output != "json" {
		err = action.Usage(fmt.Errorf("--output %s: give plain or json", output))
	}
	return output == "json", err
}

// splitArgs separates the arguments before -- from those after it.
func splitArgs(cmd *cobra.Command, args []string) (named, words []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}
