//go:build lab && gauntlet

package labtest

import (
	"strings"
	"testing"
)

// planter puts links to root's files wherever the database server's account can,
// as long as it runs.
const planter = `c=/root/canary
ln -sfn $c /var/lib/mysql/foobar-seed.new
while :; do
 for f in foobar-begun foobar-begun.new; do [ -h /var/lib/mysql/$f ] || ln -sfn $c /var/lib/mysql/$f; done
 for d in /tmp/tmp.*; do ln -sfn $c "$d/said"; ln -sfn $c "$d/index"; done
 for d in /var/lib/foobar-scratch /var/lib/foobar-scratch/* /var/lib/mysql-files/foobar-scratch; do
  for f in tmp data pid sock; do [ -h "$d/$f" ] || { rmdir "$d/$f"; ln -sfn /run/foobar "$d/$f"; }; done
 done
 sleep 0.02
done 2>/dev/null
`

// attack is a server's account that attacks its host.
type attack struct {
	host, before string
}

// startAttack lets the planter run, and notes what is root's.
func startAttack(t *testing.T, host string) *attack {
	t.Helper()
	on(t, host, "install -d -m 0700 /run/foobar; install -m 0600 /dev/null /root/canary; echo 'of root' >/root/canary; chmod 711 /root\n"+
		"cat >/usr/local/bin/foobar-planter <<'END'\n"+planter+"END\n"+
		"systemd-run -q --collect --unit=planter --uid=mysql --gid=mysql sh /usr/local/bin/foobar-planter")
	a := &attack{host: host}
	a.before = a.look(t)
	return a
}

// look is what nothing of the account may change.
func (a *attack) look(t *testing.T) string {
	t.Helper()
	return on(t, a.host, "stat -c '%n %U:%G %a' /run/foobar /var/backups /var/backups/foobar /var/lib/foobar /var/lib/foobar-scratch /etc/foobar /root /root/canary; cat /root/canary")
}

func (a *attack) same(t *testing.T, after string) {
	t.Helper()
	if now := a.look(t); now != a.before {
		t.Errorf("%s: what is root's was\n%s\nand is\n%s", after, a.before, now)
	}
}

// stop ends it and takes its links away.
func (a *attack) stop(t *testing.T) {
	t.Helper()
	on(t, a.host, "systemctl stop planter; rm -f /usr/local/bin/foobar-planter; find /var/lib/mysql -maxdepth 1 -type l -delete")
}

// backupAttacked makes a backup meanwhile. Links may keep its check from its end;
// then that is said, and there is no backup.
func (a *attack) backupAttacked(t *testing.T, inv string) {
	t.Helper()
	if got := on(t, a.host, "setpriv --reuid=mysql --regid=mysql --clear-groups touch /var/lib/foobar-scratch/x 2>&1 || echo refused"); !strings.Contains(got, "refused") {
		t.Errorf("the server's account may write where root makes folders: %q", got)
	}
	r := foobar("db", "backup", inv)
	t.Logf("a backup meanwhile: exit %d: %s", r.code, strings.TrimSpace(tail(r.all(), 3)))
	if r.code != 0 && (r.code != 1 || !strings.Contains(r.err, a.host+" made no backup: ")) {
		t.Errorf("a backup: exit %d\n%s", r.code, r.all())
	}
	a.same(t, "after a backup")
}

// TestSDatabaseLinks: the account of the database server puts links where root
// used to write. A backup, a check of the server's configuration and a copy of
// another server's data change nothing that is root's.
func TestSDatabaseLinks(t *testing.T) {
	s := onSite()
	a := startAttack(t, "web2")
	a.backupAttacked(t, site)
	on(t, "web2", "echo '# a change' >>/etc/mysql/mariadb.conf.d/90-foobar.cnf")
	must(t, 0, "deploy", site) // checks the configuration and restarts the server
	a.same(t, "after a check of the configuration")
	on(t, "web2", "setpriv --reuid=mysql --regid=mysql --clear-groups ln -s /root/canary /var/lib/mysql/foobar-seed")
	s.ask(t, "web2", s.sql.stop)
	must(t, 0, "db", "rejoin", site, "web2", "--discard", "-y")
	a.same(t, "after a copy of the primary")
	a.stop(t)
	backup(t)
	a.same(t, "after a backup without links")
	on(t, "web2", "rm /root/canary; chmod 700 /root; ! ls -A /var/lib/foobar-scratch | grep .")
	s.primaryIs(t, "web1")
	converged(t, site, 4)
}
