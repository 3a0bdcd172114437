//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestZSettingsOfBareHosts: the first deploy to hosts that others have used and set up
// in ways of their own.
func TestZSettingsOfBareHosts(t *testing.T) {
	inv := filepath.Join(work, "settings.toml")
	if err := os.WriteFile(inv, []byte(otherLab(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	const install = "apt-get update -q >/dev/null; apt-get install -y -q --no-install-recommends "
	for host, script := range map[string]string{
		"lb1": install + "zsh needrestart haproxy >/dev/null; chsh -s /usr/bin/zsh root",
		"web1": install + `nginx mariadb-server unattended-upgrades >/dev/null
mariadb -e 'CREATE DATABASE theirs; CREATE TABLE theirs.t (a INT PRIMARY KEY); INSERT INTO theirs.t VALUES (7)'
printf 'Unattended-Upgrade::Package-Blacklist { "linux-"; };\n' >/etc/apt/apt.conf.d/51mine`,
		"web2": install + "tcsh >/dev/null; chsh -s /bin/tcsh root; echo 'echo talking' >/root/.tcshrc",
		"web3": install + "fish >/dev/null; chsh -s /usr/bin/fish root",
	} {
		on(t, host, script)
		on(t, host, rude)
	}
	must(t, 0, "deploy", inv)
	converged(t, inv, 4)
	if got := on(t, "web1", "mariadb --no-defaults -B -N -e 'SELECT a FROM theirs.t'; apt-config dump Unattended-Upgrade::Package-Blacklist"); !strings.HasPrefix(got, "7\n") || !strings.Contains(got, `"linux-"`) {
		t.Errorf("web1 has\n%s", got)
	}
	zone := "SELECT CONVERT_TZ('2004-01-01 12:00:00', 'GMT', 'Europe/Zurich')"
	for _, host := range []string{"web1", "web2", "web3"} {
		if got := on(t, host, `mariadb --no-defaults -B -N -e "`+zone+`"`); got != "2004-01-01 13:00:00\n" {
			t.Errorf("%s knows no time zones: %q", host, got)
		}
	}
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
}
