//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// leafPath is where a host has its certificate and key, but for their endings.
const leafPath = "/etc/foobar/tls/host"

// askApp has a host of the split site ask the application on app1, and returns the
// answer's status, 000 for none.
func askApp(t *testing.T, inv, host, scheme, options string) string {
	t.Helper()
	return strings.TrimSpace(on(t, host, "curl -sS --noproxy '*' -o /dev/null --max-time "+seconds(3*time.Second)+" -w '%{http_code}' "+options+" --cacert /etc/foobar/tls/ca.crt -H 'Host: www.foobar.com' "+
		"--connect-to application.foobar.internal:9000:"+addressOf(t, inv, "app1")+":9000 "+scheme+"://application.foobar.internal:9000/healthz || :"))
}

// TestZ2SplitHostsSpeakTLS goes on with the hosts of Z1: only web servers get to
// the application.
func TestZ2SplitHostsSpeakTLS(t *testing.T) {
	inv := filepath.Join(work, "split.toml")
	if _, err := os.Stat(inv); err != nil {
		t.Skip("needs the hosts of TestZ1")
	}
	mine := "--cert " + leafPath + ".crt --key " + leafPath + ".key"
	for _, c := range []struct{ who, got, want string }{
		{"a web server", askApp(t, inv, "www1", "https", mine), "200"},
		{"nobody", askApp(t, inv, "www1", "https", ""), "000"},
		{"plain HTTP", askApp(t, inv, "www1", "http", ""), "000"},
		{"the host itself", askApp(t, inv, "app1", "https", mine), "200"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, not %s", c.who, c.got, c.want)
		}
	}
}
