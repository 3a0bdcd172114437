package resource

import (
	"cmp"
	_ "embed" // scripts
	"slices"
	"strings"

	"foobar/internal/sh"
)

// User is a system account with a group of the same name and no login.
type User struct {
	Name string
	// Home defaults to /nonexistent and is never created here.
	Home string
	// Groups are supplementary groups; they must exist or be listed in Make.
	Groups []string
	// Make lists groups to create as system groups when they are missing.
	Make []string
}

// ID is "user:" and the name.
func (u User) ID() ID { return NewID("user", u.Name) }

// Probe asks for the account, its home and its groups.
func (u User) Probe() Probe { return Probe{Kind: userKind{}, Args: []string{u.Name}} }

// Diff creates the account, or adds the groups it lacks.
func (u User) Diff(o Observed) (Change, error) {
	home := cmp.Or(u.Home, "/nonexistent")
	var script strings.Builder
	for _, g := range u.Make {
		script.WriteString(MakeGroup(g))
	}
	n := sh.Quote(u.Name)
	switch o.State {
	case Unknown:
		return Unseen(o), nil
	case Absent:
		script.WriteString(MakeGroup(u.Name) + "useradd -r -M -g " + n + " -d " + sh.Quote(home) + " -s /usr/sbin/nologin " + n + "\n")
		c := Change{Action: Create, Fields: []Field{{Name: "home", New: home}}}
		if len(u.Groups) > 0 {
			c.Fields = append(c.Fields, Field{Name: "groups", New: strings.Join(u.Groups, ",")})
			script.WriteString("usermod -a -G " + sh.Quote(strings.Join(u.Groups, ",")) + " " + n + "\n")
		}
		c.Steps = []Step{Run{Title: "add user " + u.Name, Script: script.String()}}
		return c, nil
	}
	have := strings.Fields(o.Get("groups"))
	lacks := slices.DeleteFunc(slices.Clone(u.Groups), func(g string) bool { return slices.Contains(have, g) })
	if len(lacks) == 0 {
		return Change{}, nil
	}
	script.WriteString("usermod -a -G " + sh.Quote(strings.Join(lacks, ",")) + " " + n + "\n")
	return Change{Action: Update, Fields: []Field{{Name: "groups", Old: o.Get("groups"), New: "+" + strings.Join(lacks, ",")}},
		Steps: []Step{Run{Title: "groups of " + u.Name, Script: script.String()}}}, nil
}

// userKind answers for accounts. Arguments: the name. Attributes: uid, home,
// shell, groups (space separated). Source: getent(1), id(1).
type userKind struct{}

func (userKind) Script(args [][]string) string {
	return "set -- " + sh.Join(slices.Concat(args...)...) + "\n" + userProbe
}

func (userKind) Parse(args [][]string, lines []string, found []Observed) {
	if len(lines) == 0 || lines[0] != "asked" {
		return
	}
	lines = lines[1:]
	var entries [][]string
	for len(lines) > 0 {
		f := strings.Split(lines[0], ":")
		if len(f) != 7 {
			break
		}
		entries, lines = append(entries, f), lines[1:]
	}
	for i, a := range args {
		at := slices.IndexFunc(entries, func(f []string) bool { return f[0] == a[0] })
		switch {
		case at < 0:
			found[i].State = Absent
		case len(lines) == len(entries):
			found[i] = Observed{State: Present, Attrs: map[string]string{
				"uid": entries[at][2], "home": entries[at][5], "shell": entries[at][6], "groups": lines[at]}}
		}
	}
}

//go:embed user.sh
var userProbe string
