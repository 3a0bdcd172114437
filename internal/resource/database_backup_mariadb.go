package resource

import (
	_ "embed" // the functions
	"strings"
)

//go:embed database_backup_mariadb.sh
var mariaBackupFunctions string

// PeerLogin is SourceLogin for any of the servers.
func (m MariaDB) PeerLogin(s DatabaseSource) string {
	var b strings.Builder
	for line := range strings.Lines(m.SourceLogin(s)) {
		if !strings.HasPrefix(line, "host=") {
			b.WriteString(line)
		}
	}
	return b.String() + "connect-timeout=5\n"
}

// BackupFunctions are those of MariaDB 10.11 and 11.8. Commits are held back with
// the statements that mariadb-backup uses: unlike FLUSH TABLES WITH READ LOCK
// they do not wait for readers, and a parallel replica knows how to wait for
// them. mariadb-dump, with --single-transaction and --master-data=2, takes the
// place in the log from its own snapshot (status variable Binlog_snapshot_file)
// and locks nothing. Sources: MariaDB's documentation of BACKUP STAGE,
// mariadb-dump, mariadb-install-db and of the system variables that are named.
func (MariaDB) BackupFunctions() string { return mariaBackupFunctions }
