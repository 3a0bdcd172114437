package mysql

import (
	"fmt"
	"strings"

	"foobar/internal/database"
)

// Survey asks a statement per variable.
func (m Dialect) Survey() string {
	var b strings.Builder
	variables(&b, "version", "version", "server_id", "server_id", "server_uuid", "server_uuid", "read_only", "read_only",
		"gtid_binlog_state", "gtid_executed", "gtid_slave_pos", "gtid_executed", "gtid_current_pos", "gtid_executed")
	fmt.Fprintf(&b, "SELECT 'var' AS t, 'schemas' AS k, (%s) AS v;\nSHOW REPLICA STATUS;\nSELECT 'end' AS t, 'end' AS k;\n", m.CountSchemas())
	return b.String()
}

// ReadSurvey understands the answer to Survey.
func (Dialect) ReadSurvey(out string) (database.Survey, error) {
	var s database.Survey
	err := answer(out, func(f []string) error {
		if f[0] == "var" && len(f) == 3 {
			s.Set(f[1], f[2])
		}
		return nil
	}, func(columns, row []string) {
		s.Sources = append(s.Sources, connection(columns, row, ""))
		for i, name := range columns {
			if name == "Retrieved_Gtid_Set" && s.Received == "" {
				s.Received = row[i]
			}
		}
	})
	// The server breaks long sets into lines.
	for _, p := range []*string{&s.Log, &s.Applied, &s.Current, &s.Received} {
		*p = strings.Join(strings.Fields(*p), "")
	}
	return s, err
}

// Fence sets super_read_only, which waits for commits under way; from then on
// open transactions cannot be committed either. Source: MySQL's manual of
// super_read_only.
func (m Dialect) Fence(seconds int) string {
	return database.Unlogged + fmt.Sprintf("SET SESSION lock_wait_timeout=%d;\n", seconds) + m.SetReadOnly(true)
}

// EndSessions leaves out the server's own threads, and root, who does this.
func (Dialect) EndSessions() string {
	return "SELECT CONCAT('KILL CONNECTION ', ID, ';') FROM performance_schema.processlist" +
		" WHERE ID <> CONNECTION_ID() AND USER NOT IN ('root', 'system user', 'event_scheduler') AND COMMAND NOT LIKE 'Binlog Dump%' AND COMMAND <> 'Daemon';\n"
}

// Await is WAIT_FOR_EXECUTED_GTID_SET.
func (Dialect) Await(position string, seconds int) string {
	return fmt.Sprintf("SET SESSION sql_mode='';\nSELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %d);\n", database.SQLText(position), seconds)
}

// StopReading stops the thread that receives.
func (Dialect) StopReading() string { return database.Unlogged + "STOP REPLICA IO_THREAD;\n" }

// Promote forgets the source before the server is opened, as MariaDB's does.
func (m Dialect) Promote() string { return m.Detach() + m.SetReadOnly(false) }

// Detach keeps the set of transactions.
func (Dialect) Detach() string { return database.Unlogged + "STOP REPLICA;\nRESET REPLICA ALL;\n" }

// Demote is an attachment: what the server wrote is in its set.
func (m Dialect) Demote(r database.Source) string { return database.Unlogged + m.Attach(r, false) }

// Logins asks the table of accounts.
func (Dialect) Logins(users []string) string {
	return database.Unlogged + "SELECT User, SHA2(authentication_string, 256) FROM mysql.user WHERE User IN (" + database.SQLTexts(users) + ");\n"
}

// Repoint stops first; without a source that does nothing.
func (m Dialect) Repoint(r database.Source) string { return database.Unlogged + m.Attach(r, true) }
