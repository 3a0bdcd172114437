package playbooks

import (
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/roles"
)

// Renewal is what it takes to renew the public certificate.
func Renewal(s *play.Site, role roles.Renewal) []play.Play {
	return []play.Play{{Name: role.Name(), Role: role, Hosts: s.Inv.Group(inventory.LB)}}
}
