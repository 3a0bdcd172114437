package database

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/fault"
)

// Finding is one thing that is wrong.
type Finding struct {
	// Notice says that it is no problem yet, Silent that all that is wrong is that
	// there was no answer: whoever asked may know why already.
	Notice, Silent bool
	Host           string // "" when it concerns the site
	// Text may hold what a host said: it is not fit to be shown as it is.
	Text string
	// Next is the command to run, or what else to do; "" where the text says it.
	Next string
	// Code is the failure's in the catalogue.
	Code fault.Code
}

// Judge finds what is wrong with the databases of a site, problems first: one
// server is to take writes, and all others are to follow it. What has a cause that
// is said already is not said once more.
func (g Group) Judge() []Finding {
	j := judge{g: g, view: g.View()}
	j.writers()
	j.identities()
	primary := g.Primary()
	for i, s := range g.Servers {
		switch {
		case s.Unasked:
		case s.Lost != "":
			j.add(i, "", "cannot be reached: %s", s.Lost).Silent = true
		case s.Down != "":
			j.add(i, j.logs(i), "the database server does not answer: %s", s.Down).Silent = true
		default:
			j.replication(i)
			if primary >= 0 && i != primary {
				j.beside(i, primary)
				j.named(i, primary)
			}
		}
	}
	if primary >= 0 && g.Servers[primary].Up() {
		j.tables(primary)
	}
	problems := slices.DeleteFunc(slices.Clone(j.found), func(f Finding) bool { return f.Notice })
	return append(problems, slices.DeleteFunc(j.found, func(f Finding) bool { return !f.Notice })...)
}

type judge struct {
	g     Group
	view  View
	found []Finding
}

// add is about the server at i, or, where that is -1, about the site.
func (j *judge) add(i int, next, format string, args ...any) *Finding {
	f := Finding{Text: fmt.Sprintf(format, args...), Next: next, Code: codeOf(format)}
	if i >= 0 {
		f.Host = j.g.name(i)
	}
	j.found = append(j.found, f)
	return &j.found[len(j.found)-1]
}

func (j *judge) run(verb string, args ...string) string { return Command(j.g.Path, verb, args...) }

func (j *judge) logs(i int) string {
	return j.run("logs", j.g.Dialect.Words().Name, "-l", j.g.name(i))
}

// writers judges who takes writes. Where no server answers, that is said of each.
func (j *judge) writers() {
	var names []string
	for _, i := range j.g.claimants() {
		names = append(names, j.g.name(i))
	}
	up, unasked := j.g.only(Seen.Up), j.g.only(func(s Seen) bool { return s.Unasked })
	switch doubt, settle := j.g.Doubt(); {
	case len(names) > 1:
		j.add(-1, j.run("db rejoin", "HOST"), "%s all accept writes, so their data diverges; choose one, and make the others its replicas", strings.Join(names, ", "))
	case doubt != "":
		j.add(-1, settle, "%s", doubt).Code = fault.PrimaryUnclear
	case len(j.g.only(Seen.Open)) > 0 || len(up) == 0 || len(unasked) > 0:
	case len(up) == len(j.g.Servers):
		j.add(-1, j.run("deploy"), "no database server accepts writes")
	default:
		j.add(-1, j.run("db failover"), "no database server that answers accepts writes")
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
			j.add(i, j.run("deploy"), "its database runs with server_id %s instead of %s", number, own)
		}
		if other, ok := seen["server_id "+number]; ok {
			// The one that has the number of its own address is not to blame.
			who, as := i, other
			if own != "" && !wrong {
				who, as = other, i
			}
			j.add(who, j.run("deploy"), "its database has the same server_id as %s: %s", j.g.name(as), number)
		}
		if other, ok := seen["server_uuid "+id]; ok && id != number {
			j.add(-1, j.run("exec", "-b", "-l", "HOST", "--", "sh", "-c", "rm /var/lib/mysql/auto.cnf && systemctl restart "+j.g.Dialect.Words().Unit),
				"%s and %s show the same server_uuid, as a copy of a disk would; give the copy its own: %s", j.g.name(other), j.g.name(i), id)
		}
		seen["server_id "+number], seen["server_uuid "+id] = i, i
	}
}

// source is what people call the server that a replica follows.
func (j *judge) source(i int) string {
	if from := j.view.Source[i]; from >= 0 {
		return j.g.name(from)
	}
	return j.g.Servers[i].State.Sources[0].Host
}

// replication judges how a replica follows, whomever it does.
func (j *judge) replication(i int) {
	s := j.g.Servers[i]
	if !s.Following() {
		return
	}
	c := s.State.Sources[0]
	switch halted := c.Halted(); {
	case Purged(c):
		j.add(i, j.run("deploy"), "its database needs logs that %s has purged; the next deploy fills it with a copy", j.source(i))
	case Torn(c) && c.Reading == "Yes":
		j.add(i, j.run("deploy"), "its database cannot read its relay log; the next deploy fetches it from %s again", j.source(i))
	case halted != "" && passing(c):
		j.add(i, j.run("deploy"), "%s; the next deploy starts it again, where there is room on its disk", halted)
	case halted != "":
		j.add(i, j.logs(i), "%s", halted)
	case c.Behind >= LagNotice:
		j.add(i, j.logs(i), "its database is %d s behind", c.Behind).Notice = c.Behind < LagProblem
	}
	if c.Filters != "" {
		j.add(i, "take them out of the files in /etc/mysql on "+j.g.name(i)+", and fill its database again: "+j.run("db rejoin", j.g.name(i), "--discard"),
			"its database lacks what filters leave out of its replication: %s", c.Filters).Code = fault.ExtraSources
	}
	if s.Open() {
		j.add(i, j.run("deploy"), "its database replicates from %s but accepts writes, too", j.source(i))
	}
}

// named judges a server that takes the names of tables in another way than the primary.
func (j *judge) named(i, primary int) {
	if is, theirs := j.g.Servers[i].State.Names, j.g.Servers[primary].State.Names; is != "" && theirs != "" && is != theirs {
		j.add(i, "have it filled again: "+j.run("db rejoin", j.g.name(i), "--discard")+", then give it the same setting, restart its server, and: "+j.run("deploy"),
			"its database takes the names of tables in another way than that of %s: lower_case_table_names is %s, and %s there", j.g.name(primary), is, theirs).Code = fault.ExtraSources
	}
}

// beside judges a server that is not the primary by the one that is.
func (j *judge) beside(i, primary int) {
	s, p, name := j.g.Servers[i], j.g.Servers[primary], j.g.name(primary)
	if j.g.Unordered { // what others wrote may have come to it since the primary was asked
		s.State.Log = strings.Join(j.g.Dialect.Own(s.State.Log, s.State.ServerID), ",")
	}
	if extra := ErrantsOf(j.g.Dialect, s.State, p.State); p.Up() && len(extra) > 0 {
		j.add(i, SortOut(j.g.Dialect, s.Host.Name, name, j.g.Path), "its database holds transactions that %s never got: %s", name, strings.Join(extra, ", "))
	}
	next := j.run("db rejoin", s.Host.Name)
	if len(s.State.UserSchemas()) == 0 {
		next = j.run("deploy") // fills it
	}
	switch {
	case s.Following() && j.view.Source[i] != primary:
		j.add(i, j.run("db switchover", "--to", name), "its database replicates from %s, but %s is the primary", j.source(i), name)
	case !s.Following() && !s.Open():
		j.add(i, next, "its database neither accepts writes nor replicates from %s", name)
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

// SortOut says what to do about transactions that a server has and the primary lacks.
func SortOut(d Dialect, host, primary, path string) string {
	return fmt.Sprintf("look at them with %s in /var/lib/mysql on %s and bring what is needed to %s; to give them up: %s",
		d.Words().LogReader, host, primary, Command(path, "db rejoin", host, "--discard"))
}

// codeOf is the code of a finding, by the words that it is made of.
func codeOf(words string) fault.Code {
	for _, c := range []struct {
		part string
		code fault.Code
	}{
		{"all accept writes", fault.TwoPrimaries}, {"but accepts writes, too", fault.TwoPrimaries},
		{"neither", fault.SourceUnreached}, {"accepts writes", fault.PrimaryUnclear}, {"but %s is the primary", fault.MoveRefused},
		{"server_id", fault.SourceRefuses}, {"server_uuid", fault.SourceRefuses},
		{"has purged", fault.LogsPurged}, {"s behind", fault.ReplicaBehind}, {"never got", fault.Errants},
		{"cannot be reached", fault.Unreachable}, {"does not answer", fault.DatabaseSilent},
	} {
		if strings.Contains(words, c.part) {
			return c.code
		}
	}
	return fault.ReplicaBroken
}
