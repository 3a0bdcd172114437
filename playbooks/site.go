// Package playbooks puts the roles in order. Site is the file to read first: it
// is the whole deployment on one page.
package playbooks

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/distro"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/roles"
)

// Site is the whole deployment: what is put where, and what waits for what.
//
// Everything a role writes or installs on a host is done first, for all roles
// at once and on all hosts side by side. The order below is that of the rest:
// starting, opening, attaching, reloading.
//
// It sets s.Services.
func Site(s *play.Site) ([]play.Play, error) {
	s.Services = Services(s.Inv)
	return order(s)
}

func order(s *play.Site) ([]play.Play, error) {
	if err := supported(s); err != nil {
		return nil, err
	}
	inv := s.Inv
	all, lbs, apps, dbs := inv.Hosts, inv.Group(inventory.LB), inv.Group(inventory.App), inv.Group(inventory.DB)
	plays := []play.Play{
		{Name: "base", Role: roles.Base{}, Hosts: all},
		{Name: "firewall", Role: roles.Firewall{}, Hosts: all},
	}
	// A doubt about the primary stops a run for any host that has to do with databases.
	primary, err := roles.Primary(s)
	if err != nil && slices.ContainsFunc(slices.Concat(dbs, apps), func(h *inventory.Host) bool { return s.Selected(h.Name) }) {
		return nil, err
	}
	if primary != nil {
		plays = append(plays, databasePlays(inv, dbs, primary)...)
	}
	plays = append(plays, servingPlays(s, primary != nil)...)
	collector := play.Play{Name: "collector", Role: roles.Collector{}, Hosts: all, Spare: true}
	if primary != nil {
		collector.Behind = []string{"database primary"} // which makes its account
	}
	plays = append(plays, collector)
	if primary != nil && len(s.Limit) == 0 {
		// Old passwords are dropped when nobody logs in with them any more.
		rotation := play.Play{Name: "rotation", Role: roles.DatabaseRotation{}, Hosts: []*inventory.Host{primary}, After: []string{"database replicas", "app"}}
		if inv.Monitoring.Enabled {
			rotation.After = append(rotation.After, "collector")
		}
		plays = append(plays, rotation)
	}
	if roles.ChangesCA(s) {
		for i := range plays[1:] {
			// Nothing shows a certificate of the new CA before all hosts trust it.
			plays[1+i].Behind = append(slices.Clone(plays[1+i].Behind), "base")
		}
		if s.Whole() {
			plays = append(plays, newCA(inv, plays)...)
		}
	}
	if roles.EndsPatience(s) {
		// The balancer does not wait less than the web servers at any time.
		plays = append(plays, play.Play{Name: "balancer patience", Role: roles.BalancerPatience{}, Hosts: lbs, After: []string{"app", "web"}})
	}
	return append(plays, play.Play{Name: "health", Role: roles.BalancerHealth{}, Hosts: lbs, After: []string{"app", "web", "certificate"}}), nil
}

// databasePlays are those of the databases, the primary before its replicas.
func databasePlays(inv *inventory.Inventory, dbs []*inventory.Host, primary *inventory.Host) []play.Play {
	replicas := slices.DeleteFunc(slices.Clone(dbs), func(h *inventory.Host) bool { return h == primary })
	first := []string{"database"}
	if inv.Firewall.Enabled {
		first = []string{"firewall", "database"} // which must let the replicas in before they try
	}
	return []play.Play{
		{Name: "database", Role: roles.Database{}, Hosts: dbs, Serial: 1},
		{Name: "database primary", Role: roles.DatabasePrimary{}, Hosts: []*inventory.Host{primary}, After: first, Same: []string{"database"}},
		{Name: "database replicas", Role: roles.DatabaseReplica{}, Hosts: replicas, After: []string{"database primary"}, Same: []string{"database"}},
	}
}

// servingPlays are those of what answers requests: the balancer, the application
// and the web servers, then the certificate that the public sees.
func servingPlays(s *play.Site, databases bool) []play.Play {
	lbs, webs, apps := s.Inv.Group(inventory.LB), s.Inv.Group(inventory.Web), s.Inv.Group(inventory.App)
	app := play.Play{Name: "app", Role: roles.App{}, Hosts: apps, Serial: s.Inv.Deploy.Serial}
	web := play.Play{Name: "web", Role: roles.Nginx{}, Hosts: webs, Serial: s.Inv.Deploy.Serial}
	if databases {
		// Not for the replicas: the app reads from the primary until they are there.
		app.After = []string{"database primary"}
	}
	web.Drain = roles.HAProxyDrain(s)
	app.Drain = drainable(web.Drain, apps, webs)
	// A reload of HAProxy puts drained servers back: not while they are drained.
	app.Behind, web.Behind = []string{"balancer"}, []string{"balancer"}
	plays := []play.Play{{Name: "balancer", Role: roles.HAProxy{}, Hosts: lbs}}
	hide := roles.AppHidden(s)
	// Every server can run the new release before one of them is taken out of service for
	// it, and before the schema becomes the new one's.
	plays = append(plays, play.Play{Name: "release", Role: roles.AppRelease{}, Hosts: apps, Aside: true, Hide: hide})
	before := append(slices.Clone(app.After), "release")
	selected := slices.DeleteFunc(slices.Clone(apps), func(h *inventory.Host) bool { return !s.Selected(h.Name) })
	if s.App != nil && s.Release == "" && len(s.Inv.App.Migrate) > 0 && len(selected) > 0 {
		plays = append(plays, play.Play{Name: "migrations", Role: roles.AppMigrate{}, Hosts: selected[:1], After: before, Hide: hide})
		before = append(slices.Clone(before), "migrations")
	}
	app.After, app.Revert, app.Hide = before, roles.AppRevert(s), hide
	plays = append(plays, inOrder(s, app, web)...)
	if hosts := roles.TimerHosts(s.Inv); len(hosts) > 0 {
		// A host that gives up a timer has stopped it by then.
		plays = append(plays, play.Play{Name: "timers", Role: roles.AppTimers{}, Hosts: hosts, After: []string{"app"}})
	}
	if roles.AppRemote(s.Inv) && s.Whole() {
		plays = append(plays, play.Play{Name: "app over TLS only", Role: roles.AppTLSOnly{}, Hosts: apps, After: []string{"app", "web"}})
	}
	return append(plays, play.Play{Name: "certificate", Role: roles.LetsEncrypt{}, Hosts: lbs, After: []string{"balancer"}, Apart: []string{"app", "web"}})
}

// inOrder has a changed app.timeout come last to who is to wait less than the other, where
// nginx and the app are on hosts of their own: see roles.LessPatience.
func inOrder(s *play.Site, app, web play.Play) []play.Play {
	switch {
	case roles.AppRemote(s.Inv) && roles.LessPatience(s):
		app.Behind = append(app.Behind, web.Name)
		return []play.Play{web, app}
	case roles.AppRemote(s.Inv) && roles.MorePatience(s):
		web.Behind = append(web.Behind, app.Name)
	}
	return []play.Play{app, web}
}

// newCA ends the change of the private CA: every certificate is replaced once
// all that verify them have loaded both authorities, and then the old one goes.
func newCA(inv *inventory.Inventory, before []play.Play) []play.Play {
	var loaded []string
	for _, p := range before {
		if slices.Contains([]string{"base", "database", "balancer", "app", "web"}, p.Name) {
			loaded = append(loaded, p.Name)
		}
	}
	return []play.Play{
		{Name: "new certificates", Role: roles.Reissue{}, Hosts: inv.Hosts, After: loaded},
		{Name: "end of the old CA", Role: roles.TrustEnd{}, Hosts: inv.Hosts, After: []string{"new certificates"}},
	}
}

// drainable leaves the drain out when the app runs on hosts that are no
// backends of the balancer.
func drainable(d *play.Drain, apps, webs []*inventory.Host) *play.Drain {
	for _, a := range apps {
		if !slices.Contains(webs, a) {
			return nil
		}
	}
	return d
}

// supported refuses systems that the roles were not written for, on the hosts that
// the run is for.
func supported(s *play.Site) error {
	var bad []string
	for _, h := range s.Inv.Hosts {
		if f, ok := s.Facts[h.Name]; ok && !Supported(s.Inv, f) && s.Selected(h.Name) {
			bad = append(bad, fmt.Sprintf("%s runs %s", h.Name, f.Pretty))
		}
	}
	if len(bad) > 0 {
		return fault.Wrap(fault.UnsupportedOS, fmt.Errorf("foobar deploys to %s; %s; to continue with the others, name them with -l", Systems(), strings.Join(bad, ", ")))
	}
	return nil
}

// Supported reports whether a deploy goes to a host's system: the roles were run on
// it, or know it from its documentation and the inventory lets them try.
func Supported(inv *inventory.Inventory, f facts.Facts) bool {
	r, known := distro.Find(f.OS, f.Codename)
	return known && (r.Tested || inv.Deploy.AllowUntested)
}

// Systems says what a deploy goes to, for the sentence that refuses another system.
func Systems() string {
	return distro.Names(true) + ", and with allow_untested = true in [deploy] to " + distro.Names(false) + ", where it was never run"
}
