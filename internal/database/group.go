package database

import (
	"fmt"
	"strings"

	"foobar/internal/sh"
	"foobar/inventory"
)

// Seen is a server as it was last seen.
type Seen struct {
	Host *inventory.Host
	// Lost says why its host did not answer, Down why its server did not; "" when they did.
	Lost, Down string
	// Unasked says that nobody asked it.
	Unasked bool
	State   State
	// Number is the server_id that it is to have; "" when that is not known.
	Number string
}

// Up says that the server answered.
func (s Seen) Up() bool { return s.Lost == "" && s.Down == "" && !s.Unasked }

// Open says that the server takes writes.
func (s Seen) Open() bool { return s.Up() && !s.State.ReadOnly }

// Following says that the server has a source.
func (s Seen) Following() bool { return s.Up() && len(s.State.Sources) > 0 }

// Group is all database servers of a site, in the order of the inventory. Its
// methods speak of a server by its index, and of none by -1.
type Group struct {
	Dialect Dialect
	Servers []Seen
	// Path is the inventory's, for the commands that findings advise.
	Path string
	// Wanted is the primary of the inventory, nil where it has none; Moved is the one
	// that an operation has just made the primary, though others may not follow it yet.
	Wanted, Moved *inventory.Host
	// Unordered says that the servers were asked in any order, so that a replica may
	// know what its primary had not written yet when it was asked.
	Unordered bool
}

// Wanted is the host that the inventory makes the primary; nil without databases.
func Wanted(inv *inventory.Inventory) *inventory.Host {
	dbs := inv.Group(inventory.DB)
	if h := inv.Host(inv.DB.Primary); h != nil || len(dbs) == 0 {
		return h
	}
	return dbs[0]
}

// View is who follows whom.
func (g Group) View() View {
	hosts, from := make([]*inventory.Host, len(g.Servers)), make([]string, len(g.Servers))
	for i, s := range g.Servers {
		if hosts[i] = s.Host; s.Following() {
			from[i] = s.State.Sources[0].Host
		}
	}
	return See(hosts, from)
}

func (g Group) only(is func(Seen) bool) []int {
	var list []int
	for i, s := range g.Servers {
		if is(s) {
			list = append(list, i)
		}
	}
	return list
}

// claimants are the servers that say that they take writes and follow nobody.
func (g Group) claimants() []int {
	return g.only(func(s Seen) bool { return s.Open() && !s.Following() })
}

func (g Group) name(i int) string { return g.Servers[i].Host.Name }

// leader is the server that most of the others follow; -1 when none is.
func (g Group) leader() int {
	if i, tie := g.View().Leader(); !tie {
		return i
	}
	return -1
}

// Vouched reports whether a server that says it is the primary is one by more
// than its own word: an operation made it one, most of the others follow it or,
// where they follow none, the inventory names it.
func (g Group) Vouched(i int) bool {
	h := g.Servers[i].Host
	if h == g.Moved || len(g.Servers) == 1 {
		return true
	}
	if leader, tie := g.View().Leader(); leader >= 0 {
		return !tie && leader == i
	}
	return h == g.Wanted
}

// Primary is the one server that takes writes and is vouched for or, where none
// takes writes, the one that the others follow; -1 when that cannot be said.
func (g Group) Primary() int {
	switch open := g.claimants(); {
	case len(open) == 0:
		return g.leader()
	case len(open) == 1 && g.Vouched(open[0]):
		return open[0]
	}
	return -1
}

// Doubt says why a server that takes writes is not taken for the primary, and how a
// person ends that doubt; both are "" when there is none, or when servers that could
// vouch for it were not asked.
func (g Group) Doubt() (why, settle string) {
	open, leader := g.claimants(), g.leader()
	if len(open) != 1 || g.Vouched(open[0]) {
		return "", ""
	}
	name := g.name(open[0])
	why, settle = name+" says that it accepts writes, but no other database follows it", fmt.Sprintf("if the primary was moved to %s, say so: write primary = %[1]q into [db]", name)
	switch {
	case leader >= 0:
		why = fmt.Sprintf("%s says that it accepts writes, but the other databases follow %s", name, g.name(leader))
		settle = fmt.Sprintf("if the primary was moved to %s, let the others follow it: %s", name, Command(g.Path, "db switchover", "--to", name))
	case len(g.only(func(s Seen) bool { return s.Unasked })) > 0:
		return "", ""
	case g.Wanted != nil:
		why += ", and the inventory names " + g.Wanted.Name + " as the primary"
	}
	return why, settle + "; if not, close it with SET GLOBAL read_only=ON, and if it is not to be believed, stop it or take its role db out of the inventory"
}

// Command is a command line of foobar's for the inventory at path.
func Command(path, verb string, args ...string) string {
	return strings.TrimSpace("foobar " + verb + " " + sh.Quote(path) + " " + sh.Join(args...))
}
