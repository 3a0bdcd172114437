package database

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/sh"
)

// Kind is what is wrong; Group.Next says what to do about each.
type Kind int

// The kinds of findings.
const (
	Unreached    Kind = iota // its host did not answer
	Silent                   // its server did not answer
	TwoPrimaries             // more than one takes writes and follows nobody
	Doubted                  // one does that the others do not follow; see Group.Doubt
	NoPrimary                // all answer, and none takes writes
	PrimaryLost              // none of those that answer takes writes
	WrongNumber              // its server_id is not its own
	SameServer               // two have the same server_uuid
	LogsPurged               // the source no longer has what it needs next
	Halted                   // replication stands still
	Behind                   // replication lags
	Writable                 // a replica takes writes too
	Errants                  // it wrote what the primary never got
	Detached                 // it neither takes writes nor follows
	Astray                   // it follows another than the primary
)

// Finding is one thing that is wrong.
type Finding struct {
	Kind Kind
	// Notice says that it is no problem yet.
	Notice bool
	Host   string // "" when it concerns the site
	// Text may hold what a host said: it is not fit to be shown as it is.
	Text string
}

// Judge finds what is wrong with the databases of a site, problems first: one
// server is to take writes, and all others are to follow it. What has a cause that
// is said already is not said once more.
func (g Group) Judge() []Finding {
	j := judge{g: g}
	j.writers()
	j.identities()
	primary := g.Primary()
	for i, s := range g.Servers {
		switch {
		case s.Unasked:
		case s.Lost != "":
			j.add(Unreached, i, "cannot be reached: %s", s.Lost)
		case s.Down != "":
			j.add(Silent, i, "the database server does not answer: %s", s.Down)
		default:
			j.replication(i)
			if primary >= 0 && i != primary {
				j.beside(i, primary)
			}
		}
	}
	problems := slices.DeleteFunc(slices.Clone(j.found), func(f Finding) bool { return f.Notice })
	return append(problems, slices.DeleteFunc(j.found, func(f Finding) bool { return !f.Notice })...)
}

type judge struct {
	g     Group
	found []Finding
}

// add is about the server at i, or, where that is -1, about the site.
func (j *judge) add(kind Kind, i int, format string, args ...any) {
	f := Finding{Kind: kind, Text: fmt.Sprintf(format, args...)}
	if i >= 0 {
		f.Host = j.g.name(i)
	}
	j.found = append(j.found, f)
}

// writers judges who takes writes. Where no server answers, that is said of each.
func (j *judge) writers() {
	var names []string
	for _, i := range j.g.claimants() {
		names = append(names, j.g.name(i))
	}
	up := len(j.g.only(Seen.Up))
	switch doubt := j.g.Doubt(); {
	case len(names) > 1:
		j.add(TwoPrimaries, -1, "%s all take writes: their data grows apart; choose one, and make the others its replicas", strings.Join(names, ", "))
	case doubt != "":
		j.add(Doubted, -1, "%s", doubt)
	case len(j.g.only(Seen.Open)) > 0 || up == 0 || j.g.partial():
	case up == len(j.g.Servers):
		j.add(NoPrimary, -1, "no database server takes writes")
	default:
		j.add(PrimaryLost, -1, "no database server that answers takes writes")
	}
}

// identities finds servers that cannot be told apart: a primary ends the connection
// of a replica when another one of the same number comes.
func (j *judge) identities() {
	seen := map[string]int{}
	for _, i := range j.g.only(Seen.Up) {
		number, id, own := j.g.Servers[i].State.Number, j.g.Servers[i].State.ServerID, j.g.Servers[i].Number
		wrong := own != "" && number != "" && number != own
		if wrong {
			j.add(WrongNumber, i, "its database runs with server_id %s in place of %s", number, own)
		}
		if other, ok := seen["server_id "+number]; ok {
			// The one that has the number of its own address is not to blame.
			who, as := i, other
			if own != "" && !wrong {
				who, as = other, i
			}
			j.add(WrongNumber, who, "its database has the same server_id as %s: %s", j.g.name(as), number)
		}
		if other, ok := seen["server_uuid "+id]; ok && id != number {
			j.add(SameServer, -1, "%s and %s show the same server_uuid, as a copy of a disk would; give the copy its own: %s", j.g.name(other), j.g.name(i), id)
		}
		seen["server_id "+number], seen["server_uuid "+id] = i, i
	}
}

// replication judges how a replica follows, whomever it does.
func (j *judge) replication(i int) {
	s := j.g.Servers[i]
	if !s.Following() {
		return
	}
	c, source := s.State.Sources[0], j.g.sourceName(i)
	switch halted := c.Halted(); {
	case Purged(c):
		j.add(LogsPurged, i, "its database needs logs that %s has purged; the next deploy fills it with a copy", source)
	case halted != "":
		j.add(Halted, i, "%s", halted)
	case c.Behind >= LagNotice:
		j.add(Behind, i, "its database is %d s behind", c.Behind)
		j.found[len(j.found)-1].Notice = c.Behind < LagProblem
	}
	if s.Open() {
		j.add(Writable, i, "its database follows %s but takes writes too", source)
	}
}

// beside judges a server that is not the primary by the one that is.
func (j *judge) beside(i, primary int) {
	s, p := j.g.Servers[i], j.g.Servers[primary]
	if j.g.Unordered { // what others wrote may have come to it since the primary was asked
		s.State.Log = strings.Join(j.g.Dialect.Own(s.State.Log, s.State.ServerID), ",")
	}
	if extra := ErrantsOf(j.g.Dialect, s.State, p.State); p.Up() && len(extra) > 0 {
		j.add(Errants, i, "its database holds transactions that %s never got: %s", p.Host.Name, strings.Join(extra, ", "))
	}
	switch {
	case s.Following() && j.g.Source(i) != primary:
		j.add(Astray, i, "its database follows %s, but %s is the primary", j.g.sourceName(i), p.Host.Name)
	case !s.Following() && !s.Open():
		j.add(Detached, i, "its database neither takes writes nor follows %s", p.Host.Name)
	}
}

// ErrantsOf are the transactions of a server that the primary does not know.
func ErrantsOf(d Dialect, s, primary State) []string {
	list, err := d.Errant(s.Log, primary.Log, primary.Applied)
	if err != nil { // a server with such a position does not count as up: see Survey
		return []string{err.Error()}
	}
	return list
}

// Next is the command to run next about a finding, with the inventory at path, or
// what else to do; "" where the finding says it.
func (g Group) Next(f Finding, path string) string {
	file, host := sh.Quote(path), sh.Quote(f.Host)
	switch f.Kind {
	case TwoPrimaries:
		return "foobar db rejoin " + file + " HOST"
	case Doubted:
		return g.Settle(path)
	case PrimaryLost:
		return "foobar db failover " + file
	case NoPrimary, WrongNumber, LogsPurged, Writable:
		return "foobar deploy " + file
	case Silent, Halted, Behind:
		return "foobar logs " + file + " " + g.Dialect.Words().Name + " -l " + host
	case SameServer:
		return "foobar exec " + file + " -b -l HOST -- sh -c 'rm /var/lib/mysql/auto.cnf && systemctl restart " + g.Dialect.Words().Unit + "'"
	case Errants:
		return SortOut(g.Dialect, f.Host, g.name(g.Primary()), path)
	case Detached:
		return "foobar db rejoin " + file + " " + host
	case Astray:
		return "foobar db switchover " + file + " --to " + sh.Quote(g.name(g.Primary()))
	}
	return ""
}

// SortOut says what to do about transactions that a server has and the primary lacks.
func SortOut(d Dialect, host, primary, path string) string {
	return fmt.Sprintf("look at them with %s in /var/lib/mysql on %s and bring what is needed to %s; to give them up: foobar db rejoin %s %[2]s --discard",
		d.Words().LogReader, host, primary, sh.Quote(path))
}

// Settle says how a person ends the doubt that Doubt is about.
func (g Group) Settle(path string) string {
	open := g.name(g.claimants()[0])
	text := fmt.Sprintf("if the primary was moved to %s, let the others follow it: foobar db switchover %s --to %[1]s", open, sh.Quote(path))
	if g.Leader() < 0 {
		text = fmt.Sprintf("if the primary was moved to %s, say so: write primary = %[1]q into [db]", open)
	}
	return text + "; if not, close it with SET GLOBAL read_only=ON, and if it is not to be believed, stop it or take its role db out of the inventory"
}
