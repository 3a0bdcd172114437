package roles

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"foobar/internal/database"
	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/inventory"
)

// Primary is the database host that takes the writes. What is observed outranks the
// inventory: a server that was promoted stays the primary, once the others follow
// it. A host could lie about itself, so one that says that it accepts writes is not the
// primary for that reason alone: the others must follow it, or the inventory must
// name it, or a person must have said so (Site.Primary). In doubt Primary is an error
// that names the hosts, because the wrong choice would lose data.
func Primary(s *play.Site) (*inventory.Host, error) {
	v := databaseViewOf(s)
	if err := v.elsewhere(); err != nil {
		return nil, err
	}
	if h := s.Inv.Host(s.Primary); h != nil && h.Has(inventory.DB) {
		return h, nil
	}
	if err := v.refuses(); err != nil {
		return nil, err
	}
	if err := v.leftBehind(s); err != nil {
		return nil, err
	}
	open := v.open(s)
	switch {
	case len(open) > 1:
		return nil, fault.Wrap(fault.TwoPrimaries, fmt.Errorf("%s all take writes; nothing is changed until only one does: "+
			"decide whose data counts, and close the others with SET GLOBAL read_only=ON; to go on without one whose answer is wrong, leave it out with -l", hostNames(open)))
	case v.tie:
		return nil, fault.Wrap(fault.PrimaryUnclear, fmt.Errorf("the databases follow more than one primary: %s; point them all at one of them",
			hostNames(v.only(func(h *inventory.Host) bool { return v.votes(h) == v.votes(v.leader) }))))
	case v.leader != nil && len(open) == 1 && open[0] != v.leader:
		return nil, v.contested(s, open[0])
	case v.leader != nil:
		return v.leader, nil
	case len(open) == 1:
		return v.accept(s, open[0])
	}
	return v.unfollowed()
}

// databaseView is what is known of the database hosts.
type databaseView struct {
	hosts []*inventory.Host
	// wanted is the primary of the inventory.
	wanted *inventory.Host
	facts  map[string]facts.Facts
	seen   database.View
	// leader is the server that most others follow, nil when none follows any; tie
	// says that as many follow another one.
	leader *inventory.Host
	tie    bool
}

func databaseViewOf(s *play.Site) *databaseView {
	v := &databaseView{hosts: s.Inv.Group(inventory.DB), facts: s.Facts}
	v.wanted = cmp.Or(s.Inv.Host(s.Inv.DB.Primary), v.hosts[0])
	sources := make([]string, len(v.hosts))
	for i, h := range v.hosts {
		sources[i] = v.of(h).Source
	}
	v.seen = database.See(v.hosts, sources)
	leader, tie := v.seen.Leader()
	if v.tie = tie; leader >= 0 {
		v.leader = v.hosts[leader]
	}
	return v
}

func (v *databaseView) of(h *inventory.Host) facts.Database { return v.facts[h.Name].Database }

// votes are how many of the others follow a server.
func (v *databaseView) votes(h *inventory.Host) int { return v.seen.Votes[slices.Index(v.hosts, h)] }

func (v *databaseView) only(is func(*inventory.Host) bool) []*inventory.Host {
	var some []*inventory.Host
	for _, h := range v.hosts {
		if is(h) {
			some = append(some, h)
		}
	}
	return some
}

// open are the servers that take writes and hold data or are followed. Of several it
// is the one that the run does not leave out, if that is one alone and either the
// leader or, where none follows any, the inventory's: a person has then decided.
func (v *databaseView) open(s *play.Site) []*inventory.Host {
	open := v.only(func(h *inventory.Host) bool {
		d := v.of(h)
		return d.Running && !d.ReadOnly && d.Source == "" && (d.Schemas > 0 || v.votes(h) > 0)
	})
	if len(open) < 2 {
		return open
	}
	rest := slices.DeleteFunc(slices.Clone(open), func(h *inventory.Host) bool { return !s.Selected(h.Name) })
	if len(rest) == 1 && !v.tie && (rest[0] == v.leader || v.leader == nil && rest[0] == v.wanted) {
		return rest
	}
	return open
}

// contested is the error of a server that takes writes while the others follow
// another.
func (v *databaseView) contested(s *play.Site, h *inventory.Host) error {
	return fault.Wrap(fault.TwoPrimaries, fmt.Errorf("%[1]s says that it accepts writes, but the other databases follow %[2]s; nothing is changed until you decide whose data counts: "+
		"if the primary was moved to %[1]s, finish that with foobar db switchover %[3]s --to %[1]s, or with foobar db failover where %[2]s is lost; "+
		"if not, close %[1]s with SET GLOBAL read_only=ON, and if it is not to be believed, stop it or take its role db out of the inventory", h.Name, v.leader.Name, s.Inv.Path))
}

// accept takes the one server that is open and that nobody follows, when it is the
// inventory's. Another may hold somebody's own data, or not tell the truth.
func (v *databaseView) accept(s *play.Site, h *inventory.Host) (*inventory.Host, error) {
	switch {
	case h == v.wanted:
		return h, nil
	case DatabaseOurs(s.Inv, v.facts[h.Name].Owned):
		return nil, fault.Wrap(fault.PrimaryUnclear, fmt.Errorf("%[1]s says that it accepts writes, but the inventory names %[2]s as the primary, and no other database follows %[1]s; "+
			"if the primary was moved to %[1]s, say so: write primary = %[1]q into [db], or give foobar db failover %[3]s --to %[1]s; "+
			"where %[2]s answers, foobar db rejoin %[3]s %[2]s makes it a replica of %[1]s; if not, close %[1]s with SET GLOBAL read_only=ON", h.Name, v.wanted.Name, s.Inv.Path))
	}
	return nil, v.foreignData(h)
}

// elsewhere is about a server whose data was not looked at.
func (v *databaseView) elsewhere() error {
	if moved := v.only(func(h *inventory.Host) bool { return v.of(h).Elsewhere != "" }); len(moved) > 0 {
		return fault.Wrap(fault.DataElsewhere, fmt.Errorf("the database server of %s keeps its data in %s, and foobar works on data in /var/lib/mysql alone: "+
			"stop the server, let that folder or its disk be /var/lib/mysql, remove the line datadir from the files in /etc/mysql, and start it", hostNames(moved), v.of(moved[0]).Elsewhere))
	}
	return nil
}

// leftBehind is about data of the site on a host from which the role db is taken, while no
// host that has it holds any: the site would begin again, on an empty server.
func (v *databaseView) leftBehind(s *play.Site) error {
	if len(v.only(func(h *inventory.Host) bool { return v.of(h).Schemas > 0 || v.of(h).Source != "" })) > 0 {
		return nil
	}
	for _, h := range s.Inv.Hosts {
		if !h.Has(inventory.DB) && v.of(h).Schemas > 0 && DatabaseOurs(s.Inv, v.facts[h.Name].Owned) {
			return fault.Wrap(fault.PrimaryUnclear, fmt.Errorf("%[1]s holds the site's databases and no longer has the role db, and %[2]s, which has it, holds none; nothing is changed, because the site would begin again, with nothing in it: "+
				"give %[1]s the role db back and deploy, move the primary with foobar db switchover %[3]s --to %[4]s, and only then take the role from %[1]s", h.Name, hostNames(v.hosts), s.Inv.Path, v.hosts[0].Name))
		}
	}
	return nil
}

// refuses is about a server that could not be asked: what it holds and whom it follows
// would be guesses.
func (v *databaseView) refuses() error {
	closed := v.only(func(h *inventory.Host) bool { return v.of(h).Refuses != "" })
	if len(closed) == 0 {
		return nil
	}
	d := v.of(closed[0])
	return fault.Wrap(fault.RootRefused, fmt.Errorf("the database server of %s does not let root in over its socket (%s); let it, on each: %s", hostNames(closed), d.Refuses, RootBySocket(d.Engine)))
}

// RootBySocket is what root is to run on the host of a server that asks root for a password.
func RootBySocket(engine string) string {
	if engine == "mysql" {
		return `sudo mysql -p -e "SET SESSION sql_log_bin=0; INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'; ALTER USER root@localhost IDENTIFIED WITH auth_socket"`
	}
	return `sudo mariadb -p -e "SET SESSION sql_log_bin=0; ALTER USER root@localhost IDENTIFIED VIA unix_socket REQUIRE NONE"`
}

func (v *databaseView) foreignData(h *inventory.Host) error {
	return fault.Wrap(fault.ForeignData, fmt.Errorf("%s holds databases already, but the primary is to be %s; its data is not overwritten: "+
		"write primary = %q into [db] to build on it, or empty it first", h.Name, v.wanted.Name, h.Name))
}

// unfollowed decides where no server is open and none is followed: a site that
// is new, or one whose only server has just started.
func (v *databaseView) unfollowed() (*inventory.Host, error) {
	ends := func(at int) []*inventory.Host {
		return v.only(func(h *inventory.Host) bool { return v.seen.Root[slices.Index(v.hosts, h)] == at })
	}
	if outside := ends(database.Outside); len(outside) > 0 {
		var parts []string
		for _, h := range outside {
			parts = append(parts, h.Name+" from "+v.of(h).Source)
		}
		return nil, fault.Wrap(fault.PrimaryUnclear, fmt.Errorf("the databases replicate from servers outside the inventory: %s; add the primary to the inventory, "+
			"or detach them with STOP SLAVE; RESET SLAVE ALL", strings.Join(parts, ", ")))
	}
	if ring := ends(database.Ring); len(ring) > 0 {
		return nil, fault.Wrap(fault.PrimaryUnclear, fmt.Errorf("%s replicate from one another, and none of them is the primary; detach the one whose data counts with STOP SLAVE; RESET SLAVE ALL", hostNames(ring)))
	}
	full := v.only(func(h *inventory.Host) bool { return v.of(h).Schemas > 0 })
	switch {
	case len(full) > 1:
		return nil, fault.Wrap(fault.ForeignData, fmt.Errorf("%s each hold databases, and none of them follows another; nothing is overwritten: "+
			"open the one whose data counts with SET GLOBAL read_only=OFF", hostNames(full)))
	case len(full) == 1 && full[0] != v.wanted:
		return nil, v.foreignData(full[0])
	}
	return v.wanted, nil
}

func hostNames(hosts []*inventory.Host) string { return strings.Join(inventory.Names(hosts), ", ") }
