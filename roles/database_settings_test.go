package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"foobar/internal/resource"
)

// TestDatabaseSettingsFiles: what a server takes while it runs lies in the file that costs
// no restart, and both are tried before they land.
func TestDatabaseSettingsFiles(t *testing.T) {
	s := databaseSite(t)
	for _, id := range []string{"/etc/mysql/mariadb.conf.d/90-foobar.cnf", "/etc/mysql/mariadb.conf.d/90-foobar-live.cnf"} {
		if f := databaseWanted(t, Database{}, s, "web2")[resource.NewID("file", id)].(resource.File); f.Check != "" || strings.Contains(string(f.Content), "db.settings") {
			t.Errorf("without settings %s is checked: %q", id, f.Check)
		}
	}
	s.Inv.DB.Settings = map[string]string{"sql_mode": "ANSI", "innodb_flush_method": "O_DIRECT", "init_connect": "SET NAMES 'utf8mb4'", "skip_show_database": "ON", "loose_max_statement_time": "30",
		"loose_max_execution_time": "30000", "event_scheduler": "DISABLED", "key_buffer_size": "0"}
	have := databaseWanted(t, Database{}, s, "web2")
	for path, want := range map[string]string{
		"/etc/mysql/mariadb.conf.d/90-foobar.cnf":      "event_scheduler = DISABLED\ninnodb_flush_method = O_DIRECT\nkey_buffer_size = 0\nskip_show_database\n",
		"/etc/mysql/mariadb.conf.d/90-foobar-live.cnf": "init_connect = \"SET NAMES 'utf8mb4'\"\nloose_max_execution_time = 30000\nloose_max_statement_time = 30\nsql_mode = ANSI\n",
	} {
		f := have[resource.NewID("file", path)].(resource.File)
		if !strings.HasSuffix(string(f.Content), "\n# Of [db.settings] in the inventory.\n"+want) {
			t.Errorf("%s:\n%s", path, f.Content)
		}
		if f.CheckAs != "mysql" || strings.Count(f.Check, "%s") != 1 || !strings.Contains(f.Check, " foobar mariadbd --defaults-file=%s ") {
			t.Errorf("%s is checked as %q by %q", path, f.CheckAs, f.Check)
		}
	}
}

// TestDatabaseSettingsInTurn: a server that runs gets its files in its turn, by which the
// programs of all hosts have read theirs; one that does not run yet starts with them.
func TestDatabaseSettingsInTurn(t *testing.T) {
	s := databaseSite(t)
	id := resource.NewID("file", "/etc/mysql/mariadb.conf.d/90-foobar.cnf")
	for _, c := range []struct{ runs, settings bool }{{true, true}, {false, true}, {true, false}} {
		s.Inv.DB.Settings = nil
		if c.settings {
			s.Inv.DB.Settings = map[string]string{"sql_mode": "ANSI"}
		}
		f := s.Facts["web2"]
		f.Database.Running = c.runs
		s.Facts["web2"] = f
		list, err := Database{}.Resources(s, s.Inv.Host("web2"))
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if late := resource.StageOf(r) == resource.Converge; r.ID() == id && (late != (c.runs && c.settings) || resource.Unwrap(r).(resource.File).CheckFirst != late) {
				t.Errorf("%+v: the file comes in stage %v", c, resource.StageOf(r))
			}
		}
	}
}

// TestDatabaseSettingsRefused: a value that the server would change is as bad as a name that
// it does not know; one that it may pass over is not.
func TestDatabaseSettingsRefused(t *testing.T) {
	s := databaseSite(t)
	s.Inv.DB.Settings = map[string]string{"sql_mode": "ANSI"}
	for _, engine := range []string{"mariadb", "mysql"} {
		s.Inv.DB.Engine = engine
		check := strings.ReplaceAll(databaseEngineOf(s.Inv).accepts(), "%s", "/x")
		for _, c := range []struct {
			says string
			ends int
			bad  bool
		}{
			{"[ERROR] server: unknown variable 'x=1'", 0, true}, {"[ERROR] [MY-000067] [Server] unknown variable 'x=1'.", 1, true},
			{"[ERROR] Parsing options for plugin 'InnoDB' failed. Disabling plugin", 0, true}, {"[ERROR] Unknown collation: 'x'", 1, true},
			{"Character set 'x' is not a compiled character set", 1, true}, {"[Warning] option 'max_connections': unsigned value 1 adjusted to 10", 0, true},
			{"[Warning] option 'slow_query_log': boolean value 'maybe' wasn't recognized. Set to OFF.", 0, true},
			{"[Warning] [MY-000076] [Server] option 'slow_query_log': boolean value 'maybe' was not recognized. Set to OFF.", 0, true},
			{"[Warning] server: unknown variable 'loose_x=1'", 0, false}, {"[Warning] Could not increase number of max_open_files", 0, false}, {"", 0, false}, {"", 1, true},
		} {
			dir := t.TempDir()
			for _, name := range []string{"mariadbd", "mysqld"} {
				program := "#!/bin/sh\ncat >&2 <<'E'\n2026-01-01 0:00:00 0 " + c.says + "\nE\nexit " + strconv.Itoa(c.ends) + "\n"
				if err := os.WriteFile(filepath.Join(dir, name), []byte(program), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("sh", "-ec", check)
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if (err != nil) != c.bad || c.bad && !strings.Contains(string(out), c.says) {
				t.Errorf("%s: %q, end %d: %v, it says %q", engine, c.says, c.ends, err, out)
			}
		}
	}
}
