package database

import "strings"

// CountMemoryRows is what a replica of MySQL runs when it begins to apply, as the value of
// init_replica, for the sake that OpenMemoryTables has on MariaDB. MySQL writes its TRUNCATE
// whatever sql_log_bin says, except where a table is opened for statistics: those are asked
// for here, and nothing that would take a transaction. Sources: MySQL's reference manual,
// "Replication and MEMORY Tables", and open_table_entry_fini in its sql_base.cc.
func CountMemoryRows() string {
	return "SET SESSION information_schema_stats_expiry = 0; DO (SELECT SUM(TABLE_ROWS) FROM information_schema.TABLES" +
		" WHERE ENGINE = 'MEMORY' AND TABLE_SCHEMA NOT IN " + SystemSchemas + ")"
}

// OpenMemoryTables is what a replica of MariaDB runs when it begins to apply: the value of
// init_slave. A table of the engine MEMORY is empty after a restart, and the first who opens
// it makes the server write a TRUNCATE of its own into its log, after which a replica that
// goes by positions stops. Here they are opened by a session that is not logged. No
// statement in it fails because of a table. It has neither backslashes nor double quotes.
// Sources: MariaDB's documentation of init_slave and of the MEMORY engine.
func OpenMemoryTables() string {
	return strings.Join([]string{
		"SET SESSION sql_log_bin = 0, group_concat_max_len = 1000000",
		"SET @foobar = COALESCE((SELECT CONCAT('CHECKSUM TABLE ', GROUP_CONCAT(CONCAT('`', REPLACE(TABLE_SCHEMA, '`', '``'), '`.`', REPLACE(TABLE_NAME, '`', '``'), '`')), ' QUICK')" +
			" FROM information_schema.TABLES WHERE ENGINE = 'MEMORY' AND TABLE_SCHEMA NOT IN " + SystemSchemas + "), 'DO 0')",
		"PREPARE foobar FROM @foobar", "EXECUTE foobar", "DEALLOCATE PREPARE foobar", "SET SESSION sql_log_bin = 1",
	}, "; ")
}
