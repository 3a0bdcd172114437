//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSBackupHostileMySQL is TestSBackupHostile on MySQL. It takes the hosts of the
// earlier tests away.
func TestSBackupHostileMySQL(t *testing.T) {
	s := sceneOf("mysql")
	must(t, 0, "lab", "down")
	must(t, 0, "lab", "up", "--engine", "mysql")
	s.site = filepath.Join(work, "mysql-hostile.toml")
	if err := os.WriteFile(s.site, []byte(must(t, 0, "lab", "inventory").out), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", s.site)
	s.hostileBackup(t)
}
