// Package monitoring says what a monitoring provider is, and gathers for all of them
// what the roles offer. Each provider is a package of its own below this one; package
// providers lists them.
package monitoring

import (
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Provider is one way to monitor a site. Providers are pure, as roles are.
type Provider interface {
	// Name is the word of monitoring.provider.
	Name() string
	// Services are what it brings to a host that has the others. They keep their ports
	// where monitoring is switched off: see play.Service.
	Services(inv *inventory.Inventory, h *inventory.Host, others []play.Service) []play.Service
	// Servers are those of its units on a host that show the host's certificate to others.
	Servers(inv *inventory.Inventory, h *inventory.Host) []resource.Service
	// Resources are what it needs on a host. It is not asked where monitoring is switched off.
	Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error)

	Prover
}
