//go:build lab && gauntlet

package labtest

import (
	"path/filepath"
	"testing"
)

// TestUBackupHostileMySQL is TestSBackupHostile on MySQL. It takes the hosts of the
// earlier tests away.
func TestUBackupHostileMySQL(t *testing.T) {
	s := sceneOf("mysql")
	s.site = filepath.Join(work, "mysql-hostile.toml")
	s.write(t, otherLab(t, "--engine", "mysql"))
	must(t, 0, "deploy", s.site)
	s.hostileBackup(t)
}
