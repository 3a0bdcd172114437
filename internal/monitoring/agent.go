package monitoring

import (
	"time"

	"foobar/internal/resource"
	"foobar/internal/sh"
)

// Agent notes in a host's ledger that a package is the monitoring's: unlike those of
// what serves, it goes when the inventory names another provider. resource.Packages or
// resource.Deb installs it.
type Agent struct {
	Name string // of the Debian package
	gone bool
}

// ID is "agent:" and the package.
func (a Agent) ID() resource.ID { return resource.NewID("agent", a.Name) }

// Stage is that of an installation.
func (Agent) Stage() resource.Stage { return resource.Install }

// Probe asks for the package.
func (a Agent) Probe() resource.Probe { return resource.Packages{Names: []string{a.Name}}.Probe() }

// Removed wants the package purged.
func (Agent) Removed(name string) resource.Resource { return Agent{Name: name, gone: true} }

// Diff purges a package that is to go.
func (a Agent) Diff(o resource.Observed) (resource.Change, error) {
	if !a.gone {
		return resource.Change{}, nil
	}
	if o.State == resource.Unknown {
		return resource.Unseen(o), nil
	}
	status := o.Get("status " + a.Name)
	if status == "" {
		return resource.Change{}, nil
	}
	return resource.Change{Action: resource.Remove, Fields: []resource.Field{{Name: a.Name, Old: status, New: "purged"}},
		Steps: []resource.Step{resource.Run{Title: "purge " + a.Name, Detached: true, Timeout: 10 * time.Minute,
			Script: "DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 purge -- " + sh.Quote(a.Name) + "\n"}}}, nil
}
