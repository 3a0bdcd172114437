//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestZ1RemovalMySQL: a site on MySQL goes with its data and packages, and so does the
// server behind the metapackage. A package source that gives nothing any more stops none
// of it. The balancer was set up by a version that did not note what was there before: only
// foobar's own programs go there.
func TestZ1RemovalMySQL(t *testing.T) {
	site := filepath.Join(work, "removal-mysql.toml")
	if err := os.WriteFile(site, []byte(otherLab(t, "--engine", "mysql", "--hosts", "lb1,web1,web2")), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", site)
	hosts := []string{"lb1", "web1", "web2"}
	for _, h := range hosts {
		on(t, h, "echo 'deb [trusted=yes] http://gone.example/debian trixie main' >/etc/apt/sources.list.d/gone.list")
	}
	on(t, "lb1", "rm /var/lib/foobar/packages-before /var/lib/foobar/apt-update; apt-get purge -y -q haproxy >/dev/null 2>&1")
	must(t, 0, "deploy", site)
	on(t, "lb1", "test ! -e /var/lib/foobar/packages-before && test -x /usr/sbin/haproxy")
	const server = "dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'mysql-server*' 'mysql-client*' nginx 'nginx-common' haproxy 2>/dev/null | grep '^installed' || :"
	if got := on(t, "web1", server); !strings.Contains(got, "mysql-server\n") || strings.Count(got, "mysql-server-") == 0 {
		t.Fatalf("web1 has no server behind its metapackage: %s", got)
	}
	must(t, 0, "remove", site, "--data", "--packages", "--backups", "--yes-remove", "foobar")
	for _, h := range hosts {
		if got := on(t, h, server); got != "" {
			t.Errorf("%s still has %s", h, got)
		}
		if got := on(t, h, "cat /var/lib/foobar/packages-before /var/lib/foobar/owned.json 2>/dev/null; dpkg --audit; pidof mysqld haproxy nginx || :"); got != "" {
			t.Errorf("%s has left: %s", h, got)
		}
	}
	on(t, "web1", "! command -v mysqld && command -v ufw && ! test -e /var/lib/mysql && ! test -e /var/backups/foobar")
	if r := must(t, 0, "remove", site, "--data", "--packages", "--backups", "--yes-remove", "foobar"); !strings.Contains(r.err, "nothing of it is left") {
		t.Errorf("a second time: %s\n%s", r.out, r.err)
	}
}
