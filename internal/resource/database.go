package resource

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/sh"
)

// databaseProbe asks the server of a host. All probes of a host are answered by
// one session.
func databaseProbe(f DatabaseFlavour, users ...string) Probe {
	return Probe{Kind: databaseKind{}, Args: append([]string{f.Name()}, users...)}
}

// databaseKind answers for the host's one database server. Arguments: the
// flavour, then the names of users whose accounts matter. Attributes: out (the
// answer to the flavour's Session) and what its Aside reports. The state is
// Absent when no server runs.
type databaseKind struct{}

func (databaseKind) Parse(_ [][]string, _ []string, found []Observed) {
	for i := range found {
		found[i] = found[0]
	}
}

func (databaseKind) Script(args [][]string) string {
	f, err := DatabaseEngine(args[0][0])
	if err != nil {
		return "o 0 state " + sh.Quote("unknown "+err.Error())
	}
	var users []string
	for _, a := range args {
		if a[0] != f.Name() {
			return "o 0 state 'unknown two database engines are wanted on one host'"
		}
		users = append(users, a[1:]...)
	}
	slices.Sort(users)
	return fmt.Sprintf(`if [ ! -S /run/mysqld/mysqld.sock ]; then
 o 0 state absent
else
 out=$(timeout 20 %s -B 2>&1 <<'SQL'
%sSQL
)
 if [ $? -eq 0 ]; then o 0 state present; else o 0 state "unknown $(printf '%%s\n' "$out" | tail -n 1)"; fi
 printf '%%s\n' "$out" | b 0 out
 %s%sfi
`, f.Client(), f.Session(slices.Compact(users)), restoreAside(0), f.Aside(0))
}

// databaseRun is a step that sends statements to the server on standard input.
// Where local is set they stay out of the server's own log, as everything on a
// replica must: what it logs by itself breaks it.
func databaseRun(f DatabaseFlavour, title, before, statements, after string, local bool) Run {
	if local {
		statements = "SET SESSION sql_log_bin=0;\n" + statements
	}
	// Without --force the first error ends the session.
	return Run{Title: title, Input: []byte("SET SESSION sql_mode='';\n" + statements), Script: before + f.Client() + " -B -N\n" + after}
}

// databaseAsk is shell that answers one statement without touching the step's input.
func databaseAsk(f DatabaseFlavour, flags, statement string) string {
	return f.Client() + " " + flags + " -e " + sh.Quote(statement) + " </dev/null"
}

// databaseLater is the change planned while the server cannot be asked.
func databaseLater(o Observed, a Action, fields ...Field) Change {
	why := "the database server does not run yet"
	if o.State == Unknown {
		why = "the database server could not be asked: " + orNone(o.Reason)
	}
	return Change{Action: a, Provisional: true, Reason: why, Fields: fields}
}

// databaseUnit is the unit whose restart makes every earlier look worthless.
func databaseUnit(f DatabaseFlavour) ID { return NewID("service", f.Unit()) }

// DatabaseMode is whether the running server takes writes. Its file says
// read-only, so that a server that comes back by itself never takes writes that
// another one should have got. The mode is opened on the primary by this resource.
type DatabaseMode struct {
	Flavour  DatabaseFlavour
	ReadOnly bool
	// ServerID is the number the running server must have, which may be another
	// than that in its file; "" is any.
	ServerID string
}

// ID is "database-mode:read_only".
func (DatabaseMode) ID() ID { return NewID("database-mode", "read_only") }

// Stage is Converge.
func (DatabaseMode) Stage() Stage { return Converge }

// Probe asks for the variable and for connections to a source.
func (m DatabaseMode) Probe() Probe { return databaseProbe(m.Flavour) }

// Diff compares without knowledge of pending changes.
func (m DatabaseMode) Diff(o Observed) (Change, error) {
	return m.DiffAfter(o, func(ID) bool { return false })
}

// DiffAfter opens or closes the server. One that is about to be restarted is
// looked at again. A server that has a source is not opened: two servers would
// take writes.
func (m DatabaseMode) DiffAfter(o Observed, changes func(ID) bool) (Change, error) {
	want := onOff(m.ReadOnly)
	if o.State != Present {
		return databaseLater(o, Act, Field{Name: "read_only", New: want}), nil
	}
	s, err := m.Flavour.Read(o)
	if err != nil {
		return Change{}, err
	}
	if !m.ReadOnly && len(s.Sources) > 0 {
		return Change{}, fmt.Errorf("it is to be the primary, but replicates from %s; it is not opened for writes, because there could be two primaries", s.Sources[0].Host)
	}
	if changes(databaseUnit(m.Flavour)) && !m.ReadOnly {
		return Change{Action: Act, Provisional: true, Reason: "a restarted server is read-only until it is opened"}, nil
	}
	var c Change
	sql, title := "", "open the database for writes"
	if s.ReadOnly != m.ReadOnly || m.ReadOnly && s.HalfOpen {
		if err := m.restoring(o); err != nil {
			return Change{}, err
		}
		old := onOff(s.ReadOnly)
		if s.HalfOpen {
			old = "ON, but not for administrators"
		}
		if m.ReadOnly {
			title = "close the database to writes"
		}
		c.Fields, sql = append(c.Fields, Field{Name: "read_only", Old: old, New: want}), m.Flavour.SetReadOnly(m.ReadOnly)
	}
	if m.ServerID != "" && s.Number != m.ServerID && !changes(databaseUnit(m.Flavour)) {
		if sql == "" {
			title = "give the database its number again"
		}
		c.Fields, sql = append(c.Fields, Field{Name: "server_id", Old: s.Number, New: m.ServerID}), sql+"SET GLOBAL server_id="+m.ServerID+";\n"
	}
	if sql == "" {
		return Change{}, nil
	}
	c.Action, c.Steps = Act, []Step{databaseRun(m.Flavour, title, "", sql, "", true)}
	return c, nil
}

func onOff(on bool) string {
	if on {
		return "ON"
	}
	return "OFF"
}

// DatabaseSchema is a schema that exists. What is in it, and how it stores its
// text once it exists, is the application's.
type DatabaseSchema struct {
	Flavour DatabaseFlavour
	Name    string
}

// ID is "database-schema:" and the name.
func (s DatabaseSchema) ID() ID { return NewID("database-schema", s.Name) }

// Stage is Converge.
func (DatabaseSchema) Stage() Stage { return Converge }

// Probe asks for the schemas.
func (s DatabaseSchema) Probe() Probe { return databaseProbe(s.Flavour) }

// Diff makes the schema.
func (s DatabaseSchema) Diff(o Observed) (Change, error) {
	fields := []Field{{Name: "text", New: "utf8mb4"}}
	if o.State != Present {
		return databaseLater(o, Create, fields...), nil
	}
	got, err := s.Flavour.Read(o)
	if err != nil {
		return Change{}, err
	}
	if _, there := got.Schemas[s.Name]; there {
		return Change{}, nil
	}
	return Change{Action: Create, Fields: fields,
		Steps: []Step{databaseRun(s.Flavour, "create the schema "+s.Name, "", s.Flavour.CreateSchema(s.Name), "", false)}}, nil
}

// DatabaseStrays are accounts without a name, the empty database "test", and
// accounts that foobar made for peers that are gone: all of them are not wanted.
type DatabaseStrays struct {
	Flavour DatabaseFlavour
	// Users are the names that foobar gives; Wanted are their accounts, "user@host".
	Users, Wanted []string
	// Owner knows which of their accounts are foobar's.
	Owner DatabaseOwner
}

// ID is "database-accounts:strays".
func (DatabaseStrays) ID() ID { return NewID("database-accounts", "strays") }

// Stage is Converge.
func (DatabaseStrays) Stage() Stage { return Converge }

// Probe asks for the accounts of the users.
func (d DatabaseStrays) Probe() Probe { return databaseProbe(d.Flavour, d.Users...) }

// Diff drops them.
func (d DatabaseStrays) Diff(o Observed) (Change, error) {
	if o.State != Present {
		return databaseLater(o, Remove), nil
	}
	s, err := d.Flavour.Read(o)
	if err != nil {
		return Change{}, err
	}
	c := Change{Action: Remove}
	var sql strings.Builder
	for _, key := range sortedKeys(s.Accounts) {
		a := s.Accounts[key]
		if a.User != "" && (!slices.Contains(d.Users, a.User) || slices.Contains(d.Wanted, key) || !d.Owner.made(d.Flavour, a)) {
			continue
		}
		c.Fields = append(c.Fields, Field{Name: "account", Old: key})
		sql.WriteString(d.Flavour.DropAccount(a.User, a.Host))
	}
	if _, there := s.Schemas["test"]; there && s.TestTables == 0 {
		c.Fields = append(c.Fields, Field{Name: "database", Old: "test"})
		sql.WriteString(d.Flavour.DropSchema("test"))
	}
	if len(c.Fields) == 0 {
		return Change{}, nil
	}
	c.Steps = []Step{databaseRun(d.Flavour, "remove stray accounts", "", sql.String(), "", false)}
	return c, nil
}
