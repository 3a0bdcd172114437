package database_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/database"
)

// viewsServer answers as a server in which a view a names the view b, whose table t and
// column c are gone, and a view c names what cannot be made up.
const viewsServer = `#!/bin/sh
in=$(cat)
has() { case $in in *"$1"*) return 0 ;; esac; return 1; }
no() { echo "ERROR $1" >&2; exit 1; }
if has TABLE_TYPE; then printf 's\ta\tSHOW FIELDS FROM a;\ns\tb\tSHOW FIELDS FROM b;\ns\tgood\tSHOW FIELDS FROM good;\ns\tc\tSHOW FIELDS FROM c;\n'
elif has 'all asked'; then for n in 1 2 4; do echo "ERROR 1356 (HY000) at line $n: View is invalid" >&2; done; echo 'all asked'
elif has 'SHOW CREATE' && ! has "sql_mode='', sql_quote_show_create=1"; then printf 's\tCREATE DATABASE "s"\n'
elif has 'SHOW CREATE DATABASE'; then printf 's\tCREATE DATABASE ` + "`s`" + ` /*!40100 CHARACTER SET latin1 */\n'
elif has 'SHOW CREATE VIEW'; then v=$(printf %s "$in" | sed 's/.*\.` + "`//; s/`" + `;//'); printf '%s\tCREATE VIEW %s\\n\tutf8mb4\tlatin1_bin\n' "$v" "$v"
else
  printf '%s\n' "$in" >>"$log"
  if has 'CREATE VIEW a' && ! grep -q '^CREATE VIEW b' "$made"; then no "1146 (42S02) at line 4: Table 's.b' doesn't exist"; fi
  if has 'CREATE VIEW b' && ! grep -q 'CREATE TABLE' "$made"; then no "1146 (42S02) at line 4: Table 's.t' doesn't exist"; fi
  if has 'CREATE VIEW b' && ! grep -q 'ADD COLUMN' "$made"; then no "1054 (42S22) at line 4: Unknown column 's.t.c' in 'SELECT'"; fi
  if has 'CREATE VIEW c'; then no "1191 (HY000) at line 4: Can't find FULLTEXT index"; fi
  printf '%s\n' "$in" >>"$made"
fi
`

// TestViewsThatDoNotWork: they are found, made while a table stands in, and what cannot be
// made is kept as text.
func TestViewsThatDoNotWork(t *testing.T) {
	for _, shell := range []string{"sh", "bash"} {
		dir := t.TempDir()
		for name, text := range map[string]string{"server": viewsServer, "made": "", "log": ""} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(shell, "-euc", database.ViewsScript+"\nwork="+dir+"\nexport log=$work/log made=$work/made\n"+
			`views_broken "$work/server"; views_read "$work/server"; views_made "$work/server"; cat "$work/views.made"; echo "lost: $(cat "$work/lost")"`)
		out, err := cmd.CombinedOutput()
		want := strings.ReplaceAll(`SET NAMES utf8mb4;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ 's' /*!40100 CHARACTER SET latin1 */;
CREATE TABLE 's'.'t' (foobar_stub INT);
ALTER TABLE 's'.'t' ADD COLUMN 'c' INT;
USE 's';
SET collation_connection=latin1_bin;
CREATE VIEW b
;
USE 's';
SET collation_connection=latin1_bin;
CREATE VIEW a
;
-- This view could not be made, because of what is gone:
-- SET collation_connection=latin1_bin;
-- CREATE VIEW c
-- ;
DROP TABLE IF EXISTS 's'.'t';
lost: s.c
`, "'", "`")
		if err != nil || string(out) != want {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
		if made, err := os.ReadFile(filepath.Join(dir, "log")); err != nil || !strings.Contains(string(made), "lc_messages='en_US'") {
			t.Errorf("messages may come in any language: %v", err)
		}
	}
}

// TestDefiners: the accounts of views are made so that nobody can log in with them, and go
// again; a name that is part of a statement is one line.
func TestDefiners(t *testing.T) {
	dir := t.TempDir()
	server := `grep -q "FROM information_schema.VIEWS" && printf "'app'@'10.0.0.1'\n'it\\\\'s & co'@'%%'\n"`
	out, err := exec.Command("sh", "-euc", database.ViewsScript+"\nwork="+dir+"\nserver() { "+server+"; }\n"+`definers server; cat "$work/definers" "$work/definers.drop"`).CombinedOutput()
	want := `CREATE USER IF NOT EXISTS 'app'@'10.0.0.1' ACCOUNT LOCK; GRANT SELECT, SHOW VIEW, EXECUTE ON *.* TO 'app'@'10.0.0.1';
CREATE USER IF NOT EXISTS 'it\'s & co'@'%' ACCOUNT LOCK; GRANT SELECT, SHOW VIEW, EXECUTE ON *.* TO 'it\'s & co'@'%';
DROP USER IF EXISTS 'app'@'10.0.0.1';
DROP USER IF EXISTS 'it\'s & co'@'%';
`
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestViewsTouchNoDatabaseOfOthers: one that stands in for a missing one is not dropped
// where it was there before.
func TestViewsTouchNoDatabaseOfOthers(t *testing.T) {
	if s := database.ViewsScript; !strings.Contains(s, `"CREATE DATABASE $what;"`) {
		t.Error("a database that is there already could be dropped")
	}
}
