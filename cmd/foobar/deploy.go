package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"foobar/internal/action"
	"foobar/internal/event"
	"foobar/internal/report"
	"foobar/playbooks"
)

func planCommand() *cobra.Command {
	v, d := &action.Plan{}, &display{}
	cmd := &cobra.Command{
		Use:   "plan [INVENTORY]",
		Short: "Show what deploy would change, without changing anything",
		Long: `Looks at every host and shows what a deploy would change, with diffs. It changes
nothing, on the hosts or elsewhere.

    foobar plan
    foobar plan site.toml -l web1 -v
    foobar plan site.toml --out site.plan && foobar deploy --plan site.plan

Differences are exit status 2, as of terraform plan -detailed-exitcode. In a script that
ends at the first error write: foobar plan || [ $? = 2 ]

Exit status: 0 no differences, 2 there are some, 1 something is refused or failed, 4 a
host was not reached, 5 another run holds a host, 64 wrong usage or inventory, 130
interrupted. With -o json, events, one a line: foobar schema events.`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.Display, err = d.of(false); err != nil {
				return err
			}
			return on(&v.Common, v.Run)(cmd, args)
		},
	}
	addRollout(cmd, &v.Common, &v.Roles, d)
	cmd.Flags().BoolVar(&v.NewSecrets, "new-secrets", false, "replace every password and the private CA on hosts that have those of another master secret")
	cmd.Flags().StringVar(&v.Out, "out", "", "save the plan to `FILE` for show and deploy --plan")
	cmd.Flags().Bool("detailed-exitcode", false, "for scripts made for terraform: exit status 2 where there are differences, as without it")
	return cmd
}

func deployCommand() *cobra.Command {
	v, d := &action.Deploy{}, &display{}
	cmd := &cobra.Command{
		Use:   "deploy [INVENTORY] | deploy --plan FILE",
		Short: "Bring the servers to the state in the inventory",
		Long: `Looks at every host, shows what differs, asks, changes that and looks again: a change
counts as done only after the second look confirms it. A second run changes nothing.

On a terminal foobar asks before the first change, unless -y is given. Without a terminal
(cron, CI, a pipe) it needs -y, or a saved plan with --plan, and refuses otherwise.
The first Ctrl-C stops after the current step of each host, the second at once; the same
command continues later. A host that another run holds is an error, unless --lock-wait
says how long to wait.

    foobar deploy
    foobar deploy site.toml -l web1
    foobar deploy -y site.toml            in a timer or pipeline
    foobar deploy --plan site.plan        exactly what foobar plan --out saved

Exit status: 0 done, or nothing to do; 1 a host or step failed, 4 a host was not reached,
5 another run holds a host, 6 the saved plan is stale, 7 a change undid itself, 8 done, but
unhealthy or without its monitoring, 64 wrong usage or inventory, or no terminal for the
question; 130 or 143 interrupted. With -o json, events, one a line: foobar schema events.`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.Display, err = d.of(true); err != nil {
				return err
			}
			if v.Saved == "" {
				return on(&v.Common, v.Run)(cmd, args)
			}
			if len(args)+len(v.Common.Limit)+len(v.Roles) > 0 {
				return action.Usage(errors.New("a saved plan names its inventory, hosts and parts, and is deployed whole: leave these out, or --plan"))
			}
			v.Common.Console, v.Common.Foobar = console(), built().short()
			return v.Run(cmd.Context())
		},
	}
	addRollout(cmd, &v.Common, &v.Roles, d)
	cmd.Flags().StringVar(&v.Saved, "plan", "", "deploy exactly the plan that was saved to `FILE`, or nothing")
	cmd.Flags().BoolVar(&v.NewSecrets, "new-secrets", false, "replace every password and the private CA on hosts that have those of another master secret")
	cmd.Flags().BoolVarP(&v.Yes, "yes", "y", false, "answer the question before the first change with yes; needed without a terminal, unless --plan is given")
	cmd.Flags().Var(length{&v.LockWait, 0}, "lock-wait", "how long to wait for another run to end")
	return cmd
}

func showCommand() *cobra.Command {
	v, d := &action.Show{}, &display{}
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Show a plan that foobar plan --out saved",
		Long: `Shows a saved plan as foobar plan did, without connecting to a host. Only foobar deploy
--plan finds out whether the hosts are still as the plan saw them, and refuses the plan
if they are not.

    foobar plan site.toml --out site.plan
    foobar show site.plan
    foobar deploy --plan site.plan

Exit status: 0 shown, 1 the file is not a saved plan, 64 wrong usage. With -o json, the
events of the plan, one a line: foobar schema events.`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			asJSON, err := wantsJSON(cmd)
			if err != nil {
				return err
			}
			v.Console, v.File = console(), args[0]
			v.To = func() event.Sink {
				if asJSON {
					return report.JSON{Out: os.Stdout}
				}
				return d.plain(false)
			}
			return v.Run()
		},
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
	}
	addOutput(cmd)
	cmd.Flags().CountVarP(&d.verbose, "verbose", "v", "show whole new files, too")
	cmd.Flags().BoolVar(&d.noColor, "no-color", false, "no colours (as NO_COLOR)")
	return cmd
}

// addRollout adds the flags of plan and deploy.
func addRollout(cmd *cobra.Command, c *action.Common, roles *[]string, d *display) {
	addShown(cmd, c, d)
	cmd.Flags().VarP(names{roles}, "parts", "r", "only these parts of the deployment: "+strings.Join(playbooks.Roles(), ", "))
	cmd.Flags().SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "roles" { // its earlier name; roles are what hosts have
			name = "parts"
		}
		return pflag.NormalizedName(name)
	})
}

// addShown adds the flags of verbs that change hosts before one's eyes.
func addShown(cmd *cobra.Command, c *action.Common, d *display) {
	addFleet(cmd, c)
	fl := cmd.Flags()
	fl.Lookup("forks").Usage = "how many hosts to connect to at once (default: deploy.forks)"
	fl.StringVarP(&d.output, "output", "o", "", "`FORMAT`: tui, plain or json (default: tui for deploy on a terminal, else plain)")
	fl.CountVarP(&d.verbose, "verbose", "v", "show the output of steps; -vv also the connections and scripts of each host")
	fl.BoolVar(&d.noColor, "no-color", false, "no colours (as NO_COLOR)")
}

// of chooses how a rollout is shown.
func (d *display) of(deploy bool) (action.Display, error) {
	if !slices.Contains([]string{"", "tui", "plain", "json"}, d.output) {
		return action.Display{}, action.Usage(fmt.Errorf("--output %s: give tui, plain or json", d.output))
	}
	if d.wantsTUI(deploy) {
		return action.Display{Show: d.showTUI, AsksSudo: true}, nil
	}
	return action.Display{Show: d.show}, nil
}
