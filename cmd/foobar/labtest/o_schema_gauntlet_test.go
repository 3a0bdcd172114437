//go:build lab && gauntlet

package labtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestO2OneSchema and TestW2OneSchemaMySQL: one schema with everything that an app may
// have in it. What migrations do is done by a release's migration, what apps do at run
// time by the app's own user, both with the app's account.
func TestO2OneSchema(t *testing.T) { onSite().oneSchema(t) }

func (s *scene) oneSchema(t *testing.T) {
	primary, replicas := s.moved(t)
	must(t, 0, "release", "-y", s.migrating(t))
	s.statements(t, "app.sql")
	s.alike(t, primary)
	if got := s.ask(t, primary, eventsThatRun); got != "all_nightly" {
		t.Errorf("on the primary these events are enabled: %q", got)
	}
	s.tornRelayLog(t, primary, replicas[0])
	s.memoryTable(t, primary, replicas[len(replicas)-1])
	s.givenBack(t, primary)
	s.memoryLost(t, primary, replicas[len(replicas)-1])
	s.delayed(t, replicas[0])
	s.statements(t, "drop.sql")
	must(t, 0, "deploy", s.site)
	s.whole(t, primary)
}

// moved is who takes the writes, and who does not.
func (s *scene) moved(t *testing.T) (primary string, replicas []string) {
	t.Helper()
	for _, host := range s.servers {
		if s.ask(t, host, "SELECT @@global.read_only") == "0" {
			primary = host
		} else {
			replicas = append(replicas, host)
		}
	}
	if primary == "" || len(replicas) != len(s.servers)-1 {
		t.Fatalf("%q takes writes, %v do not", primary, replicas)
	}
	return primary, replicas
}

// migrating is an inventory whose app makes the schema when it is released.
func (s *scene) migrating(t *testing.T) string {
	t.Helper()
	text := read(t, s.site)
	source := regexp.MustCompile(`(?m)^source *= *"(.*)"`).FindStringSubmatch(text)
	if source == nil {
		t.Fatal("the inventory names no app")
	}
	dir := strings.TrimSuffix(s.withSchema(), ".toml")
	for _, from := range []string{source[1], filepath.Join("testdata", "schema")} {
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	text = strings.Replace(text, source[0], fmt.Sprintf("source = %q\nmigrate = [\"python3 statements.py migrate.sql\"]", dir), 1)
	if err := os.WriteFile(dir+".toml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir + ".toml"
}

// withSchema is that inventory. Moves of the databases end with a deploy, which must not
// take the app away that has the statements.
func (s *scene) withSchema() string { return filepath.Join(work, s.engine+"-schema.toml") }

// statements are run as the app runs: by its user, in its release, with its environment.
func (s *scene) statements(t *testing.T, file string) {
	t.Helper()
	r := foobar("lab", "exec", "web1", "--", "systemd-run", "-q", "--wait", "--pipe", "-p", "User=foobar-app", "-p", "EnvironmentFile=/etc/foobar/app.env",
		"-p", "WorkingDirectory=/srv/foobar/current", "python3", "statements.py", file)
	if r.code != 0 || !strings.Contains(r.out, " 0 failed") {
		t.Fatalf("%s: %s: exit %d\n%s", s.engine, file, r.code, r.all())
	}
}

const (
	mine          = " FROM information_schema.%s WHERE %s = 'foobar' AND %s LIKE 'all%%' ORDER BY "
	eventsThatRun = "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'foobar' AND STATUS = 'ENABLED'"
	quotedTables  = "SELECT CONCAT('`foobar`.`', REPLACE(TABLE_NAME, '`', '``'), '`') FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'foobar' AND TABLE_NAME LIKE 'all%' AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY 1"
)

// definitions are those of all that the schema has in it.
func (s *scene) definitions(t *testing.T, host string) string {
	t.Helper()
	var ask []string
	for _, q := range []struct{ table, schema, name, what string }{
		{"TABLES", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE, ENGINE, TABLE_COLLATION, TABLE_COMMENT, CREATE_OPTIONS"},
		{"STATISTICS", "TABLE_SCHEMA", "TABLE_NAME", "INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE, INDEX_TYPE"},
		{"PARTITIONS", "TABLE_SCHEMA", "TABLE_NAME", "PARTITION_NAME, PARTITION_EXPRESSION, PARTITION_DESCRIPTION"},
		{"REFERENTIAL_CONSTRAINTS", "CONSTRAINT_SCHEMA", "TABLE_NAME", "CONSTRAINT_NAME, REFERENCED_TABLE_NAME, UPDATE_RULE, DELETE_RULE"},
		{"VIEWS", "TABLE_SCHEMA", "TABLE_NAME", "VIEW_DEFINITION, DEFINER, SECURITY_TYPE, CHARACTER_SET_CLIENT"},
		{"TRIGGERS", "TRIGGER_SCHEMA", "TRIGGER_NAME", "EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT, SQL_MODE, DEFINER"},
		{"ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME", "ROUTINE_TYPE, ROUTINE_DEFINITION, SQL_DATA_ACCESS, SQL_MODE, DEFINER"},
		{"EVENTS", "EVENT_SCHEMA", "EVENT_NAME", "EVENT_DEFINITION, INTERVAL_VALUE, INTERVAL_FIELD, SQL_MODE, DEFINER, EVENT_COMMENT"},
	} {
		ask = append(ask, fmt.Sprintf("SELECT %s, %s"+mine+"%[2]s", q.name, q.what, q.table, q.schema, q.name))
	}
	// What the columns of a view that does not work are is nobody's knowledge.
	ask = append(ask, "SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION, COLLATION_NAME FROM information_schema.COLUMNS"+
		" WHERE TABLE_SCHEMA = 'foobar' AND TABLE_NAME LIKE 'all%' AND TABLE_NAME NOT LIKE 'all_broken%' ORDER BY TABLE_NAME, ORDINAL_POSITION")
	return s.ask(t, host, strings.Join(ask, "; "))
}

// sums are the checksums of the rows of all tables but those that are named.
func (s *scene) sums(t *testing.T, host string, but ...string) string {
	t.Helper()
	tables := slices.DeleteFunc(strings.Split(s.ask(t, host, quotedTables), "\n"), func(name string) bool {
		return slices.ContainsFunc(but, func(b string) bool { return strings.Contains(name, b) })
	})
	got := s.ask(t, host, "CHECKSUM TABLE "+strings.Join(tables, ", "))
	if len(tables) < 10 || strings.Count(got, "\n")+1 != len(tables) || strings.Contains(got, "NULL") {
		t.Errorf("%s: the checksums of %v:\n%s", host, tables, got)
	}
	return got
}

// alike asserts that all servers have the same of it.
func (s *scene) alike(t *testing.T, primary string, but ...string) {
	t.Helper()
	s.primaryIs(t, primary)
	s.level(t, primary)
	made, rows := s.definitions(t, primary), s.sums(t, primary, but...)
	for _, host := range s.servers {
		same(t, host+" beside "+primary, s.definitions(t, host), made)
		same(t, host+" beside "+primary, s.sums(t, host, but...), rows)
	}
}

// same compares two answers line by line.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	has, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range wants {
		if !slices.Contains(has, line) {
			t.Errorf("%s: it lacks: %s", what, line)
		}
	}
	for _, line := range has {
		if !slices.Contains(wants, line) {
			t.Errorf("%s: it has: %s", what, line)
		}
	}
}

// tornRelayLog: what a replica has received is no longer readable where it applies.
func (s *scene) tornRelayLog(t *testing.T, primary, replica string) {
	show := "SHOW SLAVE STATUS"
	if s.engine == "mysql" {
		show = "SHOW REPLICA STATUS"
	}
	s.ask(t, replica, s.sql.stop+" SQL_THREAD")
	s.statements(t, "app.sql")
	at := s.ask(t, primary, "SELECT @@global.server_id")
	on(t, replica, `set -- $(`+strings.Replace(s.client, " -N -r", " -E", 1)+` -e "`+show+`" | awk '/ Relay_Log_File:/ {f = $2} / Relay_Log_Pos:/ {p = $2} END {print f, p}')
until [ "$(stat -c %s /var/lib/mysql/$1)" -gt $(($2 + 100000)) ]; do sleep 0.1; done
dd if=/dev/urandom of=/var/lib/mysql/$1 bs=1 seek=$(($2 + 300)) count=4000 conv=notrunc 2>/dev/null`)
	s.ask(t, replica, s.sql.start)
	eventually(t, 20*time.Second, "word of the relay log on "+replica+" of "+at, func() bool {
		return strings.Contains(foobar("db", "status", s.site).out, "cannot read its relay log")
	})
	must(t, 0, "deploy", s.site, "-r", "database")
	s.alike(t, primary)
}

// memoryTable: its rows are gone after a restart, and it does no other harm, neither on a
// replica nor, where all replicas lose them too, on the primary.
func (s *scene) memoryTable(t *testing.T, primary, replica string) {
	const count = "SELECT COUNT(*) FROM foobar.all_quick"
	on(t, replica, "systemctl restart "+s.engine)
	s.level(t, primary)
	if got := s.ask(t, replica, count); got != "0" {
		t.Errorf("after a restart %s has %s rows of a MEMORY table", replica, got)
	}
	s.ask(t, primary, "INSERT INTO foobar.all_quick VALUES (3, 'after the restart'); INSERT INTO foobar.all_keyless VALUES (9, 'too')")
	s.alike(t, primary, "all_quick")
	on(t, primary, "systemctl restart "+s.engine)
	must(t, 0, "deploy", s.site, "-r", "database")
	if got := s.ask(t, primary, count); got != "0" {
		t.Errorf("after a restart the primary has %s rows of a MEMORY table", got)
	}
	s.statements(t, "app.sql")
	s.alike(t, primary)
}

// memoryLost: a change of a row that a replica has lost ends replication there, which is
// named, on MariaDB with the table; what docs/apps.md says of it mends it.
func (s *scene) memoryLost(t *testing.T, primary, replica string) {
	if s.engine == "mysql" { // its CLONE is stopped by a table of the replica with a backtick in its name
		s.ask(t, primary, "DROP TABLE foobar.`all odd `` ' % \\ é names`")
	}
	s.level(t, primary)
	on(t, replica, "systemctl restart "+s.engine)
	s.level(t, primary)
	s.ask(t, primary, "UPDATE foobar.all_quick SET t = 'changed' WHERE id = 1")
	eventually(t, 20*time.Second, "word of "+replica+", which has stopped", func() bool {
		r := foobar("db", "status", s.site)
		return r.code == 8 && strings.Contains(r.out, "replication has stopped") && (s.engine == "mysql" || strings.Contains(r.out, "all_quick"))
	})
	s.ask(t, primary, "ALTER TABLE foobar.all_quick ENGINE=InnoDB; ALTER TABLE foobar.all_isam ENGINE=InnoDB")
	must(t, 0, "db", "rejoin", s.withSchema(), replica, "--discard", "-y")
	s.alike(t, primary)
}

// delayed: a replica that is kept behind is one no longer after a deploy.
func (s *scene) delayed(t *testing.T, replica string) {
	to := "CHANGE MASTER TO MASTER_DELAY=3600"
	if s.engine == "mysql" {
		to = "CHANGE REPLICATION SOURCE TO SOURCE_DELAY=3600"
	}
	s.ask(t, replica, s.sql.stop+"; "+to+"; "+s.sql.start)
}

// givenBack: what a backup has is all there after a restore, views that do not work
// included, and the app goes on.
func (s *scene) givenBack(t *testing.T, primary string) {
	made, rows, runs := s.definitions(t, primary), s.sums(t, primary), s.ask(t, primary, eventsThatRun)
	s.ask(t, primary, "CREATE DATABASE test; CREATE TABLE test.kept (id INT PRIMARY KEY); INSERT INTO test.kept VALUES (1)")
	s.level(t, primary)
	b := backupOn(t, s.site)
	about := on(t, b.LiesOn, "head -n 1 "+strings.TrimSuffix(b.Path, ".sql.zst")+".json")
	if !strings.Contains(about, `"broken_views":2,`) {
		t.Errorf("of the two views that do not work the backup says\n%s", about)
	}
	s.ask(t, primary, "DROP VIEW foobar.all_broken, foobar.all_totals; DROP PROCEDURE foobar.all_fill; DROP TABLE foobar.all_children; DROP TRIGGER IF EXISTS foobar.all_ansi; DELETE FROM foobar.all_zeros; DROP EVENT foobar.all_nightly")
	if s.engine == "mysql" {
		s.ask(t, primary, "ALTER DATABASE test READ ONLY=1")
	}
	must(t, 0, "db", "restore", s.withSchema(), b.name(), "--yes-destroy", "foobar")
	if got := s.ask(t, primary, "SELECT COUNT(*) FROM test.kept; DROP DATABASE test"); got != "1" {
		t.Errorf("a database called test came back with %q rows", got)
	}
	same(t, "after the restore", s.definitions(t, primary), made)
	same(t, "after the restore", s.sums(t, primary), rows)
	same(t, "events after the restore", s.ask(t, primary, eventsThatRun), runs)
	s.statements(t, "app.sql")
	s.alike(t, primary)
}
