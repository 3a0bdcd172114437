package play

import (
	"maps"
	"slices"

	"foobar/inventory"
)

// Served is a Role that brings services.
type Served interface {
	// Services are those that the role brings to one of its hosts. They depend on
	// the inventory alone, not on what is observed.
	Services(inv *inventory.Inventory, h *inventory.Host) []Service
}

// Watching is a Role whose services depend on those of all other roles.
type Watching interface {
	// Beside are those that the role brings to a host that has the others.
	Beside(inv *inventory.Inventory, h *inventory.Host, others []Service) []Service
}

// Services are those of all hosts of a site, by the name of the host, in the
// order of their layers.
type Services map[string][]Service

// ServicesOf asks the roles of all plays. Of several that bring a service of the
// same name the first counts.
func ServicesOf(inv *inventory.Inventory, plays []Play) Services {
	all := Services{}
	add := func(h *inventory.Host, list []Service) {
		for _, s := range list {
			if !slices.ContainsFunc(all[h.Name], func(o Service) bool { return o.Name == s.Name }) {
				all[h.Name] = append(all[h.Name], s)
			}
		}
	}
	for _, p := range plays {
		if role, ok := p.Role.(Served); ok {
			for _, h := range p.Hosts {
				add(h, role.Services(inv, h))
			}
		}
	}
	for _, p := range plays {
		if role, ok := p.Role.(Watching); ok {
			for _, h := range p.Hosts {
				add(h, role.Beside(inv, h, all[h.Name]))
			}
		}
	}
	for _, list := range all {
		slices.SortStableFunc(list, Service.Compare)
	}
	return all
}

// Each has every service of the site once, as one of its hosts has it.
func (all Services) Each() []Service {
	var list []Service
	for _, host := range slices.Sorted(maps.Keys(all)) {
		for _, s := range all[host] {
			if !slices.ContainsFunc(list, func(o Service) bool { return o.Name == s.Name }) {
				list = append(list, s)
			}
		}
	}
	slices.SortStableFunc(list, Service.Compare)
	return list
}

// On are the services of a host that are not switched off.
func (all Services) On(host string) []Service {
	return slices.DeleteFunc(slices.Clone(all[host]), func(s Service) bool { return s.Off })
}

// Need is a port of another host that a host must be able to reach.
type Need struct {
	To   *inventory.Host
	Port int
}

// Needs are what a host reaches on the others: the counterpart of what their
// firewalls let in.
func (all Services) Needs(inv *inventory.Inventory, h *inventory.Host) []Need {
	var needs []Need
	for _, to := range inv.Hosts {
		for _, s := range all.On(to.Name) {
			for _, p := range s.Ports {
				mine := slices.ContainsFunc(p.Open, func(w Way) bool { return w.Peer == h })
				if n := (Need{To: to, Port: p.Number}); mine && to != h && !slices.Contains(needs, n) {
					needs = append(needs, n)
				}
			}
		}
	}
	return needs
}
