package mysql

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"foobar/internal/database"
	"foobar/internal/resource"
)

// Session asks for the one set of transactions that in MySQL is what is written,
// applied and in the log. The password of the account a replica logs in with stands
// in a table; only its digest is asked for.
func (m Dialect) Session(users []string) string {
	return database.Question(m, users, []string{"version", "read_only", "super_read_only", "server_id", "server_uuid", "gtid_executed", "lower_case_table_names"},
		`SELECT 'account' AS t, User AS u, Host AS h, plugin AS p, HEX(authentication_string) AS s, ssl_type AS e, max_user_connections AS m, account_locked AS l,
 COALESCE(JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password'), 0) AS o, max_questions+max_updates+max_connections AS q, password_expired AS x,
 COALESCE(password_lifetime, 'default') AS d FROM mysql.user`,
		"SELECT 'role' AS t, TO_USER AS u, TO_HOST AS h, FROM_USER AS r, FROM_HOST AS o FROM mysql.role_edges WHERE TO_USER",
		"SELECT 'login' AS t, Host AS h, User_name AS u, SHA2(CONCAT(User_password, CHAR(10)), 256) AS s FROM mysql.slave_master_info WHERE Channel_name = '';\n")
}

// Read understands the answer to a probe.
func (Dialect) Read(o resource.Observed) (database.State, error) {
	return database.Read(o, database.Columns{First: "Replica_IO_State", Source: "Source", Replica: "Replica"}, account)
}

// account reads a row of mysql.user.
func account(s *database.State, f []string) error {
	if len(f) != 12 {
		return nil
	}
	hash, err := hex.DecodeString(f[4])
	if err != nil {
		return fmt.Errorf("mysql.user, account %s@%s: %w", f[1], f[2], err)
	}
	most, _ := strconv.Atoi(f[6])
	expires := database.ExpiresByDefault
	if days, err := strconv.Atoi(f[11]); err == nil {
		expires = database.Expires(days)
	}
	demands, limits := "", ""
	if f[5] != "" && f[5] != "ANY" {
		demands = "a certificate of its own"
	}
	switch {
	case f[9] != "0":
		limits = "by the hour"
	case f[10] == "Y":
		limits = "the password is no longer valid"
	}
	s.Accounts[f[1]+"@"+f[2]] = database.AccountState{Demands: demands, Limits: limits,
		Identity: database.Identity{User: f[1], Host: f[2], Hash: string(hash), TLS: f[5] == "ANY", MaxConnections: most},
		Plugin:   f[3], Locked: f[7] == "Y", Second: f[8] == "1", Expires: expires, Grants: map[string][]string{}}
	return nil
}
