package resource

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
)

// DatabaseReplica is a server that follows the primary over an encrypted
// connection whose certificate it checks. Where the source's logs do not hold
// what it lacks, it gets a copy of the source's data, while the source serves.
// Data that the source does not have is never overwritten: a server is only
// attached when it is empty, or when all it holds came from a source.
type DatabaseReplica struct {
	Flavour DatabaseFlavour
	// Name is how people call the source, in messages.
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
	// Whole says that the source's logs reach back to its beginning, so that an
	// empty server can be filled from them.
	Whole bool
	// CopyUser may read all data of the source; CopyPassword reveals its password.
	CopyUser     string
	CopyPassword func() string
}

// ID is "database-replica:source".
func (DatabaseReplica) ID() ID { return NewID("database-replica", "source") }

// Stage is Converge.
func (DatabaseReplica) Stage() Stage { return Converge }

// Probe asks for the connections, the positions and the schemas.
func (r DatabaseReplica) Probe() Probe { return databaseProbe(r.Flavour) }

// Diff attaches an empty server, fills one that cannot be filled from the
// source's logs, points one that follows another source (or
// the right one in another way) at the right one, and starts what was stopped.
// Broken replication is an error that says what broke it: nothing is skipped
// or thrown away on a guess.
func (r DatabaseReplica) Diff(o Observed) (Change, error) {
	if o.State != Present {
		return databaseLater(o, Act, Field{Name: "source", New: r.Host}), nil
	}
	s, err := r.Flavour.Read(o)
	if err != nil {
		return Change{}, err
	}
	switch {
	case s.HalfCopied:
		return r.seed(sourceOf(s), seedHalf, false), nil
	case len(s.Sources) == 0:
		return r.attach(s)
	case len(s.Sources) == 1:
		return r.repair(s.Sources[0])
	}
	var hosts []string
	for _, c := range s.Sources {
		hosts = append(hosts, c.Host)
	}
	return Change{}, fault.As(fault.ExtraSources, fmt.Errorf("it replicates from %d sources (%s) where only %s is wanted; remove the others with %s", len(s.Sources), strings.Join(hosts, ", "), r.Host, r.Flavour.Forget("NAME")))
}

// attach decides about a server that has no source.
func (r DatabaseReplica) attach(s DatabaseState) (Change, error) {
	if schemas := s.userSchemas(); len(schemas) > 0 {
		// A replica that only lost its source.
		if r.Flavour.Foreign(s) {
			return r.attachAgain(), nil
		}
		what := strings.Join(schemas, ", ")
		if own := r.Flavour.Own(s.Log, s.ServerID); len(own) > 0 {
			what += "; transactions of its own up to " + strings.Join(own, ", ")
		}
		return Change{}, fault.As(fault.ForeignData, fmt.Errorf("it holds databases (%s) that did not come from %s by replication; they are not overwritten: "+
			"name this host as db.primary, or %s", what, r.Name, seedConsent))
	}
	if !r.Whole {
		return r.seed("", seedEmpty, false), nil
	}
	return r.change(nil, r.Flavour.Blank(), databaseStillEmpty(r.Flavour), false), nil
}

// databaseStillEmpty is shell that ends the step when somebody has made a
// database since the server was looked at.
func databaseStillEmpty(f DatabaseFlavour) string {
	return `n=$(` + databaseAsk(f, "-B -N", f.CountSchemas()) + `)
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

// DatabaseLogGone reports that the source could not give the replica what it
// asked for. Sources: MariaDB's sql_repl.cc, MySQL's error 13114, which stands
// around the same 1236.
func DatabaseLogGone(c DatabaseConnection) bool { return c.ReadErrno == 1236 || c.ReadErrno == 13114 }

// DatabasePurged reports that the source no longer has the logs the replica
// needs next: "Could not find GTID state requested by slave … have been purged",
// "the source purged required binary logs".
func DatabasePurged(c DatabaseConnection) bool {
	return DatabaseLogGone(c) && (strings.Contains(c.ReadError, "have been purged") || strings.Contains(c.ReadError, "purged required"))
}

func sourceOf(s DatabaseState) string {
	if len(s.Sources) == 0 {
		return ""
	}
	return s.Sources[0].Host
}

// repair decides about a server that has one source.
func (r DatabaseReplica) repair(c DatabaseConnection) (Change, error) {
	if c.Name != "" {
		return Change{}, fault.As(fault.ExtraSources, fmt.Errorf("it replicates over a connection named %q; foobar uses the one without a name: remove it with %s", c.Name, r.Flavour.Forget(c.Name)))
	}
	gaps := r.gaps(c)
	if c.ApplyErrno != 0 {
		return Change{}, fault.As(fault.ReplicaBroken, fmt.Errorf("replication from %s is broken: error %d when applying: %s", r.Name, c.ApplyErrno, firstLine(c.ApplyError)))
	}
	switch {
	case len(gaps) == 0 && loginRefused(c.ReadErrno):
		gaps = append(gaps, Field{Name: "login", Old: "refused", New: r.User})
	case len(gaps) == 0 && DatabasePurged(c):
		return r.seed(c.Host, seedBehind, true), nil
	case len(gaps) == 0 && !sourceAway(c.ReadErrno):
		return Change{}, fault.As(fault.SourceRefuses, fmt.Errorf("replication from %s is broken: error %d when reading: %s", r.Name, c.ReadErrno, firstLine(c.ReadError)))
	}
	if len(gaps) > 0 {
		return r.change(gaps, "", "", true), nil
	}
	var stopped []Field
	if c.Reading == "No" {
		stopped = append(stopped, Field{Name: "reading", Old: "stopped", New: "running"})
	}
	if c.Applying != "Yes" {
		stopped = append(stopped, Field{Name: "applying", Old: "stopped", New: "running"})
	}
	if len(stopped) == 0 {
		return Change{}, nil
	}
	return Change{Action: Act, Fields: stopped,
		Steps: []Step{databaseRun(r.Flavour, "start the replica", "", r.Flavour.StartReplica(), r.await(), true)}}, nil
}

// gaps compares the connection with the one wanted.
func (r DatabaseReplica) gaps(c DatabaseConnection) []Field {
	var fields []Field
	add := func(name, old, new string) {
		if old != new {
			fields = append(fields, Field{Name: name, Old: orNone(old), New: new})
		}
	}
	add("source", c.Host, r.Host)
	add("port", strconv.Itoa(c.Port), strconv.Itoa(r.Port))
	add("user", c.User, r.User)
	add("by position", yesNo(c.Position), "yes")
	add("encrypted", yesNo(c.TLS), "yes")
	add("certificate checked", yesNo(c.Verify), "yes")
	add("CA", c.CA, r.CA)
	sum := sha256.Sum256([]byte(r.Password()))
	if c.PasswordSum != "" && c.PasswordSum != hex.EncodeToString(sum[:]) {
		add("password", "[another]", "[secret]")
	}
	return fields
}

func (r DatabaseReplica) change(gaps []Field, first, guard string, attached bool) Change {
	title := "point the replica at " + r.Host
	if !attached {
		title = "attach the replica to " + r.Host
		gaps = []Field{{Name: "source", Old: "none", New: r.Host}}
	}
	source := DatabaseSource{Host: r.Host, Port: r.Port, User: r.User, Password: r.Password(), CA: r.CA}
	return Change{Action: Act, Fields: gaps,
		Steps: []Step{databaseRun(r.Flavour, title, guard, first+r.Flavour.Attach(source, attached), r.await(), true)}}
}

// await is shell that waits, for at most ten seconds, until the replica reads
// from its source, and fails with the server's own words when it cannot.
func (r DatabaseReplica) await() string {
	return `n=0
while :; do
  s=$(` + databaseAsk(r.Flavour, "-E", r.Flavour.Threads()) + `)
  case $s in *_IO_Running:' Yes'*) break ;; esac
  n=$((n+1))
  if [ $n -ge 50 ]; then
    printf '%s\n' "$s" | sed -n 's/^ *Last_IO_Error: *//p'
    echo "the replica does not reach its source"; ` + fault.Shell(fault.SourceUnreached) + `
  fi
  sleep 0.2
done
`
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 400 {
		s = s[:400] + "…"
	}
	return orNone(s)
}

// DatabaseLag is a replica that is not far behind. It changes nothing: it waits.
type DatabaseLag struct {
	Flavour DatabaseFlavour
	// Most is the lag that needs no waiting, Patience how long to wait for it.
	Most, Patience time.Duration
}

// ID is "database-lag:replica".
func (DatabaseLag) ID() ID { return NewID("database-lag", "replica") }

// Stage is Converge.
func (DatabaseLag) Stage() Stage { return Converge }

// Probe asks for the threads and their lag.
func (l DatabaseLag) Probe() Probe { return databaseProbe(l.Flavour) }

// Diff compares without knowledge of pending changes.
func (l DatabaseLag) Diff(o Observed) (Change, error) {
	return l.DiffAfter(o, func(ID) bool { return false })
}

// DiffAfter waits where the replica does not run or lags; the look that decides
// is the one after what is about to change has changed.
func (l DatabaseLag) DiffAfter(o Observed, changes func(ID) bool) (Change, error) {
	c := databaseLater(o, Act, Field{Name: "lag", New: "at most " + l.Most.String()})
	c.Health = true
	if o.State != Present {
		return c, nil
	}
	s, err := l.Flavour.Read(o)
	if err != nil {
		return Change{}, err
	}
	if changes(databaseUnit(l.Flavour)) || changes(DatabaseReplica{}.ID()) {
		c.Reason = "the replica is about to be started"
		return c, nil
	}
	if len(s.Sources) == 1 && l.near(s.Sources[0]) {
		return Change{}, nil
	}
	c.Provisional, c.Reason = false, ""
	c.Fields[0].Old = lagOf(s)
	n := max(int(l.Patience/(500*time.Millisecond)), 1)
	c.Steps = []Step{Run{Title: "wait until the replica has caught up", Timeout: l.Patience + time.Minute, Script: fmt.Sprintf(`n=0
while :; do
  s=$(%s)
  lag=$(printf '%%s\n' "$s" | sed -n 's/^ *Seconds_Behind_[A-Za-z]*: *//p')
  # MySQL names a lag also of a replica that does not reach its source.
  case $s in *_IO_Running:' Yes'*_SQL_Running:' Yes'*) case $lag in ''|NULL) ;; *) [ "$lag" -gt %d ] || exit 0 ;; esac ;; esac
  n=$((n+1))
  [ $n -lt %d ] || { echo "the replica is still behind: ${lag:-no replication} s"; %s; }
  sleep 0.5
done
`, databaseAsk(l.Flavour, "-E", l.Flavour.Threads()), int(l.Most.Seconds()), n, fault.Shell(fault.ReplicaBehind))}}
	return c, nil
}

func (l DatabaseLag) near(c DatabaseConnection) bool {
	return c.Reading == "Yes" && c.Applying == "Yes" && c.Behind >= 0 && time.Duration(c.Behind)*time.Second <= l.Most
}

func lagOf(s DatabaseState) string {
	switch {
	case len(s.Sources) == 0:
		return "no source"
	case s.Sources[0].Behind < 0:
		return "unknown"
	}
	return fmt.Sprintf("%d s", s.Sources[0].Behind)
}
