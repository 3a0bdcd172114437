package resource

import (
	"fmt"
	"strconv"
	"strings"

	"foobar/internal/fault"
)

// DatabaseMover is the part of a flavour that moves the primary from one server
// to another. Statements are for a client's standard input; none of them is
// logged by the server as a transaction of its own.
type DatabaseMover interface {
	DatabaseFlavour
	// Survey is the read-only question whose answer, in the client's batch form
	// with column names, ReadSurvey understands.
	Survey() string
	ReadSurvey(out string) (DatabaseSurvey, error)
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
	Demote(r DatabaseSource) string
	// Logins is a statement that lists the accounts of users: the user, and the
	// SHA-256 in hex of what is stored of the password.
	Logins(users []string) string
	// Repoint attaches a replica, whether it has another source or none.
	Repoint(r DatabaseSource) string
}

// DatabaseSurvey is what a server says of its place among the others.
type DatabaseSurvey struct {
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
	Sources  []DatabaseConnection
	Received string
}

// sqlPlain begins a session whose statements the server does not log, and in
// which a backslash escapes.
const sqlPlain = "SET SESSION sql_log_bin=0;\nSET SESSION sql_mode='';\n"

// Survey asks a statement per variable, as Session does.
func (m MariaDB) Survey() string {
	var b strings.Builder
	for _, v := range []string{"version", "server_id", "read_only", "gtid_binlog_state", "gtid_slave_pos", "gtid_current_pos"} {
		fmt.Fprintf(&b, "SELECT 'var' AS t, '%s' AS k, @@global.%s AS v;\n", v, v)
	}
	fmt.Fprintf(&b, "SELECT 'var' AS t, 'schemas' AS k, (%s) AS v;\nSHOW ALL SLAVES STATUS;\nSELECT 'end' AS t, 'end' AS k;\n", m.CountSchemas())
	return b.String()
}

// ReadSurvey understands the answer to Survey.
func (MariaDB) ReadSurvey(out string) (DatabaseSurvey, error) {
	var s DatabaseSurvey
	var columns []string
	ended := false
	for _, line := range strings.Split(out, "\n") {
		f := strings.Split(line, "\t")
		for i := range f {
			f[i] = batchText(f[i])
		}
		switch {
		case f[0] == "t":
			columns = nil
		case f[0] == "Connection_name":
			columns = f
		case columns != nil && len(f) == len(columns):
			s.Sources = append(s.Sources, mariaConnection(columns, f, ""))
			for i, name := range columns {
				if name == "Gtid_IO_Pos" && s.Received == "" {
					s.Received = f[i]
				}
			}
		case f[0] == "end":
			ended = true
		case f[0] == "var" && len(f) == 3:
			s.set(f[1], f[2])
		}
	}
	if !ended {
		return s, fault.As(fault.AnswerCut, fmt.Errorf("the database server's answer was cut off before its end"))
	}
	return s, nil
}

func (s *DatabaseSurvey) set(name, value string) {
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

// Fence sets read_only. From then on transactions that are open cannot be
// committed either. Source: MariaDB's documentation of read_only.
func (m MariaDB) Fence(seconds int) string {
	return sqlPlain + fmt.Sprintf("SET SESSION lock_wait_timeout=%d;\n", seconds) + m.SetReadOnly(true)
}

// EndSessions leaves out the server's own threads, and root, who does this.
func (MariaDB) EndSessions() string {
	return "SELECT CONCAT('KILL CONNECTION ', ID, ';') FROM information_schema.PROCESSLIST" +
		" WHERE ID <> CONNECTION_ID() AND USER NOT IN ('root', 'system user', 'event_scheduler') AND COMMAND NOT LIKE 'Binlog Dump%';\n"
}

// Await is MASTER_GTID_WAIT.
func (MariaDB) Await(position string, seconds int) string {
	return fmt.Sprintf("SET SESSION sql_mode='';\nSELECT MASTER_GTID_WAIT(%s, %d);\n", sqlText(position), seconds)
}

// StopReading stops one of the two threads.
func (MariaDB) StopReading() string { return sqlPlain + "STOP SLAVE IO_THREAD;\n" }

// Promote forgets the source before the server is opened: a server that takes
// writes and has a source would be taken for a replica that somebody opened.
func (m MariaDB) Promote() string { return m.Detach() + m.SetReadOnly(false) }

// Detach keeps the position.
func (MariaDB) Detach() string { return sqlPlain + "STOP SLAVE;\nRESET SLAVE ALL;\n" }

// Demote does what MASTER_DEMOTE_TO_SLAVE does since 10.10, in a form that older
// servers know too: the replica's position becomes that of its data.
func (m MariaDB) Demote(r DatabaseSource) string {
	return sqlPlain + "SET GLOBAL gtid_slave_pos=@@global.gtid_current_pos;\n" + m.Attach(r, false)
}

// Logins asks the table of accounts.
func (MariaDB) Logins(users []string) string {
	return sqlPlain + "SELECT User, SHA2(JSON_VALUE(Priv, '$.authentication_string'), 256) FROM mysql.global_priv WHERE User IN (" + sqlTexts(users) + ");\n"
}

// sqlTexts is a list of string literals.
func sqlTexts(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = sqlText(s)
	}
	return strings.Join(quoted, ", ")
}

// Repoint stops first; without a source that is only a note.
func (m MariaDB) Repoint(r DatabaseSource) string { return sqlPlain + m.Attach(r, true) }
