package playbooks

import (
	"maps"
	"net/netip"
	"slices"

	"foobar/internal/play"
	"foobar/inventory"
)

// Services are what the roles bring to the hosts of a site, whatever state the
// hosts are in.
func Services(inv *inventory.Inventory) play.Services {
	all, _ := order(&play.Site{Inv: inv}) // only what is seen on a host can be refused
	return play.ServicesOf(inv, all)
}

// example is a site of one host that has every role.
func example(engine string) *inventory.Inventory {
	inv := &inventory.Inventory{Hosts: []*inventory.Host{{Name: engine, Private: []netip.Addr{netip.IPv6Unspecified()},
		Roles: []string{inventory.LB, inventory.Web, inventory.App, inventory.DB}}}}
	inv.DB.Engine = engine
	return inv
}

// Known are the services that sites may have.
func Known() play.Services {
	all := Services(example("mysql"))
	maps.Copy(all, Services(example("mariadb")))
	return all
}

// Roles are the names of all roles, in the order in which a site is built.
func Roles() []string {
	all, _ := order(&play.Site{Inv: example("mariadb")})
	var names []string
	for _, p := range all {
		if !slices.Contains(names, p.Role.Name()) {
			names = append(names, p.Role.Name())
		}
	}
	return names
}
