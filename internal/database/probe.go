package database

import (
	"cmp"
	_ "embed" // the script of a probe
	"slices"
	"strings"

	"foobar/internal/resource"
	"foobar/internal/sh"
)

// probe asks the server of a host. All probes of a host are answered by one session.
func probe(d Dialect, users ...string) resource.Probe {
	return resource.Probe{Kind: Server{d}, Args: users}
}

// Server is the kind that answers for the host's one database server. Arguments:
// the names of users whose accounts matter, and, as "user@host", accounts that may be
// there whatever runs in their name. Attributes: out (the answer to the
// dialect's Session), which marks lie in the data directory, and what Aside reports. The state is Absent when no
// server runs.
type Server struct{ Dialect Dialect }

// Parse gives the one answer to all probes, without what the facts have asked along.
func (Server) Parse(_ [][]string, _ []string, found []resource.Observed) {
	if _, own, along := strings.Cut(found[0].Get("out"), "\ndb over\n"); along {
		found[0].Set("out", own)
	}
	for i := range found {
		found[i] = found[0]
	}
}

// Ahead lets the facts ask along: db_asks STATEMENTS, which replaces its shell, gives the
// server these and then the question for the users of all probes, and leaves the first that
// fails the last. Who has asked leaves the answer in $db_said.
func (k Server) Ahead(args [][]string) string {
	users, known := asked(args)
	return "db_said=\n" + sh.Set("db_question", k.question(users, known)) +
		sh.Func("db_asks", "exec timeout 20 "+k.Dialect.Words().Client+" -B 2>&1 <<SQL\n$1$db_question\nSQL")
}

// Script is the look at the server.
func (k Server) Script([][]string) string {
	w := k.Dialect.Words()
	return sh.Set("restoring", RestoreMark, "copied", SeedMark, "begun", BegunMark) +
		sh.Func("as_server", "exec "+As+`"$@"`) + sh.Func("aside", cmp.Or(w.Aside, ":")) + probeScript
}

// asked sorts the arguments of probes.
func asked(args [][]string) (users, known []string) {
	for _, a := range slices.Concat(args...) {
		if strings.Contains(a, "@") {
			known = append(known, a)
		} else {
			users = append(users, a)
		}
	}
	slices.Sort(users)
	slices.Sort(known)
	return slices.Compact(users), slices.Compact(known)
}

//go:embed probe.sh
var probeScript string

// question is the Session, behind what only a look at the whole host asks.
func (k Server) question(users, known []string) string {
	text := settingsQuestion(k.Dialect) + zonesQuestion + EventsQuestion + definersQuestion(k.Dialect, known)
	if len(users) > 0 {
		text += Everybody(k.Dialect)
	}
	return text + k.Dialect.Session(users)
}

// read is what a server said; where it said nothing, silent is the change to plan.
func read(d Dialect, o resource.Observed, silent resource.Change) (*State, resource.Change, error) {
	if o.State != resource.Present {
		return nil, silent, nil
	}
	s, err := d.Read(o)
	if err != nil {
		return nil, resource.Change{}, err
	}
	return &s, resource.Change{}, nil
}

// run is a step that sends statements to the server on standard input.
// Where local is set they stay out of the server's own log, as everything on a
// replica must: what it logs by itself breaks it.
func run(f Dialect, title, before, statements, after string, local bool) resource.Run {
	if local {
		statements = "SET SESSION sql_log_bin=0;\n" + statements
	}
	// Without --force the first error ends the session.
	return resource.Run{Title: title, Input: []byte("SET SESSION sql_mode='';\n" + statements), Script: before + f.Words().Client + f.Words().Quiet + " -B -N\n" + after}
}

// ask is shell that answers one statement without touching the step's input.
func ask(f Dialect, flags, statement string) string {
	return f.Words().Client + " " + flags + " -e " + sh.Quote(statement) + " </dev/null"
}

// later is the change planned while the server cannot be asked.
func later(o resource.Observed, a resource.Action, fields ...resource.Field) resource.Change {
	why := "the database server does not run yet"
	if o.State == resource.Unknown {
		why = "the database server could not be asked: " + cmp.Or(o.Reason, "none")
	}
	return resource.Change{Action: a, Provisional: true, Reason: why, Fields: fields}
}

// unit is the server: what was seen of it before its restart says nothing any more.
func unit(f Dialect) resource.ID { return resource.NewID("service", f.Words().Unit) }
