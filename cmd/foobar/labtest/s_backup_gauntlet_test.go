//go:build lab && gauntlet

package labtest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

const backups = "/var/backups/foobar/"

// forge has a host add lines to one of its own backups, as one that was broken
// into could, and put the new digest and size beside it. With unsigned the
// signature is taken away, too.
func forge(t *testing.T, host, name, lines string, unsigned bool) {
	t.Helper()
	strip := ""
	if unsigned {
		strip = `; 1s/,"mac":"[0-9a-f]*"//; 1s/,"counts_sha256":"[0-9a-f]*"//`
	}
	on(t, host, fmt.Sprintf(`set -e; cd %s
[ -e /root/honest.json ] || { cp -p %[2]s.json /root/honest.json; cp -p %[2]s.sql.zst /root/honest.sql.zst; }
{ zstd -q -d -c /root/honest.sql.zst; cat <<'EVIL'
%[3]s
EVIL
} | zstd -q -f -o %[2]s.sql.zst
sum=$(sha256sum <%[2]s.sql.zst | cut -c 1-64) size=$(stat -c %%s %[2]s.sql.zst)
sed "1s/\"sha256\":\"[^\"]*\"/\"sha256\":\"$sum\"/; 1s/\"size\":[0-9]*/\"size\":$size/%[4]s" /root/honest.json >%[2]s.json`,
		backups, name, lines, strings.ReplaceAll(strip, `"`, `\"`)))
}

// honest takes the forgery back.
func honest(t *testing.T, host, name string) {
	t.Helper()
	on(t, host, "mv /root/honest.json "+backups+name+".json; mv /root/honest.sql.zst "+backups+name+".sql.zst")
}

// commands are a client's own commands and statements of an administrator, one
// of which ends each load.
func (s *scene) commands() []string {
	list := []string{"\\! touch /root/owned", "DELIMITER ;;\nsystem touch /root/owned ;;\n\\. /etc/passwd", "CREATE USER owned@localhost;"}
	if s.engine == "mysql" {
		return append(list, "INSTALL COMPONENT 'file://component_log_sink_json';")
	}
	return append(list, "INSTALL SONAME 'ha_archive';")
}

// hostileBackup: a replica writes commands into its backup. Without its signature
// nobody restores that; with a person's word nothing runs, and the site stays
// closed until the honest backup is back.
func (s *scene) hostileBackup(t *testing.T) {
	s.ask(t, "web1", "CREATE TABLE IF NOT EXISTS foobar.vouched (id INT PRIMARY KEY); REPLACE INTO foobar.vouched VALUES (1), (2), (3)")
	b := backupOn(t, s.site)
	restore := func(code int, says string, args ...string) {
		t.Helper()
		if r := must(t, code, append([]string{"db", "restore", s.site, b.name(), "--yes-destroy", "foobar"}, args...)...); !strings.Contains(r.all(), says) {
			t.Errorf("it says:\n%s", tail(r.all(), 20))
		}
	}
	all := s.commands()
	forge(t, b.LiesOn, b.name(), all[0], false)
	if r := must(t, 0, "db", "backups", s.site); !strings.Contains(r.err, b.name()+" is not counted: it is not signed by "+b.LiesOn) {
		t.Errorf("a forged backup is listed:\n%s", r.all())
	}
	restore(1, b.name()+" has no good signature: it is not signed by "+b.LiesOn)
	forge(t, b.LiesOn, b.name(), all[0], true)
	restore(1, b.name()+" has no good signature: it is not signed")
	if got := s.ask(t, "web1", "SELECT @@global.read_only, COUNT(*) FROM foobar.vouched"); got != "0\t3" {
		t.Errorf("a refusal changed something: %q", got)
	}
	for _, evil := range all {
		forge(t, b.LiesOn, b.name(), evil, true)
		restore(1, "the backup could not be loaded: ERROR", "--unsigned")
	}
	for _, h := range s.servers {
		if got := on(t, h, "ls /root/owned 2>/dev/null || :"); got != "" {
			t.Errorf("on %s a command of the backup was run: %s", h, got)
		}
	}
	if got := s.ask(t, "web1", "SELECT @@global.read_only; SELECT COUNT(*) FROM mysql.user WHERE User IN ('owned', 'foobar_restore')"); got != "1\n0" {
		t.Errorf("half restored, the primary is open, or accounts are left: %q", got)
	}
	honest(t, b.LiesOn, b.name())
	restore(0, "takes writes again")
	s.whole(t, "web1")
	for _, h := range s.servers {
		if got := s.ask(t, h, "SELECT COUNT(*) FROM foobar.vouched; SELECT COUNT(*) FROM mysql.user WHERE User IN ('owned', 'foobar_restore')"); got != "3\n0" {
			t.Errorf("%s has %q", h, got)
		}
	}
	s.ask(t, "web1", "DROP TABLE foobar.vouched")
}

// TestSBackupHostile: the scene on the site of the earlier tests.
func TestSBackupHostile(t *testing.T) { onSite().hostileBackup(t) }

// TestSBackupNames: two hosts that offer one name, and one that offers a backup of
// the year 9999, move nothing.
func TestSBackupNames(t *testing.T) {
	b := newest(t)
	about := strings.TrimSpace(on(t, "web2", "head -n 1 "+backups+b.name()+".json"))
	put := func(name string, pairs ...string) {
		t.Helper()
		line := strings.NewReplacer(pairs...).Replace(about)
		on(t, "web3", fmt.Sprintf(`set -e; cd %s; echo 'SELECT 1;' | zstd -q -f -o %[2]s.sql.zst; sum=$(sha256sum <%[2]s.sql.zst | cut -c 1-64); size=$(stat -c %%s %[2]s.sql.zst)
sed "s/\"sha256\":\"[^\"]*\"/\"sha256\":\"$sum\"/; s/\"size\":[0-9]*/\"size\":$size/; s/,\"mac\":\"[0-9a-f]*\"//; s/,\"counts_sha256\":\"[0-9a-f]*\"//" >%[2]s.json <<'E'
%[3]s
"tables":[
]}
E`, backups, name, line))
	}
	put(b.name(), `"host":"web2"`, `"host":"web3"`)
	if r := must(t, 1, "db", "restore", site, b.name(), "--yes-destroy", "foobar"); !strings.Contains(r.err, "web2 and web3 offer different files under the name") || !strings.Contains(r.err, "--host web3") {
		t.Errorf("it says:\n%s", r.err)
	}
	on(t, "web3", "rm "+backups+b.name()+".*")
	const ever = "foobar-99991231T000000Z"
	put(ever, `"host":"web2"`, `"host":"web3"`, b.name(), ever)
	if r := must(t, 8, "db", "status", site); !strings.Contains(r.out, ever+": its name says another time") || !strings.Contains(r.out, "backup: "+b.name()+" on web2") {
		t.Errorf("the status says:\n%s", r.out)
	}
	dir := t.TempDir()
	if got := newest(t, "--fetch", dir); got.name() != b.name() {
		t.Errorf("the newest is %s", got.name())
	}
	if r := must(t, 1, "db", "restore", site, ever, "--yes-destroy", "foobar"); !strings.Contains(r.err, "has no good signature") {
		t.Errorf("it says:\n%s", r.err)
	}
	on(t, "web3", "rm "+backups+ever+".*")
	must(t, 0, "db", "status", site)
}

// TestSBackupUnread: a primary with a table that cannot be read is not empty,
// though all that can be read is.
func TestSBackupUnread(t *testing.T) {
	s := onSite()
	b := newest(t)
	tables := s.ask(t, "web1", "SELECT CONCAT('DELETE FROM `', TABLE_SCHEMA, '`.`', TABLE_NAME, '`;') FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')")
	s.ask(t, "web1", "SET foreign_key_checks=0; "+tables+" CREATE DATABASE aaa; CREATE TABLE aaa.broken (id INT PRIMARY KEY) ENGINE=MyISAM; INSERT INTO aaa.broken VALUES (1); FLUSH TABLES")
	on(t, "web1", "head -c 64 /dev/zero | dd of=/var/lib/mysql/aaa/broken.MYI conv=notrunc 2>/dev/null")
	if r := must(t, 1, "db", "restore", site, b.name()); !strings.Contains(r.err, "because a table cannot be read: ") || !strings.Contains(r.err, "broken") || !strings.Contains(r.err, "[DB19]") {
		t.Errorf("it says:\n%s", r.err)
	}
	s.ask(t, "web1", "DROP DATABASE aaa")
	must(t, 0, "db", "restore", site, b.name()) // now it is empty
	s.whole(t, "web1")
}

// TestSBackupFolder: a folder with something of others in it is not taken; that of
// an earlier version is, and marked.
func TestSBackupFolder(t *testing.T) {
	on(t, "web2", "install -d -m 0755 /srv/shop; echo hello >/srv/shop/index.html")
	theirs := edit(t, "theirs.toml", "[site]", "[db.backup]\npath = \"/srv/shop\"\n[site]")
	if r := foobar("plan", theirs); r.code == 0 || !strings.Contains(r.all(), "/srv/shop belongs to others: in it is index.html; name an empty folder") {
		t.Errorf("exit %d: %s", r.code, tail(r.all(), 30))
	}
	if got := on(t, "web2", "stat -c '%a %U' /srv/shop; ls -A /srv/shop; rm -r /srv/shop"); got != "755 root\nindex.html\n" {
		t.Errorf("the folder of others is %q", got)
	}
	system := edit(t, "system.toml", "[site]", "[db.backup]\npath = \"/var/www/html\"\n[site]")
	if r := must(t, 64, "plan", system); !regexp.MustCompile(`system\.toml:\d+: db\.backup\.path: /var/www/html `).MatchString(r.err) {
		t.Errorf("it says:\n%s", r.err)
	}
	on(t, "web3", "rm "+backups+".foobar; touch "+backups+"mine.txt")
	must(t, 0, "deploy", site)
	if got := on(t, "web3", "ls "+backups+".foobar "+backups+"mine.txt; rm "+backups+"mine.txt"); strings.Count(got, "\n") != 2 {
		t.Errorf("what is left: %q", got)
	}
	converged(t, site, 4)
}
