//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestZ0Removal: a host leaves under load, the site of the others works, and the whole site
// goes; ssh and the data stay, and a deploy builds it again from them.
func TestZ0Removal(t *testing.T) {
	site := filepath.Join(work, "removal.toml")
	if err := os.WriteFile(site, []byte(otherLab(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", site)
	load := browse(t)
	must(t, 64, "remove", site, "lb1", "--yes-remove", "lb1")
	must(t, 1, "remove", site, "web1", "--yes-remove", "web1")
	must(t, 0, "remove", site, "web3", "--yes-remove", "web3")
	load("a host left the site")
	left := func(host string) {
		t.Helper()
		out := on(t, host, "ls /etc/systemd/system; systemctl list-units --no-legend 'foobar*' app.service nginx.service haproxy.service mariadb.service otelcol-sumo.service | grep ' running ' || :; ufw status | grep foobar: || :; getent passwd | grep foobar || :; ls -d /etc/foobar 2>/dev/null || :")
		for line := range strings.Lines(out) {
			if strings.Contains(line, "foobar") && !strings.Contains(line, "foobar: ssh") || strings.Contains(line, " running ") || strings.HasPrefix(line, "app.") {
				t.Errorf("%s still has %s", host, line)
			}
		}
	}
	left("web3")
	if r := must(t, 0, "remove", site, "web3", "--yes-remove", "web3"); !strings.Contains(r.err, "nothing of it is left") {
		t.Errorf("a second time: %s\n%s", r.out, r.err)
	}
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
	must(t, 0, "status", two)
	must(t, 0, "remove", two, "--yes-remove", "foobar")
	for _, h := range []string{"lb1", "web1", "web2"} {
		left(h)
	}
	if out := on(t, "web1", "ls /var/lib/mysql; ls /var/backups/foobar | head -n 1"); !strings.Contains(out, "foobar\n") {
		t.Errorf("the data is gone: %s", out)
	}
	must(t, 0, "deploy", site)
	must(t, 0, "deploy", site) // notes the accounts of others on replicas, which did not run at the look of the one before
	converged(t, site, 4)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	TestA4WriteIsReadBackFromAReplica(t)
}
