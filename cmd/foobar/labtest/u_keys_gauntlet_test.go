//go:build lab && gauntlet

package labtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// beforeKeys is the last revision whose passwords were those of every site with
// the same master secret, and whose accounts had ordinary names.
const beforeKeys = "ca34f04"

// TestUUpgradeMariaDB and TestUUpgradeMySQL take over, under load, a site that
// an earlier version has deployed. They take the hosts of the earlier tests away.
func TestUUpgradeMariaDB(t *testing.T) { upgrade(t, "mariadb") }

func TestUUpgradeMySQL(t *testing.T) { upgrade(t, "mysql") }

// upgrade: the first deploy of this version loses no request, leaves to others
// what is theirs, restarts no database, and the next one finds nothing to do.
func upgrade(t *testing.T, engine string) {
	before := earlier(t)
	s := sceneOf(engine)
	s.site = filepath.Join(work, "upgrade-"+engine+".toml")
	s.write(t, otherLab(t, "--engine", engine))
	known := withoutKey(t, s.site) // that version knows no access key
	// Twice: the collector's package gives away what that version has written before it.
	with(t, before, 0, "deploy", known)
	with(t, before, 0, "deploy", known)
	with(t, before, 0, "plan", known)
	theirs := []string{"'backup'@'localhost'", "'repl'@'%'"}
	for _, a := range theirs {
		s.ask(t, "web1", "CREATE USER "+a+" IDENTIFIED BY 'operator'")
	}
	had := s.running(t)

	w := startWriter(t, "upgrade")
	r := must(t, 2, "plan", s.site)
	for _, part := range []string{"database-account:foobar_app_rw@10.77.0.12", "it takes the place of app_rw@10.77.0.12", "app_ro@10.77.0.12", "foobar's accounts have names of their own now"} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the plan does not say %q:\n%s", part, tail(r.out, 120))
		}
	}
	for _, a := range []string{"backup@localhost", "repl@%"} {
		if strings.Count(r.out, a) != 1 || !strings.Contains(r.out, "left alone on web1: database account: "+a) {
			t.Errorf("the plan does not only say that %s is left alone:\n%s", a, tail(r.out, 120))
		}
	}
	must(t, 0, "deploy", "-r", "app", s.site) // the app goes on with the accounts there are
	must(t, 0, "deploy", "-v", s.site)
	must(t, 0, "plan", s.site)
	w.everywhere(t, s)
	if w.failed > 0 {
		t.Errorf("%d requests failed while the site was taken over", w.failed)
	}
	now := s.running(t)
	for _, unit := range []string{"haproxy", "nginx", "app", engine} {
		for host, was := range had[unit] {
			if now[unit][host] != was {
				t.Logf("%s was restarted on %s", unit, host)
				if unit == engine {
					t.Errorf("%s was restarted on %s", unit, host)
				}
			}
		}
	}
	users := s.ask(t, "web1", "SELECT DISTINCT User FROM mysql.user WHERE User IN ('app_rw', 'app_ro', 'repl', 'backup', 'otel') OR User LIKE 'foobar%' ORDER BY User")
	if got := strings.Join(strings.Fields(users), " "); got != "backup foobar_app_ro foobar_app_rw foobar_backup foobar_otel foobar_repl repl" {
		t.Errorf("the database has accounts of %s", got)
	}
	if n := s.ask(t, "web1", "SELECT COUNT(*) FROM mysql.user WHERE User IN ('backup', 'repl')"); n != "2" {
		t.Errorf("%s accounts have the names of the operator's two", n)
	}
	for _, a := range theirs {
		s.ask(t, "web1", "DROP USER "+a)
	}
	s.whole(t, "web1")
}

// running are the invocations of units, by unit and host.
func (s *scene) running(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, host := range append([]string{"lb1"}, s.servers...) {
		for _, unit := range []string{"haproxy", "nginx", "app", s.engine} {
			if id := strings.TrimSpace(on(t, host, "systemctl show -p InvocationID --value "+unit+".service")); id != "" {
				if all[unit] == nil {
					all[unit] = map[string]string{}
				}
				all[unit][host] = id
			}
		}
	}
	return all
}

// earlier is the binary of the revision before: the one that FOOBAR_OLD_BIN
// names, or one built of this repository.
func earlier(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("FOOBAR_OLD_BIN"); path != "" {
		return path
	}
	tree, path := filepath.Join(t.TempDir(), "tree"), filepath.Join(t.TempDir(), "foobar")
	run := func(dir string, args ...string) {
		t.Helper()
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	run(".", "git", "worktree", "add", "--detach", tree, beforeKeys)
	t.Cleanup(func() { _ = exec.Command("git", "worktree", "remove", "--force", tree).Run() })
	run(tree, "go", "build", "-trimpath", "-o", path, "./cmd/foobar")
	return path
}

// with runs another binary and expects an exit code.
func with(t *testing.T, other string, code int, args ...string) result {
	t.Helper()
	kept := binary
	binary = other
	defer func() { binary = kept }()
	return must(t, code, args...)
}
