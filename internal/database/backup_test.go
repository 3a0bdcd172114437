package database_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// backupNeeds are the functions that the scripts call, by BackupFunctions' word.
var backupNeeds = strings.Fields("place peer hold_sql free_sql snapshot_sql schemas_sql counting_sql filled_sql objects_sql size_sql dump dump_at " +
	"scratch_start scratch_stop closed_sql load_sql drop_sql events_sql scheduler_sql scheduler_set packet_sql packet_set strict_sql lenient_sql undecided_sql applier_sql load_rights load_pattern own_sql strays keys_sql forgetful_sql")

// backupBash runs bash with a dialect's functions.
func backupBash(t *testing.T, f database.Dialect, script string) string {
	t.Helper()
	cmd := exec.Command("bash", "-s")
	cmd.Stdin = strings.NewReader("set -euo pipefail\nscratch=/s login=/l work=/w\n" + string(f.Words().Backups) + script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

func TestBackupFunctionsAreThere(t *testing.T) {
	for name, f := range map[string]database.Dialect{"mariadb": mariadb.Dialect{}, "mysql": mysql.Dialect{}} {
		out := backupBash(t, f, "\ndeclare -F | sed 's/^declare -f //'; echo \"${client[*]}\"; echo \"${scratch_client[*]}\"\n")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		for _, need := range backupNeeds {
			if !slices.Contains(lines, need) {
				t.Errorf("%s has no function %s", name, need)
			}
		}
		if got := lines[len(lines)-1]; !strings.HasPrefix(got, "setpriv --reuid=mysql --regid=mysql --clear-groups ") {
			t.Errorf("%s: the scratch client, which reads a dump, is %s", name, got)
		}
	}
	for _, f := range []database.Dialect{mariadb.Dialect{}, mysql.Dialect{}} {
		out := backupBash(t, f, "\necho \"${client[*]}\"\necho \"${scratch_client[*]}\"\necho \"${load_client[*]}\"\n")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if lines[0] != strings.ReplaceAll(f.Words().Client, "'", "") {
			t.Errorf("the client is %q, elsewhere %q", lines[0], f.Words().Client)
		}
		// What a server says is read by clients that obey no command of their own in it.
		for _, client := range lines {
			if !strings.Contains(client, " --binary-mode ") || !strings.Contains(client, " --local-infile=0") || !strings.Contains(client, "--no-defaults ") && !strings.Contains(client, " --defaults-file=") {
				t.Errorf("a client is run as %s", client)
			}
			// The scratch server has no settings of the inventory's.
			if !strings.Contains(client, " --init-command=SET max_") && !strings.Contains(client, "setpriv") {
				t.Errorf("the server's settings end what takes long: %s", client)
			}
		}
	}
}

// TestStrays: what keeps a database from being dropped is named, and what is a table's is not.
func TestStrays(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"shop/db.opt", "shop/t.frm", "shop/t.ibd", "shop/p.frm", "shop/p.par", "shop/p#P#p0.ibd", "shop/t.csv", "shop/t.cfg", "shop/c.frm", "shop/c.txt", "shop/out put.csv", "a@0020b/arc/x", "a@0020b/dump.sql",
		"mysql/x", "test/y", "#rocksdb/z", "ibdata1"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, text, _ := strings.Cut(string(mariadb.Dialect{}.Words().Backups), "\nstrays() {\n")
	text, _, _ = strings.Cut(text, "\n}\n")
	out, err := exec.Command("bash", "-euo", "pipefail", "-c", "strays() {\n"+strings.ReplaceAll(text, "/var/lib/mysql", dir)+"\n}\nstrays").CombinedOutput()
	if want := dir + "/a@0020b/dump.sql\n" + dir + "/shop/out put.csv\n" + dir + "/shop/t.csv\n" + dir + "/test/y\n"; err != nil || lines(string(out)) != want {
		t.Errorf("%v:\n%snot\n%s", err, out, want)
	}
}

// lines are those of a text, in order.
func lines(text string) string { return strings.Join(slices.Sorted(strings.Lines(text)), "") }

// TestBackupPlace: what a server is, from what it says.
func TestBackupPlace(t *testing.T) {
	for says, want := range map[string]string{
		`0 ""`: "primary", `1 ""`: "neither",
		`1 "  Master_Host: 10.0.0.1
  Slave_IO_Running: Yes
  Slave_SQL_Running: Yes"`: "replica",
		`1 "  Master_Host: 10.0.0.1
  Slave_IO_Running: Yes
  Slave_SQL_Running: Yes
  Seconds_Behind_Master: 59"`: "replica",
		`1 "  Master_Host: 10.0.0.1
  Slave_IO_Running: Yes
  Slave_SQL_Running: Yes
  Seconds_Behind_Master: 60"`: "behind",
		`1 "  Master_Host: 10.0.0.1
  Slave_IO_Running: Yes
  Slave_SQL_Running: Yes
  Replicate_Do_DB: 
  Replicate_Ignore_DB: mysql,sys
  Replicate_Wild_Ignore_Table: mysql.%,test.%"`: "replica",
		`1 "  Master_Host: 10.0.0.1
  Slave_IO_Running: Yes
  Slave_SQL_Running: Yes
  Replicate_Ignore_DB: mysql,mysqlx"`: "filtered",
		`1 "  Master_Host: 10.0.0.1
  Slave_IO_Running: Yes
  Slave_SQL_Running: Yes
  Replicate_Do_DB: mysql"`: "filtered",
		`1 "  Master_Host: 10.0.0.1
  Slave_IO_Running: Connecting
  Slave_SQL_Running: Yes"`: "broken",
		`0 "  Master_Host: 10.0.0.1
  Slave_IO_Running: Yes
  Slave_SQL_Running: No"`: "broken",
	} {
		if got := strings.TrimSpace(backupBash(t, mariadb.Dialect{}, "\nlag_problem=60\nwhat "+says+"\n")); got != want {
			t.Errorf("mariadb: %s is %s, not %s", says, got, want)
		}
	}
	for says, want := range map[string]string{
		"0 0 OFF OFF 0": "primary", "1 0 OFF OFF 0": "neither", "1 1 ON ON 0": "replica", "1 1 ON ON 0 59": "replica", "1 1 ON ON 0 60": "behind", "1 1 ON ON 2 60": "filtered", "1 1 CONNECTING ON 0": "broken", "1 1 ON OFF 0": "broken", "1 1 ON ON 2": "filtered",
	} {
		if got := strings.TrimSpace(backupBash(t, mysql.Dialect{}, "\nlag_problem=60\nwhat "+says+"\n")); got != want {
			t.Errorf("mysql: %s is %s, not %s", says, got, want)
		}
	}
}

// TestBackupPosition: both dump programs write where their dump begins.
func TestBackupPosition(t *testing.T) {
	for _, c := range []struct {
		f    database.Dialect
		line string
	}{
		{mariadb.Dialect{}, "-- CHANGE MASTER TO MASTER_LOG_FILE='binlog.000012', MASTER_LOG_POS=1113;"},
		{mysql.Dialect{}, "-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='binlog.000012', SOURCE_LOG_POS=1113;"},
	} {
		out := backupBash(t, c.f, "\ndump_at \""+c.line+"\"\ndump_at 'INSERT INTO t VALUES (1);' || echo none\n")
		if out != "at binlog.000012 1113\nnone\n" {
			t.Errorf("got %q", out)
		}
	}
}

// TestBackupTouchesNoLog: nothing that a backup says to a server is a transaction
// of its own, and a dump brings neither a position nor a switch of the log with it.
func TestBackupTouchesNoLog(t *testing.T) {
	for name, f := range map[string]database.Dialect{"mariadb": mariadb.Dialect{}, "mysql": mysql.Dialect{}} {
		said := backupBash(t, f, "\nhold_sql; free_sql; snapshot_sql; schemas_sql; counting_sql; objects_sql; size_sql\n")
		for statement := range strings.SplitSeq(said, ";") {
			first := strings.Join(strings.Fields(statement), " ")
			if first != "" && !regexp.MustCompile(`^(SET SESSION|SELECT|BACKUP STAGE|START TRANSACTION WITH CONSISTENT|FLUSH TABLES WITH READ LOCK|UNLOCK TABLES|', CONCAT\(|'\)|' FROM|\) FROM)`).MatchString(first) {
				t.Errorf("%s: %s", name, first)
			}
		}
		if strings.Contains(said, "OWN") {
			t.Errorf("%s: a list of schemas is not filled in:\n%s", name, said)
		}
	}
	if f := string((mysql.Dialect{}).Words().Backups); !strings.Contains(f, "--set-gtid-purged=OFF") || !strings.Contains(f, "--source-data=2") {
		t.Error("mysqldump would flush into the log, or set the position of the server it is loaded into")
	}
}

func TestPeerLogin(t *testing.T) {
	for name, f := range map[string]database.Dialect{"mariadb": mariadb.Dialect{}, "mysql": mysql.Dialect{}} {
		got := database.PeerLogin(f, database.Source{Port: 3307, User: "backup", Password: `p"\w`, CA: "/ca"})
		for _, part := range []string{"[client]\n", "port=3307\n", `user="backup"`, `password="p\"\\w"`, "ssl-ca=", "connect-timeout=5\n"} {
			if !strings.Contains(got, part) {
				t.Errorf("%s: no %q in:\n%s", name, part, got)
			}
		}
		if !strings.Contains(got, "ssl-mode=VERIFY_IDENTITY\n") && !strings.Contains(got, "ssl-verify-server-cert\n") {
			t.Errorf("%s: any host of the site may call itself a database:\n%s", name, got)
		}
		if strings.Contains(got, "\nhost=") {
			t.Errorf("%s: it names a host", name)
		}
	}
}

// TestHalfRestoredPrimaryStaysClosed: a deploy must not open it.
func TestHalfRestoredPrimaryStaysClosed(t *testing.T) {
	if !strings.Contains(database.Server{Dialect: mariadb.Dialect{}}.Script([][]string{{}}), database.RestoreMark) {
		t.Fatal("the mark of a restore is not asked for")
	}
	out := "t\tk\tv\nvar\tread_only\t1\nt\tk\nend\tend\n"
	o := resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out}}
	if c, err := (database.Mode{Dialect: mariadb.Dialect{}}).Diff(o); err != nil || c.Empty() {
		t.Fatalf("a closed primary is not opened: %v, %+v", err, c)
	}
	o.Attrs["restoring"] = "foobar-20260131T030000Z"
	if _, err := (database.Mode{Dialect: mariadb.Dialect{}}).Diff(o); err == nil || !strings.Contains(err.Error(), "foobar db restore") {
		t.Errorf("a half restored primary: %v", err)
	}
	if _, err := (database.Mode{Dialect: mariadb.Dialect{}, ReadOnly: true}).Diff(o); err != nil {
		t.Errorf("a replica: %v", err)
	}
}

// TestReadOnlyDatabasesAreDropped: MySQL drops one only once it can be written to.
func TestReadOnlyDatabasesAreDropped(t *testing.T) {
	writable, drop, _ := strings.Cut(backupBash(t, mysql.Dialect{}, "\ndrop_sql\n"), "DROP DATABASE")
	if !strings.Contains(writable, "` READ ONLY=0;') FROM information_schema.SCHEMATA_EXTENSIONS") || drop == "" {
		t.Errorf("it is dropped as it is: %s", writable)
	}
}

// TestScratchTakesWhatTheServerHas: tables in memory that are larger than a server takes by
// default, and events that keep the time of a zone, which a new server does not know.
func TestScratchTakesWhatTheServerHas(t *testing.T) {
	for name, f := range map[string]database.Dialect{"mariadb": mariadb.Dialect{}, "mysql": mysql.Dialect{}} {
		if said := backupBash(t, f, "\nload_sql\n"); !strings.Contains(said, "max_heap_table_size=4294966272") {
			t.Errorf("%s: %s", name, said)
		}
		for events, want := range map[string]string{"0": "", "2": "mysql time_zone time_zone_leap_second time_zone_name time_zone_transition time_zone_transition_type\n"} {
			got := backupBash(t, f, "\nwork="+t.TempDir()+"\n"+
				"mariadb-dump() { printf '%s\\n' \"$*\"; }\nmysqldump() { mariadb-dump \"$@\"; }\nclient=(one)\none() { printf '"+events+"\\n'; }\nscratch_client=(two)\ntwo() { sed 's/.*--skip-triggers //'; }\nscratch_zones\ncat \"$work/scratch.log\" 2>/dev/null || :\n")
			if got != want {
				t.Errorf("%s: with %s events it loads %q", name, events, got)
			}
		}
		if text := string(f.Words().Backups); !strings.Contains(text, "{ scratch_zones; return; }") {
			t.Errorf("%s: it loads no zones", name)
		}
	}
}

// TestHistoryByTransactions: MariaDB dumps none where one table has it so; a copy is refused.
func TestHistoryByTransactions(t *testing.T) {
	for found, dumps := range map[string]bool{"": true, "h.p": false} {
		said := backupBash(t, mariadb.Dialect{}, "\nwork="+t.TempDir()+"\n: >\"$work/broken\"\nclient=(one)\none() { cat >/dev/null; echo "+found+"; }\nmariadb-dump() { echo \"$*\"; }\ndump h\n")
		if strings.Contains(said, " --dump-history ") != dumps || !strings.Contains(said, "--databases -- h") {
			t.Errorf("beside %q the dump is %s", found, said)
		}
	}
	const which = "GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint'"
	if said := backupBash(t, mariadb.Dialect{}, "\ncounting_sql\n"); !strings.Contains(said, which) || strings.Contains(said, "FORGETFUL") || strings.Contains(said, "IN OWN") {
		t.Errorf("rows are counted with their history: %s", said)
	}
	if said := strings.ReplaceAll(mariadb.Dialect{}.Compare("/l"), `'"'"'`, "'"); !strings.Contains(said, which) {
		t.Errorf("a copy is not refused: %s", said)
	}
}

// TestBackupHasTest: a database of that name is as any other.
func TestBackupHasTest(t *testing.T) {
	for name, f := range map[string]database.Dialect{"mariadb": mariadb.Dialect{}, "mysql": mysql.Dialect{}} {
		if said := backupBash(t, f, "\nschemas_sql; counting_sql; objects_sql; size_sql; drop_sql\n"); strings.Contains(said, "'test'") || !strings.Contains(said, "'sys'") {
			t.Errorf("%s leaves it out:\n%s", name, said)
		}
	}
}

// TestBackupCountsWhatCanBeMadeAgain: a server makes no event again whose end has come, and a
// backup is checked some time after it was taken.
func TestBackupCountsWhatCanBeMadeAgain(t *testing.T) {
	for name, f := range map[string]database.Dialect{"mariadb": mariadb.Dialect{}, "mysql": mysql.Dialect{}} {
		if said := backupBash(t, f, "\nobjects_sql\n"); !strings.Contains(said, "AND (ON_COMPLETION = 'PRESERVE' OR COALESCE(EXECUTE_AT, ENDS) IS NULL)") {
			t.Errorf("%s counts all events:\n%s", name, said)
		}
	}
}

// TestDropsAreForReplicas: one that lacks a database goes on replicating when it is dropped, and
// the database test is dropped only where it holds nothing at all.
func TestDropsAreForReplicas(t *testing.T) {
	for _, f := range []database.Dialect{mariadb.Dialect{}, mysql.Dialect{}} {
		if said := backupBash(t, f, "\ndrop_sql\n"); !strings.Contains(said, "CONCAT('DROP DATABASE IF EXISTS `'") {
			t.Error(said)
		}
		if asked := f.Session([]string{"a"}); !strings.Contains(asked, "ROUTINE_SCHEMA = 'test') + (SELECT COUNT(*) FROM information_schema.EVENTS") {
			t.Error(asked)
		}
	}
}

// TestLoadingIsLenient: a server takes again what it took before, whatever it refuses today.
func TestLoadingIsLenient(t *testing.T) {
	const lenient = "check_constraint_checks=0, innodb_strict_mode=0;"
	m := mariadb.Dialect{}
	if said := backupBash(t, m, "\nload_sql\n"); !strings.Contains(said, lenient) {
		t.Errorf("a restore: %s", said)
	}
	if said := m.Copy(database.Copy{}); !strings.Contains(said, lenient) || !strings.Contains(said, "innodb_force_primary_key=0;") || !strings.Contains(said, "innodb_force_primary_key=$keyed;") {
		t.Errorf("a copy:\n%s", said)
	}
	if said := string(mysql.Dialect{}.Words().Backups); !strings.Contains(said, "--innodb-strict-mode=OFF --loose-restrict-fk-on-non-standard-key=OFF") {
		t.Error("MySQL's scratch server refuses tables that the server has")
	}
	text, err := os.ReadFile("../../templates/database/backup.sh.tmpl")
	if err != nil || !strings.Contains(string(text), "{ load_sql; zstd -q -d -c ") {
		t.Errorf("a check loads the dump in another way than a restore: %v", err)
	}
}

// TestBackupCountsWhatIsDumped: of a table whose rows are another server's a dump has none.
func TestBackupCountsWhatIsDumped(t *testing.T) {
	for name, f := range map[string]database.Dialect{"mariadb": mariadb.Dialect{}, "mysql": mysql.Dialect{}} {
		if said := backupBash(t, f, "\ncounting_sql\n"); !regexp.MustCompile(`IF\(ENGINE (=|IN \()` + ` ?'FEDERATED'.*, ', 0\);',`).MatchString(said) {
			t.Errorf("%s counts the rows of another server:\n%s", name, said)
		}
	}
}

// TestUndecided: each is named as XA ROLLBACK takes it.
func TestUndecided(t *testing.T) {
	for f, want := range map[database.Dialect][2]string{
		mariadb.Dialect{}: {"1\t1\t0\t'a'\n7\t1\t1\tX'61',X'27',7\n", "XA ROLLBACK 'a';\nXA ROLLBACK X'61',X'27',7;\n"},
		mysql.Dialect{}:   {"1\t1\t0\t0x61\n7\t1\t2\t0x612700\n", "XA ROLLBACK X'61',X'',1;\nXA ROLLBACK X'61',X'2700',7;\n"},
	} {
		if got := backupBash(t, f, "\nserver() { printf %s "+sh.Quote(want[0])+"; }; client=(server); undecided_sql\n"); got != want[1] {
			t.Errorf("%s, not %s", got, want[1])
		}
	}
}

// TestEventsOfARole: a role has no host, and an account role@% is another.
func TestEventsOfARole(t *testing.T) {
	if said := backupBash(t, mariadb.Dialect{}, "\nevents_sql X\n"); !strings.Contains(said, "IF(DEFINER LIKE '%@', '', CONCAT('@', ") {
		t.Errorf("the events of a role are told to be those of an account:\n%s", said)
	}
}

// TestLoadPattern: a name is no pattern, though GRANT takes one.
func TestLoadPattern(t *testing.T) {
	out := backupBash(t, mariadb.Dialect{}, "\nload_pattern <<'E'\n`a_b`\n`%`\n`x\\``y`\nE\n")
	if want := "`a\\_b`\n`\\%`\n`x\\\\``y`\n"; out != want {
		t.Errorf("%q, not %q", out, want)
	}
}
