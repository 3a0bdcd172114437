package roles

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/inventory"
)

// Primary is the database host that takes the writes. What is seen outranks the
// inventory: a server that was promoted stays the primary. Where what is seen
// leaves a doubt, Primary is an error that names the hosts, because the wrong
// choice would lose data.
func Primary(s *play.Site) (*inventory.Host, error) {
	v, err := databaseViewOf(s)
	if err != nil {
		return nil, err
	}
	// A server that takes writes, and holds data or is followed, is a primary.
	open := v.only(func(h *inventory.Host) bool {
		d := v.of(h)
		return d.Running && !d.ReadOnly && d.Source == "" && (d.Schemas > 0 || v.followed[h])
	})
	if len(open) > 1 {
		return nil, fault.As(fault.TwoPrimaries, fmt.Errorf("%s all take writes; nothing is changed until only one does: "+
			"decide whose data counts, and close the others with SET GLOBAL read_only=ON", hostNames(open)))
	}
	roots := v.only(func(h *inventory.Host) bool { return v.followed[h] && v.of(h).Source == "" })
	switch {
	case len(open) == 1 && len(roots) > 0 && !slices.Contains(roots, open[0]):
		return nil, fault.As(fault.TwoPrimaries, fmt.Errorf("%s takes writes, but the other databases follow %s; nothing is changed until it is clear whose data counts: "+
			"close the one with SET GLOBAL read_only=ON, or point the replicas at it", open[0].Name, hostNames(roots)))
	case len(open) == 1:
		return v.accept(s, open[0])
	case len(roots) == 1:
		return roots[0], nil
	case len(roots) > 1:
		return nil, fault.As(fault.PrimaryUnclear, fmt.Errorf("the databases follow more than one primary: %s; point them all at one of them", hostNames(roots)))
	}
	return v.unfollowed()
}

// databaseView is what is known of the database hosts.
type databaseView struct {
	hosts []*inventory.Host
	// wanted is the primary of the inventory.
	wanted *inventory.Host
	facts  map[string]facts.Facts
	// followed are hosts from which another one replicates.
	followed map[*inventory.Host]bool
	// outside are hosts that replicate from a server that is none of them.
	outside []*inventory.Host
}

func databaseViewOf(s *play.Site) (*databaseView, error) {
	v := &databaseView{hosts: s.Inv.Group(inventory.DB), facts: s.Facts, followed: map[*inventory.Host]bool{}}
	if len(v.hosts) == 0 {
		return nil, fmt.Errorf("no host has the role db")
	}
	v.wanted = v.hosts[0]
	if name := s.Inv.DB.Primary; name != "" {
		v.wanted = s.Inv.Host(name)
		if v.wanted == nil || !v.wanted.Has(inventory.DB) {
			return nil, fmt.Errorf("db.primary %q is no host with the role db; those are %s", name, hostNames(v.hosts))
		}
	}
	for _, h := range v.hosts {
		source := v.of(h).Source
		if source == "" {
			continue
		}
		if from := v.at(source); from != nil && from != h {
			v.followed[from] = true
		} else {
			v.outside = append(v.outside, h)
		}
	}
	return v, nil
}

func (v *databaseView) of(h *inventory.Host) facts.Database { return v.facts[h.Name].Database }

// at finds the host that a server calls its source.
func (v *databaseView) at(source string) *inventory.Host {
	addr, _ := netip.ParseAddr(source)
	for _, h := range v.hosts {
		if source == h.Name || source == h.Internal() || source == h.Address {
			return h
		}
		if addr.IsValid() && (slices.Contains(h.Private, addr.Unmap()) || v.facts[h.Name].Has(addr.Unmap())) {
			return h
		}
	}
	return nil
}

func (v *databaseView) only(is func(*inventory.Host) bool) []*inventory.Host {
	var some []*inventory.Host
	for _, h := range v.hosts {
		if is(h) {
			some = append(some, h)
		}
	}
	return some
}

// accept takes the one server that is open. One that nobody follows, that is
// not the inventory's and that foobar never configured may be somebody's own.
func (v *databaseView) accept(s *play.Site, h *inventory.Host) (*inventory.Host, error) {
	e, err := databaseEngineOf(s.Inv)
	if err != nil {
		return nil, err
	}
	if h == v.wanted || v.followed[h] || slices.Contains(v.facts[h.Name].Owned, "file:"+e.conf) {
		return h, nil
	}
	return nil, v.stranger(h)
}

func (v *databaseView) stranger(h *inventory.Host) error {
	return fault.As(fault.ForeignData, fmt.Errorf("%s holds databases already, but the primary is to be %s; its data is not overwritten: "+
		"write primary = %q into [db] to build on it, or empty it first", h.Name, v.wanted.Name, h.Name))
}

// unfollowed decides where no server is open and none is followed: a site that
// is new, or one whose only server has just started.
func (v *databaseView) unfollowed() (*inventory.Host, error) {
	if len(v.outside) > 0 {
		var parts []string
		for _, h := range v.outside {
			parts = append(parts, h.Name+" from "+v.of(h).Source)
		}
		return nil, fault.As(fault.PrimaryUnclear, fmt.Errorf("the databases replicate from servers outside the inventory: %s; add the primary to the inventory, "+
			"or detach them with STOP SLAVE; RESET SLAVE ALL", strings.Join(parts, ", ")))
	}
	if ring := v.only(func(h *inventory.Host) bool { return v.of(h).Source != "" }); len(ring) > 0 {
		return nil, fault.As(fault.PrimaryUnclear, fmt.Errorf("%s replicate from one another, and none of them is the primary; detach the one whose data counts with STOP SLAVE; RESET SLAVE ALL", hostNames(ring)))
	}
	full := v.only(func(h *inventory.Host) bool { return v.of(h).Schemas > 0 })
	switch {
	case len(full) > 1:
		return nil, fault.As(fault.ForeignData, fmt.Errorf("%s each hold databases, and none of them follows another; nothing is overwritten: "+
			"open the one whose data counts with SET GLOBAL read_only=OFF", hostNames(full)))
	case len(full) == 1 && full[0] != v.wanted:
		return nil, v.stranger(full[0])
	}
	return v.wanted, nil
}

func hostNames(hosts []*inventory.Host) string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	return strings.Join(names, ", ")
}
