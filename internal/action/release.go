package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"foobar/internal/ask"
	"foobar/internal/engine"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
	"foobar/roles"
)

// Release brings app.source to the servers as a release, and changes nothing but the app.
type Release struct {
	Common  Common
	Display Display
	// Yes asks nobody before the first change; without a terminal a run needs it.
	Yes bool
	// LockWait is how long to wait for another run to end.
	LockWait time.Duration
}

// Run makes the release on all hosts, then has the servers switch to it in turn.
func (v *Release) Run(ctx context.Context) error {
	r, err := v.begin(ctx, "release")
	if err != nil {
		return err
	}
	defer r.site.App.Close()
	return v.carryOut(ctx, r, "release")
}

// begin reads what a run for the app alone needs.
func (v *Release) begin(ctx context.Context, verb string) (*Rollout, error) {
	if !v.Yes && !v.Common.Console.CanAsk() {
		return nil, Usage(fault.Wrap(fault.CannotAsk, fmt.Errorf("%s asks before the first change, and there is no terminal to ask at; add -y", verb)))
	}
	r, err := v.Common.rollout(ctx, verb, []string{roles.App{}.Name()}, v.Display, nil)
	if err != nil {
		return nil, err
	}
	inv := r.Request.Inventory
	if r.Request.Limit, err = appHosts(inv, r.Request.Limit); err == nil && r.keep.fresh {
		err = fault.Wrap(fault.NotDeployed, fmt.Errorf("%s was not deployed yet; set it up with foobar deploy %s", inv.Site.Domain, inv.Path))
	}
	if err != nil {
		r.site.App.Close()
		return nil, Usage(err)
	}
	r.site.Limit = r.Request.Limit
	if lbs := inv.Group(inventory.LB); len(lbs) > 0 && !slices.Contains(r.Request.Limit, lbs[0].Name) {
		r.Request.Balancers = inventory.Names(lbs[:1])
	}
	plays := playsBy(playbooks.Release, r.site, r.keep)
	r.Request.Build = func(seen map[string]facts.Facts) (*play.Site, []play.Play, error) {
		for _, name := range r.Request.Limit {
			if f, ok := seen[name]; ok && inv.Host(name).Has(inventory.App) && !roles.AppDeployed(f) {
				return nil, nil, fault.Wrap(fault.NotDeployed, fmt.Errorf("the app was not deployed to %s yet; set the host up with foobar deploy %s", name, inv.Path))
			}
		}
		return plays(seen)
	}
	return r, nil
}

// carryOut runs it, with its record under the name that history shows.
func (v *Release) carryOut(ctx context.Context, r *Rollout, name string) error {
	var limit []string
	if len(v.Common.Limit) > 0 {
		limit = r.Request.Limit
	}
	r.record = v.Common.startRecord(r.Request.Inventory, name, limit, nil)
	defer r.record.end()
	r.Confirm = !v.Yes
	r.Request.Apply, r.Request.LockWait, r.Request.Record = true, v.LockWait, r.record.header()
	_, code := v.Display.Show(ctx, r)
	r.dialer.warned.tell(v.Common.Console.Err)
	return exit(code)
}

// appHosts are the hosts that a release goes to, of those named, if any are.
func appHosts(inv *inventory.Inventory, limit []string) ([]string, error) {
	all := inventory.Names(roles.ReleaseHosts(inv))
	some := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return len(limit) > 0 && !slices.Contains(limit, name) })
	if inv.App.Source == "" || len(some) == 0 {
		return nil, noApp(inv)
	}
	return some, nil
}

// noApp is the error where none of the hosts that are asked for has an app.
func noApp(inv *inventory.Inventory) error {
	if inv.App.Source == "" || len(inv.Group(inventory.App)) == 0 {
		return fault.Wrap(fault.Lacking, fmt.Errorf("%s has no app: name its folder as source in [app]", inv.Path))
	}
	return fault.Wrap(fault.NoSuch, errors.New("none of the hosts that --limit names has the role app"))
}

// Rollback takes the app back to a release that the hosts have kept.
type Rollback struct {
	Release Release
	// To is the release, or enough of its beginning; "" is the one that ran before.
	To string
}

// Run finds the release and has the servers switch to it in turn.
func (v *Rollback) Run(ctx context.Context) error {
	c := &v.Release.Common
	r, err := v.Release.begin(ctx, "rollback")
	if err != nil {
		return err
	}
	defer r.site.App.Close()
	if err := c.readPassword(); err != nil {
		return err
	}
	inv := r.Request.Inventory
	found, err := c.askReleases(ctx, inv, slices.DeleteFunc(inv.Group(inventory.App), func(h *inventory.Host) bool { return !r.site.Selected(h.Name) }))
	if err != nil {
		return err
	}
	to, err := found.choose(v.To, inv.Path)
	if err != nil {
		return &Exit{engine.ExitFailed, err}
	}
	r.site.Release, r.site.By = to, whoRuns()
	lasts := ""
	if len(inv.App.Migrate) > 0 {
		lasts = " Migrations are not undone."
	}
	r.Warning = "The app goes back to release " + to + "." + lasts + " "
	if err := v.Release.carryOut(ctx, r, "rollback "+to); err != nil {
		return err
	}
	forward := "app.source makes the same release"
	if r.site.App.ID != to {
		forward = fmt.Sprintf("app.source makes release %s, to which the next foobar deploy or foobar release goes", r.site.App.ID)
	}
	fmt.Fprintf(ask.Safe(c.Console.Err), "%s runs release %s; %s.%s\n", inv.Site.Domain, to, forward, lasts)
	return nil
}
