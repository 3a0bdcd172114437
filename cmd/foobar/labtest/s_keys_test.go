//go:build lab

package labtest

import (
	"strings"
	"testing"
)

// TestSAccountsOfOthersStay: accounts that an operator made, with names that
// foobar used to give and one that it gives, are neither changed nor dropped where the
// inventory names them.
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
	kept := edit(t, "keep.toml", "[tls]", "[deploy]\nkeep = [\""+strings.ReplaceAll(strings.Join(theirs, "\", \""), "'", "")+"\"]\n[tls]")
	converged(t, kept, 4)
	if after := s.ask(t, "web1", ask); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	s.ask(t, "web1", "DROP USER "+strings.Join(theirs, ", "))
}

// TestSStampsAreRootsAlone: what services have loaded, files with secrets among
// it, is told to nobody else.
func TestSStampsAreRootsAlone(t *testing.T) {
	for _, host := range []string{"lb1", "web1"} {
		on(t, host, "test -n \"$(ls /run/foobar/*.service)\" && ! setpriv --reuid=nobody --regid=nogroup --clear-groups cat /run/foobar/*.service 2>/dev/null")
	}
}
