package database

import (
	"cmp"
	"crypto/sha256"
	_ "embed" // the script that waits
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// Replica is a server that follows the primary over an encrypted
// connection whose certificate it checks. Where the source's logs do not hold
// what it lacks, it gets a copy of the source's data, while the source serves.
// Data that the source does not have is never overwritten: a server is only
// attached when it is empty, or when all it holds came from a source.
type Replica struct {
	Dialect Dialect
	// Name is what people call the source, in messages.
	Name string
	Host string // the address of the source
	Port int
	User string
	// Password reveals the password of the replication account.
	Password func() string
	// CA is the path of the PEM file the source's certificate is checked against.
	CA string
	// SourceCA is a PEM certificate that vouches for the source and no other host.
	SourceCA func() ([]byte, error)
	// Unlogged is what the source's log leaves out, as LogFilters has it, and Names its
	// lower_case_table_names; both are "" where that is not known.
	Unlogged, Names string
	// Whole says that the source's logs reach back to its beginning, so that an
	// empty server can be filled from them.
	Whole bool
	// CopyUser may read all data of the source; CopyPassword reveals its password.
	CopyUser     string
	CopyPassword func() string
}

// ID is "database-replica:source".
func (Replica) ID() resource.ID { return resource.NewID("database-replica", "source") }

// Stage is Converge.
func (Replica) Stage() resource.Stage { return resource.Converge }

// Probe asks for the connections, the positions and the schemas.
func (r Replica) Probe() resource.Probe { return probe(r.Dialect) }

// Diff attaches an empty server, fills one that cannot be filled from the
// source's logs, points one that follows another source, or the right one in another
// way, at the right one, and starts what was stopped.
// Broken replication is an error that says what broke it: nothing is skipped
// or thrown away on a guess.
func (r Replica) Diff(o resource.Observed) (resource.Change, error) {
	s, silent, err := read(r.Dialect, o, later(o, resource.Act, resource.Field{Name: "source", New: r.Host}))
	if s == nil {
		return silent, err
	}
	begins := s.HalfCopied || len(s.Sources) == 0
	switch {
	case begins && r.Names != "" && s.Names != "" && r.Names != s.Names:
		return resource.Change{}, fault.Wrap(fault.ExtraSources, fmt.Errorf("it takes the names of tables in another way than %s (lower_case_table_names is %s, and %s there), so that it could not apply what comes from there: "+
			"write lower_case_table_names = %[3]s under [mysqld] into a file of /etc/mysql here, and restart the server; MySQL's has to be initialized again for that, in an empty folder", r.Name, s.Names, r.Names))
	case begins && r.Unlogged != "":
		return resource.Change{}, fault.Wrap(fault.ExtraSources, fmt.Errorf("the log of %s leaves databases out (%s), so that a replica would not get all that is written there: "+
			"take that out of the files in /etc/mysql on %[1]s, and restart its server", r.Name, r.Unlogged))
	case s.HalfCopied:
		return r.seed(sourceOf(*s), seedHalf, false), nil
	case len(s.Sources) == 0:
		return r.attach(*s)
	case len(s.Sources) == 1:
		return r.repair(s.Sources[0])
	}
	var hosts []string
	for _, c := range s.Sources {
		hosts = append(hosts, c.Host)
	}
	return resource.Change{}, fault.Wrap(fault.ExtraSources, fmt.Errorf("it replicates from %d sources (%s) where it should replicate only from %s; remove the others with %s", len(s.Sources), strings.Join(hosts, ", "), r.Host, r.Dialect.Forget("NAME")))
}

// attach decides about a server that has no source.
func (r Replica) attach(s State) (resource.Change, error) {
	if schemas := s.UserSchemas(); len(schemas) > 0 {
		// A replica that only lost its source.
		if r.Dialect.Foreign(s) {
			return r.attachAgain(), nil
		}
		what := strings.Join(schemas, ", ")
		if own := r.Dialect.Own(s.Log, s.ServerID); len(own) > 0 {
			what += "; transactions of its own up to " + strings.Join(own, ", ")
		}
		return resource.Change{}, fault.Wrap(fault.ForeignData, fmt.Errorf("it holds databases (%s) that did not come from %s by replication; they are not overwritten: "+
			"name this host as db.primary, or %s", what, r.Name, seedConsent))
	}
	if !r.Whole {
		return r.seed("", seedEmpty, false), nil
	}
	return r.change(nil, r.Dialect.Words().Blank, stillEmpty(r.Dialect), false), nil
}

// stillEmpty is shell that ends the step when somebody has made a
// database since the server was looked at.
func stillEmpty(f Dialect) string {
	return `n=$(` + ask(f, "-B -N", CountSchemas) + `)
[ "$n" = 0 ] || { echo "the server holds databases by now; nothing was done"; ` + fault.Shell(fault.ForeignData) + `; }
`
}

// loginRefused reports errors of the reading thread after which logging in
// another way helps: the account or its password has changed since.
func loginRefused(errno int) bool { return errno == 1045 || errno == 1698 }

// sourceAway reports errors, and their absence, after which the reading thread
// tries again by itself: the source is down, full, or not yet ready for it.
func sourceAway(errno int) bool {
	switch errno {
	case 0, 1040, 1053, 1129, 1130, 1158, 1159, 1160, 1161, 2002, 2003, 2005, 2006, 2012, 2013, 2026, 4031:
		return true
	}
	return false
}

// Passes reports errors of either thread that have nothing to do with the data, and after
// which a replica that is started goes on: no room for a file or a table, no memory, locks
// that others held for too long, and, when reading, a relay log that could not be written.
// Sources: MariaDB's and MySQL's lists of server errors; 3 is EE_WRITE.
func Passes(errno int) bool {
	switch errno {
	case 3, 1021, 1026, 1037, 1038, 1041, 1114, 1205, 1206, 1213, 1595, 13122:
		return true
	}
	return false
}

// passing reports whether what has stopped a replica is such an error, and no other beside it.
func passing(c Connection) bool {
	apply, read := Passes(c.ApplyErrno), Passes(c.ReadErrno)
	return (apply || read) && (apply || c.ApplyErrno == 0) && (read || sourceAway(c.ReadErrno))
}

// LogGone reports that the source could not give the replica what it
// asked for. Sources: MariaDB's sql_repl.cc, MySQL's error 13114, which stands
// around the same 1236.
func LogGone(c Connection) bool { return c.ReadErrno == 1236 || c.ReadErrno == 13114 }

// Torn reports that the replica cannot read what it has received, as after a loss of
// power. The source has it, too: a server that reads from it can fetch it again. Sources:
// ER_SLAVE_RELAY_LOG_READ_FAILURE of MariaDB, ER_REPLICA_RELAY_LOG_READ_FAILURE of MySQL.
func Torn(c Connection) bool { return c.ApplyErrno == 1594 || c.ApplyErrno == 13121 }

// Purged reports that the source no longer has the logs the replica
// needs next: "Could not find GTID state requested by slave … have been purged",
// "the source purged required binary logs".
func Purged(c Connection) bool {
	return LogGone(c) && (strings.Contains(c.ReadError, "have been purged") || strings.Contains(c.ReadError, "purged required"))
}

// Halted says what keeps the replica from following; "" when both threads run.
func (c Connection) Halted() string {
	if c.Reading == "Yes" && c.Applying == "Yes" {
		return ""
	}
	text := fmt.Sprintf("replication has stopped (io %s, sql %s)", c.Reading, c.Applying)
	if e := c.Trouble(); e != "" {
		text += ": " + e
	}
	return text
}

// Trouble is the error of the thread that applies or of the one that reads, without
// the statement that failed: that may hold what is nobody's business.
func (c Connection) Trouble() string {
	e, _, _ := strings.Cut(cmp.Or(c.ApplyError, c.ReadError), " Default database: ")
	e, _, _ = strings.Cut(e, " Query: ")
	return e
}

func sourceOf(s State) string {
	if len(s.Sources) == 0 {
		return ""
	}
	return s.Sources[0].Host
}

// repair decides about a server that has one source.
func (r Replica) repair(c Connection) (resource.Change, error) {
	if c.Name != "" {
		return resource.Change{}, fault.Wrap(fault.ExtraSources, fmt.Errorf("it replicates over a connection named %q; foobar uses the one without a name: remove it with %s", c.Name, r.Dialect.Forget(c.Name)))
	}
	gaps := r.gaps(c)
	if Torn(c) && c.Reading == "Yes" && len(gaps) == 0 {
		return r.change([]resource.Field{{Name: "relay log", Old: "unreadable", New: "fetched again from " + r.Name}}, r.Dialect.Words().Refetch, "", true), nil
	}
	if c.ApplyErrno != 0 && !Passes(c.ApplyErrno) {
		return resource.Change{}, fault.Wrap(fault.ReplicaBroken, fmt.Errorf("replication from %s is broken: error %d when applying: %s", r.Name, c.ApplyErrno, firstLine(c.ApplyError)))
	}
	switch {
	case len(gaps) == 0 && loginRefused(c.ReadErrno):
		gaps = append(gaps, resource.Field{Name: "login", Old: "refused", New: r.User})
	case len(gaps) == 0 && Purged(c):
		return r.seed(c.Host, seedBehind, true), nil
	case len(gaps) == 0 && !sourceAway(c.ReadErrno) && !Passes(c.ReadErrno):
		return resource.Change{}, fault.Wrap(fault.SourceRefuses, fmt.Errorf("replication from %s is broken: error %d when reading: %s", r.Name, c.ReadErrno, firstLine(c.ReadError)))
	}
	if len(gaps) > 0 {
		return r.change(gaps, "", "", true), nil
	}
	var stopped []resource.Field
	add := func(name string, errno int) {
		old := "stopped"
		if errno != 0 {
			old += fmt.Sprintf(" by error %d, which passes", errno)
		}
		stopped = append(stopped, resource.Field{Name: name, Old: old, New: "running"})
	}
	if c.Reading == "No" {
		add("reading", c.ReadErrno)
	}
	if c.Applying != "Yes" {
		add("applying", c.ApplyErrno)
	}
	if len(stopped) == 0 {
		return resource.Change{}, nil
	}
	after := r.await()
	if c.ApplyErrno != 0 {
		after += watching(r.Dialect, fault.ReplicaBroken) + goesOnScript
	}
	return resource.Change{Action: resource.Act, Fields: stopped,
		Steps: []resource.Step{run(r.Dialect, "start the replica", "", r.Dialect.Words().Start, after, true)}}, nil
}

// gaps compares the connection with the one wanted.
func (r Replica) gaps(c Connection) []resource.Field {
	var fields []resource.Field
	add := func(name, old, new string) {
		if old != new {
			fields = append(fields, resource.Field{Name: name, Old: cmp.Or(old, "none"), New: new})
		}
	}
	add("source", c.Host, r.Host)
	add("port", strconv.Itoa(c.Port), strconv.Itoa(r.Port))
	add("user", c.User, r.User)
	add("by position", yesNo(c.Position), "yes")
	add("encrypted", yesNo(c.TLS), "yes")
	add("certificate checked", yesNo(c.Verify), "yes")
	add("CA", c.CA, r.CA)
	add("delay", strconv.Itoa(c.Delay)+" s", "0 s")
	sum := sha256.Sum256([]byte(r.Password() + "\n"))
	if c.PasswordSum != "" && c.PasswordSum != hex.EncodeToString(sum[:]) {
		add("password", "[another]", "[secret]")
	}
	return fields
}

func (r Replica) change(gaps []resource.Field, first, guard string, attached bool) resource.Change {
	title := "point the replica at " + r.Host
	if !attached {
		title = "attach the replica to " + r.Host
		gaps = []resource.Field{{Name: "source", Old: "none", New: r.Host}}
	}
	source := Source{Host: r.Host, Port: r.Port, User: r.User, Password: r.Password(), CA: r.CA}
	return resource.Change{Action: resource.Act, Fields: gaps,
		Steps: []resource.Step{run(r.Dialect, title, guard, first+r.Dialect.Attach(source, attached), r.await(), true)}}
}

//go:embed goes_on.sh
var goesOnScript string

//go:embed await.sh
var awaitScript string

// await is shell that waits until the replica reads from its source.
func (r Replica) await() string { return watching(r.Dialect, fault.SourceUnreached) + awaitScript }

// watching is shell for scripts that wait for a replica: threads prints how those
// of the replica are, failed ends the step in a known way.
func watching(d Dialect, code fault.Code) string {
	return "threads(){ " + ask(d, "-E", d.Words().Threads) + "; }\nfailed(){ " + fault.Shell(code) + "; }\n"
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 400 {
		s = s[:400] + "…"
	}
	return cmp.Or(s, "none")
}
