//go:build lab

package labtest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSAccountsOfOthersStay: accounts that an operator made, with names that
// foobar used to give and one that it gives, are neither changed nor dropped.
func TestSAccountsOfOthersStay(t *testing.T) {
	s := sceneOf("mariadb")
	theirs := []string{"'backup'@'localhost'", "'repl'@'%'", "'otel'@'localhost'", "'foobar_backup'@'localhost'"}
	for _, a := range theirs {
		s.ask(t, "web1", "CREATE OR REPLACE USER "+a+" IDENTIFIED BY 'operator'")
	}
	const ask = "SELECT User, Host, Priv FROM mysql.global_priv WHERE User IN ('backup', 'repl', 'otel') OR User = 'foobar_backup' AND Host = 'localhost' ORDER BY 1, 2"
	before := s.ask(t, "web1", ask)
	if n := strings.Count(before, "\n") + 1; n != len(theirs) {
		t.Fatalf("%d accounts, not %d:\n%s", n, len(theirs), before)
	}
	converged(t, site, 4)
	if after := s.ask(t, "web1", ask); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	s.ask(t, "web1", "DROP USER "+strings.Join(theirs, ", "))
}

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

// TestSStampsAreRootsAlone: what services have loaded, files with secrets among
// it, is told to nobody else.
func TestSStampsAreRootsAlone(t *testing.T) {
	for _, host := range []string{"lb1", "web1"} {
		on(t, host, "test -n \"$(ls /run/foobar/*.service)\" && ! setpriv --reuid=nobody --regid=nogroup --clear-groups cat /run/foobar/*.service 2>/dev/null")
	}
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
