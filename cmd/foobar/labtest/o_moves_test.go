//go:build lab

package labtest

import (
	"strings"
	"testing"
	"time"
)

// TestO1PrimaryMoves: a switchover, then the new primary's power is cut, while the
// app writes; what was acknowledged is on every server.
func TestO1PrimaryMoves(t *testing.T) {
	s := onSite()
	end := s.events(t, "web1")
	w := startWriter(t, "moves")
	must(t, 0, "db", "switchover", s.site, "--to", "web2", "-y")
	if failed, lost := w.count(); failed > 1 || lost > 0 {
		t.Errorf("a switchover may cost one retried write: %d failed, %d of them twice", failed, lost)
	}
	s.eventsRun(t, "web2")
	s.failover(t, "web2", "web1")
	s.eventsRun(t, "web1")
	end("web1")
	w.everywhere(t, s)
	s.whole(t, "web1")
}

// failover: the power of the primary, dead, is cut; another server takes over, the
// old primary comes back closed and rejoins.
func (s *scene) failover(t *testing.T, dead, to string) {
	t.Helper()
	if r := must(t, 1, "db", "failover", s.site, "-y"); !strings.Contains(r.err, "switchover") {
		t.Errorf("a failover while the primary lives does not name switchover:\n%s", r.err)
	}
	must(t, 0, "lab", "kill", dead)
	// A host without power answers nobody: each look at it costs the time to connect.
	soon := "--timeout=" + seconds(1500*time.Millisecond) + "s"
	must(t, 4, "db", "status", soon, s.site)
	must(t, 4, "db", "switchover", soon, s.site, "--to", to, "-y")
	must(t, 0, "db", "failover", soon, s.site, "--to", to, "-y")
	must(t, 0, "lab", "start", dead)
	s.comesBackClosed(t, dead)
	must(t, 8, "db", "status", s.site)
	// Until it has rejoined, the balancer sends it nothing: its app writes where nobody may.
	if got := on(t, "lb1", "echo 'show servers state' | socat - UNIX-CONNECT:/run/haproxy/admin.sock | awk '$4 == \""+dead+"\" { print $7 }'"); strings.TrimSpace(got) != "1" {
		t.Errorf("the administrative state of %s at the balancer is %s, not maintenance", dead, got)
	}
	s.rejoin(t, dead)
	if got := on(t, to, "iptables-save; ip6tables-save"); strings.Contains(got, "foobar failover") {
		t.Errorf("%s still shuts the way to %s:\n%s", to, dead, got)
	}
}

// rejoin lets a former primary follow. What it had written at the last moment,
// and nobody was told of, it must not bring back by itself.
func (s *scene) rejoin(t *testing.T, host string) {
	t.Helper()
	r := foobar("db", "rejoin", s.site, host)
	t.Logf("foobar db rejoin %s: exit %d", host, r.code)
	if r.code == 1 && strings.Contains(r.err, "holds transactions that") {
		t.Log(strings.TrimSpace(r.err))
		must(t, 0, "db", "rejoin", s.site, host, "--discard", "-y")
	} else if r.code != 0 {
		t.Fatalf("rejoin: exit %d\n%s", r.code, tail(r.all(), 40))
	}
}

func (s *scene) comesBackClosed(t *testing.T, host string) {
	t.Helper()
	eventually(t, 60*time.Second, "closed database on "+host, func() bool {
		r := foobar("lab", "exec", host, "--", "sh", "-c", "timeout 5 "+s.client+" -e 'SELECT @@global.read_only'")
		return strings.TrimSpace(r.out) == "1"
	})
}
