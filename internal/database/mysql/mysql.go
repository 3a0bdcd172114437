// Package mysql is what Oracle's MySQL 8.4 and 9 say and understand.
package mysql

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/go-crypt/x/crypt"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
)

// Dialect is that of Oracle's MySQL 8.4 and 9. Source: MySQL's reference
// manual of the statements and tables named below.
type Dialect struct{}

// Name is "mysql".
func (Dialect) Name() string { return "mysql" }

// Unit is Debian's and MySQL's own.
func (Dialect) Unit() string { return "mysql.service" }

// LogReader is mysqlbinlog.
func (Dialect) LogReader() string { return "mysqlbinlog" }

// Client is the mysql client over the socket, where root needs no password.
func (Dialect) Client() string {
	return "mysql --no-defaults --binary-mode --local-infile=0 -uroot -S /run/mysqld/mysqld.sock"
}

// Plugin is the only one that every version since 8.0 has.
func (Dialect) Plugin() string { return "caching_sha2_password" }

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

// SetReadOnly closes to administrators, too, and changes the running server
// only: its file says read-only.
func (Dialect) SetReadOnly(on bool) string {
	if on {
		return "SET GLOBAL super_read_only=ON;\n"
	}
	return "SET GLOBAL read_only=OFF;\n" // ends super_read_only as well
}

// CreateSchema makes the schema.
func (Dialect) CreateSchema(name string) string {
	return "CREATE DATABASE " + database.SQLName(name) + " CHARACTER SET utf8mb4;\n"
}

// PutAccount sends the hash, so that no log can hold the password. Source:
// MySQL's "Dual Password Support".
func (Dialect) PutAccount(a database.Identity, exists bool, old string) string {
	verb, unlock, require, retain := "CREATE", "", "NONE", ""
	if exists {
		verb, unlock = "ALTER", " ACCOUNT UNLOCK"
	}
	if old != "" {
		retain = " RETAIN CURRENT PASSWORD"
	}
	if a.TLS {
		require = "SSL"
	}
	text := fmt.Sprintf("%s USER %s IDENTIFIED WITH caching_sha2_password AS %s%s REQUIRE %s WITH MAX_USER_CONNECTIONS %d%s;\n",
		verb, database.SQLAccount(a.User, a.Host), database.SQLText(a.Hash), retain, require, a.MaxConnections, unlock)
	if exists && old == "" {
		text += "ALTER USER " + database.SQLAccount(a.User, a.Host) + " DISCARD OLD PASSWORD;\n"
	}
	return text
}

// Grant adds privileges.
func (Dialect) Grant(a database.Identity, scope string, privileges []string) string {
	return fmt.Sprintf("GRANT %s ON %s TO %s;\n", strings.Join(privileges, ", "), database.SQLScope(scope), database.SQLAccount(a.User, a.Host))
}

// Revoke takes privileges away; the scope of a table is given as schema and
// table with a NUL between them.
func (Dialect) Revoke(a database.Identity, scope string, privileges []string) string {
	return fmt.Sprintf("REVOKE %s ON %s FROM %s;\n", strings.Join(privileges, ", "), database.SQLScope(scope), database.SQLAccount(a.User, a.Host))
}

// DropAccount removes an account.
func (Dialect) DropAccount(user, host string) string {
	return "DROP USER " + database.SQLAccount(user, host) + ";\n"
}

// DropSchema removes a schema and all that is in it.
func (Dialect) DropSchema(name string) string {
	return "DROP DATABASE " + database.SQLName(name) + ";\n"
}

// Pattern escapes what GRANT takes for wildcards.
func (Dialect) Pattern(schema string) string { return mariadb.Dialect{}.Pattern(schema) }

// Blank empties the log and the set of transactions.
func (Dialect) Blank() string { return "RESET BINARY LOGS AND GTIDS;\n" }

// Attach follows by position, encrypted, and checks the source's certificate.
func (m Dialect) Attach(r database.Source, attached bool) string {
	stop := ""
	if attached {
		stop = "STOP REPLICA;\n"
	}
	return stop + fmt.Sprintf(`CHANGE REPLICATION SOURCE TO SOURCE_HOST=%s, SOURCE_PORT=%d, SOURCE_USER=%s, SOURCE_PASSWORD=%s, SOURCE_CONNECT_RETRY=5,
 SOURCE_RETRY_COUNT=0, SOURCE_HEARTBEAT_PERIOD=10, SOURCE_AUTO_POSITION=1, SOURCE_SSL=1, SOURCE_SSL_CA=%s, SOURCE_SSL_VERIFY_SERVER_CERT=1;
`, database.SQLText(r.Host), r.Port, database.SQLText(r.User), database.SQLText(r.Password), database.SQLText(r.CA)) + m.StartReplica()
}

// StartReplica starts all threads.
func (Dialect) StartReplica() string { return "START REPLICA;\n" }

// Forget resets a stopped channel.
func (Dialect) Forget(connection string) string {
	if connection == "" {
		return "STOP REPLICA; RESET REPLICA ALL"
	}
	return "STOP REPLICA FOR CHANNEL " + database.SQLText(connection) + "; RESET REPLICA ALL FOR CHANNEL " + database.SQLText(connection)
}

// Threads is SHOW REPLICA STATUS.
func (Dialect) Threads() string { return "SHOW REPLICA STATUS" }

// CountSchemas leaves the system's out.
func (Dialect) CountSchemas() string { return mariadb.Dialect{}.CountSchemas() }
