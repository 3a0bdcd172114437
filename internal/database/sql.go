package database

import (
	"fmt"
	"strings"
)

// The statements below are the same in every dialect.

// Unlogged begins a session whose statements the server does not log, and in
// which a backslash escapes.
const Unlogged = "SET SESSION sql_log_bin=0;\nSET SESSION sql_mode='';\n"

// SystemSchemas are the server's own, as SQL.
const SystemSchemas = "('mysql','sys','performance_schema','information_schema')"

// inTest counts what the database "test" holds, which older installations have made.
const inTest = "(SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'test')" +
	" + (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = 'test') + (SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'test')"

// ofUsers ends a statement about SCHEMATA: those of users. A "test" that holds something
// is one of them.
const ofUsers = " FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN " + SystemSchemas + " AND (SCHEMA_NAME <> 'test' OR " + inTest + " > 0)"

// CountSchemas is a statement that counts the databases of users.
const CountSchemas = "SELECT COUNT(*)" + ofUsers

// SQLText quotes a string literal, for a session whose SQL mode lets a
// backslash escape.
func SQLText(s string) string { return "'" + inSQL.Replace(s) + "'" }

// inSQL is made once: a look at a server quotes hundreds of names.
var inSQL = strings.NewReplacer(`\`, `\\`, `'`, `''`)

// SQLTexts is a list of string literals.
func SQLTexts(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = SQLText(s)
	}
	return strings.Join(quoted, ", ")
}

// SQLAccount quotes an account.
func SQLAccount(user, host string) string { return SQLText(user) + "@" + SQLText(host) }

// sqlName quotes an identifier.
func sqlName(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

// sqlScope is what privileges are about: "" is the whole server, schema and table
// have a NUL between them, anything else is a pattern of schemas.
func sqlScope(scope string) string {
	if scope == "" {
		return "*.*"
	}
	if schema, table, ok := strings.Cut(scope, "\x00"); ok {
		return sqlName(schema) + "." + sqlName(table)
	}
	return sqlName(scope) + ".*"
}

// schemaPattern is the scope that means exactly one schema: what GRANT takes for
// wildcards is escaped. The system's own is matched by name.
func schemaPattern(schema string) string {
	if schema == "performance_schema" {
		return schema
	}
	return strings.NewReplacer(`_`, `\_`, `%`, `\%`).Replace(schema)
}

// dropAccount may be replicated to a server that has no such account.
func dropAccount(user, host string) string {
	return "DROP USER IF EXISTS " + SQLAccount(user, host) + ";\n"
}

func grant(a Identity, scope string, privileges []string) string {
	return fmt.Sprintf("GRANT %s ON %s TO %s;\n", strings.Join(privileges, ", "), sqlScope(scope), SQLAccount(a.User, a.Host))
}

func revoke(f Dialect, a Identity, scope string, privileges []string) string {
	return fmt.Sprintf("%s %s ON %s FROM %s;\n", f.Words().Revoke, strings.Join(privileges, ", "), sqlScope(scope), SQLAccount(a.User, a.Host))
}

// revokeRole takes a role away.
func revokeRole(f Dialect, a, role Identity) string {
	name := SQLText(role.User)
	if role.Host != "" {
		name = SQLAccount(role.User, role.Host)
	}
	return f.Words().Revoke + " " + name + " FROM " + SQLAccount(a.User, a.Host) + ";\n"
}

// OptionFile is a file of options for the clients of all dialects: those by which
// they reach a source, or any server where it has no host, and more.
func OptionFile(s Source, more ...string) string {
	text := "[client]\nprotocol=tcp\n"
	if s.Host != "" {
		text += "host=" + OptionText(s.Host) + "\n"
	}
	text += fmt.Sprintf("port=%d\nuser=%s\npassword=%s\n", s.Port, OptionText(s.User), OptionText(s.Password))
	return text + strings.Join(more, "\n") + "\n"
}

// OptionText quotes a value of an option file.
func OptionText(v string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}
