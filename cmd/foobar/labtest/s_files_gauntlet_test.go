//go:build lab && gauntlet

package labtest

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestSFilesPackageGivesAgain: the same in the run that installs the package, whose
// script gives the folders away again.
func TestSFilesPackageGivesAgain(t *testing.T) {
	on(t, "web1", "dpkg -r otelcol-sumo >/dev/null 2>&1")
	r := must(t, 0, "deploy", "-v", site)
	if got := on(t, "web1", "find /etc/otelcol-sumo ! -user root ! -name conf.d; systemctl is-active otelcol-sumo"); got != "active\n" {
		t.Errorf("after the package: %q\n%s", got, tail(r.all(), 40))
	}
	must(t, 0, "plan", site)
}

// TestSFilesFolderGivenAway: a folder that root would write to is named when it is
// somebody else's, and nothing is written there.
func TestSFilesFolderGivenAway(t *testing.T) {
	on(t, "web1", "chown www-data /etc/nginx; sed -i '1i # drift' /etc/nginx/nginx.conf")
	r := foobar("deploy", "-l", "web1", site)
	on(t, "web1", "chown root /etc/nginx")
	if r.code != 1 || !strings.Contains(r.err, "/etc/nginx is www-data:root with the mode 0755") || !strings.Contains(r.err, "[HOST08]") {
		t.Errorf("exit %d: the error is\n%s", r.code, tail(r.err, 12))
	}
	must(t, 0, "deploy", site)

	on(t, "web1", "chown mysql /run/foobar")
	r = foobar("deploy", "-l", "web1", site)
	on(t, "web1", "chown root /run/foobar")
	if r.code != 4 || !strings.Contains(r.err, "/run/foobar, where the lock lies, is not a folder that only root can change") || !strings.Contains(r.err, "[HOST08]") {
		t.Errorf("exit %d: the error is\n%s", r.code, tail(r.err, 12))
	}
	must(t, 0, "plan", site)
}

// TestSFilesLock: nobody else can take the host's lock, and a run of an earlier
// version is respected.
func TestSFilesLock(t *testing.T) {
	on(t, "web1", "rm -f /run/lock/foobar.lock; setpriv --reuid nobody --regid nogroup --clear-groups sh -c 'umask 0; : >/run/lock/foobar.lock'; "+
		"systemd-run -q --collect --unit=labtest-squatter -p User=nobody flock /run/lock/foobar.lock sleep 60; touch /etc/nginx/nginx.conf")
	must(t, 0, "deploy", "-l", "web1", site)
	on(t, "web1", "systemctl stop labtest-squatter; rm -f /run/lock/foobar.lock")
	must(t, 0, "deploy", "-l", "web1", site)
	if got := on(t, "web1", "stat -c '%a %U' /run/foobar/lock /run/lock/foobar.lock"); got != "600 root\n600 root\n" {
		t.Errorf("the locks are %q", got)
	}
	hold := exec.Command(binary, "lab", "exec", "web1", "--", "flock", "/run/lock/foobar.lock", "sh", "-c", "touch /run/labtest-held; sleep 3")
	if err := hold.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "the lock of an earlier version", func() bool {
		return strings.Contains(on(t, "web1", "ls /run/labtest-held 2>/dev/null; true"), "held")
	})
	must(t, 5, "deploy", "-l", "web1", site)
	_ = hold.Wait()
	on(t, "web1", "rm -f /run/labtest-held")
}
