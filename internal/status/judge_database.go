package status

import (
	"cmp"
	"slices"
	"strings"

	"foobar/internal/database"
	"foobar/inventory"
)

// databases judges replication as a whole: one server takes writes, all others
// follow it.
func (j *judge) databases() {
	var primaries []string
	running := 0
	for _, h := range j.s.Hosts {
		d := h.Database
		if d == nil || !j.up(&h, h.databaseUnit()) {
			continue
		}
		if !d.Running {
			j.add(Problem, h.Name, j.databaseLogs(&h), "the database server does not answer: %s", d.Error)
			continue
		}
		running++
		if d.Role == Primary {
			primaries = append(primaries, h.Name)
		}
		if d.MaxConnections > 0 && d.Connections*100 >= d.MaxConnections*connectionsNotice {
			j.add(Notice, h.Name, j.databaseLogs(&h), "%d of %d database connections are taken", d.Connections, d.MaxConnections)
		}
	}
	if running > 0 && len(primaries) == 0 && !j.s.Partial && !j.s.unheardDatabase() {
		j.add(Problem, "", j.deploy(), "no database server takes writes")
	}
	if len(primaries) > 1 {
		j.add(Problem, "", "foobar db status "+j.file,
			"%s all take writes: their data grows apart", strings.Join(primaries, " and "))
	}
	if l := j.leader(); len(primaries) == 1 && l != "" && l != primaries[0] {
		j.add(Problem, primaries[0], "foobar db status "+j.file, "its database says that it takes writes, but the others follow %s", l)
		primaries = []string{l}
	}
	for _, h := range j.s.Hosts {
		if h.Database != nil && h.Database.Running {
			j.replica(&h, primaries)
		}
	}
}

// leader is the host whose database more of the others follow than any else's;
// "" when there is none.
func (j *judge) leader() string {
	votes := map[string]int{}
	for _, h := range j.s.Hosts {
		if d := h.Database; d != nil && d.Running && d.SourceHost != "" && d.SourceHost != h.Name {
			votes[d.SourceHost]++
		}
	}
	leader, tie := "", false
	for name, n := range votes {
		if leader == "" || n > votes[leader] {
			leader, tie = name, false
		} else if n == votes[leader] {
			tie = true
		}
	}
	if tie {
		return ""
	}
	return leader
}

// unheardDatabase says that a database host did not answer, so that nothing can
// be said about all of them.
func (s Status) unheardDatabase() bool {
	return slices.ContainsFunc(s.Hosts, func(h Host) bool { return !h.Reached && h.Has(inventory.DB) })
}

func (j *judge) replica(h *Host, primaries []string) {
	d := h.Database
	if d.Role == Neither && len(primaries) > 0 && primaries[0] != h.Name {
		j.add(Problem, h.Name, j.deploy(), "its database neither takes writes nor follows %s", primaries[0])
	}
	if d.Role != Replica {
		return
	}
	why := ""
	if d.Trouble != "" {
		why = ": " + d.Trouble
	}
	switch {
	case d.Reading != "Yes" || d.Applying != "Yes":
		j.add(Problem, h.Name, j.databaseLogs(h), "replication stands still (io %s, sql %s)%s", d.Reading, d.Applying, why)
	case d.Lag != nil && *d.Lag >= database.LagNotice:
		severity := Notice
		if *d.Lag >= database.LagProblem {
			severity = Problem
		}
		j.add(severity, h.Name, j.databaseLogs(h), "its database is %d s behind", *d.Lag)
	}
	if !d.ReadOnly {
		j.add(Problem, h.Name, j.deploy(), "its database follows another but takes writes too")
	}
	if len(primaries) == 1 && d.SourceHost != primaries[0] {
		j.add(Problem, h.Name, j.deploy(), "its database follows %s, but %s is the primary", cmp.Or(d.SourceHost, d.Source), primaries[0])
	}
}

// databaseUnit is the unit of the engine that the host was asked about.
func (h *Host) databaseUnit() string {
	if slices.ContainsFunc(h.Services, func(u Service) bool { return u.Unit == "mysql.service" }) {
		return "mysql.service"
	}
	return "mariadb.service"
}

func (j *judge) databaseLogs(h *Host) string { return j.logs(short(h.databaseUnit()), h.Name) }
