//go:build lab

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestW1MySQL is the short way over the other engine, on a lab of its own with two web
// servers: a first deploy, variables of the server, drift in the databases, a switchover
// while the app writes. TestX2MySQL has the long way.
func TestW1MySQL(t *testing.T) {
	s := sceneOf("mysql")
	s.servers = []string{"web1", "web2"}
	s.site = filepath.Join(work, "mysql.toml")
	s.write(t, otherLab(t, "--engine", "mysql", "--hosts", "lb1,web1,web2")+"\n[db.settings]\nwait_timeout = 600\nmax_allowed_packet = \"48M\"\n")
	must(t, 0, "deploy", s.site)
	must(t, 0, "plan", s.site)
	s.fragile(t)
	wrong := filepath.Join(work, "mysql-wrong.toml")
	if err := os.WriteFile(wrong, []byte(read(t, s.site)+"innodb_foo = 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := foobar("deploy", wrong); r.code == 0 || !strings.Contains(strings.ReplaceAll(r.all(), "-", "_"), "innodb_foo") {
		t.Errorf("a variable that the server does not know: exit %d\n%s", r.code, tail(r.all(), 20))
	}
	end := s.events(t, "web1")
	s.ask(t, "web1", "CREATE USER gone@'10.0.0.99'; GRANT SELECT ON foobar.* TO gone@'10.0.0.99'; CREATE DEFINER=gone@'10.0.0.99' VIEW foobar.asgone AS SELECT COUNT(*) AS n FROM foobar.ticks")
	s.ask(t, "web1", "SET SESSION sql_log_bin=0; ALTER EVENT foobar.tick DISABLE ON REPLICA; SET GLOBAL read_only=ON; SET GLOBAL wait_timeout=700")
	s.ask(t, "web2", s.sql.stop+"; SET GLOBAL super_read_only=OFF")
	r := must(t, 2, "plan", s.site)
	for host, parts := range map[string][]string{"web1": {"database-mode:", "wait_timeout", "event foobar.tick", "gone@10.0.0.99 -> locked, because view foobar.asgone runs in its name"}, "web2": {"database-mode:", "database-replica:", "event foobar.paused"}} {
		for _, part := range parts {
			if text := section(r.out, host); !strings.Contains(text, part) {
				t.Errorf("the plan does not name %s of %s:\n%s", part, host, text)
			}
		}
	}
	must(t, 0, "deploy", s.site)
	s.eventsRun(t, "web1")
	for _, host := range s.servers {
		if got := s.ask(t, host, "SELECT account_locked, (SELECT n >= 0 FROM foobar.asgone) FROM mysql.user WHERE User IN ('gone', 'reporter')"); got != "Y\t1" {
			t.Errorf("%s: the account of a view and the view: %q", host, got)
		}
	}
	w := startWriter(t, "switch")
	must(t, 0, "db", "switchover", s.site, "--to", "web2", "-y")
	s.eventsRun(t, "web2")
	s.ask(t, "web2", "DROP VIEW foobar.asgone")
	end("web2")
	w.everywhere(t, s)
	if w.failed > 1 || w.lost > 0 {
		t.Errorf("a switchover may cost one retried write: %d failed, %d of them twice", w.failed, w.lost)
	}
	s.whole(t, "web2")
	if got := s.ask(t, "web2", "SELECT COUNT(*) FROM mysql.user WHERE User = 'gone'"); got != "0" {
		t.Error("an account that nothing runs in the name of any more stays")
	}
}
