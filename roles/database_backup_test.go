package roles

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

var updateBackup = flag.Bool("update-backup", false, "rewrite testdata/backup")

func TestDatabaseBackupGolden(t *testing.T) {
	s := databaseSite(t)
	have := databaseWanted(t, Database{}, s, "web2")
	for name, path := range map[string]string{"backup.sh": backupScript, "backup.service": backupService, "backup.timer": backupTimer} {
		f, ok := have[resource.NewID("file", path)].(resource.File)
		if !ok {
			t.Fatalf("%s is not wanted", path)
		}
		p := filepath.Join("testdata", "backup", name)
		if *updateBackup {
			if err := os.WriteFile(p, f.Content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(p); err != nil || string(want) != string(f.Content) {
			t.Errorf("%s differs from what is rendered, %v (rewrite with -update-backup and look)", p, err)
		}
	}
	if f := have[resource.NewID("file", backupScript)].(resource.File); f.Mode != 0o700 {
		t.Errorf("others than root may run the script: %o", f.Mode)
	}
	login, ok := have[resource.NewID("file", backupLogin)].(resource.File)
	if !ok || login.Mode != 0o600 || !login.Secret || !strings.Contains(string(login.Content), s.Master.Password(databaseCopier.label).Reveal()) {
		t.Error("the login for the other servers is missing, or not secret")
	}
}

func TestDatabaseBackupShapes(t *testing.T) {
	s := databaseSite(t)
	s.Inv.DB.Backup.Enabled = false
	for id := range databaseWanted(t, Database{}, s, "web1") {
		if strings.Contains(string(id), "backup") {
			t.Errorf("backups are off, and %s is wanted", id)
		}
	}
	alone := databaseSite(t, hostText("store", "fd77::21", "db"))
	have := databaseWanted(t, Database{}, alone, "store")
	if _, there := have[resource.NewID("file", backupLogin)]; there {
		t.Error("a lone server is given a login for others")
	}
	if got := backupServers(s.Inv); got != "web1 10.77.0.11\nweb2 10.77.0.12\nweb3 10.77.0.13" {
		t.Errorf("the order is\n%s", got)
	}
	s.Inv.DB.Backup.Host = "web3"
	if got := backupServers(s.Inv); !strings.HasPrefix(got, "web3 10.77.0.13\nweb1") {
		t.Errorf("the inventory's choice is not first:\n%s", got)
	}
}

// TestDatabaseBackupTurn runs the script with a server that says what it is: of
// three, exactly one makes the backup, whoever is the primary.
func TestDatabaseBackupTurn(t *testing.T) {
	dir := t.TempDir()
	// The real functions are replaced by ones that read what each server is.
	fake := "place() { cat " + dir + "/web$N; }\npeer() { cat " + dir + "/web${1##*.1}; }\nsleep() { sed -i s/^behind/replica/ " + dir + "/web?; }\n"
	for _, tc := range []struct {
		name, prefer string
		is           [3]string
		want         string
	}{
		{"as deployed", "", [3]string{"primary", "replica", "replica"}, "web2"},
		{"after a switchover", "", [3]string{"replica", "primary", "replica"}, "web1"},
		{"the first replica is broken", "", [3]string{"primary", "broken", "replica"}, "web3"},
		{"the first replica is silent", "", [3]string{"primary", "silent", "replica"}, "web3"},
		{"the first replica is far behind", "", [3]string{"primary", "behind", "replica"}, "web3"},
		{"both are, and catch up", "", [3]string{"primary", "behind", "behind"}, "web2"},
		{"the inventory's choice", "web3", [3]string{"primary", "replica", "replica"}, "web3"},
		{"the choice is the primary", "web3", [3]string{"replica", "replica", "primary"}, "web1"},
		{"none replicates", "", [3]string{"primary", "broken", "neither"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := databaseSite(t)
			s.Inv.DB.Backup.Host = tc.prefer
			for i, is := range tc.is {
				if err := os.WriteFile(filepath.Join(dir, "web"+string(rune('1'+i))), []byte(is+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got := ""
			for i := range tc.is {
				name := "web" + string(rune('1'+i))
				f := databaseWanted(t, Database{}, s, name)[resource.NewID("file", backupScript)].(resource.File)
				text := strings.Replace(string(f.Content), "# turn decides", "N="+string(rune('1'+i))+"\n"+fake+"# turn decides", 1)
				text = strings.ReplaceAll(text, "/run/foobar", dir)
				cmd := exec.Command("bash", "-s", "turn")
				cmd.Stdin = strings.NewReader(text)
				out, err := cmd.CombinedOutput()
				switch code := cmd.ProcessState.ExitCode(); {
				case code == 0:
					got += name
				case code != 1 || len(out) == 0:
					t.Errorf("%s: %v: %s", name, err, out)
				}
			}
			if got != tc.want {
				t.Errorf("%q makes the backup, not %q", got, tc.want)
			}
		})
	}
}

// TestDatabaseBackupHeldTooLong: a session that ended by itself is said with its reason.
func TestDatabaseBackupHeldTooLong(t *testing.T) {
	dir := t.TempDir()
	text := string(databaseWanted(t, Database{}, databaseSite(t), "web1")[resource.NewID("file", backupScript)].(resource.File).Content)
	text, _, _ = strings.Cut(text, "\ncase ${1-} in\n")
	// A server whose session says that it holds the commits, and is ended then.
	server := `read -r l; case $l in *BLOCK_COMMIT*) echo held; echo "ended by its bound" >&2; exit 124 ;; *) ;; esac
case " $* " in *' -n '*) echo begun; cat >/dev/null ;; *) cat >/dev/null; echo '{"views": 0}' ;; esac`
	text = strings.Replace(text, "work=$dir/.work", "work="+dir, 1)
	fake := "\nclient=(bash -c " + sh.Quote(server) + ` -)
views() { :; }
dump() { echo dumped; }
first() { while kill -0 $hold 2>/dev/null; do sleep 0.01; done; echo "at x" >"$work/dump.at"; cat; }
die() { echo "died: $*"; exit 3; }
trap '' PIPE # as systemd starts it
take`
	cmd := exec.Command("bash", "-s")
	cmd.Stdin = strings.NewReader(text + fake)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "died: commits were held back for too long: ended by its bound") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// TestBackupBeginsAnew: a table that an app truncates is no reason to have no backup of the day,
// and another error is said at once, as is this one after the last try.
func TestBackupBeginsAnew(t *testing.T) {
	f := databaseWanted(t, Database{}, databaseSite(t), "web2")[resource.NewID("file", backupScript)].(resource.File)
	script, _, _ := strings.Cut(string(f.Content), "\ncase ${1-} in\n")
	for said, want := range map[string]string{
		"mariadb-dump: Error 1412: Table definition has changed, please retry transaction":         "1 2 3 error: it failed: ",
		"mariadb-dump: Couldn't execute 'show create table `t`': Table 'a.t' doesn't exist (1146)": "1 2 3 error: it failed: ",
		"ERROR 1146 (42S02) at line 7: Table 'a.t' doesn't exist":                                  "1 2 3 error: it failed: ",
		"mariadb-dump: Error 2013: Lost connection to server during query":                         "error: it failed: ",
	} {
		path := filepath.Join(t.TempDir(), "backup")
		if err := os.WriteFile(path, []byte(script+"\nclean() { :; }; sleep() { :; }; say() { case $1 in error*) echo \"$1\" ;; esac; }\n"+
			"[ -z \"${FOOBAR_BACKUP_TRIES-}\" ] || printf '%s ' \"$FOOBAR_BACKUP_TRIES\"\nsnap=\nagain <(echo "+sh.Quote(said)+") 'it failed'\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(path, "run").CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("%v: %s, not %s", err, out, want)
		}
	}
}

// TestDatabaseBackupSeal: the script's signature is that of RFC 2104, with a key
// that is the host's alone.
func TestDatabaseBackupSeal(t *testing.T) {
	s := databaseSite(t)
	keys := map[string]bool{}
	for _, host := range []string{"web1", "web2", "web3"} {
		have := databaseWanted(t, Database{}, s, host)
		key, ok := have[resource.NewID("file", backupKey)].(resource.File)
		if !ok || key.Mode != 0o600 || !key.Secret || len(key.Content) != 65 || keys[string(key.Content)] {
			t.Fatalf("%s: the key is missing, open, or another's", host)
		}
		keys[string(key.Content)] = true
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, key.Content, 0o600); err != nil {
			t.Fatal(err)
		}
		script, _, _ := strings.Cut(string(have[resource.NewID("file", backupScript)].(resource.File).Content), "\ncase ${1-} in\n")
		for _, text := range []string{"", "{\"v\":1", strings.Repeat("x%s\\", 100)} {
			cmd := exec.Command("bash", "-c", strings.ReplaceAll(script, backupKey, path)+"\nprintf %s "+sh.Quote(text)+" | seal\n")
			out, err := cmd.Output()
			mac := hmac.New(sha256.New, BackupKey(s.Master, host))
			mac.Write([]byte("foobar backup 1\n" + text))
			if want := hex.EncodeToString(mac.Sum(nil)) + "\n"; err != nil || string(out) != want {
				t.Errorf("%s, %q: %v, %s, not %s", host, text, err, out, want)
			}
		}
	}
}

// TestBackupWaitsForLocks: a long query or a change of a table is no reason to have no
// backup of the day, and another error is said at once.
func TestBackupWaitsForLocks(t *testing.T) {
	f := databaseWanted(t, Database{}, databaseSite(t), "web2")[resource.NewID("file", backupScript)].(resource.File)
	script, _, _ := strings.Cut(string(f.Content), "\ncase ${1-} in\n")
	for errors, want := range map[string]string{
		"ERROR 1205 (HY000) at line 1: Lock wait timeout exceeded": "60 120 held",
		"ERROR 1227 (42000) at line 1: Access denied":              "error: ERROR 1227 (42000) at line 1: Access denied",
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"times": "", "client": "#!/bin/bash\nread -r question\n[ \"$question\" = hold ] || exit 0\necho >>" + dir + "/times\n[ $(wc -l <" + dir + "/times) -ge 3 ] || { echo '" + errors + "' >&2; exit 1; }\necho held\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("bash", "-c", strings.ReplaceAll(script, "/var/backups/foobar", dir)+`
mkdir "$work"; mkfifo "$work/hold.in"; client=("$dir/client")
schemas_sql() { :; }; mapfile() { schemas=(foobar); }; views() { :; }; hold_sql() { echo hold; }
sleep() { case $1 in 0*) command sleep "$1" ;; *) printf '%s ' "$1" ;; esac; }
say() { case $1 in error*) echo "error: ${1#*begin: }" ;; esac; }
hold_back && echo held`)
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); got != want {
			t.Errorf("%v: %s, not %s", err, got, want)
		}
	}
}

// TestBackupIsCheckedAnywhere: the scratch server has none of the live one's folders,
// tablespaces and keys, and rows are loaded as they are.
func TestBackupIsCheckedAnywhere(t *testing.T) {
	f := databaseWanted(t, Database{}, databaseSite(t), "web2")[resource.NewID("file", backupScript)].(resource.File)
	_, rest, _ := strings.Cut(string(f.Content), "\nanywhere() {\n")
	body, _, _ := strings.Cut(rest, "\n}\n")
	for line, want := range map[string]string{
		") ENGINE=InnoDB DATA DIRECTORY='/srv/o''x/' INDEX DIRECTORY='/srv/' COMMENT='x';":          ") ENGINE=InnoDB COMMENT='x';",
		") /*!50100 TABLESPACE `t``s` */ ENGINE=InnoDB ENCRYPTION='Y' COMMENT='ENCRYPTION=''Y''';":  ") /*!50100 */ ENGINE=InnoDB COMMENT='ENCRYPTION=''Y''';",
		") ENGINE=InnoDB COMMENT='x' `ENCRYPTED`='YES' `ENCRYPTION_KEY_ID`='1' ROW_FORMAT=DYNAMIC;": ") ENGINE=InnoDB COMMENT='x' ROW_FORMAT=DYNAMIC;",
		") ENGINE=InnoDB `encrypted`=yes `Encryption_Key_Id`=4;":                                    ") ENGINE=InnoDB;",
		"(PARTITION p0 DATA DIRECTORY = '/srv' ENGINE = InnoDB,":                                    "(PARTITION p0 ENGINE = InnoDB,",
		"  SUBPARTITION `s` TABLESPACE = `x` ENGINE = InnoDB,":                                      "  SUBPARTITION `s` ENGINE = InnoDB,",
		"CREATE DATABASE `a` /*!80016 DEFAULT ENCRYPTION='Y' */;":                                   "CREATE DATABASE `a` /*!80016 */;",
		"INSERT INTO `a` VALUES (' DATA DIRECTORY=''/x'' ENCRYPTION=''Y''');":                       "INSERT INTO `a` VALUES (' DATA DIRECTORY=''/x'' ENCRYPTION=''Y''');",
	} {
		cmd := exec.Command("bash", "-euc", body)
		cmd.Stdin = strings.NewReader(line + "\n")
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != want+"\n" {
			t.Errorf("%v: %q, not %q", err, out, want)
		}
	}
	if !strings.Contains(string(f.Content), `tee "$work/sql" | anywhere; } | "${scratch_client[@]}"`) {
		t.Error("the check loads the dump as it is")
	}
}

// TestBackupFolderIsFoobars: one that an earlier deploy made is known from the
// ledger.
func TestBackupFolderIsFoobars(t *testing.T) {
	s := databaseSite(t)
	d := databaseWanted(t, Database{}, s, "web2")[resource.NewID("dir", "/var/backups/foobar")].(resource.OwnDir)
	if d.Known || d.Key != "db.backup.path" {
		t.Errorf("%+v", d)
	}
	f := s.Facts["web2"]
	f.Owned = []string{"file:" + backupScript}
	s.Facts = map[string]facts.Facts{"web2": f}
	if d := databaseWanted(t, Database{}, s, "web2")[resource.NewID("dir", "/var/backups/foobar")].(resource.OwnDir); !d.Known {
		t.Error("what the ledger names is not known")
	}
}
