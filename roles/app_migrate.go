package roles

import (
	_ "embed" // script
	"fmt"
	"strings"
	"time"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// stepsEnv is the environment of the app's own commands, which run before appEnv is
// written: the one of the release that still serves.
const stepsEnv = "/etc/foobar/release.env"

// commands are what one shell runs, until one of them fails.
func commands(all []string) string { return strings.Join(all, "\n") }

// AppRelease makes the new release on all hosts before any of them switches to it, and
// before a server is taken out of service for it.
type AppRelease struct{}

// Name is the role's name on the command line.
func (AppRelease) Name() string { return "app" }

// Resources are the release, without the link to it.
func (AppRelease) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	return onlyCurrent(releaseOf(s, h, true), false), nil
}

// onlyCurrent is the link to the release in use, or all of a release but that.
func onlyCurrent(release []resource.Resource, only bool) (some []resource.Resource) {
	for _, r := range release {
		if (r.ID().Kind() == "current") == only {
			some = append(some, r)
		}
	}
	return some
}

// AppMigrate runs the app's migrations, once for each release, while the servers still
// run the one before.
type AppMigrate struct{}

// Name is the role's name on the command line.
func (AppMigrate) Name() string { return "app" }

// migrated holds the release that has migrated last.
const migrated = "/var/lib/foobar/migrated"

//go:embed app_migrate.sh
var migrateScript string

// Resources are the run of the migrations.
func (AppMigrate) Resources(s *play.Site, _ *inventory.Host) ([]resource.Resource, error) {
	if s.App == nil {
		return nil, nil
	}
	all := commands(s.Inv.App.Migrate)
	dir := siteFolder(s.Inv) + "/releases/" + s.App.ID
	script := sh.Set("dir", dir, "id", s.App.ID, "commands", all, "user", appUser, "environment", stepsEnv, "mark", migrated) +
		fmt.Sprintf("seconds=%d\n", wholeSeconds(s.Inv.App.StepTimeout)) + migrateScript
	return []resource.Resource{resource.Custom{Name: resource.NewID("migrated", s.Inv.Site.Name), In: resource.Converge,
		Ask: "if [ -f " + migrated + " ]; then cat " + migrated + "; fi", Compare: func(o resource.Observed) (resource.Change, error) {
			got := strings.TrimSpace(o.Get("out"))
			switch {
			case o.State == resource.Unknown:
				return resource.Unseen(o), nil
			case got == s.App.ID:
				return resource.Change{}, nil
			}
			return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "migrations", Old: got, New: "run for release " + s.App.ID}},
				Steps: []resource.Step{resource.Run{Title: "migrate for release " + s.App.ID, Script: script, Timeout: s.Inv.App.StepTimeout + time.Minute, Detached: true}}}, nil
		}}}, nil
}
