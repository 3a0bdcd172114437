// Command foobar turns bare Debian servers into a secured, monitored web
// service, over SSH, and keeps them that way.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/engine"
)

func main() { action.BoundMemory(); action.FindHome(); os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	cmd := root()
	cmd.InitDefaultHelpCmd()
	addCompletion(cmd)
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if err := mistyped(cmd, args); err != nil {
		under, _, _ := cmd.Find(args)
		return failed(under, err)
	}
	cmd.SetArgs(args)
	if used, err := cmd.ExecuteC(); err != nil {
		return failed(used, err)
	}
	return engine.ExitOK
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "foobar",
		Short: "Turn bare Debian servers into a secured, monitored web service, and keep them that way",
		Long: `foobar reads an inventory (TOML), looks at every host once over SSH, and changes
only what differs: a load balancer with a Let's Encrypt certificate, web servers,
an app, a replicated database, firewalls and collectors.

    foobar init       write an inventory
    foobar check      find what would make a deploy fail, with the fix for each
    foobar plan       show what would change
    foobar deploy     change it; run it again to correct drift
    foobar docs CODE  explain the code at the end of an error
    foobar lab up     start four throw-away hosts on this machine to try it on

Where no INVENTORY is named, it is $` + action.InventoryVariable + ` or ./` + action.StandardInventory + `.`,
		Version:       built().String(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetFlagErrorFunc(flagError)
	for _, group := range groups() {
		cmd.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, sub := range group.commands {
			sub.GroupID = group.id
			cmd.AddCommand(sub)
		}
	}
	cmd.SetHelpCommand(helpCommand())
	cmd.SetHelpCommandGroupID("reference")
	cmd.SetCompletionCommandGroupID("reference")
	cmd.AddCommand(hostKeyCommand())
	complete(cmd)
	return cmd
}

// group is some verbs as the help shows them together.
type group struct {
	id, title string
	commands  []*cobra.Command
}

func groups() []group {
	return []group{
		{"start", "Start:", []*cobra.Command{initCommand(), hostsCommand(), checkCommand(), labCommand()}},
		{"change", "Change:", []*cobra.Command{planCommand(), showCommand(), deployCommand(), releaseCommand(), rollbackCommand(), hostCommand(), certCommand(), removeCommand()}},
		{"look", "Look:", []*cobra.Command{statusCommand(), verifyCommand(), releasesCommand(), historyCommand(), logsCommand(), dashboardCommand(), execCommand(), sshCommand()}},
		{"databases", "Databases:", []*cobra.Command{dbCommand()}},
		{"reference", "Reference:", []*cobra.Command{docsCommand(), schemaCommand(), manualCommand(), versionCommand()}},
	}
}
