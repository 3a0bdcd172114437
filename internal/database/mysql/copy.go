package mysql

import (
	_ "embed" // the script of a copy
	"fmt"

	"foobar/internal/database"
	"foobar/internal/sh"
)

// Login is an option file of the mysql programs. The certificate's names are checked
// as well. Source: MySQL's manual, "Using Option Files" and "Command Options for
// Encrypted Connections".
func (Dialect) Login(s database.Source) string {
	return database.OptionFile(s, "ssl-mode=VERIFY_IDENTITY", "ssl-ca="+database.OptionText(s.CA))
}

// Compare asks both servers the same way. A clone leaves tables of other
// engines than InnoDB empty.
func (m Dialect) Compare(login string) string {
	ask := func(key, client, statement string) string {
		return fmt.Sprintf("out=$(%s -B -N -r -e %s </dev/null)\nprintf '%%s\\n' \"$out\" | sed 's/^/%s /'\n", client, sh.Quote(statement), key)
	}
	there := "mysql --defaults-file=" + sh.Quote(login) + " --local-infile=0"
	const (
		log     = "SELECT REPLACE(@@global.gtid_executed, '\\n', '')"
		schemas = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN " + database.SystemSchemas
		tables  = "FROM information_schema.TABLES WHERE TABLE_SCHEMA NOT IN " + database.SystemSchemas
	)
	return ask("source-log", there, log) +
		ask("log", client, log) +
		ask("source-schema", there, schemas) +
		ask("schema", client, schemas) +
		ask("unsafe", there, "SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, ' (', ENGINE, ')') "+tables+" AND ENGINE <> 'InnoDB'") +
		ask("size", there, "SELECT COALESCE(SUM(DATA_LENGTH + INDEX_LENGTH), 0) "+tables) +
		database.RoomShell
}

//go:embed copy.sh
var copyScript string

// Copy clones the source's data directory over the port and the encryption of
// replication: its data, accounts and set of transactions as of one moment. The
// server then starts anew; the unit restarts it. Administrators alone may write
// here meanwhile. A clone compares no names of certificates, so that it is given a
// CA that vouches for the source alone. Sources: MySQL's "Cloning Remote Data", and
// mysql_clone_connect in its clone_protocol_service.cc.
func (Dialect) Copy(c database.Copy) string {
	return c.Shell(client) + fmt.Sprintf("ca=%s vouches=%s\n", sh.Quote(c.SourceCAPath), sh.Quote(string(c.SourceCA))) + copyScript
}
