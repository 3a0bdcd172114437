package mariadb

import (
	"fmt"
	"strings"

	"foobar/internal/database"
	"foobar/internal/fault"
)

// Survey asks a statement per variable, as Session does.
func (m Dialect) Survey() string {
	var b strings.Builder
	for _, v := range []string{"version", "server_id", "read_only", "gtid_binlog_state", "gtid_slave_pos", "gtid_current_pos"} {
		fmt.Fprintf(&b, "SELECT 'var' AS t, '%s' AS k, @@global.%s AS v;\n", v, v)
	}
	fmt.Fprintf(&b, "SELECT 'var' AS t, 'schemas' AS k, (%s) AS v;\nSHOW ALL SLAVES STATUS;\nSELECT 'end' AS t, 'end' AS k;\n", m.CountSchemas())
	return b.String()
}

// ReadSurvey understands the answer to Survey.
func (Dialect) ReadSurvey(out string) (database.Survey, error) {
	var s database.Survey
	var columns []string
	ended := false
	for _, line := range strings.Split(out, "\n") {
		f := strings.Split(line, "\t")
		for i := range f {
			f[i] = database.BatchText(f[i])
		}
		switch {
		case f[0] == "t":
			columns = nil
		case f[0] == "Connection_name":
			columns = f
		case columns != nil && len(f) == len(columns):
			s.Sources = append(s.Sources, connection(columns, f, ""))
			for i, name := range columns {
				if name == "Gtid_IO_Pos" && s.Received == "" {
					s.Received = f[i]
				}
			}
		case f[0] == "end":
			ended = true
		case f[0] == "var" && len(f) == 3:
			s.Set(f[1], f[2])
		}
	}
	if !ended {
		return s, fault.As(fault.AnswerCut, fmt.Errorf("the database server's answer was cut off before its end"))
	}
	return s, nil
}

// Fence sets read_only. From then on transactions that are open cannot be
// committed either. Source: MariaDB's documentation of read_only.
func (m Dialect) Fence(seconds int) string {
	return database.Unlogged + fmt.Sprintf("SET SESSION lock_wait_timeout=%d;\n", seconds) + m.SetReadOnly(true)
}

// EndSessions leaves out the server's own threads, and root, who does this.
func (Dialect) EndSessions() string {
	return "SELECT CONCAT('KILL CONNECTION ', ID, ';') FROM information_schema.PROCESSLIST" +
		" WHERE ID <> CONNECTION_ID() AND USER NOT IN ('root', 'system user', 'event_scheduler') AND COMMAND NOT LIKE 'Binlog Dump%';\n"
}

// Await is MASTER_GTID_WAIT.
func (Dialect) Await(position string, seconds int) string {
	return fmt.Sprintf("SET SESSION sql_mode='';\nSELECT MASTER_GTID_WAIT(%s, %d);\n", database.SQLText(position), seconds)
}

// StopReading stops one of the two threads.
func (Dialect) StopReading() string { return database.Unlogged + "STOP SLAVE IO_THREAD;\n" }

// Promote forgets the source before the server is opened: a server that takes
// writes and has a source would be taken for a replica that somebody opened.
func (m Dialect) Promote() string { return m.Detach() + m.SetReadOnly(false) }

// Detach keeps the position.
func (Dialect) Detach() string { return database.Unlogged + "STOP SLAVE;\nRESET SLAVE ALL;\n" }

// Demote does what MASTER_DEMOTE_TO_SLAVE does since 10.10, in a form that older
// servers know too: the replica's position becomes that of its data.
func (m Dialect) Demote(r database.Source) string {
	return database.Unlogged + "SET GLOBAL gtid_slave_pos=@@global.gtid_current_pos;\n" + m.Attach(r, false)
}

// Logins asks the table of accounts.
func (Dialect) Logins(users []string) string {
	return database.Unlogged + "SELECT User, SHA2(JSON_VALUE(Priv, '$.authentication_string'), 256) FROM mysql.global_priv WHERE User IN (" + database.SQLTexts(users) + ");\n"
}

// Repoint stops first; without a source that is only a note.
func (m Dialect) Repoint(r database.Source) string { return database.Unlogged + m.Attach(r, true) }
