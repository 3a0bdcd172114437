package database_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mysql"
)

// TestCopyForgedState: what the source says of its log becomes part of a
// statement here only when it is a position.
func TestCopyForgedState(t *testing.T) {
	for _, state := range []string{"0-1';INSTALL/**/SONAME/**/'x", "0-12-7,0-13-43;DROP", "0-1-1\n\\! id", "*"} {
		_, sent, said, err := copyOnThisMachine(t, goodDump, state)
		if err == nil || strings.Contains(sent, "INSTALL") || strings.Contains(sent, "DROP ALL") || strings.Contains(sent, "gtid_binlog_state=") || strings.Contains(sent, "CHANGE MASTER") {
			t.Errorf("%q: %v, sent %s", state, err, sent)
		}
		if !strings.Contains(said, "a server says") {
			t.Errorf("%q: it says %s", state, said)
		}
	}
}

// TestMark: it is written through no link and no pipe that the server's
// account has put where it or its draft goes, and replaces one that is there.
func TestMark(t *testing.T) {
	dir := t.TempDir()
	mark, canary := filepath.Join(dir, "data", "mark"), filepath.Join(dir, "canary")
	for name, text := range map[string]string{"canary": "root's\n", "setpriv": passSetpriv} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run := func(script string) {
		t.Helper()
		cmd := exec.Command("sh", "-euc", script)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", script, err, out)
		}
	}
	if !strings.HasPrefix(database.Mark(mark, ""), "setpriv --reuid=mysql --regid=mysql ") {
		t.Errorf("it is not written as the server's account: %s", database.Mark(mark, ""))
	}
	for _, plant := range []string{
		"mkdir data", ":", "ln -sf ../canary data/mark", "ln -s ../canary data/mark.new", "rm data/mark; mkfifo data/mark data/mark.new",
	} {
		run("cd " + dir + "; " + plant)
		run(database.Mark(mark, "it's here"))
		info, err := os.Lstat(mark)
		if err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", plant, info, err)
		}
		if text, err := os.ReadFile(mark); err != nil || string(text) != "it's here\n" {
			t.Errorf("%s: %q, %v", plant, text, err)
		}
		if text, err := os.ReadFile(canary); err != nil || string(text) != "root's\n" {
			t.Errorf("%s: the file behind the link is %q, %v", plant, text, err)
		}
	}
}

// TestMySQLCopyTrustsOneHost: the clone is given a CA that vouches for the source
// alone, which lies where the server can read it and goes with the copy.
func TestMySQLCopyTrustsOneHost(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"run/source.cnf": mysql.Dialect{}.Login(database.Source{Host: "10.0.0.11", Port: 3306, User: "backup", Password: "pass-word", CA: "/ca"}), "run/attach.sql": "CHANGE\n",
		"mysql": `#!/bin/sh
case " $* " in
*BEGIN_TIME*COALESCE*|*MAX*BEGIN_TIME*) echo '2026-01-02 03:04:05.678' ;;
*clone_status*) echo 'Completed 0' ;;
*SCHEMATA_EXTENSIONS*) echo 'ALTER DATABASE ro READ ONLY=0;' ;;
*super_read_only*) echo 1 ;;
*" -e "*) ;;
*) cat >>` + dir + `/sent; cat ` + dir + `/source.crt >>` + dir + `/trusted 2>/dev/null || : ;;
esac
`,
		"setpriv": passSetpriv, "sleep": "#!/bin/sh\nexec /bin/sleep 0.01\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run := filepath.Join(dir, "run")
	copied := mysql.Dialect{}.Copy(database.Copy{Name: "web1", Dir: run, Login: run + "/source.cnf", Attach: run + "/attach.sql", Mark: filepath.Join(dir, "foobar-seed"),
		SourceCA: []byte("-----it's web1-----\n"), SourceCAPath: filepath.Join(dir, "source.crt")})
	cmd := exec.Command("sh", "-euc", `foobar_put(){ [ "$1 $2" = "0644 root:root" ]; cat >"$3"; }`+"\n"+copied)
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sent, err := os.ReadFile(filepath.Join(dir, "sent"))
	if before, _, _ := strings.Cut(string(sent), "CLONE INSTANCE"); !strings.Contains(before, "super_read_only=OFF;\nALTER DATABASE ro READ ONLY=0;\n") {
		t.Errorf("a database that is read-only ends the clone: %s", sent)
	}
	if err != nil || !strings.Contains(string(sent), "clone_ssl_ca='"+dir+"/source.crt'") || !strings.Contains(string(sent), "CLONE INSTANCE FROM 'backup'@'10.0.0.11':3306") {
		t.Errorf("%v, sent %s", err, sent)
	}
	if trusted, err := os.ReadFile(filepath.Join(dir, "trusted")); err != nil || !strings.Contains(string(trusted), "-----it's web1-----\n") {
		t.Errorf("while it clones it trusts %q, %v", trusted, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "source.crt")); err == nil {
		t.Error("the CA stays")
	}
}
