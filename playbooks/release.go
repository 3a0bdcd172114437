package playbooks

import (
	"errors"
	"slices"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/roles"
)

// Release is the part of Site that brings the app a release, or takes it back to one that
// the hosts have kept: the plays of the app alone.
func Release(s *play.Site) ([]play.Play, error) {
	all, err := Site(s)
	if err != nil {
		return nil, err
	}
	if s.App == nil || len(roles.ReleaseHosts(s.Inv)) == 0 {
		return nil, fault.Wrap(fault.Lacking, errors.New("the inventory has no app: name its folder as source in [app]"))
	}
	names := []string{"release", "migrations", "app"}
	other := func(name string) bool { return !slices.Contains(names, name) }
	var plays []play.Play
	for _, p := range all {
		if other(p.Name) {
			continue
		}
		for _, list := range []*[]string{&p.After, &p.Behind, &p.Apart} {
			*list = slices.DeleteFunc(slices.Clone(*list), other)
		}
		if p.Name == "app" { // its pages name static files that must be there
			plays = append(plays, play.Play{Name: "static files", Role: roles.AppStatic{}, Hosts: roles.StaticOnly(s.Inv), After: slices.Clone(p.After)})
			p.After = append(p.After, "static files")
		}
		plays = append(plays, p)
	}
	return plays, nil
}
