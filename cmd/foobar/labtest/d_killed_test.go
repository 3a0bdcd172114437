//go:build lab

package labtest

import (
	"bufio"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lockFile is held on a host by the run that works on it.
const lockFile = "/run/foobar/lock"

// hold takes the lock of a host, as another run does, until the function that it
// returns is called.
func hold(t *testing.T, host string) (release func()) {
	t.Helper()
	defer waitFor("the lock of " + host)()
	cmd := exec.Command(binary, "lab", "exec", host, "--", "flock", lockFile, "sh", "-c", "echo held; cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := bufio.NewReader(out).ReadString('\n'); err != nil || said != "held\n" {
		t.Fatalf("the lock of %s: %q, %v", host, said, err)
	}
	return func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

// TestD1TwoRunsAtOnce: the second is refused, or waits when told to.
func TestD1TwoRunsAtOnce(t *testing.T) {
	on(t, "web1", "echo '# drift' >>/etc/nginx/nginx.conf")
	release := hold(t, "web1")
	fails(t, "RUN01", 5, "deploy", site)
	must(t, 2, "plan", site)
	second := background(t, "deploy", "-o", "json", "--lock-wait", "10m", site)
	if !second.says(`"type":"waiting"`) {
		t.Errorf("it does not say that it waits:\n%s", second.said.String())
	}
	release()
	if code := second.ended(); code != 0 {
		t.Errorf("it ended with %d:\n%s", code, second.said.String())
	}
}

// installs reports whether a package transaction runs on web1.
func installs(t *testing.T) bool {
	r := foobar("lab", "exec", "web1", "--", "systemctl", "is-active", "foobar-job.service")
	return strings.TrimSpace(r.out) == "active"
}

// TestD2Interrupted: Ctrl-C ends a first deploy after a step, twice ends the work
// on the hosts, too.
func TestD2Interrupted(t *testing.T) {
	must(t, 0, "lab", "reset")
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

// TestD3Killed: killed with -9 on the way, run again, the end is the same.
func TestD3Killed(t *testing.T) {
	for _, at := range []struct {
		what string
		is   func(said string) bool
	}{
		{"packages are installed", func(string) bool { return installs(t) }},
		{"databases are made", func(said string) bool { return begins(said, "database primary") }},
		{"the balancer waits for its certificate", func(said string) bool { return begins(said, "certificate") }},
	} {
		s := background(t, "deploy", "-o", "json", site)
		if !s.until("that "+at.what, func() bool { return at.is(s.said.String()) }) {
			t.Errorf("the deploy ended with %d before it was so that %s:\n%s", s.ended(), at.what, tail(s.said.String(), 20))
		}
		s.kill()
		t.Logf("killed when %s, at: %s", at.what, tail(strings.TrimSpace(s.said.String()), 1))
	}
	must(t, 0, "deploy", site)
	converged(t, site, 4)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	TestA4WriteIsReadBackFromAReplica(t)
}
