package mariadb

import (
	_ "embed" // the script of a copy

	"foobar/internal/database"
	"foobar/internal/sh"
)

// Login is an option file of the mariadb programs. Source: MariaDB's "Configuring
// MariaDB with Option Files".
func (Dialect) Login(s database.Source) string {
	return database.OptionFile(s, "ssl-ca="+database.OptionText(s.CA), "ssl-verify-server-cert", "default-character-set=utf8mb4")
}

// Compare refuses other engines: tables that are not of a
// transactional engine cannot be read as of one moment without a lock. The dump program
// refuses tables that keep their history by transactions, whose columns are no times.
func (Dialect) Compare(login string) string {
	return database.CompareShell("mariadb --defaults-file="+sh.Quote(login)+" --local-infile=0 "+endless, client,
		"SELECT @@global.gtid_binlog_state", "NOT IN ('InnoDB','ROCKSDB','BLACKHOLE')",
		" UNION ALL SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (history by transactions)') FROM information_schema.COLUMNS WHERE TABLE_SCHEMA NOT IN "+database.SystemSchemas+
			" AND GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint'")
}

//go:embed copy.sh
var copyScript string

// What a copy asks: statements that drop the accounts, end the sessions and drop the
// databases of users.
const (
	accountsSQL = "SELECT CONCAT('DROP ', IF(COALESCE(JSON_VALUE(Priv, '$.is_role'), 'false') IN ('true', '1'), CONCAT('ROLE ', QUOTE(User)), " +
		"CONCAT('USER ', QUOTE(User), '@', QUOTE(Host))), ';') FROM mysql.global_priv WHERE User NOT IN ('root','mysql','mariadb.sys','PUBLIC')"
	sessionsSQL = "SELECT CONCAT('KILL ', ID, ';') FROM information_schema.PROCESSLIST WHERE USER NOT IN ('root','system user','event_scheduler','unauthenticated user')"
	schemasSQL  = "SELECT CONCAT('DROP DATABASE `', REPLACE(SCHEMA_NAME, '`', '``'), '`;') FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN " + database.SystemSchemas
)

// Copy streams a dump. Sources: MariaDB's documentation of mariadb-dump,
// gtid_binlog_state and gtid_slave_pos.
func (m Dialect) Copy(c database.Copy) string {
	return c.Shell(client+m.Words().Quiet) + "accounts_sql=" + sh.Quote(accountsSQL) + "\nsessions_sql=" + sh.Quote(sessionsSQL) + "\nschemas_sql=" + sh.Quote(schemasSQL) + "\nevents_sql=" + sh.Quote(database.LullingSQL(m)) + "\n" + database.ViewsScript + copyScript
}
