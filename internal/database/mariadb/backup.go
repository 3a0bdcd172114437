package mariadb

import (
	_ "embed" // the functions

	"foobar/internal/database"
)

// backupFunctions are those of MariaDB 10.11 and 11.8. Commits are held back with
// the statements that mariadb-backup uses: unlike FLUSH TABLES WITH READ LOCK
// they do not wait for readers, and a parallel replica knows how to wait for
// them. mariadb-dump, with --single-transaction and --master-data=2, takes the
// place in the log from its own snapshot (status variable Binlog_snapshot_file)
// and locks nothing. Sources: MariaDB's documentation of BACKUP STAGE,
// mariadb-dump, mariadb-install-db and of the system variables that are named.
//
//go:embed backup.sh
var backupFunctions database.BackupFunctions
