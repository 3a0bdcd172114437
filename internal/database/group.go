package database

import (
	"fmt"

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
	// Wanted is the primary of the inventory, nil where it has none; Moved is the one
	// that an operation has just made the primary, though others may not follow it yet.
	Wanted, Moved *inventory.Host
	// Unordered says that the servers were asked in any order, so that a replica may
	// know what its primary had not written yet when it was asked.
	Unordered bool
}

// Wanted is the host that the inventory makes the primary, where nothing is seen that
// outranks it; nil without databases.
func Wanted(inv *inventory.Inventory) *inventory.Host {
	dbs := inv.Group(inventory.DB)
	if h := inv.Host(inv.DB.Primary); h != nil || len(dbs) == 0 {
		return h
	}
	return dbs[0]
}

func (g Group) hosts() []*inventory.Host {
	all := make([]*inventory.Host, len(g.Servers))
	for i, s := range g.Servers {
		all[i] = s.Host
	}
	return all
}

// View is who follows whom.
func (g Group) View() View {
	from := make([]string, len(g.Servers))
	for i, s := range g.Servers {
		if s.Following() {
			from[i] = s.State.Sources[0].Host
		}
	}
	return See(g.hosts(), from)
}

// Source is the server that another one follows; -1 when that is none of the group.
func (g Group) Source(i int) int {
	if !g.Servers[i].Following() {
		return -1
	}
	return Named(g.hosts(), g.Servers[i].State.Sources[0].Host)
}

// sourceName is what people call the source of a replica.
func (g Group) sourceName(i int) string {
	if from := g.Source(i); from >= 0 {
		return g.name(from)
	}
	return g.Servers[i].State.Sources[0].Host
}

// Leader is the server that most of the others follow; -1 when none is.
func (g Group) Leader() int {
	if i, tie := g.View().Leader(); !tie {
		return i
	}
	return -1
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

// Vouched reports whether a server that says it is the primary is one by more
// than its own word: an operation made it one, most of the others follow it or,
// where they follow none, the inventory names it.
func (g Group) Vouched(i int) bool {
	if h := g.Servers[i].Host; h == g.Moved || len(g.Servers) == 1 {
		return true
	}
	if leader, tie := g.View().Leader(); leader >= 0 {
		return !tie && leader == i
	}
	return g.Servers[i].Host == g.Wanted
}

// Primary is the one server that takes writes and is vouched for or, where none
// takes writes, the one that the others follow; -1 when that cannot be said.
func (g Group) Primary() int {
	switch open := g.claimants(); {
	case len(open) == 0:
		return g.Leader()
	case len(open) == 1 && g.Vouched(open[0]):
		return open[0]
	}
	return -1
}

// Doubt says why a server that takes writes is not taken for the primary; "" when
// there is none, or when those that could vouch for it were not asked.
func (g Group) Doubt() string {
	open, leader := g.claimants(), g.Leader()
	switch {
	case len(open) != 1 || g.Vouched(open[0]):
		return ""
	case leader >= 0:
		return fmt.Sprintf("%s says that it takes writes, but the other databases follow %s", g.name(open[0]), g.name(leader))
	case g.partial():
		return ""
	case g.Wanted == nil:
		return g.name(open[0]) + " says that it takes writes, but no other database follows it"
	}
	return fmt.Sprintf("%s says that it takes writes, but no other database follows it, and the inventory names %s as the primary", g.name(open[0]), g.Wanted.Name)
}

func (g Group) name(i int) string { return g.Servers[i].Host.Name }

// partial says that somebody was not asked.
func (g Group) partial() bool { return len(g.only(func(s Seen) bool { return s.Unasked })) > 0 }
