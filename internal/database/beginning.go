package database

import (
	"strings"

	"foobar/internal/resource"
)

// BegunMark lies in the data directory of a server whose log begins with
// the site's data: a replica can be filled from such a log.
const BegunMark = "/var/lib/mysql/foobar-begun"

// Beginning is a log without what the installation of the server wrote
// into it. A replica, installed the same way, could not apply that. It only ever
// acts on a server that holds nothing, that nobody follows and that follows nobody.
type Beginning struct {
	Dialect Dialect
	// Users are the names of foobar's accounts: where one exists, the log is in use.
	Users []string
}

// ID is "database-log:beginning".
func (Beginning) ID() resource.ID { return resource.NewID("database-log", "beginning") }

// Stage is Converge.
func (Beginning) Stage() resource.Stage { return resource.Converge }

// Probe asks for the log, the schemas and the accounts.
func (b Beginning) Probe() resource.Probe { return probe(b.Dialect, b.Users...) }

// Diff empties the log, once.
func (b Beginning) Diff(o resource.Observed) (resource.Change, error) {
	fields := []resource.Field{{Name: "log", Old: "of the installation", New: "empty"}}
	s, silent, err := read(b.Dialect, o, later(o, resource.Act, fields...))
	if s == nil {
		return silent, err
	}
	used := s.Begun || s.HalfCopied || len(s.UserSchemas()) > 0 || len(s.Sources) > 0
	for _, a := range s.Accounts {
		used = used || a.User != ""
	}
	// A server that has transactions of another one was a replica.
	others, err := b.Dialect.Errant(s.Log, strings.Join(b.Dialect.Own(s.Log, s.ServerID), ","), "")
	if err != nil {
		return resource.Change{}, err
	}
	if used || len(others) > 0 {
		return resource.Change{}, nil
	}
	after := Mark(BegunMark, "the log of this server begins with the data of the site")
	return resource.Change{Action: resource.Act, Fields: fields,
		Steps: []resource.Step{run(b.Dialect, "begin the log", stillEmpty(b.Dialect), b.Dialect.Words().Blank, after, true)}}, nil
}
