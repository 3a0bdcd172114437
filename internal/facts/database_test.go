package facts

import (
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/sh"
)

// TestDatabaseScriptReadsTheDataDirectory runs the script over a data directory
// without a server.
func TestDatabaseScriptReadsTheDataDirectory(t *testing.T) {
	dir := t.TempDir()
	look := func() Database {
		t.Helper()
		script := strings.NewReplacer("/var/lib/mysql", dir, "/run/mysqld/mysqld.sock", dir+"/none").Replace(databaseScript)
		out, err := exec.Command("sh", "-c", script).Output()
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(answer(strings.Split(string(out), "\n")...))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return f.Database
	}
	if d := look(); d.Data || d.Schemas != 0 || !d.Whole() {
		t.Errorf("an empty directory: %+v", d)
	}
	for _, name := range []string{"mysql", "sys", "performance_schema", "#innodb_temp", "lost+found", "my site", "test"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	opt := filepath.Join(dir, "my site", "db.opt")
	begun := time.Now().Unix() - 500
	if err := os.WriteFile(opt, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if d := look(); !d.Data || !d.LostFound || d.Schemas != 1 || d.OldestSchema == 0 || d.Whole() {
		t.Errorf("a database without a log: %+v", d)
	}
	table := filepath.Join(dir, "test", "t.ibd")
	if err := os.WriteFile(table, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if d := look(); d.Schemas != 2 {
		t.Errorf("a table in test: %+v", d)
	}
	if err := os.Rename(table, filepath.Join(dir, "test", "db.opt")); err != nil {
		t.Fatal(err)
	}
	if d := look(); d.Schemas != 1 {
		t.Errorf("an empty test: %+v", d)
	}
	log := func(name string) {
		head := binary.LittleEndian.AppendUint32([]byte{0xfe, 'b', 'i', 'n'}, uint32(begun))
		for path, data := range map[string][]byte{name: append(head, "rest"...), "binlog.index": []byte("./" + name + "\n./binlog.000099\n")} {
			if err := os.WriteFile(filepath.Join(dir, path), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	log("binlog.000001")
	if d := look(); d.FirstLog != "binlog.000001" || d.FirstLogTime != begun || !d.Whole() {
		t.Errorf("a log from the beginning: %+v", d)
	}
	old := time.Unix(begun-1, 0)
	if err := os.Chtimes(opt, old, old); err != nil {
		t.Fatal(err)
	}
	if d := look(); d.OldestSchema != begun-1 || d.Whole() {
		t.Errorf("a database older than the log: %+v", d)
	}
	// A link of the server's account leads to no other file.
	if err := os.Rename(filepath.Join(dir, "binlog.000001"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", filepath.Join(dir, "binlog.000001")); err != nil {
		t.Fatal(err)
	}
	if d := look(); d.FirstLogTime != 0 || d.Whole() {
		t.Errorf("a link in place of the log: %+v", d)
	}
	log("binlog.000002")
	if err := os.Chtimes(opt, time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if look().Whole() {
		t.Error("a log without its first file counts as whole")
	}
}

// asked is what databaseScript, with shell before and behind it, says of a server whose
// client is a script: in all three DIR is a folder, which it returns.
func asked(t *testing.T, client, ahead, behind string) (Database, string) {
	t.Helper()
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	here := strings.NewReplacer("DIR", dir, "/var/lib/mysql", dir+"/none", "/run/mysqld/mysqld.sock", dir+"/sock").Replace
	for _, name := range []string{"mariadb", "mariadbd"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+here(client)+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-c", here(ahead+databaseScript+behind))
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(answer(strings.Split(string(out), "\n")...))
	if err != nil {
		t.Fatal(err)
	}
	return f.Database, dir
}

// TestDataElsewhere: data in another folder is known of a server that runs, by what it says, and
// of one that does not, by its files; a link is no other folder.
func TestDataElsewhere(t *testing.T) {
	for said, want := range map[string]string{"/srv/mysql/": "/srv/mysql/", "DIR/none/": "", "DIR/real": ""} {
		d, _ := asked(t, "ln -sfn real DIR/none\nmkdir -p DIR/real\nprintf 'x\\ndb version 11\\nx\\ndb datadir "+said+"\\n'", "", "")
		if d.Elsewhere != want || !d.Running {
			t.Errorf("%s: %q", said, d.Elsewhere)
		}
	}
	dir := t.TempDir()
	for said, want := range map[string]string{"--port=1\\n--datadir=" + dir + "\\n--datadir=/srv/my data": "/srv/my data", "--datadir=/srv\\n--datadir=" + dir: "", "": ""} {
		if err := os.WriteFile(filepath.Join(dir, "my_print_defaults"), []byte("#!/bin/sh\nprintf '%b\\n' '"+said+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-c", strings.NewReplacer("/var/lib/mysql", dir, "/run/mysqld/mysqld.sock", dir+"/none").Replace(databaseScript))
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		f, err := Read(answer(strings.Split(string(out), "\n")...))
		if err != nil || f.Database.Elsewhere != want {
			t.Errorf("%s: %q, %v", said, f.Database.Elsewhere, err)
		}
	}
}

// TestLogFilters: what a server's log leaves out stands in its files.
func TestLogFilters(t *testing.T) {
	for says, want := range map[string]string{"--binlog_do_db=shop\n--datadir=/srv\n--binlog-ignore-db=mysql\n--binlog_ignore_db=test": "shop mysql,test", "--log-bin=binlog\n--binlog-format=ROW": " "} {
		d, _ := asked(t, "printf 'x\\ndb version 11\\n'", "my_print_defaults(){ printf -- '"+says+"\\n'; }\n", "")
		if got := d.LogHas + " " + d.LogLacks; got != want || d.Elsewhere != "" {
			t.Errorf("%s: %q, data in %q", says, got, d.Elsewhere)
		}
	}
}

// TestRootRefused: a server that wants a password of root, and others that say less.
func TestRootRefused(t *testing.T) {
	for said, want := range map[string]string{
		"ERROR 1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)": "1045 (28000): Access denied for user 'root'@'localhost' (using password: NO)",
		"ERROR 1698 (28000): Access denied for user 'root'@'localhost'":                      "1698 (28000): Access denied for user 'root'@'localhost'",
		"ERROR 1524 (HY000): Plugin 'auth_socket' is not loaded":                             "1524 (HY000): Plugin 'auth_socket' is not loaded",
		"ERROR 1064 (42000) at line 5: You have an error in your SQL syntax":                 "",
		"ERROR 2002 (HY000): Can't connect to local server through socket":                   "",
	} {
		if d, _ := asked(t, "echo \""+said+"\" >&2", "", ""); d.Refuses != want {
			t.Errorf("%q, not %q", d.Refuses, want)
		}
	}
}

// TestOneSession: where the look at the resources comes with the facts, the server is asked
// once for both; where that fails, or is more than a look may say, apart.
func TestOneSession(t *testing.T) {
	rows := "x\ndb version 11.8.2-MariaDB\nx\ndb accounts 2 7\nConnection_name\tSlave_SQL_State\tSlave_IO_State\tMaster_Host\tMaster_User\ndb main\tapplies\t\tweb1\trepl\n"
	for name, c := range map[string]struct {
		asks            string // what db_asks does
		runs            string // of the client, apart
		said            string // what is left for the look
		version, source string
	}{
		"well":          {"printf '%s\\nx\\ndb over\\nt\\tk\\tv\\ndb version forged\\n' \"$ROWS\"", "", "db version forged", "11.8.2-MariaDB", "web1"},
		"a dead column": {"echo 'ERROR 1054 (42S22) at line 5: Unknown column'; return 1", "x", "", "11.8.2-MariaDB", "web1"},
		"it hangs":      {"return 124", "x", "", "11.8.2-MariaDB", "web1"},
		"much":          {"printf '%s\nx\ndb over\n%300000s' \"$ROWS\" ''", "", "", "11.8.2-MariaDB", "web1"},
	} {
		d, dir := asked(t, "printf x >>DIR/runs\nprintf %s \"$ROWS\"", "export ROWS="+sh.Quote(rows)+"\ndb_said=\ndb_asks(){\n"+c.asks+"\n}\n", "printf '%s' \"$db_said\" >DIR/said\n")
		if d.Version != c.version || d.Source != c.source || d.Running != (c.source != "") {
			t.Errorf("%s: %+v", name, d)
		}
		read := func(file string) string { raw, _ := os.ReadFile(filepath.Join(dir, file)); return string(raw) }
		if read("runs") != c.runs || !strings.Contains(read("said"), c.said) || (c.said == "") != (read("said") == "") {
			t.Errorf("%s: %q runs of the client, %q is left", name, read("runs"), read("said"))
		}
	}
}
