package resource

import (
	"slices"

	"foobar/internal/census"
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
	var missing []string
	for _, n := range p.Names {
		status := o.Get("status " + n)
		if status == "installed" {
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
	c.lift(o, p.Names...)
	return c, nil
}

// lift lets those of the packages that are on hold be updated.
func (c *Change) lift(o Observed, names ...string) {
	for _, n := range names {
		if o.Get("want "+n) == "hold" {
			c.Action, c.Fields = Update, append(c.Fields, Field{Name: n, Old: "on hold", New: "gets updates"})
			c.Steps = append(c.Steps, Run{Title: "let " + n + " be updated", Script: "apt-mark -q unhold " + sh.Quote(n)})
		}
	}
}

// packageKind answers for package names. Arguments: the names. Attributes:
// "status NAME" ("installed", "config-files", "half-configured"…, none when the
// package was never there), "want NAME" ("install", "hold"…) and "version NAME".
// Source: dpkg-query(1).
type packageKind struct{}

func (packageKind) Script([][]string) string { return ":" }

// Shares are the names.
func (packageKind) Shares(args [][]string) census.Part {
	return census.Part{Packages: slices.Concat(args...)}
}

func (packageKind) Parse(args [][]string, lines []string, found []Observed) {
	all, asked := census.Packages(lines)
	if !asked {
		return
	}
	for i, a := range args {
		found[i].State = Present
		for _, n := range a {
			if p, ok := all[n]; ok {
				found[i].Set("status "+n, p.Status)
				found[i].Set("want "+n, p.Want)
				found[i].Set("version "+n, p.Version)
			}
		}
	}
}
