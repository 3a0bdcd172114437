package playbooks

import (
	"fmt"
	"slices"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
	"foobar/roles"
)

// outOfRotation is the name of the play in which the balancers let go of a host.
const outOfRotation = "out of the rotation"

// Without is an inventory as it is when a host has left it. A host that something needs
// is refused.
func Without(inv *inventory.Inventory, host *inventory.Host) (*inventory.Inventory, error) {
	rest := *inv
	rest.Hosts = slices.DeleteFunc(slices.Clone(inv.Hosts), func(h *inventory.Host) bool { return h == host })
	for _, role := range host.Roles {
		if len(rest.Group(role)) == 0 {
			return nil, fault.Wrap(fault.LastServer, fmt.Errorf("%s is the only host with the role %s, and the site does not work without one; give the role to another host and deploy first, or take the whole site down: foobar remove %s", host.Name, role, inv.Path))
		}
	}
	if inv.PrometheusHost() == host { // another one would begin without what it has gathered
		return nil, inv.Contradiction("monitoring.prometheus", "%s runs Prometheus; name another host here and deploy first", host.Name)
	}
	rest.App.Timers = slices.Clone(inv.App.Timers)
	for i := range rest.App.Timers {
		if apps := rest.Group(inventory.App); rest.App.Timers[i].Host == host.Name && len(apps) > 0 {
			rest.App.Timers[i].Host = apps[0].Name
		}
	}
	if rest.DB.Primary == host.Name {
		rest.DB.Primary = ""
	}
	if rest.DB.Backup.Host == host.Name {
		rest.DB.Backup.Host = ""
	}
	return &rest, nil
}

// RemoveHost takes one host out of a site: the balancers let go of it, all others forget
// it, as in a deploy of the inventory without it, and then goes what foobar put on it. The
// host is not the primary of the databases.
func RemoveHost(s *play.Site, host *inventory.Host, role roles.Leaving) ([]play.Play, error) {
	rest, err := Without(s.Inv, host)
	if err != nil {
		return nil, err
	}
	if err := movedFirst(s, host); err != nil {
		return nil, err
	}
	without := *s
	without.Inv = rest
	others, err := Site(&without)
	if err != nil {
		return nil, err
	}
	s.Services = Services(s.Inv)
	plays := []play.Play{{Name: outOfRotation, Role: roles.OutOfRotation{Host: host.Name, Within: s.Inv.Deploy.DrainTimeout}, Hosts: s.Inv.Group(inventory.LB)}}
	leaving := play.Play{Name: role.Name(), Role: role, Hosts: []*inventory.Host{host}, Removes: true, Forgets: role.Data}
	for _, p := range others {
		p.Role = elsewhere{p.Role, &without}
		p.After = append([]string{outOfRotation}, p.After...)
		plays = append(plays, p)
		if p.Name != "health" && p.Name != "collector" { // what is unhealthy has let go of it all the same
			leaving.After = append(leaving.After, p.Name)
		}
	}
	return append(plays, leaving), nil
}

// elsewhere is a role for another site than the run's.
type elsewhere struct {
	role play.Role
	site *play.Site
}

func (e elsewhere) Name() string { return e.role.Name() }

func (e elsewhere) Resources(_ *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	return e.role.Resources(e.site, h)
}

// movedFirst refuses the primary of the databases, and a doubt which it is.
func movedFirst(s *play.Site, host *inventory.Host) error {
	if !host.Has(inventory.DB) {
		return nil
	}
	primary, err := roles.Primary(s)
	if err != nil {
		return err
	}
	if primary == host {
		return fault.Wrap(fault.MoveRefused, fmt.Errorf("%s is the primary of the databases; move it first: foobar db switchover %s --to HOST", host.Name, s.Inv.Path))
	}
	return nil
}

// RemoveSite takes all of a site down, first what answers the public.
func RemoveSite(s *play.Site, role roles.Leaving) []play.Play {
	s.Services = Services(s.Inv)
	lbs := s.Inv.Group(inventory.LB)
	others := slices.DeleteFunc(slices.Clone(s.Inv.Hosts), func(h *inventory.Host) bool { return slices.Contains(lbs, h) })
	first := play.Play{Name: role.Name() + " of the balancer", Role: role, Hosts: lbs, Removes: true, Forgets: role.Data}
	return []play.Play{first, {Name: role.Name(), Role: role, Hosts: others, Behind: []string{first.Name}, Removes: true, Forgets: role.Data}}
}
