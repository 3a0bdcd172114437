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
	return userProbe + calls("user", args)
}

//go:embed user.sh
var userProbe string
