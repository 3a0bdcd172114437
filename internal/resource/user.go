package resource

import (
	"strconv"
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
	home := u.Home
	if home == "" {
		home = "/nonexistent"
	}
	var script strings.Builder
	for _, g := range u.Make {
		q := sh.Quote(g)
		script.WriteString("getent group " + q + " >/dev/null || groupadd -r " + q + "\n")
	}
	n := sh.Quote(u.Name)
	switch o.State {
	case Unknown:
		return Unseen(o), nil
	case Absent:
		script.WriteString("getent group " + n + " >/dev/null || groupadd -r " + n + "\n" +
			"useradd -r -M -g " + n + " -d " + sh.Quote(home) + " -s /usr/sbin/nologin " + n + "\n")
		c := Change{Action: Create, Fields: []Field{{Name: "home", New: home}}}
		if len(u.Groups) > 0 {
			c.Fields = append(c.Fields, Field{Name: "groups", New: strings.Join(u.Groups, ",")})
			script.WriteString("usermod -a -G " + sh.Quote(strings.Join(u.Groups, ",")) + " " + n + "\n")
		}
		c.Steps = []Step{Run{Title: "add user " + u.Name, Script: script.String()}}
		return c, nil
	}
	have := map[string]bool{}
	for _, g := range strings.Fields(o.Get("groups")) {
		have[g] = true
	}
	var lacks []string
	for _, g := range u.Groups {
		if !have[g] {
			lacks = append(lacks, g)
		}
	}
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
	var b strings.Builder
	b.WriteString(`u(){ e=$(getent passwd "$2"); r=$?
 if [ $r = 2 ]; then o $1 state absent; return; fi
 [ $r = 0 ] || return
 IFS=: read -r _ _ uid _ _ home shell <<E
$e
E
 o $1 state present; o $1 uid "$uid"; o $1 home "$home"; o $1 shell "$shell"; o $1 groups "$(id -Gn -- "$2")"; }
`)
	for i, a := range args {
		b.WriteString("u " + strconv.Itoa(i) + " " + sh.Quote(a[0]) + "\n")
	}
	return b.String()
}
