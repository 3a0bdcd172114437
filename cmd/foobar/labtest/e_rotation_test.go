//go:build lab

package labtest

import (
	"strings"
	"testing"
)

// TestE1DrainedServerStaysOut: under load no request is lost while a server is drained and
// put back; a deploy that reloads HAProxy meanwhile leaves it out, and says so.
func TestE1DrainedServerStaysOut(t *testing.T) {
	one := browse(t)
	must(t, 0, "host", "drain", site, "web2")
	if r := must(t, 0, "host", "drain", site, "web2"); strings.Contains(r.out, "rotation") {
		t.Errorf("a second drain does something:\n%s", r.out)
	}
	if r := must(t, 0, "status", site); !strings.Contains(r.out, "web2") || !strings.Contains(r.out, "drained by ") {
		t.Errorf("status does not say who drained it:\n%s", r.out)
	}
	inv := edit(t, "drained.toml", "[app]", "[lb]\nmaxconn = 4100\n\n[app]")
	r := must(t, 0, "deploy", inv)
	if !strings.Contains(r.err, "web2 stays out of the rotation: drained by ") || strings.Contains(r.out, "web2: in maintenance") {
		t.Errorf("the deploy:\n%s\n%s", r.out, tail(r.err, 20))
	}
	must(t, 0, "deploy", site)
	converged(t, site, 4)
	if out := on(t, "lb1", "grep -c ' disabled$' /etc/haproxy/haproxy.cfg; echo 'show stat' | socat - UNIX-CONNECT:/run/haproxy/admin.sock | grep ^web,web2, | cut -d, -f18"); out != "1\nMAINT\n" {
		t.Errorf("the balancer has web2 as %q", out)
	}
	must(t, 0, "host", "undrain", site, "web2")
	one("no request was lost while a server was away")
	converged(t, site, 4)
	if out := on(t, "lb1", "ls /var/lib/foobar/drained; grep -c ' disabled$' /etc/haproxy/haproxy.cfg || :"); !strings.HasSuffix(strings.TrimSpace(out), "0") {
		t.Errorf("after the undrain: %q", out)
	}
}
