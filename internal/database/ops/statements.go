package ops

import (
	"fmt"

	"foobar/internal/database"
)

// The statements of moves, for a client's standard input. The server logs none of
// them as a transaction of its own.

// fenceOff closes a server to writes, and fails when statements that run keep it
// from doing so for seconds. From then on transactions that are open cannot be
// committed either.
func fenceOff(d database.Dialect, seconds int) string {
	return database.Unlogged + fmt.Sprintf("SET SESSION lock_wait_timeout=%d;\n", seconds) + d.SetReadOnly(true)
}

// endSessions prints the statements that end the sessions of applications and events;
// replication, the server's own threads and the sessions of root, who does this, stay. An
// event of root's that runs is a session of root's on which nobody ever gave a command.
func endSessions(d database.Dialect) string {
	return sessions(d) + " AND (USER <> 'root' OR COMMAND = 'Connect');\n"
}

// inTheWay prints the statements that end the sessions that may hold a lock for which a
// restore waits while it drops databases and loads: all but its own, replication and those
// that wait as well, administrators' included. While it waits for none, it prints nothing.
func inTheWay(d database.Dialect) string {
	const waits = "COALESCE(STATE, '') LIKE 'Waiting for % lock'"
	const own = "(USER = 'foobar_restore' OR USER = 'root' AND COALESCE(INFO, '') LIKE 'DROP DATABASE %')"
	return sessions(d) + " AND NOT " + own + " AND NOT (" + waits + ") AND (SELECT COUNT(*) FROM " + d.Words().Sessions +
		" WHERE " + own + " AND TIME > 1 AND " + waits + ") > 0;\n"
}

// sessions begins a statement about those of others that may be ended.
func sessions(d database.Dialect) string {
	return "SELECT CONCAT('KILL CONNECTION ', ID, ';') FROM " + d.Words().Sessions +
		" WHERE ID <> CONNECTION_ID() AND USER NOT IN ('system user', 'event_scheduler') AND COMMAND NOT LIKE 'Binlog Dump%' AND COMMAND <> 'Daemon'"
}

// waitFor answers 0 once the replica has applied everything up to position, and
// something else after seconds.
func waitFor(d database.Dialect, position string, seconds int) string {
	return fmt.Sprintf("SET SESSION sql_mode='';\nSELECT %s(%s, %d);\n", d.Words().WaitFor, database.SQLText(position), seconds)
}

// stopReading ends the connection to the source; what was received is still applied.
func stopReading(d database.Dialect) string { return database.Unlogged + d.Words().StopReading }

// promotion makes a replica a server of its own that takes writes. It forgets the
// source first: a server that takes writes and has a source would be taken for a
// replica that somebody opened.
func promotion(d database.Dialect) string {
	w := d.Words()
	return database.Unlogged + w.Stop + w.Reset + d.SetReadOnly(false)
}

// demotion attaches a server that was a primary, without sources: what it wrote
// itself counts as applied.
func demotion(d database.Dialect, r database.Source) string {
	return database.Unlogged + d.Words().Adopt + d.Attach(r, false)
}

// repointing attaches a replica, whether it has another source or none.
func repointing(d database.Dialect, r database.Source) string {
	return database.Unlogged + d.Attach(r, true)
}

// logins lists the accounts of users: the user, and the SHA-256 in hex of what is
// stored of the password.
func logins(d database.Dialect, users []string) string {
	return database.Unlogged + d.Words().Logins + " WHERE User IN (" + database.SQLTexts(users) + ");\n"
}
