//go:build lab

package labtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type backupMade struct {
	LiesOn string `json:"lies_on"`
	Path   string `json:"path"`
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"`
}

func (b backupMade) name() string { return strings.TrimSuffix(b.File, ".sql.zst") }

// backup makes one and reads what is said of it.
func backup(t *testing.T, args ...string) backupMade { t.Helper(); return backupOn(t, site, args...) }

// backupOn makes one of another site.
func backupOn(t *testing.T, site string, args ...string) backupMade {
	t.Helper()
	r := must(t, 0, append([]string{"db", "backup", site, "-o", "json"}, args...)...)
	var b backupMade
	if err := json.Unmarshal([]byte(r.out), &b); err != nil || b.File == "" {
		t.Fatalf("%v: %s", err, r.out)
	}
	return b
}

// onSite is the site of the earlier tests as a scene.
func onSite() *scene {
	s := sceneOf("mariadb")
	s.site = site
	return s
}

// TestK1Backup: on a replica, checked, listed; a copy comes here.
func TestK1Backup(t *testing.T) {
	must(t, 0, "deploy", site)
	on(t, "web1", `mariadb foobar -e "CREATE TABLE IF NOT EXISTS foobar.kept (id INT PRIMARY KEY, t TEXT); REPLACE INTO foobar.kept SELECT seq, REPEAT('x', 100) FROM seq_1_to_20000;
CREATE EVENT IF NOT EXISTS foobar.nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM foobar.kept WHERE id < 0"`)
	onSite().reports(t, "web1", "kept")
	copied := t.TempDir()
	b := backup(t, "--fetch", copied)
	if b.LiesOn != "web2" || b.Rows < 20000 {
		t.Errorf("made on %s, with %d rows", b.LiesOn, b.Rows)
	}
	got := on(t, b.LiesOn, "stat -c '%a %U' /var/backups/foobar; sha256sum <"+b.Path+"; grep -c '\"foobar\", \"kept\", 20000' "+strings.TrimSuffix(b.Path, ".sql.zst")+".json; ls -A /var/lib/foobar-scratch")
	if f := strings.Fields(got); len(f) != 5 || f[0] != "700" || f[1] != "root" || f[2] != b.SHA256 || f[4] != "1" {
		t.Errorf("the folder's mode, the digest, the counted table, what is left: %q, not %s", got, b.SHA256)
	}
	if info, err := os.Stat(filepath.Join(copied, b.File)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v", info, err)
	}
	if r := must(t, 0, "db", "backups", site); !strings.Contains(r.out, b.name()) {
		t.Errorf("it is not listed:\n%s", r.out)
	}
	if r := must(t, 0, "db", "status", site); !strings.Contains(r.out, "backup: "+b.name()+" on web2") || !strings.Contains(r.out, "; next 20") {
		t.Errorf("the status says:\n%s", r.out)
	}
	onSite().primaryIs(t, "web1") // replication stands as before
}

// TestK2Turns: every database host has the timer, and it is the turn of exactly one.
func TestK2Turns(t *testing.T) {
	for host, want := range map[string]string{"web1": "takes the writes", "web2": "", "web3": "web2 makes the backup"} {
		got := on(t, host, "systemctl is-enabled foobar-backup.timer; systemctl is-active foobar-backup.timer; foobar-backup turn || :")
		if !strings.HasPrefix(got, "enabled\nactive\n") || !strings.Contains(got, want) || want == "" && strings.Count(got, "\n") != 2 {
			t.Errorf("%s: %q", host, got)
		}
	}
	on(t, "web2", "mariadb -e 'STOP SLAVE SQL_THREAD'")
	if got := on(t, "web3", "foobar-backup turn && echo mine"); !strings.Contains(got, "mine") {
		t.Errorf("while web2 does not replicate, web3 says %q", got)
	}
	on(t, "web2", "mariadb -e 'START SLAVE SQL_THREAD'")
}

// TestK3Killed: a backup that is killed leaves nothing under a final name, a failed
// unit that the status shows, and no trace in replication. Where the unit's clean-up
// is killed too, the next run does it.
func TestK3Killed(t *testing.T) {
	before := on(t, "web2", "ls /var/backups/foobar")
	for _, c := range []struct{ after, kill, look string }{
		{"0", `p=$(systemctl show -p MainPID --value $u); [ "$p" != 0 ] && kill -9 "$p"`, "ls -A /var/lib/foobar-scratch; ls -d /var/backups/foobar/.work 2>/dev/null; "},
		{"1", `p=$(systemctl show -p MainPID --value $u); [ "$p" != 0 ] && kill -9 "$p"`, "ls -A /var/lib/foobar-scratch; ls -d /var/backups/foobar/.work 2>/dev/null; "},
		{"0.5", "systemctl kill --signal=KILL $u", ""},
	} {
		got := on(t, "web2", "u=foobar-backup.service; systemctl reset-failed $u; mkdir -p -m 0700 /run/foobar-backup; : >/run/foobar-backup/now; systemctl start --no-block $u; "+
			"n=0; while [ ! -s /var/backups/foobar/.work/dump.at ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n+1)); done; sleep "+c.after+"; "+c.kill+"; "+
			"n=0; until [ \"$(systemctl is-active $u)\" = failed ] || [ $n -gt 100 ]; do sleep 0.1; n=$((n+1)); done; systemctl is-failed $u; ls /var/backups/foobar; "+c.look+"pgrep -c mariadbd")
		if got != "failed\n"+before+"1\n" {
			t.Errorf("%s after %s s: %q; before there was %q\n%s", c.kill, c.after, got, before, on(t, "web2", "journalctl -u foobar-backup -n 30 --no-pager"))
		}
	}
	if r := must(t, 8, "db", "status", site); !strings.Contains(r.out, "the last backup failed") || strings.Contains(r.out, "has stopped") {
		t.Errorf("the status says:\n%s", r.out)
	}
}

// TestK4Retention: after one that was killed the next is good, and then an old one goes.
func TestK4Retention(t *testing.T) {
	on(t, "web2", `cd /var/backups/foobar && f=$(ls foobar-*.json | head -n 1) && for n in 1 2 3 4 5 6 7 8; do cp -a "$f" foobar-2025010${n}T000000Z.json; cp -a "${f%.json}.sql.zst" foobar-2025010${n}T000000Z.sql.zst; done; touch mine.sql.zst`)
	b := backup(t)
	got := on(t, "web2", "cd /var/backups/foobar; ls *.sql.zst | wc -l; ls *.json | wc -l; ls -d mine.sql.zst foobar-20250101T000000Z.json foobar-20250108T000000Z.json "+b.File+" 2>/dev/null; rm -f mine.sql.zst foobar-2025*")
	if want := "8\n7\n" + "foobar-20250108T000000Z.json\n" + b.File + "\nmine.sql.zst\n"; strings.Join(sorted(got), "") != strings.Join(sorted(want), "") {
		t.Errorf("what is left: %q, not %q", got, want)
	}
}

func sorted(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	for i := range lines {
		for j := i; j > 0 && lines[j] < lines[j-1]; j-- {
			lines[j], lines[j-1] = lines[j-1], lines[j]
		}
	}
	return lines
}

// newest is the first of web2's list.
func newest(t *testing.T, args ...string) backupMade {
	t.Helper()
	var list struct {
		Hosts []struct {
			Host    string
			Backups []backupMade
		}
	}
	r := must(t, 0, append([]string{"db", "backups", site, "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(r.out), &list); err != nil || len(list.Hosts) != 3 || len(list.Hosts[1].Backups) == 0 {
		t.Fatalf("%v: %s", err, r.out)
	}
	return list.Hosts[1].Backups[0]
}

// TestK5RestoreRefuses changes nothing.
func TestK5RestoreRefuses(t *testing.T) {
	dir := t.TempDir()
	b := newest(t, "--fetch", dir)
	file := filepath.Join(dir, b.File)
	raw := []byte(read(t, file))
	raw[len(raw)/2] ^= 1
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{1, "--yes-destroy foobar", []string{b.name()}},
		{64, "is called foobar", []string{b.name(), "--yes-destroy", "barfoo"}},
		{1, "digest", []string{file, "--yes-destroy", "foobar"}},
		{1, "there is no file and no good backup", []string{"foobar-20000101T000000Z", "--yes-destroy", "foobar"}},
	} {
		if r := must(t, c.code, append([]string{"db", "restore", site}, c.args...)...); !strings.Contains(r.err, c.says) {
			t.Errorf("%v: %s", c.args, r.err)
		}
	}
	if got := on(t, "web1", "mariadb -N -e 'SELECT @@read_only, (SELECT COUNT(*) FROM foobar.kept)'; ls /var/lib/foobar/restore 2>/dev/null || :"); got != "0\t20000\n" {
		t.Errorf("the primary has %q", got)
	}
}

// TestK6Restore: what was lost is back on all three servers. A run that is killed
// while it loads leaves the primary closed, a deploy leaves it so, and the same
// command ends it.
func TestK6Restore(t *testing.T) {
	copied := t.TempDir()
	b := newest(t, "--fetch", copied)
	lose := func() {
		on(t, "web1", `mariadb -e "DROP TABLE foobar.notes; DELETE FROM foobar.kept WHERE id > 10; CREATE DATABASE later; DROP USER IF EXISTS reporter@localhost"`)
	}
	back := func() {
		t.Helper()
		for _, h := range []string{"web1", "web2", "web3"} {
			got := on(t, h, `mariadb -N -e "SELECT COUNT(*) FROM foobar.kept; SELECT COUNT(*) > 0 FROM information_schema.TABLES WHERE TABLE_SCHEMA='foobar' AND TABLE_NAME='notes';
SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME='later'; SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_NAME='nightly'"`)
			event := "SLAVESIDE_DISABLED"
			if h == "web1" {
				event = "ENABLED"
			}
			if got != "20000\n1\n0\n"+event+"\n" {
				t.Errorf("%s: %q", h, got)
			}
		}
	}
	lose()
	must(t, 0, "db", "restore", site, filepath.Join(copied, b.File), "--yes-destroy", "foobar")
	back()
	s := onSite()
	s.reporterStands(t)
	s.unlogged(t, "web1")
	lose()
	// The load is killed on the host, after the databases were dropped.
	on(t, "web1", `systemd-run -q --collect --unit=killer sh -c 'n=0; until mariadb -N -e "SHOW DATABASES" | grep -q foobar && [ "$(systemctl is-active foobar-restore)" = activating ] && [ -f /var/lib/foobar/restore ]; do sleep 0.02; n=$((n+1)); [ $n -lt 2000 ] || exit 1; done; systemctl kill --signal=KILL foobar-restore'`)
	if r := must(t, 1, "db", "restore", site, b.name(), "--yes-destroy", "foobar"); !strings.Contains(r.err, "stays closed to writes") {
		t.Errorf("the killed restore says:\n%s", r.err)
	}
	if r := must(t, 8, "db", "status", site); !strings.Contains(r.out, "restore of "+b.name()) {
		t.Errorf("the status says:\n%s", r.out)
	}
	if r := foobar("deploy", site); r.code == 0 || !strings.Contains(r.all(), "foobar db restore") {
		t.Errorf("a deploy in between: exit %d\n%s", r.code, tail(r.all(), 20))
	}
	if got := strings.TrimSpace(on(t, "web1", "mariadb -N -e 'SELECT @@global.read_only'")); got != "1" {
		t.Error("a half restored primary takes writes")
	}
	must(t, 0, "db", "restore", site, b.name())
	back()
	s.reporterStands(t)
	s.primaryIs(t, "web1")
	converged(t, site, 4)
	eventually(t, 15*time.Second, "answer of the app", func() bool {
		return foobar("lab", "curl", "-sS", "--fail", "-o", "/dev/null", "https://www.foobar.com/api/notes").code == 0
	})
	on(t, "web1", "mariadb -e 'DROP TABLE foobar.kept; DROP EVENT foobar.nightly; DROP VIEW foobar.report, foobar.reported'")
}

// TestK7SwitchedOff: what makes backups goes, the backups stay.
func TestK7SwitchedOff(t *testing.T) {
	off := edit(t, "nobackup.toml", "[site]", "[db.backup]\nenabled = false\n[site]")
	must(t, 0, "deploy", off)
	if got := on(t, "web2", "systemctl is-enabled foobar-backup.timer 2>&1 || :; ls /usr/local/sbin/foobar-backup /etc/foobar/backup.cnf /etc/systemd/system/foobar-backup.* 2>/dev/null || :; ls /var/backups/foobar | grep -c zst"); strings.Contains(got, "/") || strings.HasSuffix(got, "\n0\n") {
		t.Errorf("what is left: %q", got)
	}
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}
