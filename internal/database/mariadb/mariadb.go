// Package mariadb is what MariaDB 10.11 and 11.8 say and understand.
package mariadb

import (
	"crypto/sha1"
	_ "embed" // the script that asks beside the statements
	"encoding/json"
	"fmt"

	"foobar/internal/database"
	"foobar/internal/resource"
)

// Dialect is that of MariaDB 10.11 and 11.8. Source: MariaDB's
// documentation of the statements and tables named below.
type Dialect struct{}

// endless frees a session of the client from the server's max_statement_time, which would
// end counts, waits and the loading of data. The dump program does so by itself.
const endless = "--init-command='SET max_statement_time=0'"

// client reads statements from standard input. Since 11.4 it would encrypt even what goes
// through the server's own socket, which takes longer than most statements.
const client = "mariadb --no-defaults --skip-ssl --binary-mode --local-infile=0 -uroot -S /run/mysqld/mysqld.sock " + endless

// Words are those of MariaDB. With read_only set, transactions that are open already
// cannot be committed either. Adopt does what MASTER_DEMOTE_TO_SLAVE does since 10.10,
// in a form that older servers know too. Source: MariaDB's documentation of read_only,
// max_statement_time, MASTER_GTID_WAIT and PROCESSLIST.
func (Dialect) Words() database.Words {
	return database.Words{
		Name: "mariadb", Unit: "mariadb.service", Client: client, Quiet: " --loose-skip-print-query-on-error", LogReader: "mariadb-binlog", Zones: "mariadb-tzinfo-to-sql", Plugin: "mysql_native_password",
		Blank: "RESET MASTER;\nSET GLOBAL gtid_slave_pos='';\n",
		Start: "START SLAVE;\n", Stop: "STOP SLAVE;\n", StopReading: "STOP SLAVE IO_THREAD;\n", Reset: "RESET SLAVE ALL;\n", Waits: "DISABLE ON SLAVE",
		Threads: "SHOW ALL SLAVES STATUS", WaitFor: "MASTER_GTID_WAIT", Sessions: "information_schema.PROCESSLIST",
		Variables: "information_schema.GLOBAL_VARIABLES", Everyone: "mysql.global_priv WHERE JSON_VALUE(Priv, '$.is_role') IS NULL",
		Locked: "mysql.global_priv WHERE JSON_VALUE(Priv, '$.account_locked') IN ('1', 'true')",
		ByHand: "SELECT 'by hand' AS t, LOWER(VARIABLE_NAME) AS k, GLOBAL_VALUE AS v FROM information_schema.SYSTEM_VARIABLES WHERE GLOBAL_VALUE_ORIGIN = 'SQL' AND LOWER(VARIABLE_NAME)",
		Within: "max_statement_time=2", Revoke: "REVOKE",
		Adopt:  "SET GLOBAL gtid_slave_pos=@@global.gtid_current_pos;\n",
		Logins: "SELECT User, SHA2(JSON_VALUE(Priv, '$.authentication_string'), 256) FROM mysql.global_priv",
		Aside:  asideScript, Backups: backupFunctions,
	}
}

// Session asks for variables that MySQL does not have.
func (m Dialect) Session(users []string) string {
	return database.Question(m, users, []string{"version", "read_only", "server_id", "gtid_binlog_pos", "gtid_slave_pos", "gtid_binlog_state", "gtid_current_pos", "lower_case_table_names"},
		"SELECT 'account' AS t, User AS u, Host AS h, Priv AS p FROM mysql.global_priv",
		"SELECT 'role' AS t, User AS u, Host AS h, Role AS r, '' AS o FROM mysql.roles_mapping WHERE User", "")
}

//go:embed aside.sh
var asideScript string

// Hash is that of mysql_native_password, whose scramble is only ever sent
// inside TLS here.
func (Dialect) Hash(password string) string {
	one := sha1.Sum([]byte(password))
	return fmt.Sprintf("*%X", sha1.Sum(one[:]))
}

// Read understands the answer to a probe.
func (Dialect) Read(o resource.Observed) (database.State, error) {
	return database.Read(o, database.Columns{First: "Connection_name", Source: "Master", Replica: "Slave"}, account)
}

// account reads a row of mysql.global_priv, whose details are JSON. An account
// that is a role cannot log in.
func account(s *database.State, row []string) error {
	if len(row) != 4 {
		return nil
	}
	user, host, details := row[1], row[2], row[3]
	var d struct {
		Plugin string `json:"plugin"`
		Hash   string `json:"authentication_string"`
		TLS    int    `json:"ssl_type"`
		Max    int    `json:"max_user_connections"`
		Locked bool   `json:"account_locked"`
		Role   bool   `json:"is_role"`
		// Limits of an hour, and of a statement, in seconds.
		Questions   int     `json:"max_questions"`
		Updates     int     `json:"max_updates"`
		Connections int     `json:"max_connections"`
		Statement   float64 `json:"max_statement_time"`
		// Changed is when the password was set; 0 says that it is no longer valid.
		Changed *int64 `json:"password_last_changed"`
		// Lifetime is that of the password in days: 0 has no end, none or -1 is the server's default.
		Lifetime *int `json:"password_lifetime"`
		// Or lists further ways to log in; {} stands for the first.
		Or []struct {
			Plugin string `json:"plugin"`
		} `json:"auth_or"`
	}
	if err := json.Unmarshal([]byte(details), &d); err != nil {
		return fmt.Errorf("mysql.global_priv, account %s@%s: %w", user, host, err)
	}
	if d.Role {
		return nil
	}
	second := false
	for _, way := range d.Or {
		switch {
		case way.Plugin == "": // the first
		case way.Plugin == d.Plugin && !second:
			second = true
		default:
			d.Plugin += " or others"
		}
	}
	demands, limits := "", ""
	if d.TLS > 1 {
		demands = "a certificate of its own"
	}
	switch {
	case d.Questions+d.Updates+d.Connections > 0:
		limits = "by the hour"
	case d.Statement > 0:
		limits = "by the statement"
	case d.Changed != nil && *d.Changed == 0:
		limits = "the password is no longer valid"
	}
	s.Accounts[user+"@"+host] = database.AccountState{Demands: demands, Limits: limits,
		Identity: database.Identity{User: user, Host: host, Hash: d.Hash, TLS: d.TLS == 1, MaxConnections: d.Max},
		Plugin:   d.Plugin, Locked: d.Locked, Second: second, Expires: expires(d.Lifetime), Grants: map[string][]string{}}
	return nil
}

// expires says when a password with that lifetime expires by its age, in words.
func expires(days *int) string {
	if days == nil || *days < 0 {
		return database.ExpiresByDefault
	}
	return database.Expires(*days)
}

// SetReadOnly changes the running server only: by its file it starts read-only.
func (Dialect) SetReadOnly(on bool) string {
	if on {
		return "SET GLOBAL read_only=ON;\n"
	}
	return "SET GLOBAL read_only=OFF;\n"
}

// PutAccount sends the hash, so that no log can hold the password. An account may have
// several ways to log in, each of which suffices. Its password has no end but a new
// secrets.generation, whatever default_password_lifetime says. Source: MariaDB's "ALTER USER".
func (Dialect) PutAccount(a database.Identity, exists bool, old string) string {
	verb, unlock, require, or, limits := "CREATE USER IF NOT EXISTS", "", "NONE", "", ""
	if old != "" {
		or = " OR mysql_native_password USING " + database.SQLText(old)
	}
	if exists {
		verb, unlock = "ALTER USER IF EXISTS", " ACCOUNT UNLOCK"
		limits = "MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_STATEMENT_TIME 0 "
	}
	if a.TLS {
		require = "SSL"
	}
	return fmt.Sprintf("%s %s IDENTIFIED VIA mysql_native_password USING %s%s REQUIRE %s WITH %sMAX_USER_CONNECTIONS %d PASSWORD EXPIRE NEVER%s;\n",
		verb, database.SQLAccount(a.User, a.Host), database.SQLText(a.Hash), or, require, limits, a.MaxConnections, unlock)
}

// Attach follows by position, encrypted, and checks the source's certificate.
func (m Dialect) Attach(r database.Source, attached bool) string {
	return m.Words().Attach(`CHANGE MASTER TO MASTER_HOST=%s, MASTER_PORT=%d, MASTER_USER=%s, MASTER_PASSWORD=%s, MASTER_CONNECT_RETRY=5, MASTER_HEARTBEAT_PERIOD=10, MASTER_DELAY=0,
 MASTER_USE_GTID=slave_pos, MASTER_SSL=1, MASTER_SSL_CA=%s, MASTER_SSL_VERIFY_SERVER_CERT=1;
`, r, attached)
}

// Forget resets a stopped replica.
func (Dialect) Forget(connection string) string {
	if connection == "" {
		return "STOP SLAVE; RESET SLAVE ALL"
	}
	return "STOP SLAVE " + database.SQLText(connection) + "; RESET SLAVE " + database.SQLText(connection) + " ALL"
}
