package roles

import (
	"time"

	"foobar/internal/distro"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// certificateData is what the script is rendered from; the first three are quoted
// for the shell.
type certificateData struct {
	Dir, Group, Name string
	SANs, Files      string
	Loads            []string
	Days, RenewDays  int
	RenewBefore      int // seconds
}

func certificateScript(c resource.Certificate, loads []string, times string) certificateData {
	days := func(d time.Duration) int { return int(d / (24 * time.Hour)) }
	return certificateData{Dir: sh.Quote(c.Dir), Group: sh.Quote(c.Group), Name: sh.Quote(c.Names[0]), SANs: c.SANs(), Files: sh.Files + times, Loads: loads,
		Days: days(pki.LeafLife), RenewDays: days(pki.LeafRenewBefore), RenewBefore: int(pki.LeafRenewBefore / time.Second)}
}

// unixTimes is what a script that lies on a host begins with, where the host's systemd
// tells no Unix times.
func unixTimes(system distro.Release) string {
	if system.UnixTimes {
		return ""
	}
	return sh.UnixTimes
}

// tlsLoads are scripts by which the services of a host load what is new in leafDir.
func tlsLoads(s *play.Site, h *inventory.Host) ([]string, error) {
	var services []resource.Service
	if h.Has(inventory.LB) {
		services = append(services, haproxyService(s, h))
	}
	if h.Has(inventory.Web) {
		services = append(services, nginxService(h))
	}
	if h.Has(inventory.DB) {
		service, err := databaseService(s, h, databaseEngineOf(s.Inv))
		if err != nil {
			return nil, err
		}
		services = append(services, service)
	}
	services = append(services, monitorServers(s.Inv, h)...)
	var all []string
	for _, service := range services {
		var paths []string
		for _, id := range service.Loads {
			if id.Name() == leafKey || id.Name() == leafCA {
				paths = append(paths, id.Name())
			}
		}
		all = append(all, service.LoadScript(paths...))
	}
	return all, nil
}
