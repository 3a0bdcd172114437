//go:build lab

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestZ2SplitHostsSpeakTLS goes on with the hosts of Z1: only web servers get to
// the application, and a site that was set up without TLS turns to it without a
// lost request.
func TestZ2SplitHostsSpeakTLS(t *testing.T) {
	inv := filepath.Join(work, "split.toml")
	if _, err := os.Stat(inv); err != nil {
		t.Skip("needs the hosts of TestZ1")
	}
	address := addressOf(t, inv, "app1")
	const leaf = "/etc/foobar/tls/host"
	ask := func(host, scheme, options string) string {
		return strings.TrimSpace(on(t, host, "curl -sS --noproxy '*' -o /dev/null --max-time 5 -w '%{http_code}' "+options+" --cacert /etc/foobar/tls/ca.crt -H 'Host: www.foobar.com' "+
			"--connect-to application.foobar.internal:9000:"+address+":9000 "+scheme+"://application.foobar.internal:9000/healthz || :"))
	}
	mine := "--cert " + leaf + ".crt --key " + leaf + ".key"
	for _, c := range []struct{ who, got, want string }{
		{"a web server", ask("www1", "https", mine), "200"},
		{"nobody", ask("www1", "https", ""), "000"},
		{"plain HTTP", ask("www1", "http", ""), "000"},
		{"the host itself", ask("app1", "https", mine), "200"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, not %s", c.who, c.got, c.want)
		}
	}

	// As before there was TLS on this way.
	for _, h := range []string{"app1", "app2"} {
		on(t, h, `sed -i -e 's# -c /etc/foobar/gunicorn.conf.py##' -e '/SupplementaryGroups/d' /etc/systemd/system/app.service
rm /etc/foobar/gunicorn.conf.py; systemctl daemon-reload; systemctl restart app`)
	}
	on(t, "www1", "sed -i -e '/proxy_ssl_/d' -e 's#https://app#http://app#' /etc/nginx/nginx.conf; systemctl reload nginx")
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	if got := ask("www1", "http", ""); got != "200" {
		t.Fatalf("plain HTTP is answered with %s", got)
	}
	stop, answers := make(chan struct{}), make(chan map[string]int)
	go func() {
		codes := map[string]int{}
		for {
			select {
			case <-stop:
				answers <- codes
				return
			default:
			}
			r := foobar("lab", "curl", "-s", "--max-time", "10", "-o", "/dev/null", "-w", "%{http_code} ", "https://www.foobar.com/",
				"-o", "/dev/null", "https://www.foobar.com/api/notes", "-o", "/dev/null", "https://www.foobar.com/healthz")
			for _, c := range strings.Fields(r.out) {
				codes[c]++
			}
		}
	}()
	r := must(t, 0, "deploy", inv)
	close(stop)
	codes := <-answers
	t.Logf("answers while the site turned to TLS: %v", codes)
	if codes["200"] < 20 || len(codes) != 1 {
		t.Errorf("not every request was answered: %v", codes)
	}
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
	if got := ask("www1", "http", ""); got != "000" {
		t.Errorf("plain HTTP is still answered with %s", got)
	}
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
}
