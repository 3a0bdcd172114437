package database_test

import (
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/resource"
)

func TestZonesAreLoadedOnce(t *testing.T) {
	row := func(v string) []string { return []string{"setting\ttime zones\t" + v} }
	for name, c := range map[string]struct {
		d       database.Dialect
		server  databaseServer
		changes bool
		says    []string
	}{
		"loaded":             {mariadb.Dialect{}, databaseServer{rows: row("2004-01-01 13:00:00")}, false, nil},
		"a server of before": {mariadb.Dialect{}, databaseServer{}, false, nil},
		"none":               {mariadb.Dialect{}, databaseServer{rows: row("none")}, true, []string{"sql_log_bin=0", "mariadb-tzinfo-to-sql /usr/share/zoneinfo", "--no-defaults"}},
		"none, in MySQL":     {mysql.Dialect{}, databaseServer{rows: row("none")}, true, []string{"super_read_only=OFF;", "mysql_tzinfo_to_sql /usr/share/zoneinfo", "super_read_only=@closed;"}},
		"not running yet":    {mariadb.Dialect{}, databaseServer{down: true}, true, nil},
	} {
		got, err := database.Zones{Dialect: c.d}.Diff(c.server.seen())
		if err != nil || got.Empty() == c.changes || got.Provisional != c.server.down {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for _, want := range c.says {
			if script := got.Steps[0].(resource.Run).Script; !strings.Contains(script, want) {
				t.Errorf("%s: no %q in %s", name, want, script)
			}
		}
	}
}
