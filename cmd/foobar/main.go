// Command foobar turns bare Debian servers into a secured, monitored web
// service, over SSH, and keeps them that way.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/engine"
	"foobar/internal/fault"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	cmd := root()
	cmd.SetArgs(args)
	err := cmd.Execute()
	if err == nil {
		return 0
	}
	var ee *action.Exit
	if errors.As(err, &ee) {
		if ee.Error() != "" {
			action.Complain(os.Stderr, ee)
		}
		return ee.Code
	}
	// What cobra itself refuses: unknown commands and flags, missing arguments.
	fmt.Fprintf(os.Stderr, "error: %s [%s]\nsee: foobar --help\n", err, fault.Usage)
	return engine.ExitUsage
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "foobar",
		Short: "Turn bare Debian servers into a secured, monitored web service, and keep them that way",
		Long: `foobar reads an inventory (TOML), looks at every host once over SSH, and changes
only what differs: a load balancer with a Let's Encrypt certificate, web servers,
an app, a replicated database, firewalls and collectors.

    foobar init                     write an inventory
    foobar check inventory.toml     what would keep a deploy from succeeding
    foobar plan inventory.toml      what would change
    foobar deploy inventory.toml    change it; run again to correct drift
    foobar lab up                   four throw-away hosts on this machine to try it on`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(planCommand(), deployCommand(), checkCommand(), labCommand())
	cmd.AddCommand(statusCommand(), historyCommand())
	cmd.AddCommand(dbCommand())
	cmd.AddCommand(initCommand(), sshCommand(), execCommand(), logsCommand(), hostKeyCommand(), schemaCommand(), docsCommand(), versionCommand(), manualCommand())
	complete(cmd)
	return cmd
}
