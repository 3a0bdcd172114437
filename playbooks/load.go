package playbooks

import (
	"cmp"
	"slices"

	"foobar/inventory"
)

// Load reads and checks an inventory as inventory.Load does, and refuses ports
// that two services of the site would share.
func Load(path string) (*inventory.Inventory, error) {
	inv, err := inventory.Load(path)
	if err != nil {
		return nil, err
	}
	if err := inventory.Join(clashes(inv)); err != nil {
		return nil, err
	}
	return inv, nil
}

// claim is a port and the service that listens on it.
type claim struct {
	port    int
	by, key string
}

// ports are those of all services, each once, in the order of the layers.
func ports(inv *inventory.Inventory) (list []claim) {
	for _, s := range Services(inv).Each() {
		for _, p := range s.Ports {
			if o := (claim{p.Number, cmp.Or(p.For, s.Name), p.Key}); !slices.Contains(list, o) {
				list = append(list, o)
			}
		}
	}
	return list
}

// clashes are the ports that the inventory sets and that belong to another
// service too, on whatever host.
func clashes(inv *inventory.Inventory) (list []*inventory.Error) {
	all := ports(inv)
	for i, a := range all {
		for _, b := range all[i+1:] {
			if a.port != b.port {
				continue
			}
			switch {
			case a.key != "" && b.key != "":
				key, _ := inv.Where(a.key, b.key)
				list = append(list, inv.Contradiction(key, "%s and %s would both listen on %d; give each its own", a.by, b.by, a.port))
			case a.key != "":
				list = append(list, inv.Contradiction(a.key, "%d is the port of %s; take another", a.port, b.by))
			case b.key != "":
				list = append(list, inv.Contradiction(b.key, "%d is the port of %s; take another", b.port, a.by))
			}
		}
	}
	return list
}
