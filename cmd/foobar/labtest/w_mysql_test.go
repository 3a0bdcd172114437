//go:build lab

package labtest

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestW1MySQL is the short way over the other engine, on a lab of its own: a first
// deploy, variables of the server, drift in the databases, a switchover while the app writes.
func TestW1MySQL(t *testing.T) {
	s := sceneOf("mysql")
	s.site = filepath.Join(work, "mysql.toml")
	s.write(t, otherLab(t, "--engine", "mysql"))
	must(t, 0, "deploy", s.site)
	converged(t, s.site, 4)
	s.settings(t)
	must(t, 0, "deploy", s.site)
	s.ask(t, "web1", "SET GLOBAL read_only=ON")
	s.ask(t, "web2", s.sql.stop)
	s.ask(t, "web3", "SET GLOBAL super_read_only=OFF")
	r := must(t, 2, "plan", s.site)
	for _, host := range s.servers {
		if part := section(r.out, host); !strings.Contains(part, "database") {
			t.Errorf("the plan does not name the database of %s:\n%s", host, part)
		}
	}
	must(t, 0, "deploy", s.site)
	w := startWriter(t, "switch")
	must(t, 0, "db", "switchover", s.site, "--to", "web2", "-y")
	w.everywhere(t, s)
	if w.failed > 1 || w.lost > 0 {
		t.Errorf("a switchover may cost one retried write: %d failed, %d of them twice", w.failed, w.lost)
	}
	s.whole(t, "web2")
}
