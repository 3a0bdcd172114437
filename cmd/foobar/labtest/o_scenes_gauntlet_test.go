//go:build lab && gauntlet

package labtest

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"
)

// play runs every scenario, in the order in which each finds what it needs.
func (s *scene) play(t *testing.T) {
	s.up(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"another replica for a gigabyte", s.anotherReplica},
		{"servers killed", s.serversKilled},
		{"switchover ten times", s.switchover},
		{"switchover killed", s.switchoverKilled},
		{"failover and rejoin", s.failoverAndBack},
		{"failover of a hung server", s.hung},
		{"own transactions", s.ownTransactions},
		{"own transactions on a replica too far behind", s.ownBehind},
		{"too far behind", s.tooFarBehind},
		{"seeding killed", s.seedingKilled},
		{"half a copy", s.halfACopy},
		{"findings", s.findings},
		{"passwords rotated", s.rotation},
		{"backup and restore", s.backup},
		{"server variables", s.variables},
		{"lost view", s.lostView},
	} {
		if !t.Run(strings.ReplaceAll(part.name, " ", "-"), part.run) {
			return // what comes next stands on it
		}
	}
}

// variables of the server, and none in the end.
func (s *scene) variables(t *testing.T) {
	s.settings(t)
	s.whole(t, "web1")
}

// anotherReplica adds a server to a site that writes, whose logs do not reach
// back; it is filled from the primary's data.
func (s *scene) anotherReplica(t *testing.T) {
	w := startWriter(t, "another")
	s.ask(t, "web1", "CREATE DATABASE odd; CREATE TABLE odd.one (n INT PRIMARY KEY, t TEXT); INSERT INTO odd.one VALUES (1, 'it''s \\\\ odd'); CREATE VIEW foobar.seen AS SELECT n FROM odd.one; "+
		"CREATE PROCEDURE foobar.answer() SELECT 42; CREATE EVENT odd.later ON SCHEDULE EVERY 1 DAY DO DELETE FROM odd.one WHERE n = 99")
	s.grow(t, "web1", 1000)
	s.purge(t)
	s.servers = append(s.servers, "db1")
	began := time.Now()
	r := must(t, 0, "deploy", "-v", s.site)
	t.Logf("%s: db1 was made a replica of a gigabyte in %.0f s", s.engine, time.Since(began).Seconds())
	if !strings.Contains(r.all(), "copying about") || !strings.Contains(r.all(), "copied web1 as of ") {
		t.Errorf("no progress is shown:\n%s", tail(r.all(), 60))
	}
	w.everywhere(t, s)
	s.whole(t, "web1")
	const programs = "SHOW CREATE PROCEDURE foobar.answer; SHOW CREATE VIEW foobar.seen; SELECT User, Host FROM mysql.user ORDER BY 1, 2"
	if got, want := s.ask(t, "db1", programs), s.ask(t, "web1", programs); got != want {
		t.Errorf("db1 differs from web1:\n%s\n%s", got, want)
	}
	// On a clone it is enabled, but a server that is closed to administrators lets it write nothing.
	if got := s.ask(t, "db1", "SELECT STATUS FROM information_schema.EVENTS"); s.engine == "mariadb" && got != "SLAVESIDE_DISABLED" {
		t.Errorf("the event on a replica is %s", got)
	}
	s.ask(t, "web1", "TRUNCATE foobar.bulk") // a DELETE would be a gigabyte for every replica
}

// serversKilled: a replica's server, then the primary's, with kill -9.
func (s *scene) serversKilled(t *testing.T) {
	w := startWriter(t, "killed")
	for _, host := range []string{"web2", "web1"} {
		on(t, host, "systemctl kill --signal=KILL "+s.engine)
		must(t, 0, "deploy", s.site)
	}
	w.everywhere(t, s)
	s.whole(t, "web1")
}

// switchover there and back, five times.
func (s *scene) switchover(t *testing.T) {
	w := startWriter(t, "switch")
	for range 5 {
		for _, to := range []string{"web2", "web1"} {
			must(t, 0, "db", "switchover", s.site, "--to", to, "-y")
		}
	}
	w.everywhere(t, s)
	if w.lost > 0 || w.failed > 10 {
		t.Errorf("a switchover may cost one retried write: %d failed in ten, %d of them twice", w.failed, w.lost)
	}
	s.whole(t, "web1")
}

// switchoverKilled: killed whenever it says that it has come to another step,
// and in between; the same command ends it, and never do two servers take writes.
func (s *scene) switchoverKilled(t *testing.T) {
	w := startWriter(t, "cut")
	to := "web2"
	for _, at := range []string{"closing to writes", "catching up", "takes the writes", "follows", "deploy", "250ms", "350ms", "500ms", "700ms"} {
		said := s.killSwitchover(t, to, at)
		var open []string
		for _, h := range s.servers {
			if s.ask(t, h, "SELECT @@global.read_only") == "0" {
				open = append(open, h)
			}
		}
		t.Logf("killed at %q, open: %v; it said last: %s", at, open, said)
		if len(open) > 1 {
			t.Errorf("%v take writes", open)
		}
		must(t, 0, "db", "switchover", s.site, "--to", to, "-y", "--lock-wait", "30s")
		s.primaryIs(t, to)
		to = map[string]string{"web1": "web2", "web2": "web1"}[to]
	}
	if to == "web1" {
		must(t, 0, "db", "switchover", s.site, "--to", "web1", "-y")
	}
	w.everywhere(t, s)
	s.whole(t, "web1")
}

// killSwitchover begins a switchover and kills it when it says a word, or after
// a time.
func (s *scene) killSwitchover(t *testing.T, to, at string) string {
	t.Helper()
	run := background(t, "db", "switchover", s.site, "--to", to, "-y")
	if after, err := time.ParseDuration(at); err == nil {
		time.Sleep(after)
	} else if at == "deploy" {
		run.says("connected to") // what follows the move
	} else {
		run.says(at)
	}
	run.kill()
	return tail(strings.TrimSpace(run.said.String()), 1)
}

// failoverAndBack: the power of web1 is cut, and in the end it is the primary again.
func (s *scene) failoverAndBack(t *testing.T) {
	w := startWriter(t, "failover")
	s.failover(t, "web1", "web2")
	w.everywhere(t, s)
	t.Logf("%s: the outage of a failover, with the time that this test took to call it: %.1f s", s.engine, w.gap.Seconds())
	s.whole(t, "web2")
	must(t, 0, "db", "switchover", s.site, "--to", "web1", "-y")
}

// hung: a server that hangs is ended before another one is opened.
func (s *scene) hung(t *testing.T) {
	w := startWriter(t, "hung")
	on(t, "web1", "systemctl kill --signal=STOP "+s.engine)
	must(t, 8, "db", "status", s.site)
	r := must(t, 0, "db", "failover", s.site, "-y")
	if !strings.Contains(r.out, "primary") {
		t.Errorf("the result does not show who is the primary:\n%s", r.out)
	}
	s.comesBackClosed(t, "web1")
	s.rejoin(t, "web1")
	w.everywhere(t, s)
	must(t, 0, "db", "switchover", s.site, "--to", "web1", "-y")
	s.whole(t, "web1")
}

// ownTransactions: a server that wrote what nobody else got is not attached
// until that is given up, and says what it wrote.
func (s *scene) ownTransactions(t *testing.T) {
	s.ask(t, "web3", s.sql.detach+"; SET GLOBAL read_only=OFF; CREATE DATABASE stray; SET GLOBAL read_only=ON")
	must(t, 8, "db", "status", s.site)
	for _, command := range [][]string{{"db", "rejoin", s.site, "web3"}, {"db", "switchover", s.site, "--to", "web2", "-y"}} {
		if r := must(t, 1, command...); !strings.Contains(r.err, "web3 holds transactions that web1 never got") || !strings.Contains(r.err, "--discard") {
			t.Errorf("the refusal says:\n%s", r.err)
		}
	}
	if r := must(t, 1, "deploy", s.site); s.ask(t, "web3", "SHOW DATABASES LIKE 'stray'") != "stray" {
		t.Fatalf("a deploy has overwritten what web3 wrote:\n%s", r.all())
	}
	must(t, 64, "db", "rejoin", s.site, "web3", "--discard") // nobody to ask
	must(t, 0, "db", "rejoin", s.site, "web3", "--discard", "-y")
	s.whole(t, "web1")
	if got := s.ask(t, "web3", "SHOW DATABASES LIKE 'stray'"); got != "" {
		t.Error("what was given up is still there")
	}
}

// ownBehind: own transactions are not overwritten by a copy either.
func (s *scene) ownBehind(t *testing.T) {
	open := "SET GLOBAL read_only=OFF; "
	s.ask(t, "web2", s.sql.stop+"; "+open+"INSERT INTO odd.one VALUES (77, 'only here'); SET GLOBAL read_only=ON")
	s.behind(t, "web2")
	r := must(t, 1, "deploy", s.site)
	if !strings.Contains(r.all(), "transactions that web1 lacks") || !strings.Contains(r.all(), "--discard") {
		t.Errorf("they are not named:\n%s", tail(r.all(), 20))
	}
	if got := s.ask(t, "web2", "SELECT t FROM odd.one WHERE n = 77"); got != "only here" {
		t.Fatalf("what was written on web2 is gone: %q", got)
	}
	must(t, 0, "db", "rejoin", s.site, "web2", "--discard", "-y")
	s.whole(t, "web1")
}

// behind lets the primary forget what a stopped replica needs, and starts it.
func (s *scene) behind(t *testing.T, host string) {
	t.Helper()
	s.grow(t, "web1", 2)
	s.ask(t, "web1", "FLUSH BINARY LOGS")
	s.grow(t, "web1", 2)
	others := s.servers
	s.servers = nil
	for _, o := range others {
		if o != host {
			s.servers = append(s.servers, o)
		}
	}
	s.purge(t)
	s.servers = others
	s.ask(t, host, s.sql.start)
}

func (s *scene) tooFarBehind(t *testing.T) {
	s.ask(t, "web2", s.sql.stop)
	s.behind(t, "web2")
	eventually(t, 30*time.Second, "word of purged logs", func() bool {
		return strings.Contains(foobar("db", "status", s.site).out, "needs logs that web1 has purged")
	})
	must(t, 0, "deploy", s.site)
	s.whole(t, "web1")
}

// seedAndKill begins a deploy and kills it with -9 once the copy has begun on web3.
func (s *scene) seedAndKill(t *testing.T) {
	t.Helper()
	s.wipe(t, "web3")
	run := background(t, "deploy", s.site)
	begun := run.until("a copy to web3", func() bool {
		return foobar("lab", "exec", "web3", "--", "sh", "-c", "test -e "+seedMark).code == 0
	})
	run.kill()
	if !begun {
		t.Fatalf("no copy was begun:\n%s", run.said.String())
	}
}

func (s *scene) seedingKilled(t *testing.T) {
	s.grow(t, "web1", 100)
	s.purge(t)
	s.seedAndKill(t)
	must(t, 0, "deploy", s.site) // the copy went on by itself; this one waits for it
	s.whole(t, "web1")
}

// halfACopy: the host itself stopped the copy; half of it is never served.
func (s *scene) halfACopy(t *testing.T) {
	s.grow(t, "web1", 100)
	s.purge(t)
	s.seedAndKill(t)
	on(t, "web3", "systemctl kill -s KILL foobar-job "+s.engine+"; while pidof mariadbd mysqld >/dev/null; do sleep 0.1; done; test -e "+seedMark)
	eventually(t, 60*time.Second, "server on web3", func() bool {
		return foobar("lab", "exec", "web3", "--", "sh", "-c", s.client+" -e 'SELECT 1'").code == 0
	})
	r := must(t, 2, "plan", s.site)
	if !strings.Contains(r.out, "a copy that was cut off") {
		t.Errorf("the plan does not say what it found:\n%s", r.out)
	}
	must(t, 0, "deploy", s.site)
	s.whole(t, "web1")
}

// findings: db status names what is wrong between servers, and a deploy repairs what
// it can.
func (s *scene) findings(t *testing.T) {
	said := func(want string) {
		t.Helper()
		eventually(t, 20*time.Second, "word that a server "+want, func() bool {
			return strings.Contains(foobar("db", "status", s.site).out, want)
		})
	}
	id := s.ask(t, "web3", "SELECT @@global.server_id")
	s.ask(t, "web2", "SET GLOBAL server_id="+id)
	said("the same server_id as")
	said("runs with server_id " + id)
	must(t, 0, "deploy", s.site)
	s.whole(t, "web1")
	// A disk of its own, so that only this host is full.
	on(t, "web3", "systemctl stop "+s.engine+" && mv /var/lib/mysql /var/lib/mysql.away && mkdir /var/lib/mysql && mount -t tmpfs -o size=$(($(du -sm /var/lib/mysql.away | cut -f 1) + 150))m tmpfs /var/lib/mysql && "+
		"cp -a /var/lib/mysql.away/. /var/lib/mysql/ && chown mysql:mysql /var/lib/mysql && systemctl start "+s.engine+" && (dd if=/dev/zero of=/var/lib/mysql/fill bs=1M 2>/dev/null; true)")
	said("the disk of its data is full")
	on(t, "web3", "rm /var/lib/mysql/fill; systemctl stop "+s.engine+" && umount /var/lib/mysql && rmdir /var/lib/mysql && mv /var/lib/mysql.away /var/lib/mysql && systemctl start "+s.engine)
	must(t, 0, "deploy", s.site)
	s.whole(t, "web1")
}

// rotation: every derived password is replaced in one run, and no request fails.
func (s *scene) rotation(t *testing.T) {
	raw, err := os.ReadFile(s.site)
	if err != nil {
		t.Fatal(err)
	}
	sum := s.ask(t, "web1", "SELECT authentication_string FROM mysql.user WHERE User = 'foobar_app_rw' ORDER BY Host LIMIT 1")
	s.write(t, strings.Replace(string(raw), "\n[secrets]\n", "\n[secrets]\ngeneration = 2\n", 1))
	w := startWriter(t, "rotation")
	must(t, 0, "deploy", "-r", "database", s.site) // the app and the collectors still have the old ones
	must(t, 0, "deploy", s.site)
	w.everywhere(t, s)
	if w.failed > 0 {
		t.Errorf("%d requests failed while passwords were rotated", w.failed)
	}
	if now := s.ask(t, "web1", "SELECT authentication_string FROM mysql.user WHERE User = 'foobar_app_rw' ORDER BY Host LIMIT 1"); now == sum || now == "" {
		t.Error("the password is the old one")
	}
	second := "SELECT COUNT(*) FROM mysql.global_priv WHERE JSON_LENGTH(Priv, '$.auth_or') > 1" // the first stands for the account's own
	if s.engine == "mysql" {
		second = "SELECT COUNT(*) FROM mysql.user WHERE JSON_CONTAINS_PATH(User_attributes, 'one', '$.additional_password')"
	}
	if n := s.ask(t, "web1", second+" AND User NOT IN ('root', 'mysql')"); n != "0" {
		t.Errorf("%s accounts still let in with an old password", n)
	}
	s.whole(t, "web1")
}

// backup: made on a replica and proven there; what is then lost comes back on
// every server, and nothing of it without the site's name.
func (s *scene) backup(t *testing.T) {
	s.ask(t, "web1", "CREATE TABLE foobar.kept (id INT PRIMARY KEY, t TEXT); INSERT INTO foobar.kept WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, REPEAT('x', 100) FROM n")
	notes := s.ask(t, "web1", "SELECT COUNT(*) FROM foobar.notes")
	r := must(t, 0, "db", "backup", s.site, "-o", "json")
	var b backupMade
	if err := json.Unmarshal([]byte(r.out), &b); err != nil || b.LiesOn == "web1" || b.Rows < 900 {
		t.Fatalf("%v: %s", err, r.out)
	}
	s.ask(t, "web1", "DROP TABLE foobar.notes; DELETE FROM foobar.kept WHERE id > 10; CREATE DATABASE later")
	must(t, 1, "db", "restore", s.site, b.name())
	must(t, 64, "db", "restore", s.site, b.name(), "--yes-destroy", "another")
	must(t, 0, "db", "restore", s.site, b.name(), "--yes-destroy", "foobar")
	s.whole(t, "web1")
	for _, h := range s.servers {
		if got := s.ask(t, h, "SELECT COUNT(*) FROM foobar.kept; SELECT COUNT(*) FROM foobar.notes; SHOW DATABASES LIKE 'later'"); got != "900\n"+notes {
			t.Errorf("%s has %q rows and databases, not 900 and %s", h, got, notes)
		}
	}
	w := startWriter(t, "restored") // the app writes again
	w.everywhere(t, s)
}
