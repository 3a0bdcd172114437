package status

import (
	"cmp"

	"foobar/internal/database"
	"foobar/internal/database/dialects"
	"foobar/inventory"
	"foobar/roles"
)

// databases hands what was seen to the judge of databases.
func (j *judge) databases(inv *inventory.Inventory) {
	dialect, err := dialects.Named(inv.DB.Engine)
	if err != nil {
		return // no server was asked
	}
	g := database.Group{Wanted: database.Wanted(inv), Dialect: dialect, Path: j.s.Inventory, Unordered: true}
	hosts := map[string]*Host{}
	for i := range j.s.Hosts {
		hosts[j.s.Hosts[i].Name] = &j.s.Hosts[i]
	}
	for _, in := range inv.Group(inventory.DB) {
		s := database.Seen{Host: in, Number: roles.DatabaseServerID(inv, in)}
		switch h := hosts[in.Name]; {
		case h == nil:
			s.Unasked = true
		case h.Database == nil:
			s.Lost = cmp.Or(h.Error, "it was not asked")
		case !h.Database.Running:
			s.Down = cmp.Or(h.Database.Error, "no answer")
		default:
			s.State = h.Database.state
			if d := h.Database; d.MaxConnections > 0 && d.Connections*100 >= d.MaxConnections*connectionsNotice {
				j.add(Notice, h.Name, j.logs(inv.DB.Engine, h.Name), "%d of %d database connections are in use", d.Connections, d.MaxConnections)
			}
		}
		g.Servers = append(g.Servers, s)
	}
	for _, f := range g.Judge() {
		// That a host cannot be asked, or that its unit is not up, is said already.
		if h := hosts[f.Host]; f.Silent && (h.Database == nil || !j.up(h, dialect.Words().Unit)) {
			continue
		}
		severity := Problem
		if f.Notice {
			severity = Notice
		}
		j.add(severity, f.Host, f.Next, "%s", printable(f.Text))
		j.findings[len(j.findings)-1].Code = f.Code
	}
}
