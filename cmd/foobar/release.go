package main

import (
	"github.com/spf13/cobra"

	"foobar/internal/action"
	"foobar/inventory"
)

func releaseCommand() *cobra.Command {
	v, d := &action.Release{}, &display{}
	cmd := &cobra.Command{
		Use:   "release [INVENTORY]",
		Short: "Bring app.source to the servers as a new release, and change nothing else",
		Long: `Deploys only the app: its files, app.build, app.migrate and its units. All servers build
the release side by side; then they switch to it one after the other, each taken out of
the load balancer meanwhile. Other differences on the hosts are left as they are.

A server on which the new release does not become healthy gets its previous release
back, and so do those that were switched before; the end of the app's log is shown.
Migrations are not undone.

    foobar release
    foobar release -y site.toml           in a pipeline

Exit status: as deploy; 7 the release was taken back. With -o json, events, one a line:
foobar schema events.`,
		Args: upTo(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.Display, err = d.of(true); err != nil {
				return err
			}
			return on(&v.Common, v.Run)(cmd, args)
		},
	}
	addRelease(cmd, v, d)
	return cmd
}

func rollbackCommand() *cobra.Command {
	v, d := &action.Rollback{}, &display{}
	cmd := &cobra.Command{
		Use:   "rollback [INVENTORY] [RELEASE]",
		Short: "Take the app back to a release that the servers have kept",
		Long: `Goes back to RELEASE, or to the one that ran before. foobar releases lists them; the
beginning of a name is enough. The servers switch one after the other, as with foobar
release, and run it with the settings that the inventory has now. Migrations are not
undone. The next deploy or release goes forward again to what app.source holds.

    foobar rollback
    foobar rollback site.toml 3f9c

Exit status: as deploy; 1 also where there is no such release.`,
		Args: upTo(2),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if v.Release.Display, err = d.of(true); err != nil {
				return err
			}
			rest, err := at(cmd, &v.Release.Common, args, 1)
			if err != nil {
				return err
			}
			if len(rest) == 1 {
				v.To = rest[0]
			}
			return v.Run(cmd.Context())
		},
		ValidArgsFunction: completeArgs(releaseNames),
	}
	addRelease(cmd, &v.Release, d)
	return cmd
}

// releaseNames completes RELEASE from this machine's records: hosts are not asked.
func releaseNames(inv *inventory.Inventory) []string { return action.ReleasesHere(inv) }

func releasesCommand() *cobra.Command {
	v := &action.Releases{}
	cmd := &cobra.Command{
		Use:   "releases [INVENTORY]",
		Short: "List the releases that the servers keep: which runs, which is the one before",
		Long: `Asks the servers with the app: which releases each keeps (app.keep_releases of them), when
each was deployed and by whom, which one runs, and to which foobar rollback goes back.
It lists the release that app.source would make now, too.

    foobar releases
    foobar releases site.toml -o json | jq '.releases[].id'

Exit status: 0 listed, 4 a host did not answer. With -o json, one document: {"v": 1,
"site": …, "source": …, "releases": […]}.`,
	}
	addFleet(cmd, &v.Common)
	return printing(cmd, &v.Common, &v.JSON, v.Run)
}

// addRelease adds the flags of release and rollback.
func addRelease(cmd *cobra.Command, v *action.Release, d *display) {
	addShown(cmd, &v.Common, d)
	cmd.Flags().BoolVarP(&v.Yes, "yes", "y", false, "answer the question before the first change with yes; needed without a terminal")
	cmd.Flags().Var(length{&v.LockWait, 0}, "lock-wait", "how long to wait for another run to end")
}
