package mariadb

import (
	_ "embed" // the script of a copy
	"fmt"

	"foobar/internal/database"
	"foobar/internal/sh"
)

// Login is an option file of the mariadb programs. Source: MariaDB's "Configuring
// MariaDB with Option Files".
func (Dialect) Login(s database.Source) string {
	return database.OptionFile(s, "ssl-ca="+database.OptionText(s.CA), "ssl-verify-server-cert", "default-character-set=utf8mb4")
}

// Compare asks both servers the same way. Tables that are not of a
// transactional engine cannot be read as of one moment without a lock.
func (m Dialect) Compare(login string) string {
	ask := func(key, client, statement string) string {
		return fmt.Sprintf("out=$(%s -B -N -r -e %s </dev/null)\nprintf '%%s\\n' \"$out\" | sed 's/^/%s /'\n", client, sh.Quote(statement), key)
	}
	there := "mariadb --defaults-file=" + sh.Quote(login) + " --local-infile=0"
	schemas := "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN " + database.SystemSchemas + " AND SCHEMA_NAME <> 'test'"
	tables := "FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN " + database.SystemSchemas
	return ask("source-log", there, "SELECT @@global.gtid_binlog_state") +
		ask("log", client, "SELECT @@global.gtid_binlog_state") +
		ask("source-schema", there, schemas) +
		ask("schema", client, schemas) +
		ask("unsafe", there, "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (', ENGINE, ')') "+tables+" AND ENGINE NOT IN ('InnoDB','ROCKSDB','BLACKHOLE')") +
		ask("size", there, "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) "+tables) +
		database.RoomShell
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
func (Dialect) Copy(c database.Copy) string {
	return c.Shell(client) + "accounts_sql=" + sh.Quote(accountsSQL) + "\nsessions_sql=" + sh.Quote(sessionsSQL) + "\nschemas_sql=" + sh.Quote(schemasSQL) + "\n" + copyScript
}
