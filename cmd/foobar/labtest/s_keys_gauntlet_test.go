//go:build lab && gauntlet

package labtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSSomebodysAccountIsRefused: where an account that foobar wants is somebody
// else's, nothing is done to it, and the error says what to do.
func TestSSomebodysAccountIsRefused(t *testing.T) {
	s := sceneOf("mariadb")
	for _, h := range s.servers { // each that was the primary has them in its ledger
		on(t, h, "cp -p /var/lib/foobar/owned.json /var/lib/foobar/owned.json.kept; grep -v database-account: /var/lib/foobar/owned.json.kept >/var/lib/foobar/owned.json")
	}
	was := s.ask(t, "web1", "SELECT authentication_string FROM mysql.user WHERE User = 'foobar_otel'")
	s.ask(t, "web1", "ALTER USER 'foobar_otel'@'localhost' IDENTIFIED BY 'operator'")
	r := foobar("plan", site)
	if r.code == 0 || !strings.Contains(r.all(), "DB21") || !strings.Contains(r.all(), "foobar_otel@localhost") {
		t.Errorf("exit %d:\n%s", r.code, tail(r.all(), 20))
	}
	s.ask(t, "web1", "ALTER USER 'foobar_otel'@'localhost' IDENTIFIED VIA mysql_native_password USING '"+was+"' WITH MAX_USER_CONNECTIONS 5")
	for _, h := range s.servers {
		on(t, h, "mv -f /var/lib/foobar/owned.json.kept /var/lib/foobar/owned.json")
	}
	converged(t, site, 4)
}

// TestSOldConfigurationIsHidden: a password in a file that foobar replaces is in
// no plan, no JSON and no record.
func TestSOldConfigurationIsHidden(t *testing.T) {
	on(t, "lb1", `printf '\nuserlist old\n  user admin insecure-password hunter2hunter\n' >>/etc/haproxy/haproxy.cfg`)
	out := must(t, 2, "plan", "-o", "json", site).all() + must(t, 2, "plan", site).all() + must(t, 0, "deploy", "-v", "-o", "json", site).all()
	if strings.Contains(out, "hunter2hunter") || !strings.Contains(out, "[hidden]") {
		t.Errorf("the password shows, or its line is not there:\n%s", tail(out, 40))
	}
	err := filepath.WalkDir(os.Getenv("XDG_STATE_HOME"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(read(t, path), "hunter2hunter") {
			t.Errorf("%s holds the password", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	converged(t, site, 4)
}
