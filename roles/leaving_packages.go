package roles

import (
	_ "embed" // scripts
	"fmt"
	"slices"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// packagesBefore lists, since foobar's first package, what was on the host before it; see
// internal/engine/apt.sh, which writes it. aptStamp goes with it, so that both begin anew.
const (
	packagesBefore = "/var/lib/foobar/packages-before"
	packagesKept   = packagesBefore + ".removed" // by a removal
	aptStamp       = "/var/lib/foobar/apt-update"
)

//go:embed leaving_packages_ask.sh
var leavingPackagesAsk string

//go:embed leaving_packages.sh
var leavingPackages string

// packages are the programs of the services that the host has for the site, and what came
// with them alone. What was there before foobar stays, what others have installed, and
// what the system needs.
func (r Leaving) packages(s *play.Site, h *inventory.Host) resource.Custom {
	names := r.programs(s, h)
	verb := map[bool]string{true: "purge", false: "remove"}[r.Data]
	var always []string
	if r.Data { // a server does not start without its data, whoever brought it
		always = databasePackages(s, h)
	}
	head := sh.Set("before", packagesBefore, "kept", packagesKept, "stamp", aptStamp, "verb", verb, "always", strings.Join(always, " "))
	return resource.Custom{Name: resource.NewID("packages", "removal"), Ask: head + "set -- " + sh.Join(names...) + "\n" + leavingPackagesAsk, In: resource.Converge,
		Compare: func(o resource.Observed) (resource.Change, error) {
			if o.State != resource.Present {
				return resource.Unseen(o), nil
			}
			seen := seenPackages(o.Get("out"))
			if len(seen["broken"]) > 0 {
				return resource.Change{}, fault.Wrap(fault.CannotBePlanned, fmt.Errorf("apt cannot say what would go with the packages: %s; fix that first, or leave the packages: without --packages", strings.Join(seen["broken"], "; ")))
			}
			with, theirs := seen.along()
			if len(theirs) > 0 {
				return resource.Change{}, fault.Wrap(fault.CannotBePlanned, fmt.Errorf("%s would go too, because apt removes what needs them, and foobar did not bring that; remove it yourself first, or leave the packages: without --packages", strings.Join(theirs, ", ")))
			}
			c := resource.Change{Action: resource.Remove}
			var there []string
			for _, line := range seen["status"] {
				name, status, _ := strings.Cut(line, " ")
				if status != "config-files" || r.Data {
					there = append(there, name)
					c.Fields = append(c.Fields, resource.Field{Name: name, Old: status, New: verb + "d"})
				}
			}
			for _, name := range with {
				there = append(there, name)
				c.Fields = append(c.Fields, resource.Field{Name: name, Old: "installed", New: verb + "d"})
			}
			if len(there) > 0 {
				c.Steps = []resource.Step{resource.Run{Title: verb + " packages", Detached: true, Timeout: 30 * time.Minute, Script: head + "set -- " + sh.Join(there...) + "\n" + leavingPackages}}
			}
			return c, nil
		}}
}

// programs are the packages by which the services came.
func (r Leaving) programs(s *play.Site, h *inventory.Host) []string {
	var names []string
	for _, service := range s.Services[h.Name] {
		if service.Layer != play.System && service.Package() != "" && !service.Claims {
			names = append(names, service.Package())
		}
	}
	names = append(names, databasePackages(s, h)...)
	slices.Sort(names)
	return slices.Compact(names)
}

// databasePackages are those of the database server, if the host has one.
func databasePackages(s *play.Site, h *inventory.Host) []string {
	if !h.Has(inventory.DB) {
		return nil
	}
	return databaseEngineOf(s.Inv).packages
}

// packageSights is what the host says of its packages: of each word the names that follow it.
type packageSights map[string][]string

func seenPackages(out string) packageSights {
	seen := packageSights{}
	for line := range strings.Lines(out) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		seen[word] = append(seen[word], rest)
	}
	return seen
}

// along are the packages that came with the programs alone, and nothing else needs; theirs
// are those that need a program and are not foobar's to remove. Without a record of what was
// there before, only what is made of a program's own source came with it.
func (seen packageSights) along() (with, theirs []string) {
	var names []string
	for _, line := range seen["status"] {
		name, _, _ := strings.Cut(line, " ")
		names = append(names, name)
	}
	ours := func(name string) bool {
		bare, _, _ := strings.Cut(name, ":")       // of another architecture
		came := slices.Contains(seen["kin"], bare) // the best that is known without a record
		if len(seen["noted"]) > 0 {
			came = !slices.Contains(seen["before"], bare)
		}
		return came && slices.Contains(seen["auto"], name)
	}
	for _, name := range seen["with"] {
		if !slices.Contains(names, name) && !ours(name) {
			theirs = append(theirs, name)
		}
	}
	for _, name := range seen["alone"] {
		if !slices.Contains(names, name) && !slices.Contains(seen["orphan"], name) && ours(name) {
			with = append(with, name)
		}
	}
	slices.Sort(with)
	return slices.Compact(with), theirs
}
