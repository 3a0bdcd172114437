//go:build lab && gauntlet

package labtest

import (
	"strings"
	"testing"
)

// TestUDatabaseLinksMySQL is TestSDatabaseLinks on MySQL, whose copies are clones:
// these trust the primary's certificate and no other one of the site.
func TestUDatabaseLinksMySQL(t *testing.T) {
	s := onMySQL(t)
	s.primaryIs(t, "web1")
	s.ask(t, "web1", "CREATE TABLE foobar.kept (n INT PRIMARY KEY); INSERT INTO foobar.kept VALUES (1), (2)")
	s.level(t, "web1")
	a := startAttack(t, "web2")
	a.backupAttacked(t, s.site)
	on(t, "web2", "systemd-run -q --collect --unit=keeper sh -c 'until cp /etc/foobar/tls/source.crt /root/source.crt; do sleep 0.01; done 2>/dev/null'")
	on(t, "web2", "setpriv --reuid=mysql --regid=mysql --clear-groups ln -s /root/canary /var/lib/mysql/foobar-seed")
	s.ask(t, "web2", s.sql.stop)
	must(t, 0, "db", "rejoin", s.site, "web2", "--discard", "-y")
	a.same(t, "after a copy of the primary")
	a.stop(t)
	must(t, 0, "db", "backup", s.site)
	a.same(t, "after a backup without links")
	s.primaryIs(t, "web1")
	s.onlyTheSource(t)
	on(t, "web2", "rm /root/canary /root/source.crt; chmod 700 /root; ! ls -A /var/lib/foobar-scratch | grep .")
	must(t, 0, "deploy", s.site)
	s.whole(t, "web1")
}

// onlyTheSource: with the CA that web2 had for its copy of web1, web3 passes for
// the source neither at a client nor at a clone.
func (s *scene) onlyTheSource(t *testing.T) {
	t.Helper()
	source := s.ask(t, "web2", "SELECT HOST FROM performance_schema.replication_connection_configuration")
	other := s.ask(t, "web3", "SELECT @@report_host")
	for _, address := range []string{source, other} {
		got := on(t, "web2", "mysql --defaults-file=/etc/foobar/backup.cnf --ssl-mode=VERIFY_CA --ssl-ca=/root/source.crt -h "+address+" -N -e 'SELECT 1' 2>&1 || :")
		if good := strings.TrimSpace(got) == "1"; good != (address == source) {
			t.Errorf("of %s, with the source %s, a client says %q", address, source, got)
		}
	}
	got := on(t, "web2", `cd /etc/foobar/tls; install -m 644 /root/source.crt source.crt
word=$(sed -n 's/^password="\(.*\)"$/\1/p' /etc/foobar/backup.cnf)
user=$(sed -n 's/^user="\(.*\)"$/\1/p' /etc/foobar/backup.cnf)
`+s.client+` 2>&1 <<SQL || :
SET GLOBAL super_read_only=OFF; SET GLOBAL clone_ssl_ca='/etc/foobar/tls/source.crt'; SET GLOBAL clone_valid_donor_list='`+other+`:3306';
CLONE INSTANCE FROM '$user'@'`+other+`':3306 IDENTIFIED BY '$word' REQUIRE SSL;
SQL
rm source.crt; `+s.client+` -e "SET GLOBAL super_read_only=ON"`)
	if !strings.Contains(got, "certificate verify failed") {
		t.Errorf("a clone of %s in place of %s says %q", other, source, got)
	}
}
