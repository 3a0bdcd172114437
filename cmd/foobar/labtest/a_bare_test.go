//go:build lab

package labtest

import (
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestA1PlanOfBareHostsChangesNothing(t *testing.T) {
	checkBare(t)
	before := on(t, "web1", "ls /etc /var/lib | md5sum; dpkg -l | wc -l")
	r := must(t, 2, "plan", site)
	for _, part := range []string{"web1:", "lb1:", "file:/etc/haproxy/haproxy.cfg", "service:nginx.service"} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the plan does not name %s", part)
		}
	}
	if after := on(t, "web1", "ls /etc /var/lib | md5sum; dpkg -l | wc -l"); after != before {
		t.Errorf("plan changed the host: %q became %q", before, after)
	}
}

// installs reports whether a package transaction runs on web1.
func installs(t *testing.T) bool {
	r := foobar("lab", "exec", "web1", "--", "systemctl", "is-active", "foobar-job.service")
	return strings.TrimSpace(r.out) == "active"
}

// TestA1Interrupted: Ctrl-C ends a first deploy after a step, twice ends the work
// on the hosts, too.
func TestA1Interrupted(t *testing.T) {
	once := background(t, "deploy", "-o", "json", site)
	once.says(`"type":"change_started"`)
	once.signal(syscall.SIGINT)
	if code := once.ended(); code != 130 {
		t.Errorf("interrupted: exit %d, not 130\n%s", code, tail(once.said.String(), 20))
	}
	twice := background(t, "deploy", "-o", "json", site)
	if !twice.until("the installation of packages", func() bool { return installs(t) }) {
		t.Fatalf("no packages were installed:\n%s", tail(twice.said.String(), 20))
	}
	twice.signal(syscall.SIGINT)
	twice.says("once more")
	twice.signal(syscall.SIGINT)
	if code := twice.ended(); code != 130 {
		t.Errorf("interrupted twice: exit %d, not 130\n%s", code, tail(twice.said.String(), 20))
	}
	eventually(t, 20*time.Second, "end of the package transaction", func() bool { return !installs(t) })
}

// begins reports whether events tell of a change in a play.
func begins(said, play string) bool {
	return regexp.MustCompile(`"type":"change_started"[^\n]*"play":"` + play + `"`).MatchString(said)
}

// TestA1Killed: a first deploy is killed with -9 on the way, again and again. TestA2 runs
// it once more, and all that follows expects the end of one that nobody disturbed.
func TestA1Killed(t *testing.T) {
	for _, at := range []struct {
		what string
		is   func(said string) bool
	}{
		{"packages are installed", func(string) bool { return installs(t) }},
		{"databases are made or the balancer waits for its certificate", func(said string) bool { return begins(said, "database primary") || begins(said, "certificate") }},
		{"the app is set up", func(said string) bool { return begins(said, "app") }},
	} {
		s := background(t, "deploy", "-o", "json", site)
		if !s.until("that "+at.what, func() bool { return at.is(s.said.String()) }) {
			t.Errorf("the deploy ended with %d before it was so that %s:\n%s", s.ended(), at.what, tail(s.said.String(), 20))
		}
		s.kill()
		t.Logf("killed when %s, at: %s", at.what, tail(strings.TrimSpace(s.said.String()), 1))
	}
}
