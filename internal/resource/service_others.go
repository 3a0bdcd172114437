package resource

import (
	_ "embed" // scripts
	"path"
	"slices"
	"strings"

	"foobar/internal/sh"
)

// othersProbe is shell that names what of others changes a unit.
//
//go:embed service_others.sh
var othersProbe string

// others are the drop-ins of a unit, and files in the place of its package's, that are
// not foobar's: those that it loads are, and those that have its name.
func (s Service) others(o Observed) []string {
	all := slices.DeleteFunc(strings.Fields(o.Get("dropins")), func(f string) bool { return strings.HasPrefix(f, "/run/systemd/system/") })
	all = append(all, strings.Split(strings.TrimSpace(o.Get("others")), "\n")...)
	all = slices.DeleteFunc(all, func(f string) bool {
		return !s.changedBy(f) || path.Base(f) == "foobar.conf" || slices.ContainsFunc(s.Loads, func(id ID) bool { return id.Name() == f })
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// changedBy reports whether a path is a file in one of systemd's folders that can be
// about this unit and its instances, or what a timer starts, and about no other.
func (s Service) changedBy(f string) bool {
	rest, ok := strings.CutPrefix(f, "/etc/systemd/system")
	if !ok {
		rest, ok = strings.CutPrefix(f, "/run/systemd/system")
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, ".control"), "/")
	dir, file, in := strings.Cut(rest, "/")
	if !ok || path.Clean(f) != f || in && (!strings.HasSuffix(dir, ".d") || strings.Contains(file, "/")) {
		return false
	}
	unit := strings.TrimSuffix(dir, ".d")
	template, _, instance := strings.Cut(s.Unit, "@")
	return unit == s.Unit || instance && unit == template+"@.service" || strings.HasSuffix(s.Unit, ".timer") && unit == strings.TrimSuffix(s.Unit, ".timer")+".service"
}

// Unmanaged are the files of others that stay.
func (s Service) Unmanaged(o Observed) []string {
	stay := slices.DeleteFunc(s.others(o), o.Strange)
	for i, f := range stay {
		stay[i] = s.Unit + " is changed by " + f
	}
	return stay
}

// Found are the files of others, which systemd knows whether the unit runs or not.
func (s Service) Found(o Observed) ([]string, bool) { return s.others(o), o.State != Unknown }

// strange are the files of others that came after foobar.
func (s Service) strange(o Observed) (fields []Field, remove string) {
	for _, f := range s.others(o) {
		if o.Strange(f) {
			fields = append(fields, Field{Name: "drop-in", Old: f, New: "removed"})
			remove += "rm -f -- " + sh.Quote(f) + "\n"
		}
	}
	return fields, remove
}
