//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestZ3TurnsToTLS goes on with the hosts of Z1: a site that was set up without TLS
// between nginx and the application turns to it without a lost request.
func TestZ3TurnsToTLS(t *testing.T) {
	inv := filepath.Join(work, "split.toml")
	if _, err := os.Stat(inv); err != nil {
		t.Skip("needs the hosts of TestZ1")
	}
	// As before there was TLS on this way.
	for _, h := range []string{"app1", "app2"} {
		on(t, h, `sed -i -e 's# -c /etc/foobar/gunicorn.conf.py##' -e '/SupplementaryGroups/d' /etc/systemd/system/app.service
rm /etc/foobar/gunicorn.conf.py; systemctl daemon-reload; systemctl restart app`)
	}
	on(t, "www1", "sed -i -e '/proxy_ssl_/d' -e 's#https://app#http://app#' /etc/nginx/nginx.conf; systemctl reload nginx")
	eventually(t, 30*time.Second, "answer of the site over plain HTTP", func() bool {
		return foobar("lab", "curl", "-sS", "-o", "/dev/null", "--fail", "https://www.foobar.com/").code == 0
	})
	if got := askApp(t, inv, "www1", "http", ""); got != "200" {
		t.Fatalf("plain HTTP is answered with %s", got)
	}
	end := browse(t)
	r := must(t, 0, "deploy", inv)
	end("the site turned to TLS")
	if !strings.Contains(section(r.out, "app1"), "plain HTTP") {
		t.Errorf("deploy does not say what becomes of plain HTTP:\n%s", section(r.out, "app1"))
	}
	converged(t, inv, 6)
	for _, h := range []string{"app1", "app2"} {
		if left := strings.TrimSpace(on(t, h, `echo $(( $(stat -c %Y /etc/foobar/app-plain 2>/dev/null || date +%s) - $(date +%s) ))`)); len(left) > 2 {
			t.Errorf("%s: plain HTTP is served for %s more seconds", h, left)
		}
		on(t, h, "[ ! -e /etc/foobar/app-plain ] || touch /etc/foobar/app-plain") // its time has come
	}
	if got := askApp(t, inv, "www1", "http", ""); got != "000" {
		t.Errorf("plain HTTP is still answered with %s", got)
	}
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
}
