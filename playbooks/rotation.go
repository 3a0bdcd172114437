package playbooks

import (
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/roles"
)

// Rotation is what it takes to take a web server out of the balancers' rotation, or to
// put it back.
func Rotation(s *play.Site, role roles.Rotation) []play.Play {
	return []play.Play{{Name: role.Name(), Role: role, Hosts: s.Inv.Group(inventory.LB)}}
}
