package resource

import (
	"cmp"
	_ "embed" // scripts
	"fmt"
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
	// Own says that the account is foobar's alone: then its home, its shell, its
	// groups and that no password lets it in are as wanted, too. Others are shared
	// with the packages that bring them, and with whoever added them to a group.
	Own bool
	// Members are the accounts that may be in the group of its name besides.
	Members []string
}

// noLogin is the shell of accounts that nobody logs in with.
const noLogin = "/usr/sbin/nologin"

// ID is "user:" and the name.
func (u User) ID() ID { return NewID("user", u.Name) }

// Probe asks for the account, its home and its groups.
func (u User) Probe() Probe { return Probe{Kind: userKind{}, Args: []string{u.Name}} }

// Diff creates the account, or adds the groups it lacks. One that is foobar's alone
// it also takes from what it is not to have.
func (u User) Diff(o Observed) (Change, error) {
	switch o.State {
	case Unknown:
		return Unseen(o), nil
	case Absent:
		return u.create(), nil
	}
	if u.Own && o.Get("uid") == "0" {
		return Change{}, fmt.Errorf("the account %s has the number of root: whatever runs as it can do anything; remove it by hand", u.Name)
	}
	fields, script := u.gaps(o)
	have := strings.Fields(o.Get("groups"))
	lacks := slices.DeleteFunc(slices.Clone(u.Groups), func(g string) bool { return slices.Contains(have, g) })
	if len(lacks) > 0 {
		fields = append(fields, Field{Name: "groups", Old: o.Get("groups"), New: "+" + strings.Join(lacks, ",")})
		script += "usermod -a -G " + sh.Join(strings.Join(lacks, ","), u.Name) + "\n"
	}
	members, out := u.strangers(o)
	fields, script = append(fields, members...), script+out
	if len(fields) == 0 {
		return Change{}, nil
	}
	title := "repair the account " + u.Name
	if len(lacks) == len(fields) {
		title = "groups of " + u.Name
	}
	return Change{Action: Update, Fields: fields, Steps: []Step{Run{Title: title, Script: u.makeGroups() + script}}}, nil
}

func (u User) makeGroups() string {
	var script strings.Builder
	for _, g := range u.Make {
		script.WriteString(MakeGroup(g))
	}
	return script.String()
}

func (u User) home() string { return cmp.Or(u.Home, "/nonexistent") }

func (u User) create() Change {
	n := sh.Quote(u.Name)
	script := u.makeGroups() + MakeGroup(u.Name) + "useradd -r -M -g " + n + " -d " + sh.Quote(u.home()) + " -s " + noLogin + " " + n + "\n"
	c := Change{Action: Create, Fields: []Field{{Name: "home", New: u.home()}}}
	if len(u.Groups) > 0 {
		c.Fields = append(c.Fields, Field{Name: "groups", New: strings.Join(u.Groups, ",")})
		script += "usermod -a -G " + sh.Quote(strings.Join(u.Groups, ",")) + " " + n + "\n"
	}
	c.Steps = []Step{Run{Title: "add user " + u.Name, Script: script}}
	return c
}

// gaps are what an account that is foobar's alone has and is not to have.
func (u User) gaps(o Observed) (fields []Field, script string) {
	if !u.Own {
		return nil, ""
	}
	n := sh.Quote(u.Name)
	change := func(field, old, new, how string) {
		if old != new {
			fields = append(fields, Field{Name: field, Old: old, New: new})
			script += how + " " + n + "\n"
		}
	}
	change("shell", o.Get("shell"), noLogin, "usermod -s "+noLogin)
	// With a prefix, usermod does not mind that processes of the account run.
	change("home", o.Get("home"), u.home(), "usermod -P /. -d "+sh.Quote(u.home()))
	change("password", cmp.Or(o.Get("password"), "none"), "none", "usermod -p '!'")
	primary, more, _ := strings.Cut(o.Get("groups"), " ")
	change("group", primary, u.Name, MakeGroup(u.Name)+"usermod -g "+n) // somebody's account of that name may have another one
	extra := slices.DeleteFunc(strings.Fields(more), func(g string) bool { return g == u.Name || slices.Contains(u.Groups, g) })
	if len(extra) > 0 {
		fields = append(fields, Field{Name: "groups", Old: o.Get("groups"), New: "-" + strings.Join(extra, ",")})
		script += "usermod -G " + sh.Join(strings.Join(u.Groups, ","), u.Name) + "\n"
	}
	return fields, script
}

// userKind answers for accounts. Arguments: the name. Attributes: uid, home,
// shell, groups (space separated, the first is the primary one), password ("lets in"
// where one does, or none is needed), members (of the group of its name, with commas).
// Sources: getent(1), id(1), shadow(5), group(5).
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
			found[i].State = Present
			for k, v := range map[string]string{"uid": entries[at][2], "home": entries[at][5], "shell": entries[at][6], "groups": lines[at]} {
				found[i].Set(k, v)
			}
		}
	}
}

//go:embed user.sh
var userProbe string
