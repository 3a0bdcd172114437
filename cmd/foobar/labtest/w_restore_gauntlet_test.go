//go:build lab && gauntlet

package labtest

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestW1RestoreMySQL goes on with the site of TestW1MySQL, as TestK6Restore does with
// MariaDB.
func TestW1RestoreMySQL(t *testing.T) {
	s := sceneOf("mysql")
	s.servers = []string{"web1", "web2"}
	s.site = filepath.Join(work, "mysql.toml")
	s.restoredElsewhere(t, "web2")
	s.whole(t, "web2")
}

// restoredElsewhere: a backup whose views run as an account that is missing is restored.
func (s *scene) restoredElsewhere(t *testing.T, primary string) {
	s.reports(t, primary, "notes")
	b := backupOn(t, s.site)
	s.ask(t, primary, "DROP USER reporter@localhost")
	if r := must(t, 0, "db", "restore", s.site, b.name(), "--yes-destroy", "foobar"); !strings.Contains(r.err, "made the account 'reporter'@'localhost', locked") {
		t.Errorf("the restore says\n%s", r.err)
	}
	s.reporterStands(t)
	s.unlogged(t, primary)
	s.ask(t, primary, "DROP VIEW foobar.report, foobar.reported")
}
