package resource

import "strings"

// DatabaseBegunMark lies in the data directory of a server whose log begins with
// the site's data: a replica can be filled from such a log.
const DatabaseBegunMark = "/var/lib/mysql/foobar-begun"

// DatabaseBeginning is a log without what the installation of the server wrote
// into it. A replica, installed the same way, could not apply that. It only ever
// acts on a server that holds nothing, that nobody follows and that follows nobody.
type DatabaseBeginning struct {
	Flavour DatabaseFlavour
	// Users are the names of foobar's accounts: where one exists, the log is in use.
	Users []string
}

// ID is "database-log:beginning".
func (DatabaseBeginning) ID() ID { return NewID("database-log", "beginning") }

// Stage is Converge.
func (DatabaseBeginning) Stage() Stage { return Converge }

// Probe asks for the log, the schemas and the accounts.
func (b DatabaseBeginning) Probe() Probe { return databaseProbe(b.Flavour, b.Users...) }

// Diff empties the log, once.
func (b DatabaseBeginning) Diff(o Observed) (Change, error) {
	fields := []Field{{Name: "log", Old: "of the installation", New: "empty"}}
	if o.State != Present {
		return databaseLater(o, Act, fields...), nil
	}
	s, err := b.Flavour.Read(o)
	if err != nil {
		return Change{}, err
	}
	used := s.Begun || s.HalfCopied || len(s.userSchemas()) > 0 || len(s.Sources) > 0
	for _, a := range s.Accounts {
		used = used || a.User != ""
	}
	// A server that has transactions of another one was a replica.
	others, err := b.Flavour.Errant(s.Log, strings.Join(b.Flavour.Own(s.Log, s.ServerID), ","), "")
	if err != nil {
		return Change{}, err
	}
	if used || len(others) > 0 {
		return Change{}, nil
	}
	after := DatabaseMark(DatabaseBegunMark, "the log of this server begins with the data of the site")
	return Change{Action: Act, Fields: fields,
		Steps: []Step{databaseRun(b.Flavour, "begin the log", databaseStillEmpty(b.Flavour), b.Flavour.Blank(), after, true)}}, nil
}
