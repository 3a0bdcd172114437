package mysql

import (
	_ "embed" // the functions
	"fmt"
	"strings"

	"foobar/internal/database"
)

//go:embed backup.sh
var backupFunctions string

// PeerLogin is an option file of the mysql client. Source: MySQL's manual, "Using
// Option Files" and "Command Options for Encrypted Connections".
func (Dialect) PeerLogin(s database.Source) string {
	quote := func(v string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"` }
	return fmt.Sprintf("[client]\nprotocol=tcp\nport=%d\nuser=%s\npassword=%s\nssl-mode=VERIFY_IDENTITY\nssl-ca=%s\nconnect-timeout=5\n",
		s.Port, quote(s.User), quote(s.Password), quote(s.CA))
}

// BackupFunctions hold commits back with FLUSH TABLES WITH READ LOCK, which is
// not logged. mysqldump is given --source-data=2, so that it flushes with LOCAL:
// without it, it would flush into the log of the replica and so give it a
// transaction of its own. It takes the same lock, which two sessions may hold,
// until its snapshot has begun. --set-gtid-purged=OFF keeps out of the dump what
// would keep it from being loaded into a server that has transactions; the
// position is written beside it. Sources: MySQL's manual of mysqldump, FLUSH,
// mysqld --initialize-insecure, and of the tables of performance_schema.
func (Dialect) BackupFunctions() string { return backupFunctions }
