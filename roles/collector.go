package roles

import (
	"foobar/internal/monitoring/providers"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Collector puts on a host what the monitoring provider of the inventory needs there.
type Collector struct{}

// Name is the role's name on the command line.
func (Collector) Name() string { return "collector" }

// Services are those of the provider.
func (Collector) Services(inv *inventory.Inventory, h *inventory.Host) []play.Service {
	return providers.Named(inv.Monitoring.Provider).Services(inv, h)
}

// Resources are those of the provider; none where monitoring is switched off.
func (Collector) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	if !s.Inv.Monitoring.Enabled {
		return nil, nil
	}
	return providers.Named(s.Inv.Monitoring.Provider).Resources(s, h)
}
