package database

import (
	"slices"
	"strconv"
	"strings"
)

// Row takes in a row that all dialects have alike: a variable, a schema, a
// privilege. It passes over one that it does not know.
func (s *State) Row(f []string) {
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
	case f[0] == "grant" && len(f) == 5:
		a := s.grantee(f[1])
		if a == nil || f[3] == "USAGE" {
			return
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

// BatchText undoes the client's escapes of its batch form.
func BatchText(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\0`, "\x00").Replace(s)
}
