package main

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/internal/event"
	"foobar/internal/report"
)

func planCommand() *cobra.Command {
	v, d := &action.Plan{}, &display{}
	cmd := &cobra.Command{
		Use:   "plan [INVENTORY]",
		Short: "Show what deploy would change; exit 2 when there is something",
		Args:  upTo(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.Display, err = d.of(false); err != nil {
				return err
			}
			return on(&v.Common, v.Run)(cmd, args)
		},
	}
	addRollout(cmd, &v.Common, &v.Roles, d)
	cmd.Flags().BoolVar(&v.NewSecrets, "new-secrets", false, "replace every password and the private CA, where the hosts have those of another master secret")
	cmd.Flags().StringVar(&v.Out, "out", "", "save the plan to a file for deploy --plan")
	return cmd
}

func deployCommand() *cobra.Command {
	v, d := &action.Deploy{}, &display{}
	cmd := &cobra.Command{
		Use:   "deploy [INVENTORY] | deploy --plan FILE",
		Short: "Change what differs; a second run changes nothing",
		Args:  upTo(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.Display, err = d.of(true); err != nil {
				return err
			}
			if v.Saved == "" {
				return on(&v.Common, v.Run)(cmd, args)
			}
			if len(args) > 0 {
				return action.Usage(errors.New("a saved plan names its inventory: leave the inventory out, or --plan"))
			}
			v.Common.Console, v.Common.Foobar = console(), built().short()
			return v.Run(cmd.Context())
		},
	}
	addRollout(cmd, &v.Common, &v.Roles, d)
	cmd.Flags().StringVar(&v.Saved, "plan", "", "deploy exactly this saved plan, or nothing")
	cmd.Flags().BoolVar(&v.NewSecrets, "new-secrets", false, "replace every password and the private CA, where the hosts have those of another master secret")
	cmd.Flags().BoolVarP(&v.Yes, "yes", "y", false, "do not ask before the first change; needed where there is no terminal, unless --plan is given")
	cmd.Flags().Var(length{&v.LockWait, 0}, "lock-wait", "how long to wait for another run to end")
	return cmd
}

func showCommand() *cobra.Command {
	v, d := &action.Show{}, &display{}
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Show a plan that foobar plan --out saved",
		Long: `Shows a saved plan as foobar plan did, without connecting to a host. Whether the
hosts still are as the plan saw them only foobar deploy --plan tells, which refuses it
where they are not.

    foobar plan site.toml --out site.plan
    foobar show site.plan
    foobar deploy --plan site.plan`,
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
	addFleet(cmd, c)
	fl := cmd.Flags()
	fl.Lookup("forks").Usage = "how many hosts to connect to at once (default: deploy.forks)"
	fl.VarP(names{roles}, "roles", "r", "only these roles")
	fl.StringVarP(&d.output, "output", "o", "", "tui, plain or json (default: tui for deploy on a terminal, else plain)")
	fl.CountVarP(&d.verbose, "verbose", "v", "show the output of steps; twice: what each host cost")
	fl.BoolVar(&d.noColor, "no-color", false, "no colours (as NO_COLOR)")
}

// of chooses how a rollout is shown.
func (d *display) of(deploy bool) (action.Display, error) {
	if !slices.Contains([]string{"", "tui", "plain", "json"}, d.output) {
		return action.Display{}, action.Usage(fmt.Errorf("--output %s: it is tui, plain or json", d.output))
	}
	if d.wantsTUI(deploy) {
		return action.Display{Show: d.showTUI, AsksSudo: true}, nil
	}
	return action.Display{Show: d.show}, nil
}
