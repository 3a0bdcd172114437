package roles

import (
	"slices"

	"foobar/internal/monitoring"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// going is what a ledger lists, as it leaves with the host; nil for what stays. Packages of
// the monitoring's go where packages are named: those that foobar found on the host stay
// even then, and those that go with the others are not listed twice.
func (r Leaving) going(s *play.Site, h *inventory.Host, kind resource.Owned, name string) resource.Resource {
	gone := kind.Removed(name)
	if _, agent := gone.(monitoring.Agent); !agent {
		return gone
	}
	with := slices.ContainsFunc(s.Services[h.Name], func(p play.Service) bool { return p.Package() == name && !p.Claims })
	if !r.Packages || with {
		return nil
	}
	return monitoring.Leaving(name, r.Data)
}

// gathered are the folders of what services have gathered whose packages are foobar's.
func gathered(s *play.Site, h *inventory.Host) (folders []string) {
	for _, service := range s.Services[h.Name] {
		claimed := slices.Contains(s.Facts[h.Name].Owned, string(monitoring.Agent{Name: service.Package()}.ID()))
		if service.Data != "" && claimed {
			folders = append(folders, service.Data)
		}
	}
	return folders
}
