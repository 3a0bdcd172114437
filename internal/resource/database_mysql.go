package resource

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/go-crypt/x/crypt"
)

// MySQL is the flavour of Oracle's MySQL 8.4 and 9. Source: MySQL's reference
// manual of the statements and tables named below.
type MySQL struct{ mysqlBackup }

// Name is "mysql".
func (MySQL) Name() string { return "mysql" }

// Unit is Debian's and MySQL's own.
func (MySQL) Unit() string { return "mysql.service" }

// LogReader is mysqlbinlog.
func (MySQL) LogReader() string { return "mysqlbinlog" }

// Client is the mysql client over the socket, where root needs no password.
func (MySQL) Client() string {
	return "mysql --no-defaults --binary-mode --local-infile=0 -uroot -S /run/mysqld/mysqld.sock"
}

// Plugin is the only one that every version since 8.0 has.
func (MySQL) Plugin() string { return "caching_sha2_password" }

// mysqlRounds is the count of rounds, in thousands and in hex, of a stored
// password. More is of no use: these passwords cannot be guessed.
const mysqlRounds = "005"

// Hash is that of caching_sha2_password: SHA256-crypt with a salt of 20 bytes.
// The salt follows from the password, so that the hash can be compared. Source:
// sha2_password_common.cc and crypt_genhash_impl.cc of MySQL.
func (MySQL) Hash(password string) string {
	const letters = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256([]byte("foobar salt of caching_sha2_password\x00" + password))
	salt := make([]byte, 20)
	for i := range salt {
		salt[i] = letters[sum[i]%64]
	}
	return "$A$" + mysqlRounds + "$" + string(salt) + string(crypt.KeySHACrypt(sha256.New, []byte(password), salt, 5000))
}

// SetReadOnly closes to administrators, too, and changes the running server
// only: its file says read-only.
func (MySQL) SetReadOnly(on bool) string {
	if on {
		return "SET GLOBAL super_read_only=ON;\n"
	}
	return "SET GLOBAL read_only=OFF;\n" // ends super_read_only as well
}

// CreateSchema makes the schema.
func (MySQL) CreateSchema(name string) string {
	return "CREATE DATABASE " + sqlName(name) + " CHARACTER SET utf8mb4;\n"
}

// PutAccount sends the hash, so that no log can hold the password. Source:
// MySQL's "Dual Password Support".
func (MySQL) PutAccount(a DatabaseUser, exists bool, old string) string {
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
		verb, sqlAccount(a.User, a.Host), sqlText(a.Hash), retain, require, a.MaxConnections, unlock)
	if exists && old == "" {
		text += "ALTER USER " + sqlAccount(a.User, a.Host) + " DISCARD OLD PASSWORD;\n"
	}
	return text
}

// Grant adds privileges.
func (MySQL) Grant(a DatabaseUser, scope string, privileges []string) string {
	return fmt.Sprintf("GRANT %s ON %s TO %s;\n", strings.Join(privileges, ", "), sqlScope(scope), sqlAccount(a.User, a.Host))
}

// Revoke takes privileges away; the scope of a table is given as schema and
// table with a NUL between them.
func (MySQL) Revoke(a DatabaseUser, scope string, privileges []string) string {
	return fmt.Sprintf("REVOKE %s ON %s FROM %s;\n", strings.Join(privileges, ", "), sqlScope(scope), sqlAccount(a.User, a.Host))
}

// DropAccount removes an account.
func (MySQL) DropAccount(user, host string) string {
	return "DROP USER " + sqlAccount(user, host) + ";\n"
}

// DropSchema removes a schema and all that is in it.
func (MySQL) DropSchema(name string) string { return "DROP DATABASE " + sqlName(name) + ";\n" }

// Pattern escapes what GRANT takes for wildcards.
func (MySQL) Pattern(schema string) string { return MariaDB{}.Pattern(schema) }

// Blank empties the log and the set of transactions.
func (MySQL) Blank() string { return "RESET BINARY LOGS AND GTIDS;\n" }

// Attach follows by position, encrypted, and checks the source's certificate.
func (m MySQL) Attach(r DatabaseSource, attached bool) string {
	stop := ""
	if attached {
		stop = "STOP REPLICA;\n"
	}
	return stop + fmt.Sprintf(`CHANGE REPLICATION SOURCE TO SOURCE_HOST=%s, SOURCE_PORT=%d, SOURCE_USER=%s, SOURCE_PASSWORD=%s, SOURCE_CONNECT_RETRY=5,
 SOURCE_RETRY_COUNT=0, SOURCE_HEARTBEAT_PERIOD=10, SOURCE_AUTO_POSITION=1, SOURCE_SSL=1, SOURCE_SSL_CA=%s, SOURCE_SSL_VERIFY_SERVER_CERT=1;
`, sqlText(r.Host), r.Port, sqlText(r.User), sqlText(r.Password), sqlText(r.CA)) + m.StartReplica()
}

// StartReplica starts all threads.
func (MySQL) StartReplica() string { return "START REPLICA;\n" }

// Forget resets a stopped channel.
func (MySQL) Forget(connection string) string {
	if connection == "" {
		return "STOP REPLICA; RESET REPLICA ALL"
	}
	return "STOP REPLICA FOR CHANNEL " + sqlText(connection) + "; RESET REPLICA ALL FOR CHANNEL " + sqlText(connection)
}

// Threads is SHOW REPLICA STATUS.
func (MySQL) Threads() string { return "SHOW REPLICA STATUS" }

// CountSchemas leaves the system's out.
func (MySQL) CountSchemas() string { return MariaDB{}.CountSchemas() }
