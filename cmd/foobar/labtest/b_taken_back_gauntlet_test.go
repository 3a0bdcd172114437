//go:build lab && gauntlet

package labtest

import (
	"strings"
	"testing"
)

// TestB6TakenBack: what the servers do not answer, or HAProxy cannot reach them with, does
// not last, and the site answers all the time.
func TestB6TakenBack(t *testing.T) {
	const asked = "cat /etc/haproxy/checks.map /etc/haproxy/haproxy.cfg | sha256sum"
	before := on(t, "lb1", asked)
	end := browse(t)
	r := must(t, 7, "deploy", edit(t, "nobody.toml", "[app]\n", "[lb]\nhealth_path = \"/nobody\"\n\n[app]\n"))
	if !strings.Contains(r.all(), "SVC15") || !strings.Contains(r.all(), "web2 (404 Not Found to www.foobar.com/nobody)") {
		t.Errorf("a health path that nobody answers:\n%s", tail(r.all(), 20))
	}
	end("a health path was refused")
	if got := on(t, "lb1", asked); got != before {
		t.Errorf("HAProxy asks for something else: %s", on(t, "lb1", "cat /etc/haproxy/checks.map"))
	}
	must(t, 0, "deploy", site)
	// No handshake is that fast. For as long as HAProxy finds that out, requests fail.
	r = must(t, 7, "deploy", edit(t, "tight.toml", "[app]\n", "[lb]\ntimeout_connect = \"1ms\"\n\n[app]\n"))
	if !strings.Contains(r.all(), "SVC14") || !strings.Contains(r.all(), "with it all servers are as they were") {
		t.Errorf("a configuration with which no server is well:\n%s", tail(r.all(), 20))
	}
	if got := on(t, "lb1", asked); got != before {
		t.Error("the configuration before it did not come back")
	}
	curl(t, "--fail", "-o", "/dev/null", "https://www.foobar.com/")
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}

// TestB7Settings: variables of the server on MariaDB; TestX2MySQL does the same.
func TestB7Settings(t *testing.T) {
	s := sceneOf("mariadb")
	s.site = site
	s.settings(t)
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}
