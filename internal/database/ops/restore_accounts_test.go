package ops

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/database/mariadb"
	"foobar/internal/database/mysql"
	"foobar/internal/sh"
)

// accountsDump has an account of each form, and texts that look like one.
const accountsDump = "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop_1` /*!40100 DEFAULT CHARACTER SET latin1 */;\n" +
	"INSERT INTO `t` VALUES\n(1,'CREATE DEFINER=`no`@`where` x'),\n(2,' DEFINER=`no`@`where`');\n" +
	"/*!50003 CREATE*/ /*!50017 DEFINER=`it's \\ ``q`@`%`*/ /*!50003 TRIGGER t1 BEFORE INSERT ON t FOR EACH ROW DO 0 */;;\n" +
	"/*!50106 CREATE*/ /*!50117 DEFINER=`auditors`*/ /*!50106 EVENT `e` ON SCHEDULE EVERY 1 DAY DO DO 0 */ ;;\n" +
	"/*!50017 DEFINER=`since`@`y`*/;\n" +
	"CREATE DEFINER=`root`@`localhost` PROCEDURE `p`()\nCREATE DEFINER=`unused`@`x` VIEW v AS SELECT 1;;\n" +
	"/*!50013 DEFINER=`app_reporter`@`localhost` SQL SECURITY DEFINER */\n/*!50001 VIEW `v2` AS select 1 */;\n" +
	"/*!50001 CREATE ALGORITHM=UNDEFINED DEFINER=`app_reporter`@`localhost` SQL SECURITY DEFINER VIEW `v3` AS select 1 */;\n"

// accountsServer says that all but root are missing, that something runs as all but two,
// and that one of those has got a password since.
const accountsServer = `#!/bin/bash
in=$(cat)
printf '%s\n' "$in" >>"$log"
while IFS= read -r l; do
  case $l in *"User = 'root'"*|*"('unused', '@'"*"SELECT d"*|*"('since', '@'"*) ;; SELECT*DUAL*) l=${l#SELECT }; echo "${l%% *}" ;; esac
done <<<"$in"
`

// TestAccountsOfADump: those that are missing are made so that nobody can log in with them,
// and go again where nothing runs as them; a second try knows which they were.
func TestAccountsOfADump(t *testing.T) {
	dir, keep := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"dump": accountsDump, "server": accountsServer, "log": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	run := func(text string) string {
		t.Helper()
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", "export LC_ALL=C.UTF-8 log="+dir+"/log\nwork="+dir+" keep="+keep+" client=("+dir+"/server) unknown='IDENTIFIED SOMEHOW' in_name="+
			sh.Quote(database.RunsAs("CONCAT(%s, '@', %s)"))+" is_locked="+sh.Quote("CONCAT(%s, '@', %s) IN locked")+" is_unused="+sh.Quote("%s%s = unused")+"\nsay() { echo \"$*\"; }\nunpacked() { cat "+dir+"/dump; }\n"+accountsText+text)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	run("named; sed 's/_/\\\\_/g' \"$work/schemas\" >\"$work/patterns\"; stand_ins")
	got, err := os.ReadFile(filepath.Join(dir, "stand_ins"))
	const rights = "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, SHOW VIEW, EVENT, TRIGGER ON `shop\\_1`.* TO "
	want := "SET SESSION sql_mode=''; SET NAMES utf8mb4;\n"
	for _, a := range []string{"'app_reporter'@'localhost'", "'auditors'", "'it''s \\\\ `q'@'%'", "'since'@'y'", "'unused'@'x'"} {
		if a == "'auditors'" {
			want += "CREATE ROLE IF NOT EXISTS " + a + ";\n" + rights + a + ";\n"
		} else {
			want += "CREATE USER IF NOT EXISTS " + a + " IDENTIFIED SOMEHOW ACCOUNT LOCK;\n" + rights + a + ";\n"
		}
	}
	if err != nil || string(got) != want {
		t.Errorf("%v:\n%s\nnot\n%s", err, got, want)
	}
	out := run("kept_in")
	if strings.Count(out, "made the account ") != 3 || strings.Contains(out, "unused") || strings.Contains(out, "since") || !strings.Contains(out, "made the account 'app_reporter'@'localhost', locked") {
		t.Errorf("said is\n%s", out)
	}
	log, err := os.ReadFile(filepath.Join(dir, "log"))
	if text := string(log); err != nil || strings.Count(text, "DROP ") != 1 || !strings.Contains(text, "DROP USER IF EXISTS 'unused'@'x';") || strings.Contains(text, "where") {
		t.Errorf("%v: sent is\n%s", err, text)
	}
	// The server has them all by now.
	if err := os.WriteFile(filepath.Join(dir, "server"), []byte("#!/bin/sh\ncat >/dev/null\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	run("named; stand_ins")
	if again, err := os.ReadFile(filepath.Join(keep, "accounts")); err != nil || strings.Count(string(again), "\n") != 5 {
		t.Errorf("a second try knows of\n%s", again)
	}
}

// TestRulesForPasswords: a server that has some makes no account without a password, and
// MariaDB's, which cannot see whether one is good by what is stored of it, none so either.
func TestRulesForPasswords(t *testing.T) {
	if !strings.Contains(loadText, "CREATE USER $loader $unknown ACCOUNT LOCK;") {
		t.Error("the account that loads is made without a password")
	}
	if said := string(mariadb.Dialect{}.Words().Backups); strings.Count(said, "strict_password_validation=") != 2 {
		t.Errorf("accounts cannot be made by what is stored of their passwords: %s", said)
	}
}

// TestKeysOfADump: a server that lacks the keys of encrypted tables loses nothing for them.
func TestKeysOfADump(t *testing.T) {
	asked, dropped := strings.Index(loadText, "\nkeys_there "), strings.Index(loadText, "\nnote loading")
	if asked < 0 || asked > dropped {
		t.Error("it is not asked before the databases are dropped")
	}
	const dump = "CREATE DATABASE /*!32312 IF NOT EXISTS*/ plain_1 /*!40100 DEFAULT CHARACTER SET latin1 */;\n) ENGINE=InnoDB COMMENT='it''s \\' encrypted=yes';\n) ENGINE=InnoDB `encrypted`='yes' `ENCRYPTION_KEY_ID`=4 COMMENT='x';\n" +
		") ENGINE=InnoDB `encrypted`='yes' `ENCRYPTION_KEY_ID`=4\n) ENGINE=InnoDB /*!80016 ENCRYPTION='Y' */;\n(1,') ENCRYPTED=YES');\n"
	for _, c := range []struct{ lacks, want string }{{"none", ""}, {"_id", " `encrypted`='yes' `encryption_key_id`=4"}, {"='y'", " encryption='y'"}} {
		work := t.TempDir()
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", "work="+work+"\nunpacked() { printf %s "+sh.Quote(dump)+"; }\n"+
			"keys_sql() { echo \"asks$1\" | tee -a $work/asked | grep -v -e \""+c.lacks+"\" >/dev/null && echo yes || :; }\nclient=(cat)\n"+strings.ReplaceAll(accountsText, "\"${client[@]}\" -B -N -r", "cat")+"named; keys_there || echo \"$keys\"")
		out, err := cmd.CombinedOutput()
		if schemas, _ := os.ReadFile(filepath.Join(work, "schemas")); string(schemas) != "`plain_1`\n" {
			t.Errorf("the dump makes %s", schemas)
		}
		asked, _ := os.ReadFile(filepath.Join(work, "asked"))
		if err != nil || strings.TrimSuffix(string(out), "\n") != c.want || c.want == "" && strings.Count(string(asked), "asks") != 2 {
			t.Errorf("%s: %v: %q; asked was %s", c.lacks, err, out, asked)
		}
	}
}

// TestWhatATryRemembers: a try goes on from what an earlier one has remembered, unless that one
// has changed nothing, for then the server is in use since.
func TestWhatATryRemembers(t *testing.T) {
	begin, _, _ := strings.Cut(loadText, "closed_sql |")
	for mark, want := range map[string]string{"": "accounts* now\n", "mark": "accounts earlier\n"} {
		dir := t.TempDir()
		for _, name := range []string{"accounts", "scheduler", mark} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("earlier\n"), 0o600); name != "" && err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", "counted= sum="+sumOf("earlier\n")+" work="+t.TempDir()+" keep="+dir+" file="+dir+"/scheduler mark="+dir+"/mark client=(true)\n"+
			"cp \"$file\" \"$work/dump\"; file=$work/dump\nscheduler_sql() { echo now; }\npacket_sql() { :; }\nevents_sql() { :; }\n"+
			strings.ReplaceAll(begin, `"${client[@]}" -B -N -r`, "cat")+"cd \"$keep\"; echo accounts* \"$(cat scheduler)\"")
		out, err := cmd.Output()
		if err != nil || string(out) != want {
			t.Errorf("with the mark %q: %v: %s, not %s", mark, err, out, want)
		}
	}
}

// TestReadersDoNotHoldUpALoad: those who hold a lock for which it waits are put out, and
// neither replicas nor the load itself.
func TestReadersDoNotHoldUpALoad(t *testing.T) {
	begun, dropped := strings.Index(loadText, "clear_way & way=$!"), strings.Index(loadText, "drop_sql |")
	if begun < 0 || begun > dropped {
		t.Fatal("nobody makes way while databases are dropped")
	}
	_, from, _ := strings.Cut(loadText, "\nclear_way() {")
	function, _, _ := strings.Cut(from, "\nnote() {")
	if rolled := strings.Index(loadText, "\nundecided\n"); rolled < begun || rolled > dropped {
		t.Error("prepared transactions, which have no session to end, hold up the load")
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", "work="+t.TempDir()+" n=0 mark=/ client=(server)\nsay() { echo \"$@\"; }\nsleep() { n=$((n + 1)); [ $n -lt 3 ]; }\n"+
		"server() { case $* in *-N*) [ $n -lt 2 ] || cat ;; *) sed 's/^/told: /' ;; esac; }\n"+"undecided_sql() { echo XA; }\nclear_way() {"+function+"\n"+sh.Set("in_the_way", "KILL CONNECTION 7;\n")+"clear_way")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "told: KILL CONNECTION 7;\n") != 1 || !strings.Contains(string(out), "\ntold: XA\n") {
		t.Errorf("%v: %s", err, out)
	}
	for _, d := range []database.Dialect{mariadb.Dialect{}, mysql.Dialect{}} {
		for _, part := range []string{"'system user'", "'Binlog Dump%'", "AND NOT (USER = 'foobar_restore' OR USER = 'root' AND COALESCE(INFO, '') LIKE 'DROP DATABASE %')", "ID <> CONNECTION_ID()", "TIME > 1 AND COALESCE(STATE, '') LIKE 'Waiting for % lock') > 0;"} {
			if !strings.Contains(inTheWay(d), part) {
				t.Errorf("%s: no %s in %s", d.Words().Name, part, inTheWay(d))
			}
		}
	}
}

// TestUnknownPasswords are those that nobody knows.
func TestUnknownPasswords(t *testing.T) {
	_, s := newVault(t)
	a, b := s.unknown(), s.unknown()
	if a == b || !strings.HasPrefix(a, "IDENTIFIED VIA mysql_native_password USING '*") || strings.Contains(a, ";") {
		t.Errorf("%q, %q", a, b)
	}
}

// TestRestoreThatCannotBegin: what fails before anything is dropped leaves the site as it was.
func TestRestoreThatCannotBegin(t *testing.T) {
	v, s := newVault(t)
	v.refuses = true
	_, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: true})
	if err == nil || !strings.Contains(err.Error(), "no data was changed") || strings.Contains(err.Error(), "stays closed") {
		t.Errorf("got %v", err)
	}
	if v.rows["web1"] != "old" || v.mark != "" {
		t.Errorf("%s, mark %q", v.rows["web1"], v.mark)
	}
	v.want("web1", "web2", "web3")
}
