package roles

import (
	"foobar/internal/monitoring"
	"foobar/internal/monitoring/measure"
	"foobar/internal/monitoring/providers"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Collector puts on a host what the monitoring provider of the inventory needs there.
type Collector struct{}

// Name is the role's name on the command line.
func (Collector) Name() string { return "collector" }

// Beside are the services of the provider, and what counts figures for any of them.
func (Collector) Beside(inv *inventory.Inventory, h *inventory.Host, others []play.Service) []play.Service {
	list := append(providers.Named(inv.Monitoring.Provider).Services(inv, h, others), measure.Service(inv))
	if len(monitorServers(inv, h)) > 0 {
		list = append(list, certificateService(inv, h))
	}
	return list
}

// Resources are those of the provider. Where monitoring is switched off nothing of it is
// wanted, but its packages stay.
func (Collector) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	if !s.Inv.Monitoring.Enabled {
		return monitoring.Resting(s.Facts[h.Name].Owned), nil
	}
	var t texts
	var want []resource.Resource
	if len(monitorServers(s.Inv, h)) > 0 {
		want = t.list(leaf(s, h))
	}
	want = append(want, t.list(measure.Resources(s, h, measure.Balancer{Port: haproxyStats, Backend: haproxyBackend}, backupKey))...)
	return append(want, t.list(providers.Named(s.Inv.Monitoring.Provider).Resources(s, h))...), t.err
}

// monitorServers are units of the provider that show the host's certificate to others.
func monitorServers(inv *inventory.Inventory, h *inventory.Host) []resource.Service {
	if !inv.Monitoring.Enabled {
		return nil
	}
	return providers.Named(inv.Monitoring.Provider).Servers(inv, h)
}
