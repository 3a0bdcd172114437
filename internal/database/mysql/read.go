package mysql

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/internal/resource"
)

// variables asks for variables, each in a statement of its own, under the
// names that State.row and Survey.set know. In MySQL one set of
// transactions says it all: what is written, applied and in the log.
func variables(b *strings.Builder, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(b, "SELECT 'var' AS t, '%s' AS k, @@global.%s AS v;\n", pairs[i], pairs[i+1])
	}
}

// Session asks for everything at once. The password of the account a replica
// logs in with stands in a table; only its digest is asked for.
func (Dialect) Session(users []string) string {
	var b strings.Builder
	variables(&b, "read_only", "read_only", "super_read_only", "super_read_only", "server_id", "server_id", "server_uuid", "server_uuid",
		"gtid_binlog_pos", "gtid_executed", "gtid_slave_pos", "gtid_executed", "gtid_binlog_state", "gtid_executed")
	names, grantees := "User = ''", "GRANTEE LIKE '''''@%'"
	for _, u := range users {
		names += " OR User = " + database.SQLText(u)
		grantees += " OR GRANTEE LIKE " + database.SQLText("'"+strings.NewReplacer(`\`, `\\`, `_`, `\_`, `%`, `\%`).Replace(u)+"'@%")
	}
	fmt.Fprintf(&b, `SELECT 'schema' AS t, SCHEMA_NAME AS k, DEFAULT_CHARACTER_SET_NAME AS v FROM information_schema.SCHEMATA;
SELECT 'var' AS t, 'test tables' AS k, COUNT(*) AS v FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'test';
SELECT 'mysql account' AS t, User AS u, Host AS h, plugin AS p, HEX(authentication_string) AS s, ssl_type AS e, max_user_connections AS m, account_locked AS l,
 COALESCE(JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password'), 0) AS o FROM mysql.user WHERE %[1]s;
SELECT 'grant' AS t, GRANTEE AS k, '' AS s, PRIVILEGE_TYPE AS p, IS_GRANTABLE AS g FROM information_schema.USER_PRIVILEGES WHERE %[2]s;
SELECT 'grant' AS t, GRANTEE AS k, TABLE_SCHEMA AS s, PRIVILEGE_TYPE AS p, IS_GRANTABLE AS g FROM information_schema.SCHEMA_PRIVILEGES WHERE %[2]s;
SELECT 'table' AS t, GRANTEE AS k, TABLE_SCHEMA AS s, TABLE_NAME AS n FROM information_schema.TABLE_PRIVILEGES WHERE %[2]s;
SELECT 'login' AS t, Host AS h, User_name AS u, SHA2(User_password, 256) AS s FROM mysql.slave_master_info WHERE Channel_name = '';
SHOW REPLICA STATUS;
SELECT 'end' AS t, 'end' AS k;
`, names, grantees)
	return b.String()
}

// Aside reports the marks in the data directory.
func (Dialect) Aside(index int) string {
	return fmt.Sprintf("[ ! -e %[2]s ] || o %[1]d half-copied yes\n[ ! -e %[3]s ] || o %[1]d begun yes\n", index, database.SeedMark, database.BegunMark)
}

// Read understands the client's batch form, in which every result begins with
// a line of column names.
func (Dialect) Read(o resource.Observed) (database.State, error) {
	s := database.State{Schemas: map[string]string{}, Accounts: map[string]database.AccountState{},
		HalfCopied: o.Get("half-copied") != "", Begun: o.Get("begun") != ""}
	login := ""
	err := answer(o.Get("out"), func(f []string) error {
		switch {
		case f[0] == "mysql account" && len(f) == 9:
			return account(&s, f)
		case f[0] == "login" && len(f) == 4:
			login = strings.Join(f[1:], " ")
		default:
			s.Row(f)
		}
		return nil
	}, func(columns, row []string) {
		s.Sources = append(s.Sources, connection(columns, row, login))
	})
	s.HalfOpen = s.HalfOpen && s.ReadOnly
	return s, err
}

// answer hands on the rows of a session: those of SHOW REPLICA STATUS to
// replica, with their columns, all others to row.
func answer(out string, row func([]string) error, replica func(columns, row []string)) error {
	var columns []string
	for _, line := range strings.Split(out, "\n") {
		f := strings.Split(line, "\t")
		for i := range f {
			f[i] = database.BatchText(f[i])
		}
		switch {
		case f[0] == "t":
			columns = nil
		case f[0] == "Replica_IO_State":
			columns = f
		case columns != nil && len(f) == len(columns):
			replica(columns, f)
		case f[0] == "end":
			return nil
		default:
			if err := row(f); err != nil {
				return err
			}
		}
	}
	return fault.Wrap(fault.AnswerCut, fmt.Errorf("the database server's answer was cut off before its end"))
}

// account reads a row of mysql.user.
func account(s *database.State, f []string) error {
	hash, err := hex.DecodeString(f[4])
	if err != nil {
		return fmt.Errorf("mysql.user, account %s@%s: %w", f[1], f[2], err)
	}
	most, _ := strconv.Atoi(f[6])
	s.Accounts[f[1]+"@"+f[2]] = database.AccountState{
		Identity: database.Identity{User: f[1], Host: f[2], Hash: string(hash), TLS: f[5] == "ANY", MaxConnections: most},
		Plugin:   f[3], Locked: f[7] == "Y", Second: f[8] == "1", Grants: map[string][]string{}}
	return nil
}

func connection(columns, row []string, login string) database.Connection {
	v := map[string]string{}
	for i, name := range columns {
		v[name] = row[i]
	}
	num := func(name string) int { n, _ := strconv.Atoi(v[name]); return n }
	c := database.Connection{Name: v["Channel_name"], Host: v["Source_Host"], User: v["Source_User"], Port: num("Source_Port"), CA: v["Source_SSL_CA_File"],
		Position: v["Auto_Position"] == "1", TLS: v["Source_SSL_Allowed"] == "Yes", Verify: v["Source_SSL_Verify_Server_Cert"] == "Yes",
		Reading: v["Replica_IO_Running"], Applying: v["Replica_SQL_Running"],
		ReadErrno: num("Last_IO_Errno"), ReadError: v["Last_IO_Error"], ApplyErrno: num("Last_SQL_Errno"), ApplyError: v["Last_SQL_Error"], Behind: -1}
	if c.Name == "" {
		c.Name = v["Channel_Name"]
	}
	if n, err := strconv.Atoi(v["Seconds_Behind_Source"]); err == nil {
		c.Behind = n
	}
	if f := strings.Fields(login); len(f) == 3 && c.Name == "" && f[0] == c.Host && f[1] == c.User {
		c.PasswordSum = f[2]
	}
	return c
}
