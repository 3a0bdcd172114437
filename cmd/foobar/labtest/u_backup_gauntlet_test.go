//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"testing"
)

// onMySQL is a site of three servers with MySQL, for TestUBackupHostileMySQL and those
// that go on with it. The first of them takes the hosts of the earlier tests away.
func onMySQL(t *testing.T) *scene {
	t.Helper()
	s := sceneOf("mysql")
	s.site = filepath.Join(work, "mysql-three.toml")
	if _, err := os.Stat(s.site); err != nil {
		s.write(t, otherLab(t, "--engine", "mysql"))
		must(t, 0, "deploy", s.site)
	}
	return s
}

// TestUBackupHostileMySQL is TestSBackupHostile on MySQL.
func TestUBackupHostileMySQL(t *testing.T) { onMySQL(t).hostileBackup(t) }
