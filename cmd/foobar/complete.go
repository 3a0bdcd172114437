package main

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"foobar/internal/action"
	"foobar/internal/lab"
	"foobar/inventory"
	"foobar/playbooks"
)

// complete sets what a shell completes for every command below cmd: arguments by the
// words of its usage line, flags by their names. What a command has set itself stays.
func complete(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		complete(sub)
	}
	if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 && !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = argumentsOf(cmd)
	}
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if _, set := cmd.GetFlagCompletionFunc(flag.Name); set || flag.NoOptDefVal != "" {
			return // it takes no value, or has its own
		}
		if f := valuesOf(cmd, flag.Name); f != nil {
			// The one error is of a flag that has a function already.
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, f)
		}
	})
}

// addCompletion adds cobra's command that prints the script for a shell, and says how the
// script is used.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Long = `Prints the script by which a shell completes verbs, flags, hosts and parts. The help of
each shell says where the script belongs.

    foobar completion bash | sudo tee /etc/bash_completion.d/foobar >/dev/null
    foobar completion zsh > "${fpath[1]}/_foobar"
    foobar completion fish > ~/.config/fish/completions/foobar.fish

Exit status: 0 printed, 64 wrong usage.`
		}
	}
}

// argumentsOf completes what the usage line asks for first.
func argumentsOf(cmd *cobra.Command) cobra.CompletionFunc {
	_, usage, _ := strings.Cut(cmd.Use, " ")
	switch {
	case strings.HasPrefix(usage, "[INVENTORY]"):
		return completeArgs(nil)
	case strings.HasPrefix(usage, "HOST") && cmd.Parent() != nil && cmd.Parent().Name() == "lab":
		return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeLabHosts(nil, nil, typed)
		}
	case usage == "[DIR]":
		return completeDir
	case usage == "":
		return cobra.NoFileCompletions
	}
	return nil // the shell's own: files
}

// valuesOf completes a flag's value; nil leaves it to the shell, which offers files.
func valuesOf(cmd *cobra.Command, flag string) cobra.CompletionFunc {
	parent := ""
	if cmd.Parent() != nil {
		parent = cmd.Parent().Name()
	}
	switch flag {
	case "identity", "out", "plan":
		return nil
	case "app":
		return completeDir
	case "limit":
		return completeLimit
	case "parts":
		return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return listed(playbooks.Roles(), typed), cobra.ShellCompDirectiveNoFileComp
		}
	case "output":
		words := []string{"plain", "json"}
		switch cmd.Name() {
		case "plan", "deploy", "release", "rollback":
			words = []string{"tui", "plain", "json"}
		case "hosts":
			words = []string{"plain", "tree", "json"}
		}
		return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	case "to":
		return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return ofInventory(args, 1, databases)
		}
	case "user":
		if parent == "lab" {
			return cobra.FixedCompletions([]string{"root", "admin", "oper", "nosudo"}, cobra.ShellCompDirectiveNoFileComp)
		}
	case "host":
		if parent == "lab" {
			return completeLabHosts
		}
	}
	// A number, a duration, a name that people choose: no file.
	return cobra.NoFileCompletions
}

// completeArgs completes an inventory, then what second gives for it; or that first, where
// there is an inventory without its being named.
func completeArgs(second func(*inventory.Inventory) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if second != nil && len(args) < 2 {
			list, how := ofInventory(args, 0, second)
			if len(args) == 1 || slices.ContainsFunc(list, func(name string) bool { return strings.HasPrefix(name, typed) }) {
				return list, how
			}
		}
		if len(args) == 0 {
			return []string{"toml"}, cobra.ShellCompDirectiveFilterFileExt
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// ofInventory completes with what names gives for the inventory that counts with the
// arguments; see action.Named. One that cannot be read gives nothing.
func ofInventory(args []string, follow int, names func(*inventory.Inventory) []string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if path, _, err := action.Named("", args, follow, nil); err == nil {
		if inv, err := playbooks.Load(path); err == nil {
			return names(inv), cobra.ShellCompDirectiveNoFileComp
		}
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func completeDir(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

func hostNames(inv *inventory.Inventory) []string  { return inventory.Names(inv.Hosts) }
func webServers(inv *inventory.Inventory) []string { return inventory.Names(inv.Group(inventory.Web)) }
func databases(inv *inventory.Inventory) []string  { return inventory.Names(inv.Group(inventory.DB)) }

// completeLimit completes --limit with hosts and roles.
func completeLimit(_ *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return ofInventory(args, 1, func(inv *inventory.Inventory) []string {
		list := hostNames(inv)
		for _, role := range []string{inventory.LB, inventory.Web, inventory.App, inventory.DB} {
			if len(inv.Group(role)) > 0 && !slices.Contains(list, role) {
				list = append(list, role)
			}
		}
		return listed(list, typed)
	})
}

// listed completes the last of several names with commas between them.
func listed(names []string, typed string) []string {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	var list []string
	for _, n := range names {
		if !slices.Contains(strings.Split(before, ","), n) {
			list = append(list, before+n)
		}
	}
	return list
}

// completeLabHosts completes a host of the lab that FOOBAR_LAB names, for those who
// may see it.
func completeLabHosts(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []string
	if l, err := lab.Open(os.Getenv("FOOBAR_LAB"), nil); err == nil {
		hosts, _ := l.Hosts()
		for _, h := range hosts {
			names = append(names, h.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
