package roles

import (
	"slices"
	"strings"

	"foobar/internal/monitoring"
	"foobar/internal/monitoring/providers"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// agents are the packages of the monitoring's, which go where packages are named and come
// last, after the folders of what they have gathered: those that the ledger lists, and those
// that any provider brings. A host that left before has no ledger any more; what is foobar's
// is told by the notes on the host, for which each of them asks. What foobar found there
// stays, and what goes with the other packages is not listed twice.
func (r Leaving) agents(s *play.Site, h *inventory.Host) (want []resource.Resource) {
	if !r.Packages {
		return nil
	}
	var names []string
	for _, name := range s.Facts[h.Name].Owned {
		if id := resource.ID(name); isAgent(id) {
			names = append(names, id.Name())
		}
	}
	for _, service := range watching(s) {
		for _, p := range service.Packages {
			names = append(names, p.Name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		with := slices.ContainsFunc(s.Services[h.Name], func(p play.Service) bool { return p.Package() == name && !p.Claims })
		if name != "" && !with {
			want = append(want, resource.At(resource.Converge, monitoring.Leaving(name, r.Data)))
		}
	}
	return want
}

func isAgent(id resource.ID) bool { return id.Kind() == (monitoring.Agent{}).ID().Kind() }

// watching are the services that any provider brings to any host.
func watching(s *play.Site) (list []play.Service) {
	for _, p := range providers.All() {
		inv := *s.Inv
		inv.Monitoring.Provider = p.Name()
		for _, h := range inv.Hosts {
			list = append(list, p.Services(&inv, h, s.Services[h.Name])...)
		}
	}
	return list
}

// gathered is shell that adds to the arguments the folders of what services have gathered
// whose packages are foobar's, by the notes on the host.
func (r Leaving) gathered(s *play.Site) string {
	if !r.Data {
		return ""
	}
	var lines []string
	for _, service := range watching(s) {
		if service.Data != "" {
			lines = append(lines, "[ ! -e "+sh.Quote(play.Claim(service.Package()))+" ] || set -- \"$@\" "+sh.Quote(service.Data)+"\n")
		}
	}
	slices.Sort(lines)
	return strings.Join(slices.Compact(lines), "")
}
