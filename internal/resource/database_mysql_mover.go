package resource

import (
	"fmt"
	"strings"
)

// Survey asks a statement per variable.
func (m MySQL) Survey() string {
	var b strings.Builder
	mysqlVariables(&b, "version", "version", "server_id", "server_id", "server_uuid", "server_uuid", "read_only", "read_only",
		"gtid_binlog_state", "gtid_executed", "gtid_slave_pos", "gtid_executed", "gtid_current_pos", "gtid_executed")
	fmt.Fprintf(&b, "SELECT 'var' AS t, 'schemas' AS k, (%s) AS v;\nSHOW REPLICA STATUS;\nSELECT 'end' AS t, 'end' AS k;\n", m.CountSchemas())
	return b.String()
}

// ReadSurvey understands the answer to Survey.
func (MySQL) ReadSurvey(out string) (DatabaseSurvey, error) {
	var s DatabaseSurvey
	err := mysqlAnswer(out, func(f []string) error {
		if f[0] == "var" && len(f) == 3 {
			s.set(f[1], f[2])
		}
		return nil
	}, func(columns, row []string) {
		s.Sources = append(s.Sources, mysqlConnection(columns, row, ""))
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
func (m MySQL) Fence(seconds int) string {
	return sqlPlain + fmt.Sprintf("SET SESSION lock_wait_timeout=%d;\n", seconds) + m.SetReadOnly(true)
}

// EndSessions leaves out the server's own threads, and root, who does this.
func (MySQL) EndSessions() string {
	return "SELECT CONCAT('KILL CONNECTION ', ID, ';') FROM performance_schema.processlist" +
		" WHERE ID <> CONNECTION_ID() AND USER NOT IN ('root', 'system user', 'event_scheduler') AND COMMAND NOT LIKE 'Binlog Dump%' AND COMMAND <> 'Daemon';\n"
}

// Await is WAIT_FOR_EXECUTED_GTID_SET.
func (MySQL) Await(position string, seconds int) string {
	return fmt.Sprintf("SET SESSION sql_mode='';\nSELECT WAIT_FOR_EXECUTED_GTID_SET(%s, %d);\n", sqlText(position), seconds)
}

// StopReading stops the thread that receives.
func (MySQL) StopReading() string { return sqlPlain + "STOP REPLICA IO_THREAD;\n" }

// Promote forgets the source before the server is opened, as MariaDB's does.
func (m MySQL) Promote() string { return m.Detach() + m.SetReadOnly(false) }

// Detach keeps the set of transactions.
func (MySQL) Detach() string { return sqlPlain + "STOP REPLICA;\nRESET REPLICA ALL;\n" }

// Demote is an attachment: what the server wrote is in its set.
func (m MySQL) Demote(r DatabaseSource) string { return sqlPlain + m.Attach(r, false) }

// Logins asks the table of accounts.
func (MySQL) Logins(users []string) string {
	return sqlPlain + "SELECT User, SHA2(authentication_string, 256) FROM mysql.user WHERE User IN (" + sqlTexts(users) + ");\n"
}

// Repoint stops first; without a source that does nothing.
func (m MySQL) Repoint(r DatabaseSource) string { return sqlPlain + m.Attach(r, true) }
