package database

import (
	"strconv"
	"strings"
)

// Mover is the part of a dialect that moves the primary from one server
// to another. Statements are for a client's standard input; none of them is
// logged by the server as a transaction of its own.
type Mover interface {
	Dialect
	// Survey is the read-only question whose answer, in the client's batch form
	// with column names, ReadSurvey understands.
	Survey() string
	ReadSurvey(out string) (Survey, error)
	// Fence closes the server to writes and fails when statements that run keep
	// it from doing so for seconds.
	Fence(seconds int) string
	// EndSessions prints the statements that end the sessions of applications;
	// replication and the sessions of root stay.
	EndSessions() string
	// Await answers 0 once the replica has applied everything up to position,
	// and something else after seconds.
	Await(position string, seconds int) string
	// StopReading ends the connection to the source; what was received is still applied.
	StopReading() string
	// Promote makes a replica a server of its own that takes writes.
	Promote() string
	// Detach makes a replica a closed server of its own.
	Detach() string
	// Demote attaches a server that was a primary, without sources: what it
	// wrote itself counts as applied.
	Demote(r Source) string
	// Logins is a statement that lists the accounts of users: the user, and the
	// SHA-256 in hex of what is stored of the password.
	Logins(users []string) string
	// Repoint attaches a replica, whether it has another source or none.
	Repoint(r Source) string
}

// Survey is what a server says of its place among the others.
type Survey struct {
	Version string
	// ServerID is the writer that its transactions name, Number its server_id.
	ServerID, Number string
	ReadOnly         bool
	// Schemas counts the databases of users.
	Schemas int
	// Log is the last transaction of every writer that the server's log has
	// seen, Applied the position as a replica, Current the position of its data.
	Log, Applied, Current string
	// Sources are the connections it replicates over, Received what came over
	// the first of them.
	Sources  []Connection
	Received string
}

// Unlogged begins a session whose statements the server does not log, and in
// which a backslash escapes.
const Unlogged = "SET SESSION sql_log_bin=0;\nSET SESSION sql_mode='';\n"

func (s *Survey) Set(name, value string) {
	switch name {
	case "version":
		s.Version = value
	case "server_id":
		s.Number = value
		if s.ServerID == "" {
			s.ServerID = value
		}
	case "server_uuid":
		s.ServerID = value
	case "read_only":
		s.ReadOnly = value != "0" && value != "OFF"
	case "schemas":
		s.Schemas, _ = strconv.Atoi(value)
	case "gtid_binlog_state":
		s.Log = value
	case "gtid_slave_pos":
		s.Applied = value
	case "gtid_current_pos":
		s.Current = value
	}
}

// SQLTexts is a list of string literals.
func SQLTexts(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = SQLText(s)
	}
	return strings.Join(quoted, ", ")
}
