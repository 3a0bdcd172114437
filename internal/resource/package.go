package resource

import (
	"slices"
	"strings"

	"foobar/internal/sh"
)

// Packages are distribution packages that must be installed. All of a host's
// packages go into one transaction.
type Packages struct {
	// For names who asked, usually the role; it makes the ID.
	For   string
	Names []string
	// Early moves the packages into the Bootstrap stage.
	Early bool
}

// ID is "packages:" and who asked.
func (p Packages) ID() ID { return NewID("packages", p.For) }

// Stage is Install, or Bootstrap for the early ones.
func (p Packages) Stage() Stage {
	if p.Early {
		return Bootstrap
	}
	return Install
}

// Probe asks for the status and version of every name.
func (p Packages) Probe() Probe { return Probe{Kind: packageKind{}, Args: p.Names} }

// Diff lists the missing and the half-installed ones, and those on hold, which get no
// security fixes.
func (p Packages) Diff(o Observed) (Change, error) {
	if o.State == Unknown {
		return Unseen(o), nil
	}
	c := Change{Action: Create}
	var missing, held []string
	for _, n := range p.Names {
		status := o.Get("status " + n)
		if status == "installed" {
			if o.Get("want "+n) == "hold" {
				held = append(held, n)
			}
			continue
		}
		missing = append(missing, n)
		f := Field{Name: n, New: "installed"}
		if status != "" {
			f.Old, c.Action = status, Update
		}
		c.Fields = append(c.Fields, f)
	}
	if len(missing) > 0 {
		c.Steps = []Step{Apt{Packages: missing}}
	}
	if len(held) > 0 {
		c.lift(held...)
	}
	return c, nil
}

// lift lets packages that are on hold be updated.
func (c *Change) lift(held ...string) {
	c.Action = Update
	for _, n := range held {
		c.Fields = append(c.Fields, Field{Name: n, Old: "on hold", New: "gets updates"})
	}
	c.Steps = append(c.Steps, Run{Title: "let " + strings.Join(held, ", ") + " be updated", Script: "apt-mark -q unhold " + sh.Join(held...)})
}

// packageKind answers for package names. Arguments: the names. Attributes:
// "status NAME" ("installed", "config-files", "half-configured"…, none when the
// package was never there), "want NAME" ("install", "hold"…) and "version NAME".
// Source: dpkg-query(1).
type packageKind struct{}

func (packageKind) Script(args [][]string) string {
	var names []string
	for _, n := range slices.Concat(args...) {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return "dpkg-query -W -f '${Package}\\t${db:Status-Want}\\t${db:Status-Status}\\t${Version}\\n' -- " + sh.Join(names...) + " 2>/dev/null\necho queried"
}

func (packageKind) Parse(args [][]string, lines []string, found []Observed) {
	type pkg struct{ want, status, version string }
	seen, asked := map[string]pkg{}, false
	for _, line := range lines {
		if line == "queried" {
			asked = true
		}
		if f := strings.Split(line, "\t"); len(f) == 4 {
			seen[f[0]] = pkg{f[1], f[2], f[3]}
		}
	}
	for i, a := range args {
		if !asked {
			continue
		}
		found[i].State = Present
		for _, n := range a {
			if p, ok := seen[n]; ok && p.status != "not-installed" {
				found[i].Set("status "+n, p.status)
				found[i].Set("want "+n, p.want)
				found[i].Set("version "+n, p.version)
			}
		}
	}
}
