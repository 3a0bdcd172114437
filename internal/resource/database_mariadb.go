package resource

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/fault"
)

// MariaDB is the flavour of MariaDB 10.11 and 11.8. Source: MariaDB's
// documentation of the statements and tables named below.
type MariaDB struct{}

// Name is "mariadb".
func (MariaDB) Name() string { return "mariadb" }

// Unit is Debian's.
func (MariaDB) Unit() string { return "mariadb.service" }

// LogReader is mariadb-binlog.
func (MariaDB) LogReader() string { return "mariadb-binlog" }

// Client is the mariadb client over Debian's socket.
func (MariaDB) Client() string {
	return "mariadb --no-defaults --binary-mode --local-infile=0 -uroot -S /run/mysqld/mysqld.sock"
}

// Session asks a statement per variable: version 11.8 answers wrongly when a
// variable is selected together with a table.
func (MariaDB) Session(users []string) string {
	var b strings.Builder
	for _, v := range []string{"read_only", "server_id", "gtid_binlog_pos", "gtid_slave_pos", "gtid_binlog_state"} {
		fmt.Fprintf(&b, "SELECT 'var' AS t, '%s' AS k, @@global.%s AS v;\n", v, v)
	}
	names, grantees := "User = ''", "GRANTEE LIKE '''''@%'"
	for _, u := range users {
		names += " OR User = " + sqlText(u)
		grantees += " OR GRANTEE LIKE " + sqlText("'"+strings.NewReplacer(`\`, `\\`, `_`, `\_`, `%`, `\%`).Replace(u)+"'@%")
	}
	fmt.Fprintf(&b, `SELECT 'schema' AS t, SCHEMA_NAME AS k, DEFAULT_CHARACTER_SET_NAME AS v FROM information_schema.SCHEMATA;
SELECT 'var' AS t, 'test tables' AS k, COUNT(*) AS v FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'test';
SELECT 'account' AS t, User AS u, Host AS h, Priv AS p FROM mysql.global_priv WHERE %[1]s;
SELECT 'grant' AS t, GRANTEE AS k, '' AS s, PRIVILEGE_TYPE AS p, IS_GRANTABLE AS g FROM information_schema.USER_PRIVILEGES WHERE %[2]s;
SELECT 'grant' AS t, GRANTEE AS k, TABLE_SCHEMA AS s, PRIVILEGE_TYPE AS p, IS_GRANTABLE AS g FROM information_schema.SCHEMA_PRIVILEGES WHERE %[2]s;
SELECT 'table' AS t, GRANTEE AS k, TABLE_SCHEMA AS s, TABLE_NAME AS n FROM information_schema.TABLE_PRIVILEGES WHERE %[2]s;
SHOW ALL SLAVES STATUS;
SELECT 'end' AS t, 'end' AS k;
`, names, grantees)
	return b.String()
}

// Aside reports host, user and a digest of the password that a replica logs in
// with, from lines 4 to 6 of master.info; no statement shows the password. It is
// read as the server's account, which cannot make it show a file of root's. It also
// reports the mark of a copy that was not finished.
func (MariaDB) Aside(index int) string {
	return fmt.Sprintf(`[ ! -e %[2]s ] || o %[1]d half-copied yes
if [ -f /var/lib/mysql/master.info ]; then
 login=$(%[3]s sed -n 4,6p /var/lib/mysql/master.info </dev/null 2>/dev/null) || :
 { read -r host; read -r user; read -r word; } <<ASIDE || :
$login
ASIDE
 o %[1]d source-login "$host $user $(printf %%s "$word" | sha256sum | cut -c 1-64)"
 word= login=
fi
`, index, DatabaseSeedMark, DatabaseAs)
}

// Plugin is mysql_native_password.
func (MariaDB) Plugin() string { return "mysql_native_password" }

// Hash is that of mysql_native_password, whose scramble is only ever sent
// inside TLS here.
func (MariaDB) Hash(password string) string {
	one := sha1.Sum([]byte(password))
	return fmt.Sprintf("*%X", sha1.Sum(one[:]))
}

// Read understands the client's batch form, in which every result begins with
// a line of column names.
func (MariaDB) Read(o Observed) (DatabaseState, error) {
	s := DatabaseState{Schemas: map[string]string{}, Accounts: map[string]DatabaseAccountState{}, HalfCopied: o.Get("half-copied") != ""}
	var columns []string // of SHOW ALL SLAVES STATUS, while its rows come
	ended := false
	for _, line := range strings.Split(o.Get("out"), "\n") {
		f := strings.Split(line, "\t")
		for i := range f {
			f[i] = batchText(f[i])
		}
		switch {
		case f[0] == "t":
			columns = nil
		case f[0] == "Connection_name":
			columns = f
		case columns != nil:
			if len(f) == len(columns) {
				s.Sources = append(s.Sources, mariaConnection(columns, f, o.Get("source-login")))
			}
		case f[0] == "end":
			ended = true
		default:
			if err := s.row(f); err != nil {
				return s, err
			}
		}
	}
	if !ended {
		return s, fault.As(fault.AnswerCut, fmt.Errorf("the database server's answer was cut off before its end"))
	}
	return s, nil
}

func (s *DatabaseState) row(f []string) error {
	switch {
	case f[0] == "var" && len(f) == 3:
		switch f[1] {
		case "read_only":
			s.ReadOnly = f[2] != "0" && f[2] != "OFF"
		case "super_read_only":
			s.HalfOpen = f[2] == "0"
		case "server_id":
			s.Number = f[2]
			if s.ServerID == "" {
				s.ServerID = f[2]
			}
		case "server_uuid":
			s.ServerID = f[2]
		case "test tables":
			s.TestTables, _ = strconv.Atoi(f[2])
		case "gtid_binlog_pos":
			s.Written = f[2]
		case "gtid_slave_pos":
			s.Applied = f[2]
		case "gtid_binlog_state":
			s.Log = f[2]
		}
	case f[0] == "schema" && len(f) == 3:
		s.Schemas[f[1]] = f[2]
	case f[0] == "account" && len(f) == 4:
		return s.account(f[1], f[2], f[3])
	case f[0] == "grant" && len(f) == 5:
		a := s.grantee(f[1])
		if a == nil || f[3] == "USAGE" {
			return nil
		}
		a.Grants[f[2]] = append(a.Grants[f[2]], f[3])
		if f[4] == "YES" && !slices.Contains(a.Grants[f[2]], "GRANT OPTION") {
			a.Grants[f[2]] = append(a.Grants[f[2]], "GRANT OPTION")
		}
	case f[0] == "table" && len(f) == 4:
		if a := s.grantee(f[1]); a != nil && !slices.Contains(a.Tables, f[2]+"\x00"+f[3]) {
			a.Tables = append(a.Tables, f[2]+"\x00"+f[3])
			s.Accounts[a.User+"@"+a.Host] = *a
		}
	}
	return nil
}

// account reads a row of mysql.global_priv, whose details are JSON. An account
// that is a role cannot log in.
func (s *DatabaseState) account(user, host, details string) error {
	var d struct {
		Plugin string `json:"plugin"`
		Hash   string `json:"authentication_string"`
		TLS    int    `json:"ssl_type"`
		Max    int    `json:"max_user_connections"`
		Locked bool   `json:"account_locked"`
		Role   bool   `json:"is_role"`
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
	s.Accounts[user+"@"+host] = DatabaseAccountState{
		DatabaseUser: DatabaseUser{User: user, Host: host, Hash: d.Hash, TLS: d.TLS == 1, MaxConnections: d.Max},
		Plugin:       d.Plugin, Locked: d.Locked, Second: second, Grants: map[string][]string{}}
	return nil
}

// grantee finds the account written as 'user'@'host'.
func (s *DatabaseState) grantee(text string) *DatabaseAccountState {
	user, host, ok := strings.Cut(strings.Trim(text, "'"), "'@'")
	if !ok && strings.HasPrefix(text, "''@'") {
		user, host = "", strings.TrimSuffix(strings.TrimPrefix(text, "''@'"), "'")
	}
	a, ok := s.Accounts[user+"@"+host]
	if !ok {
		return nil
	}
	return &a
}

func mariaConnection(columns, row []string, login string) DatabaseConnection {
	v := map[string]string{}
	for i, name := range columns {
		v[name] = row[i]
	}
	num := func(name string) int { n, _ := strconv.Atoi(v[name]); return n }
	c := DatabaseConnection{Name: v["Connection_name"], Host: v["Master_Host"], User: v["Master_User"], Port: num("Master_Port"), CA: v["Master_SSL_CA_File"],
		Position: v["Using_Gtid"] == "Slave_Pos", TLS: v["Master_SSL_Allowed"] == "Yes", Verify: v["Master_SSL_Verify_Server_Cert"] == "Yes",
		Reading: v["Slave_IO_Running"], Applying: v["Slave_SQL_Running"],
		ReadErrno: num("Last_IO_Errno"), ReadError: v["Last_IO_Error"], ApplyErrno: num("Last_SQL_Errno"), ApplyError: v["Last_SQL_Error"], Behind: -1}
	if n, err := strconv.Atoi(v["Seconds_Behind_Master"]); err == nil {
		c.Behind = n
	}
	// The file is the default connection's; it counts only when it is about this one.
	if f := strings.Fields(login); len(f) == 3 && c.Name == "" && f[0] == c.Host && f[1] == c.User {
		c.PasswordSum = f[2]
	}
	return c
}

// batchText undoes the client's escapes of its batch form.
func batchText(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\0`, "\x00").Replace(s)
}

// SetReadOnly changes the running server only: its file says read-only.
func (MariaDB) SetReadOnly(on bool) string {
	if on {
		return "SET GLOBAL read_only=ON;\n"
	}
	return "SET GLOBAL read_only=OFF;\n"
}

// CreateSchema makes the schema.
func (MariaDB) CreateSchema(name string) string {
	return "CREATE DATABASE " + sqlName(name) + " CHARACTER SET utf8mb4;\n"
}

func sqlAccount(user, host string) string { return sqlText(user) + "@" + sqlText(host) }

// PutAccount sends the hash, so that no log can hold the password. An account
// may have several ways in, of which any lets in. Source: MariaDB's "ALTER USER".
func (MariaDB) PutAccount(a DatabaseUser, exists bool, old string) string {
	verb, unlock, require, or := "CREATE", "", "NONE", ""
	if old != "" {
		or = " OR mysql_native_password USING " + sqlText(old)
	}
	if exists {
		verb, unlock = "ALTER", " ACCOUNT UNLOCK"
	}
	if a.TLS {
		require = "SSL"
	}
	return fmt.Sprintf("%s USER %s IDENTIFIED VIA mysql_native_password USING %s%s REQUIRE %s WITH MAX_USER_CONNECTIONS %d%s;\n",
		verb, sqlAccount(a.User, a.Host), sqlText(a.Hash), or, require, a.MaxConnections, unlock)
}

// Grant adds privileges.
func (MariaDB) Grant(a DatabaseUser, scope string, privileges []string) string {
	return fmt.Sprintf("GRANT %s ON %s TO %s;\n", strings.Join(privileges, ", "), sqlScope(scope), sqlAccount(a.User, a.Host))
}

// Revoke takes privileges away; the scope of a table is given as schema and
// table with a NUL between them.
func (MariaDB) Revoke(a DatabaseUser, scope string, privileges []string) string {
	return fmt.Sprintf("REVOKE %s ON %s FROM %s;\n", strings.Join(privileges, ", "), sqlScope(scope), sqlAccount(a.User, a.Host))
}

func sqlScope(scope string) string {
	if scope == "" {
		return "*.*"
	}
	if schema, table, ok := strings.Cut(scope, "\x00"); ok {
		return sqlName(schema) + "." + sqlName(table)
	}
	return sqlName(scope) + ".*"
}

// DropAccount removes an account.
func (MariaDB) DropAccount(user, host string) string {
	return "DROP USER " + sqlAccount(user, host) + ";\n"
}

// DropSchema removes a schema and all that is in it.
func (MariaDB) DropSchema(name string) string { return "DROP DATABASE " + sqlName(name) + ";\n" }

// Pattern escapes what GRANT takes for wildcards.
func (MariaDB) Pattern(schema string) string {
	if schema == "performance_schema" {
		return schema // the system's own, which is matched by name
	}
	return strings.NewReplacer(`_`, `\_`, `%`, `\%`).Replace(schema)
}

// Blank empties the log and the position.
func (MariaDB) Blank() string { return "RESET MASTER;\nSET GLOBAL gtid_slave_pos='';\n" }

// Attach follows by position, encrypted, and checks the source's certificate.
func (m MariaDB) Attach(r DatabaseSource, attached bool) string {
	stop := ""
	if attached {
		stop = "STOP SLAVE;\n"
	}
	return stop + fmt.Sprintf(`CHANGE MASTER TO MASTER_HOST=%s, MASTER_PORT=%d, MASTER_USER=%s, MASTER_PASSWORD=%s, MASTER_CONNECT_RETRY=5, MASTER_HEARTBEAT_PERIOD=10,
 MASTER_USE_GTID=slave_pos, MASTER_SSL=1, MASTER_SSL_CA=%s, MASTER_SSL_VERIFY_SERVER_CERT=1;
`, sqlText(r.Host), r.Port, sqlText(r.User), sqlText(r.Password), sqlText(r.CA)) + m.StartReplica()
}

// StartReplica starts both threads.
func (MariaDB) StartReplica() string { return "START SLAVE;\n" }

// Forget resets a stopped replica.
func (MariaDB) Forget(connection string) string {
	if connection == "" {
		return "STOP SLAVE; RESET SLAVE ALL"
	}
	return "STOP SLAVE " + sqlText(connection) + "; RESET SLAVE " + sqlText(connection) + " ALL"
}

// Threads is SHOW ALL SLAVES STATUS.
func (MariaDB) Threads() string { return "SHOW ALL SLAVES STATUS" }

// CountSchemas leaves the system's out.
func (MariaDB) CountSchemas() string {
	return "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ('mysql','sys','performance_schema','information_schema','test')"
}
