// Package database is the database as a subject: how a server is asked and what its
// answer means, which resources it has, and what is wrong with the servers of a site.
package database

import (
	"net/netip"
	"slices"

	"foobar/inventory"
)

// Where the chain of a server's sources may end besides at another server.
const (
	Nowhere = -1 // it follows nobody
	Outside = -2 // at a server that the inventory does not have
	Ring    = -3 // nowhere, because they follow one another
)

// View is who follows whom. Its indices are those of the hosts given to See.
//
// A server is believed about itself: whether it takes writes, and whom it follows.
// About the others it is not: which of them is meant by an address says the
// inventory, and who leads says whom the others follow. So one server that lies can
// raise a doubt, but not make itself the primary.
type View struct {
	// Source is the server that each follows itself, or Nowhere or Outside.
	Source []int
	// Root is the end of the chain that begins with each server's source, or
	// Nowhere, Outside or Ring.
	Root []int
	// Votes counts for each server the others whose chain ends at it.
	Votes []int
}

// See finds out who follows whom; sources holds what each host says that it
// replicates from, "" for nothing.
func See(hosts []*inventory.Host, sources []string) View {
	v := View{Source: make([]int, len(hosts)), Root: make([]int, len(hosts)), Votes: make([]int, len(hosts))}
	for i, source := range sources {
		v.Source[i] = Nowhere
		if source == "" {
			continue
		}
		if v.Source[i] = Named(hosts, source); v.Source[i] == i || v.Source[i] < 0 {
			v.Source[i] = Outside
		}
	}
	for i := range hosts {
		if v.Root[i] = v.root(i); v.Root[i] >= 0 {
			v.Votes[v.Root[i]]++
		}
	}
	return v
}

func (v View) root(i int) int {
	at := v.Source[i]
	for range v.Source {
		if at < 0 {
			return at
		}
		if v.Source[at] == Nowhere {
			return at
		}
		at = v.Source[at]
	}
	return Ring
}

// Leader is the server that most of the others follow, -1 when none follows any
// of the inventory. When two are followed by equally many, tie is true.
func (v View) Leader() (leader int, tie bool) {
	leader = -1
	for i, n := range v.Votes {
		switch {
		case n == 0:
		case leader < 0 || n > v.Votes[leader]:
			leader, tie = i, false
		case n == v.Votes[leader]:
			tie = true
		}
	}
	return leader, tie
}

// Named is the index of the host that the inventory knows by a name or an
// address, or -1. Addresses of the private network come first: those by which
// foobar reaches the hosts may be one for all, before a gateway.
func Named(hosts []*inventory.Host, source string) int {
	addr, _ := netip.ParseAddr(source)
	for _, is := range []func(*inventory.Host) bool{
		func(h *inventory.Host) bool {
			return addr.IsValid() && slices.ContainsFunc(h.Private, func(a netip.Addr) bool { return a.Unmap() == addr.Unmap() })
		},
		func(h *inventory.Host) bool { return source == h.Name || source == h.Internal() },
		func(h *inventory.Host) bool { return source == h.Address },
	} {
		if i := slices.IndexFunc(hosts, is); i >= 0 {
			return i
		}
	}
	return -1
}
