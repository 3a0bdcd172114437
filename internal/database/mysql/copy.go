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

// Compare refuses other engines than InnoDB: a clone leaves their tables empty.
func (Dialect) Compare(login string) string {
	return database.CompareShell("mysql --defaults-file="+sh.Quote(login)+" --local-infile=0 "+endless, client,
		"SELECT REPLACE(@@global.gtid_executed, '\\n', '')", "<> 'InnoDB'", "")
}

// writableSQL asks for statements that let databases be dropped that are read-only. Source:
// MySQL's "ALTER DATABASE Statement".
const writableSQL = "SELECT CONCAT('ALTER DATABASE `', REPLACE(SCHEMA_NAME, '`', '``'), '` READ ONLY=0;') FROM information_schema.SCHEMATA_EXTENSIONS WHERE OPTIONS LIKE '%READ ONLY=1%'"

//go:embed copy.sh
var copyScript string

// Copy clones the source's data directory over the port and the encryption of
// replication: its data, accounts and set of transactions as of one moment. The
// server then starts anew; the unit restarts it. Administrators alone may write
// here meanwhile. A clone compares no names of certificates, so that it is given a
// CA that vouches for the source alone. Sources: MySQL's "Cloning Remote Data", and
// mysql_clone_connect in its clone_protocol_service.cc.
func (m Dialect) Copy(c database.Copy) string {
	return c.Shell(client) + fmt.Sprintf("ca=%s vouches=%s writable_sql=%s events_sql=%s\n", sh.Quote(c.SourceCAPath), sh.Quote(string(c.SourceCA)), sh.Quote(writableSQL), sh.Quote(database.LullingSQL(m))) + copyScript
}
