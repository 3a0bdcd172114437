//go:build lab

package labtest

import (
	"regexp"
	"strings"
	"testing"
)

// reports makes a view of a view, both in the name of an account that nothing else has.
func (s *scene) reports(t *testing.T, primary, table string) {
	t.Helper()
	s.ask(t, primary, "CREATE USER reporter@localhost; GRANT SELECT ON foobar.* TO reporter@localhost;"+
		" CREATE DEFINER=reporter@localhost VIEW foobar.reported AS SELECT id FROM foobar."+table+"; CREATE DEFINER=reporter@localhost VIEW foobar.report AS SELECT COUNT(*) AS n FROM foobar.reported")
	s.level(t, primary)
}

// reporterStands asserts that the views work, on all servers, in the name of an account
// that a restore has made, and that nobody can log in with it.
func (s *scene) reporterStands(t *testing.T) {
	t.Helper()
	locked := "SELECT COUNT(*) FROM mysql.user WHERE User = 'reporter' AND account_locked = 'Y'"
	if s.engine == "mariadb" {
		locked = "SELECT COUNT(*) FROM mysql.global_priv WHERE User = 'reporter' AND JSON_VALUE(Priv, '$.account_locked') IN ('1', 'true')"
	}
	for _, host := range s.servers {
		if got := s.ask(t, host, "SELECT n >= 0 FROM foobar.report; "+locked); got != "1\n1" {
			t.Errorf("%s: the views and the account that they run as: %q", host, got)
		}
	}
}

// unlogged asserts that no log of a primary has the password of the account that has
// loaded a backup there, nor what the server stores of it. It is made with one that nobody
// knows.
func (s *scene) unlogged(t *testing.T, primary string) {
	t.Helper()
	show := map[string]string{"mariadb": "mariadb-binlog", "mysql": "mysqlbinlog"}[s.engine]
	got := on(t, primary, "cd /var/lib/mysql && for f in binlog.0*; do "+show+" --no-defaults $f; done | grep -a foobar_restore; grep -ac 'Aa1-[A-Za-z0-9]\\{20\\}' binlog.0* || :")
	if !strings.Contains(got, "CREATE USER 'foobar_restore'@'localhost'") {
		t.Errorf("the logs of %s have nothing of the account:\n%s", primary, tail(got, 20))
	}
	for line := range strings.Lines(got) {
		secrets := `ALTER USER|SET PASSWORD|IDENTIFIED BY '|binlog\.[0-9]+:[^0]`
		if !strings.Contains(line, "CREATE USER 'foobar_restore'@'localhost' IDENTIFIED") { // with a password that nobody knows
			secrets += `|\$A\$|\*[0-9A-F]{40}`
		}
		if secret := regexp.MustCompile(secrets).FindString(line); secret != "" {
			t.Errorf("the logs of %s have %s of the account: %s", primary, secret, line)
		}
	}
}
