package database

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// Question is the statements of a Dialect's Session: global variables; where users
// are named what is said of accounts, by the statement accounts for those of mysql.user
// or its like, to which a condition is added, and by the statement roles, which ends with
// the column of users; and whatever more.
func Question(d Dialect, users, variables []string, accounts, roles, more string) string {
	var b strings.Builder
	// A statement each: MariaDB 11.8 answers wrongly when a variable is selected together with a table.
	for _, v := range variables {
		fmt.Fprintf(&b, "SELECT 'var' AS t, '%[1]s' AS k, @@global.%[1]s AS v;\n", v)
	}
	b.WriteString("SELECT 'schema' AS t, SCHEMA_NAME AS k, DEFAULT_CHARACTER_SET_NAME AS v FROM information_schema.SCHEMATA;\n")
	b.WriteString("SELECT 'var' AS t, 'test tables' AS k, " + inTest + " AS v;\n")
	if len(users) > 0 {
		names, grantees := "User = ''", "GRANTEE LIKE '''''@%'"
		for _, u := range users {
			names += " OR User = " + SQLText(u)
			grantees += " OR GRANTEE LIKE " + SQLText("'"+strings.NewReplacer(`\`, `\\`, `_`, `\_`, `%`, `\%`).Replace(u)+"'@%")
		}
		fmt.Fprintf(&b, `%[1]s WHERE %[2]s;
SELECT 'grant' AS t, GRANTEE AS k, '' AS s, PRIVILEGE_TYPE AS p, IS_GRANTABLE AS g FROM information_schema.USER_PRIVILEGES WHERE %[3]s;
SELECT 'grant' AS t, GRANTEE AS k, TABLE_SCHEMA AS s, PRIVILEGE_TYPE AS p, IS_GRANTABLE AS g FROM information_schema.SCHEMA_PRIVILEGES WHERE %[3]s;
SELECT 'table' AS t, GRANTEE AS k, TABLE_SCHEMA AS s, TABLE_NAME AS n FROM information_schema.TABLE_PRIVILEGES WHERE %[3]s UNION SELECT 'table', GRANTEE, TABLE_SCHEMA, TABLE_NAME FROM information_schema.COLUMN_PRIVILEGES WHERE %[3]s;
`, accounts, names, grantees)
		b.WriteString(roles + " IN (" + SQLTexts(users) + ");\n")
	}
	return b.String() + more + d.Words().Threads + ";\nSELECT 'end' AS t, 'end' AS k;\n"
}

// Columns are what a dialect calls those of its Threads: the first of them, and
// what the names begin with that are about the source and about the replica.
type Columns struct{ First, Source, Replica string }

// Read understands the answer to a Session and to Aside, in the client's batch form,
// in which every result begins with a line of column names. Account reads a row
// of the dialect's own, which begins with "account".
func Read(o resource.Observed, columns Columns, account func(s *State, row []string) error) (State, error) {
	s := State{Schemas: map[string]string{}, Settings: map[string]string{}, ByHand: map[string]string{}, InName: map[string]InName{}, Accounts: map[string]AccountState{}, HalfCopied: o.Get("half-copied") != "", Begun: o.Get("begun") != ""}
	login := o.Get("source-login")
	var names []string // of the columns of Threads, while its rows come
	for line := range strings.SplitSeq(o.Get("out"), "\n") {
		f := strings.Split(line, "\t")
		for i := range f {
			f[i] = batchText(f[i])
		}
		switch {
		case f[0] == "t":
			names = nil
		case f[0] == columns.First:
			names = f
		case names != nil:
			if len(f) == len(names) {
				s.connect(names, f, columns, login)
			}
		case f[0] == "end":
			s.HalfOpen = s.HalfOpen && s.ReadOnly
			return s, nil
		case f[0] == "login" && len(f) == 4:
			login = strings.Join(f[1:], " ")
		case f[0] == "account":
			if err := account(&s, f); err != nil {
				return s, err
			}
		case !s.object(f):
			s.row(f)
		}
	}
	return s, fault.Wrap(fault.AnswerCut, errors.New("the database server's answer was cut off before its end"))
}

// Survey understands the answer to a Session that names no users, and to the
// TablesQuestion behind it. A position that is none is an error.
func Survey(d Dialect, out string) (State, error) {
	s, err := d.Read(resource.Observed{Attrs: map[string]string{"out": out}})
	if err == nil {
		s.Known, err = d.Known(s.Current, s.Received)
	}
	if err == nil {
		_, err = d.Errant(s.Log, s.Log, s.Applied)
	}
	s.Tables = readTables(out)
	return s, err
}

// systemsOnly is a filter that leaves out nothing but the server's own databases, as
// mariadb/backup.sh has it, too.
var systemsOnly = regexp.MustCompile(`^Replicate_(Wild_)?Ignore_(DB|Table): ((mysql|sys|performance_schema|information_schema|test)(\.[^,]*)?(,|$))+$`)

// LogFilters says what a server's log leaves out, by the databases that it has alone and
// those that it lacks. One that has some alone leaves out even accounts, because those are
// made where no database is in use. Source: MySQL's manual, "Binary Logging Options".
func LogFilters(has, lacks string) string {
	var list []string
	if has != "" {
		list = append(list, "binlog_do_db "+cut(has))
	}
	if lacks != "" && !systemsOnly.MatchString("Replicate_Ignore_DB: "+lacks) {
		list = append(list, "binlog_ignore_db "+cut(lacks))
	}
	return strings.Join(list, ", ")
}

// connect takes in a row of Threads; login is the host, the user and the digest of
// the password of the connection without a name, and perhaps more.
func (s *State) connect(names, row []string, columns Columns, login string) {
	v := map[string]string{}
	for i, name := range names {
		v[name] = row[i]
	}
	num := func(name string) int { n, _ := strconv.Atoi(v[name]); return n }
	from, at := columns.Source, columns.Replica
	c := Connection{Name: cmp.Or(v["Connection_name"], v["Channel_name"], v["Channel_Name"]), Host: v[from+"_Host"], User: v[from+"_User"], Port: num(from + "_Port"),
		Position: v["Using_Gtid"] == "Slave_Pos" || v["Auto_Position"] == "1",
		CA:       v[from+"_SSL_CA_File"], TLS: v[from+"_SSL_Allowed"] == "Yes", Verify: v[from+"_SSL_Verify_Server_Cert"] == "Yes",
		Reading: v[at+"_IO_Running"], Applying: v[at+"_SQL_Running"],
		ReadErrno: num("Last_IO_Errno"), ReadError: v["Last_IO_Error"], ApplyErrno: num("Last_SQL_Errno"), ApplyError: v["Last_SQL_Error"], Behind: -1, Delay: num("SQL_Delay")}
	for _, name := range names {
		if strings.HasPrefix(name, "Replicate_") && !strings.HasSuffix(name, "_Server_Ids") && v[name] != "" && !systemsOnly.MatchString(name+": "+v[name]) {
			c.Filters = strings.TrimPrefix(c.Filters+", "+strings.ToLower(name)+" "+cut(v[name]), ", ")
		}
	}
	if n, err := strconv.Atoi(v["Seconds_Behind_"+from]); err == nil {
		c.Behind = n
	}
	if f := strings.Fields(login); len(f) >= 3 && c.Name == "" && f[0] == c.Host && f[1] == c.User {
		c.PasswordSum = f[2]
	}
	s.Sources = append(s.Sources, c)
	s.Received = cmp.Or(s.Received, v["Gtid_IO_Pos"], strings.Join(strings.Fields(v["Retrieved_Gtid_Set"]), ""))
}

// row takes in what all dialects say alike: a variable, a schema, a privilege. It
// ignores other rows.
func (s *State) row(f []string) {
	switch {
	case f[0] == "var" && len(f) == 3:
		texts := map[string]*string{"version": &s.Version, "gtid_binlog_pos": &s.Written, "gtid_slave_pos": &s.Applied, "gtid_binlog_state": &s.Log, "gtid_current_pos": &s.Current}
		if to := texts[f[1]]; to != nil {
			*to = f[2]
		}
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
		case "lower_case_table_names":
			s.Names = f[2]
		case "server_uuid":
			s.ServerID = f[2]
		case "test tables":
			s.TestTables, _ = strconv.Atoi(f[2])
		case "gtid_executed": // says it all, in MySQL, which breaks long sets into lines
			s.Log = strings.Join(strings.Fields(f[2]), "")
			s.Written, s.Applied, s.Current = s.Log, s.Log, s.Log
		}
	case f[0] == "setting" && len(f) == 3:
		s.Settings[f[1]] = f[2]
	case f[0] == "by hand" && len(f) == 3:
		s.ByHand[f[1]] = f[2]
	case f[0] == "persisted" && len(f) == 2:
		s.Persisted = append(s.Persisted, f[1])
	case f[0] == "anyone" && len(f) == 3:
		s.Anyone = append(s.Anyone, Identity{User: f[1], Host: f[2]})
	case f[0] == "schema" && len(f) == 3:
		s.Schemas[f[1]] = f[2]
	case f[0] == "grant" && len(f) == 5:
		s.grant(f)
	case f[0] == "role" && len(f) == 5:
		if a, ok := s.Accounts[f[1]+"@"+f[2]]; ok {
			a.Roles = append(a.Roles, Identity{User: f[3], Host: f[4]})
			s.Accounts[f[1]+"@"+f[2]] = a
		}
	case f[0] == "table" && len(f) == 4:
		if a := s.grantee(f[1]); a != nil && !slices.Contains(a.Tables, f[2]+"\x00"+f[3]) {
			a.Tables = append(a.Tables, f[2]+"\x00"+f[3])
			s.Accounts[a.User+"@"+a.Host] = *a
		}
	}
}

// grant reads one right of an account.
func (s *State) grant(f []string) {
	a := s.grantee(f[1])
	if a == nil || f[3] == "USAGE" {
		return
	}
	a.Grants[f[2]] = append(a.Grants[f[2]], f[3])
	if f[4] == "YES" && !slices.Contains(a.Grants[f[2]], "GRANT OPTION") {
		a.Grants[f[2]] = append(a.Grants[f[2]], "GRANT OPTION")
	}
}

// grantee finds the account written as 'user'@'host'.
func (s *State) grantee(text string) *AccountState {
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

// batchText undoes the client's escapes of its batch form.
func batchText(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\0`, "\x00").Replace(s)
}
