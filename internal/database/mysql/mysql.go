// Package mysql is what Oracle's MySQL 8.4 and 9 say and understand.
package mysql

import (
	"crypto/sha256"
	"fmt"

	"github.com/go-crypt/x/crypt"

	"foobar/internal/database"
)

// Dialect is that of Oracle's MySQL 8.4 and 9. Source: MySQL's reference
// manual of the statements and tables named below.
type Dialect struct{}

// endless frees a session of the client from the server's max_execution_time, which would
// end counts and waits.
const endless = "--init-command='SET max_execution_time=0'"

// client reads statements from standard input.
const client = "mysql --no-defaults --binary-mode --local-infile=0 -uroot -S /run/mysqld/mysqld.sock " + endless

// Words are those of MySQL. The plugin is the only one that every version since 8.0
// has. What a primary wrote is in its set of transactions anyway, so Adopt is empty.
// Source: MySQL's manual of super_read_only, max_execution_time,
// WAIT_FOR_EXECUTED_GTID_SET and of the table processlist.
func (Dialect) Words() database.Words {
	return database.Words{
		Name: "mysql", Unit: "mysql.service", Client: client, LogReader: "mysqlbinlog", Zones: "mysql_tzinfo_to_sql",
		Opened: "SET @closed=@@global.super_read_only; SET GLOBAL super_read_only=OFF;", Closed: "SET GLOBAL super_read_only=@closed;", Plugin: "caching_sha2_password",
		Blank: "RESET BINARY LOGS AND GTIDS;\n", Within: "max_execution_time=2000", Revoke: "REVOKE IF EXISTS", Lift: "SET GLOBAL super_read_only=OFF;\n",
		Start: "START REPLICA;\n", Stop: "STOP REPLICA;\n", StopReading: "STOP REPLICA IO_THREAD;\n", Reset: "RESET REPLICA ALL;\n", Waits: "DISABLE ON REPLICA",
		Refetch: "STOP REPLICA;\nRESET REPLICA;\n",
		Threads: "SHOW REPLICA STATUS", WaitFor: "WAIT_FOR_EXECUTED_GTID_SET", Sessions: "performance_schema.processlist",
		Variables: "performance_schema.global_variables", Everyone: "mysql.user", Locked: "mysql.user WHERE account_locked = 'Y'",
		ByHand: "SELECT 'by hand' AS t, LOWER(i.VARIABLE_NAME) AS k, g.VARIABLE_VALUE AS v FROM performance_schema.variables_info i" +
			" JOIN performance_schema.global_variables g ON g.VARIABLE_NAME = i.VARIABLE_NAME WHERE i.VARIABLE_SOURCE IN ('DYNAMIC', 'PERSISTED') AND LOWER(i.VARIABLE_NAME)",
		Persisted: "SELECT 'persisted' AS t, LOWER(VARIABLE_NAME) AS k FROM performance_schema.persisted_variables;\n",
		Logins:    "SELECT User, SHA2(authentication_string, 256) FROM mysql.user",
		Backups:   backupFunctions,
	}
}

// rounds is the count of rounds, in thousands and in hex, of a stored
// password. More is of no use: these passwords cannot be guessed.
const rounds = "005"

// Hash is that of caching_sha2_password: SHA256-crypt with a salt of 20 bytes.
// The salt follows from the password, so that the hash can be compared. Source:
// sha2_password_common.cc and crypt_genhash_impl.cc of MySQL.
func (Dialect) Hash(password string) string {
	const letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256([]byte("foobar salt of caching_sha2_password\x00" + password))
	salt := make([]byte, 20)
	for i := range salt {
		salt[i] = letters[sum[i]%64]
	}
	return "$A$" + rounds + "$" + string(salt) + string(crypt.KeySHACrypt(sha256.New, []byte(password), salt, 5000))
}

// SetReadOnly closes to administrators, too, and changes the running server only: by
// its file it starts read-only.
func (Dialect) SetReadOnly(on bool) string {
	if on {
		return "SET GLOBAL super_read_only=ON;\n"
	}
	return "SET GLOBAL read_only=OFF;\n" // ends super_read_only as well
}

// PutAccount sends the hash, so that no log can hold the password, which has no end but a
// new secrets.generation, whatever default_password_lifetime says. Source:
// MySQL's "Dual Password Support".
func (Dialect) PutAccount(a database.Identity, exists bool, old string) string {
	verb, unlock, require, retain, limits := "CREATE USER IF NOT EXISTS", "", "NONE", "", ""
	if exists {
		verb, unlock = "ALTER USER IF EXISTS", " ACCOUNT UNLOCK"
		limits = "MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 "
	}
	if old != "" {
		retain = " RETAIN CURRENT PASSWORD"
	}
	if a.TLS {
		require = "SSL"
	}
	text := fmt.Sprintf("%s %s IDENTIFIED WITH caching_sha2_password AS %s%s REQUIRE %s WITH %sMAX_USER_CONNECTIONS %d PASSWORD EXPIRE NEVER%s;\n",
		verb, database.SQLAccount(a.User, a.Host), database.SQLText(a.Hash), retain, require, limits, a.MaxConnections, unlock)
	if exists && old == "" {
		text += "ALTER USER IF EXISTS " + database.SQLAccount(a.User, a.Host) + " DISCARD OLD PASSWORD;\n"
	}
	return text
}

// Attach follows by position, encrypted, and checks the source's certificate.
func (m Dialect) Attach(r database.Source, attached bool) string {
	return m.Words().Attach(`CHANGE REPLICATION SOURCE TO SOURCE_HOST=%s, SOURCE_PORT=%d, SOURCE_USER=%s, SOURCE_PASSWORD=%s, SOURCE_CONNECT_RETRY=5,
 SOURCE_RETRY_COUNT=0, SOURCE_HEARTBEAT_PERIOD=10, SOURCE_DELAY=0, SOURCE_AUTO_POSITION=1, SOURCE_SSL=1, SOURCE_SSL_CA=%s, SOURCE_SSL_VERIFY_SERVER_CERT=1;
`, r, attached)
}

// Forget resets a stopped channel.
func (Dialect) Forget(connection string) string {
	if connection == "" {
		return "STOP REPLICA; RESET REPLICA ALL"
	}
	return "STOP REPLICA FOR CHANNEL " + database.SQLText(connection) + "; RESET REPLICA ALL FOR CHANNEL " + database.SQLText(connection)
}
