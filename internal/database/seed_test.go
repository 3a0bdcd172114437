package database_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/resource"
)

// comparedOutput is what the comparison prints; the pairs replace its lines.
func comparedOutput(pairs ...string) []byte {
	text := "source-log 0-11-20\nlog 0-11-9\nsource-schema foobar\nsource-schema a b\nschema foobar\nunsafe \nsize 5000000\nroom 9000\n"
	for i := 0; i < len(pairs); i += 2 {
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return []byte(text)
}

func TestCompare(t *testing.T) {
	for _, d := range []database.Dialect{mariadb.Dialect{}, mysql.Dialect{}} {
		if said := d.Compare("/l"); strings.Count(said, "EVENT_SCHEMA = ") != 2 {
			t.Errorf("a test that holds tables is not asked for on both servers:\n%s", said)
		}
	}
	c, err := database.ReadCompared(comparedOutput())
	if err != nil || c.Size != 5000000 || c.Room != 9000<<10 || len(c.Unsafe) != 0 || !slices.Equal(c.SourceSchemas, []string{"foobar", "a b"}) {
		t.Fatalf("%+v, %v", c, err)
	}
	if _, err := database.ReadCompared(comparedOutput("source-log 0-11-20\n", "")); err == nil || !strings.Contains(err.Error(), "source-log") {
		t.Errorf("an answer without the source's log: %v", err)
	}
	for _, tc := range []struct {
		name    string
		careful bool
		pairs   []string
		err     string
	}{
		{name: "equal", careful: true},
		{name: "transactions of its own", careful: true, pairs: []string{"log 0-11-9\n", "log 0-11-9,0-12-3\n"}, err: "transactions that web1 lacks: up to 0-12-3"},
		{name: "given up", pairs: []string{"log 0-11-9\n", "log 0-11-9,0-12-3\n"}},
		{name: "a database of its own", careful: true, pairs: []string{"\nschema foobar", "\nschema foobar\nschema shop"}, err: "databases that web1 lacks: shop"},
		{name: "an engine without transactions", pairs: []string{"unsafe ", "unsafe foobar.old (MyISAM)"}, err: "foobar.old (MyISAM)"},
		{name: "no room", pairs: []string{"room 9000", "room 4000"}, err: "room for 3 MiB"},
	} {
		c, err := database.ReadCompared(comparedOutput(tc.pairs...))
		if err != nil {
			t.Fatal(err)
		}
		err = c.Refuse(mariadb.Dialect{}, "web1", tc.careful)
		if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.err)
		}
	}
}

// seedSteps are the steps that follow when the comparison is fine.
func seedSteps(t *testing.T, d databaseServer) []resource.Step {
	t.Helper()
	c, err := testReplica(false).Diff(d.seen())
	if err != nil || len(c.Steps) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	steps, err := c.Steps[1].(resource.Exchange).Reply(comparedOutput())
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

func TestSeedSteps(t *testing.T) {
	steps := seedSteps(t, databaseServer{})
	for _, s := range steps {
		r := s.(resource.Run)
		if strings.Contains(r.Title+r.Script, "pass-word") {
			t.Errorf("%s: a password is in the script", r.Title)
		}
		if r.Detached && len(r.Input) > 0 {
			t.Errorf("%s: a detached step gets no input", r.Title)
		}
	}
	last := steps[len(steps)-1].(resource.Run)
	if !last.Detached || last.Timeout < database.SeedMost || !strings.HasPrefix(last.Script, "n=$(") {
		t.Errorf("the copy: %+v", last)
	}
	if half := seedSteps(t, databaseServer{schemas: []string{"foobar"}, half: true}); strings.Contains(half[len(half)-1].(resource.Run).Script, "holds databases by now") {
		t.Error("a half copy is not copied again because of what it holds")
	}
}

// passSetpriv is a setpriv that goes on as whoever calls it.
const passSetpriv = "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n"

// copyOnThisMachine runs the copy with programs that note what they are sent.
// The dump is a shell script's; state is what the source's log has seen.
func copyOnThisMachine(t *testing.T, dump, state string) (dir, sent, said string, err error) {
	t.Helper()
	dir = t.TempDir()
	data, run := filepath.Join(dir, "data"), filepath.Join(dir, "run")
	for _, d := range []string{data, run} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"run/source.cnf": "x", "run/attach.sql": "CHANGE MASTER TO;\n",
		"mariadb": `#!/bin/sh
case " $* " in
*information_schema.PLUGINS*) case $* in *--defaults-file=*) printf 'unix_socket\tNULL\ned25519\tauth_ed25519.so\n' ;; *) printf 'unix_socket\tNULL\n' ;; esac ;;
*"SHOW BINARY LOGS"*) printf 'binlog.000001\t1\nbinlog.000002\t2\n' ;;
*"@@global.max_allowed_packet, @@global.innodb_force_primary_key+0, @@global.event_scheduler"*) [ "$NOW" != fails ] || exit 1; echo ${NOW:-16777216 1 ON} ;;
*"information_schema.EVENTS"*) echo 'ALTER EVENT e DISABLE ON SLAVE;' ;;
*"@@global.gtid_binlog_state"*) cat ` + dir + `/state ;;
*" -e "*"DROP DATABASE"*) echo 'DROP DATABASE ` + "`old`" + `;' ;;
*" -E "*) echo 'Slave_IO_Running: Yes' ;;
*" -e "*) ;;
*) cat >>` + dir + `/sent; if [ -e ` + data + `/foobar-seed ]; then echo '#marked' >>` + dir + `/sent; fi ;;
esac
`,
		"mariadb-dump": "#!/bin/sh\ncase $* in *--system=users*) echo \"CREATE USER IF NOT EXISTS u$WAY;\" ;; *)\n" + dump + "\n;; esac\n",
		"run.was":      os.Getenv("WAS"),
		"state":        state + "\n",
		"setpriv":      passSetpriv,
		"sleep":        "#!/bin/sh\nexec /bin/sleep 0.01\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := database.Copy{Name: "web1", Dir: run, Login: filepath.Join(run, "source.cnf"), Attach: filepath.Join(run, "attach.sql"), Mark: filepath.Join(data, "foobar-seed"), Size: 3 << 20}
	cmd := exec.Command("sh", "-euc", mariadb.Dialect{}.Copy(c)+database.Await(mariadb.Dialect{}))
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	got, readErr := os.ReadFile(filepath.Join(dir, "sent"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	if _, e := os.Stat(run); e == nil {
		t.Error("the files with the logins are left behind")
	}
	return dir, string(got), string(out), err
}

const goodState = "0-12-7,0-13-43,1-12-3,0-11-41"

const goodDump = `printf '%s\n' '-- head' 'INSERT \n one;' '-- SET GLOBAL gtid_slave_pos='"'0-11-42'"';'`

func TestCopyScript(t *testing.T) {
	dir, sent, said, err := copyOnThisMachine(t, goodDump, goodState)
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	at := 0
	for _, want := range []string{"RESET SLAVE ALL", "#marked", "DROP DATABASE `old`;", "RESET MASTER", "event_scheduler=OFF", "SET SESSION sql_log_bin=0, check_constraint_checks=0, innodb_strict_mode=0;\n-- head\n", `INSERT \n one;`, "#marked",
		"sql_log_bin=0", "ALTER EVENT e DISABLE ON SLAVE;", "event_scheduler=ON", "CREATE USER", "max_allowed_packet=16777216, innodb_force_primary_key=1", "gtid_binlog_state='0-12-7,0-11-42'", "gtid_slave_pos='0-11-42'", "PURGE BINARY LOGS TO 'binlog.000002'", "#marked\nCHANGE MASTER"} {
		i := strings.Index(sent[at:], want)
		if i < 0 {
			t.Fatalf("%q is not sent, in its order, in\n%s\n%s", want, sent, said)
		}
		at += i + len(want)
	}
	if _, err := os.Stat(filepath.Join(dir, "run.was")); err == nil {
		t.Error("the note of how the server was stays")
	}
	if strings.Contains(sent[at:], "#marked") {
		t.Error("the mark is still there when the replica is attached")
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "foobar-seed")); err == nil {
		t.Error("the mark stays")
	}
}

func TestCopyCutOff(t *testing.T) {
	for name, dump := range map[string]string{
		"the dump fails":             goodDump + "; exit 2",
		"the dump has no position":   "echo 'INSERT one;'",
		"the dump does not begin":    "exit 2",
		"accounts change on the way": goodDump + "; printf '#!/bin/sh\\necho other\\n' >\"$0\"",
	} {
		dir, sent, said, err := copyOnThisMachine(t, dump, goodState)
		if err == nil || strings.Contains(sent, "CHANGE MASTER") {
			t.Errorf("%s: %v, sent %s, said %s", name, err, sent, said)
		}
		if _, err := os.Stat(filepath.Join(dir, "data", "foobar-seed")); err != nil {
			t.Errorf("%s: no mark is left: %v", name, err)
		}
		if was, err := os.ReadFile(filepath.Join(dir, "run.was")); err != nil || string(was) != "16777216 1 ON\n" {
			t.Errorf("%s: it is noted that the server was %q, %v", name, was, err)
		}
	}
	// The next copy finds the server as the one before has left it.
	t.Setenv("WAS", "4096 0 OFF\n")
	t.Setenv("NOW", "1073741824 0 OFF")
	_, sent, said, err := copyOnThisMachine(t, goodDump, goodState)
	if err != nil || !strings.Contains(sent, "max_allowed_packet=4096, innodb_force_primary_key=0") || strings.Contains(sent, "event_scheduler=ON") {
		t.Errorf("after one that was cut off: %v: %s; sent was %s", err, said, sent)
	}
	// What somebody has set since stays.
	t.Setenv("NOW", "8192 1 ON")
	_, sent, said, err = copyOnThisMachine(t, goodDump, goodState)
	if err != nil || !strings.Contains(sent, "max_allowed_packet=8192, innodb_force_primary_key=1") || !strings.Contains(sent, "event_scheduler=ON") {
		t.Errorf("after one that was cut off, and a deploy: %v: %s; sent was %s", err, said, sent)
	}
	// Nothing is noted that the server did not say.
	t.Setenv("WAS", "")
	t.Setenv("NOW", "fails")
	dir, sent, _, err := copyOnThisMachine(t, goodDump, goodState)
	if was, wrong := os.ReadFile(filepath.Join(dir, "run.was")); err == nil || wrong != nil || len(was) > 0 || strings.Contains(sent, "one;") {
		t.Errorf("a server that does not say how it is: %v, noted %q, %v; sent was %s", err, was, wrong, sent)
	}
}

// TestStatementsAreNotShown: newer clients of MariaDB show one that fails, with the password or the
// rows in it.
func TestStatementsAreNotShown(t *testing.T) {
	const quiet = " --loose-skip-print-query-on-error "
	c, err := testReplica(true).Diff(databaseServer{}.seen())
	if err != nil || len(c.Steps) != 1 || !strings.Contains(c.Steps[0].(resource.Run).Script, quiet+"-B -N\n") {
		t.Errorf("%+v, %v", c, err)
	}
	if !strings.Contains(mariadb.Dialect{}.Copy(database.Copy{}), quiet+"\"$@\"") {
		t.Error("a copy shows the rows that could not be loaded")
	}
}

// TestCopyNeedsPlugins: what the accounts log in with is looked for before anything goes.
func TestCopyNeedsPlugins(t *testing.T) {
	t.Setenv("WAY", " IDENTIFIED VIA mysql_native_password USING 'x' OR ed25519 USING 'x'")
	_, sent, said, err := copyOnThisMachine(t, goodDump, goodState)
	if err == nil || !strings.Contains(said, "INSTALL SONAME 'auth_ed25519'") || strings.Contains(sent, "RESET SLAVE ALL") || strings.Contains(sent, "DROP") {
		t.Errorf("%v, %s; sent was %s", err, said, sent)
	}
}
