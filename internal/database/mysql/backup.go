package mysql

import (
	_ "embed" // the functions

	"foobar/internal/database"
)

// backupFunctions hold commits back with FLUSH TABLES WITH READ LOCK, which is
// not logged. mysqldump is given --source-data=2, so that it flushes with LOCAL:
// without it, it would flush into the log of the replica and so give it a
// transaction of its own. It takes the same lock, which two sessions may hold,
// until its snapshot has begun. --set-gtid-purged=OFF keeps out of the dump what
// would keep it from being loaded into a server that has transactions; the
// position is written beside it. Sources: MySQL's manual of mysqldump, FLUSH,
// mysqld --initialize-insecure, and of the tables of performance_schema.
//
//go:embed backup.sh
var backupFunctions database.BackupFunctions
