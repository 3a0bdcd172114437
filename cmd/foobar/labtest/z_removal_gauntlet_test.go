//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestZ0Removal: a host leaves under load, the site of the others works, and the whole site
// goes; ssh and the data stay, and a deploy builds it again from them. Then it goes with
// its data and packages. web2 has its data on a volume.
func TestZ0Removal(t *testing.T) {
	site := filepath.Join(work, "removal.toml")
	if err := os.WriteFile(site, []byte(otherLab(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	on(t, "web2", "mkdir -p /data/mysql /var/lib/mysql && mount --bind /data/mysql /var/lib/mysql")
	must(t, 0, "deploy", site)
	on(t, "web1", `who=$(mariadb -N -e "SELECT MAX(Host) FROM mysql.user WHERE User = 'foobar_app_rw'") && mariadb -e "CREATE TABLE foobar.kept (id INT PRIMARY KEY); CREATE DEFINER=foobar_app_rw@'$who' VIEW foobar.ofweb3 AS SELECT COUNT(*) AS n FROM foobar.kept"`)
	load := browse(t)
	must(t, 64, "remove", site, "lb1", "--yes-remove", "lb1")
	must(t, 1, "remove", site, "web1", "--yes-remove", "web1")
	if r := must(t, 0, "remove", withoutKey(t, site), "web3", "--yes-remove", "web3"); !strings.Contains(r.err, "Sumo Logic still lists the collector web3") {
		t.Errorf("without an access key: %s", r.err)
	}
	load("a host left the site")
	listed(t, "lb1 web1 web2 web3")
	left(t, "web3")
	if r := must(t, 0, "remove", site, "web3", "--yes-remove", "web3"); !strings.Contains(r.err, "nothing of it is left") || !strings.Contains(r.err, "no longer lists the collector web3") {
		t.Errorf("a second time: %s\n%s", r.out, r.err)
	}
	listed(t, "lb1 web1 web2")
	two := filepath.Join(work, "two.toml")
	text := read(t, site)
	from := strings.Index(text, "[hosts.web3]")
	to := len(text)
	if next := strings.Index(text[from+1:], "\n["); next >= 0 {
		to = from + 1 + next + 1
	}
	if err := os.WriteFile(two, []byte(text[:from]+text[to:]), 0o600); err != nil {
		t.Fatal(err)
	}
	converged(t, two, 3)
	if got := on(t, "web1", `mariadb -N -e "SELECT n >= 0 FROM foobar.ofweb3; SELECT COUNT(*) FROM mysql.global_priv WHERE User = 'foobar_app_rw' AND JSON_VALUE(Priv, '$.account_locked') IN ('1', 'true')"`); got != "1\n1\n" {
		t.Errorf("the view in the name of an account of web3, and the accounts that are locked: %q", got)
	}
	must(t, 0, "status", two)
	key := strings.TrimSpace(read(t, regexp.MustCompile(`(?m)^access_key = \{ file = "(.*)" \}$`).FindStringSubmatch(read(t, two))[1]))
	for _, h := range []string{"lb1", "web1", "web2"} {
		if r := foobarIn(key, "lab", "exec", h, "--", "sh", "-c", "grep -rlF -f /dev/stdin /etc /root /home /srv /tmp /run/foobar /var/lib/foobar /var/lib/otelcol-sumo /var/log"); r.out != "" {
			t.Errorf("%s has the access key in %s", h, r.out)
		}
	}
	must(t, 0, "remove", two, "--yes-remove", "foobar")
	listed(t, "")
	if account(t, two, "GET", "/api/v1/monitors/path?path=/Monitor/foobar", nil) != nil {
		t.Error("the site's alerts are still in the account")
	}
	for _, h := range []string{"lb1", "web1", "web2"} {
		left(t, h)
	}
	if out := on(t, "web1", "ls /var/lib/mysql; ls /var/backups/foobar | head -n 1"); !strings.Contains(out, "foobar\n") {
		t.Errorf("the data is gone: %s", out)
	}
	must(t, 0, "deploy", site)
	must(t, 0, "deploy", site) // notes the accounts of others on replicas, which did not run at the look of the one before
	converged(t, site, 4)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	TestA4WriteIsReadBackFromAReplica(t)
	withPackages(t, site, "mariadb", "lb1", "web1", "web2", "web3")
	if got := on(t, "web2", "findmnt -n -o TARGET /var/lib/mysql; ls -A /var/lib/mysql /data/mysql"); got != "/var/lib/mysql\n/data/mysql:\n\n/var/lib/mysql:\n" {
		t.Errorf("the volume of web2: %q", got)
	}
}

// TestZ0RemovalMySQL: the same of the other engine, without what is alike: the whole site goes,
// and what a deploy makes of the data that stayed has their rows, accounts and replication.
func TestZ0RemovalMySQL(t *testing.T) {
	s := sceneOf("mysql")
	s.servers = []string{"web1", "web2"}
	s.site = filepath.Join(work, "removal-mysql.toml")
	s.write(t, otherLab(t, "--engine", "mysql", "--hosts", "lb1,web1,web2"))
	must(t, 0, "deploy", s.site)
	w := startWriter(t, "kept")
	s.ask(t, "web1", "CREATE TABLE foobar.kept (id INT PRIMARY KEY); INSERT INTO foobar.kept VALUES (7); CREATE USER reporter@'10.0.0.9' IDENTIFIED BY 'x'; GRANT SELECT ON foobar.* TO reporter@'10.0.0.9'")
	w.end()
	s.level(t, "web1")
	// Who each server is, and what it has of the log.
	const identity = "SELECT @@server_uuid; SELECT COUNT(*) FROM foobar.notes; SELECT id FROM foobar.kept; SHOW GRANTS FOR reporter@'10.0.0.9'"
	before := map[string]string{}
	for _, h := range s.servers {
		before[h] = s.ask(t, h, identity)
	}
	must(t, 0, "remove", s.site, "--yes-remove", "foobar")
	for _, h := range []string{"lb1", "web1", "web2"} {
		left(t, h)
	}
	must(t, 0, "deploy", s.site)
	must(t, 0, "deploy", s.site) // notes the accounts of others on replicas, as with MariaDB
	s.whole(t, "web1")
	w.everywhere(t, s)
	for _, h := range s.servers {
		if got := s.ask(t, h, identity); got != before[h] {
			t.Errorf("%s was\n%s\nand is\n%s", h, before[h], got)
		}
	}
	TestA4WriteIsReadBackFromAReplica(t)
	on(t, "web2", "rm /var/lib/foobar/packages-before") // as an early version left it
	withPackages(t, s.site, "mysql", "lb1", "web1")
	if got := on(t, "web2", "dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'mysql-server*' 'mysql-client*' nginx nginx-common 2>/dev/null | grep '^installed' || :; test ! -e /var/lib/mysql || echo data"); got != "" {
		t.Errorf("web2, which does not know what was there before, still has %s", got)
	}
}

// left asserts that nothing of foobar's runs or stands on a host, but for the way in.
func left(t *testing.T, host string) {
	t.Helper()
	out := on(t, host, "ls /etc/systemd/system; systemctl list-units --no-legend 'foobar*' app.service nginx.service haproxy.service mariadb.service mysql.service otelcol-sumo.service | grep ' running ' || :; ufw status | grep foobar: || :; getent passwd | grep foobar || :; ls -d /etc/foobar 2>/dev/null || :")
	for line := range strings.Lines(out) {
		if strings.Contains(line, "foobar") && !strings.Contains(line, "foobar: ssh") || strings.Contains(line, " running ") || strings.HasPrefix(line, "app.") {
			t.Errorf("%s still has %s", host, line)
		}
	}
}

// withPackages takes the site down with its data and packages: of each server nothing is
// left that came with it alone, and what was there before stays.
func withPackages(t *testing.T, site, engine string, hosts ...string) {
	t.Helper()
	server := "dpkg-query -W -f '${db:Status-Status} ${Package}\n' '" + engine + "-server*' '" + engine + "-client*' nginx 'nginx-common' haproxy 2>/dev/null | grep '^installed' || :"
	for host, want := range map[string]string{"web1": engine + "-server", "lb1": "haproxy"} {
		if got := on(t, host, server); !strings.Contains(got, want) {
			t.Fatalf("%s has no %s before the removal: %s", host, want, got)
		}
	}
	on(t, "web1", "apt-get install -y -q --no-install-recommends tree >/dev/null")
	must(t, 0, "remove", site, "--data", "--packages", "--backups", "--yes-remove", "foobar")
	listed(t, "")
	for _, h := range hosts {
		if got := on(t, h, server); got != "" {
			t.Errorf("%s still has %s", h, got)
		}
		if got := on(t, h, "cat /var/lib/foobar/packages-before /var/lib/foobar/owned.json 2>/dev/null; apt-get -s -q autoremove | grep ^Remv || :; dpkg --audit"); got != "" {
			t.Errorf("%s has left: %s", h, got)
		}
	}
	on(t, "web1", "command -v tree && command -v ufw && ! test -e /var/lib/mysql && ! test -e /var/backups/foobar")
	if r := must(t, 0, "remove", site, "--data", "--packages", "--backups", "--yes-remove", "foobar"); !strings.Contains(r.err, "nothing of it is left") {
		t.Errorf("a second time: %s\n%s", r.out, r.err)
	}
}

// listed asserts which collectors the monitoring service lists.
func listed(t *testing.T, want string) {
	t.Helper()
	var names []string
	for line := range strings.Lines(must(t, 0, "lab", "intake", "hosts").out) {
		if name := strings.Fields(line)[0]; name != "COLLECTOR" {
			names = append(names, name)
		}
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("the monitoring service lists %q, not %q", got, want)
	}
}
