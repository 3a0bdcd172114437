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

// TestB8RefusedByOne: what only one host's nginx, or server, refuses is found out before any
// host changes, and a time-out that is raised for some of the servers alone stays what the
// balancer goes along with.
func TestB8RefusedByOne(t *testing.T) {
	files := func() (all string) {
		for _, h := range []string{"web1", "web2", "web3"} {
			all += on(t, h, "sha256sum /etc/nginx/nginx.conf /etc/mysql/mariadb.conf.d/90-foobar-live.cnf; systemctl show -p InvocationID nginx.service app.service mariadb.service; cat /run/nginx.pid")
		}
		return all
	}
	before := files()
	for program, edited := range map[string]string{
		"nginx":    edit(t, "refused.toml", "[app]\n", "[web.headers]\nX-Try = \"1\"\n\n[app]\n"),
		"mariadbd": edit(t, "refused-db.toml", "[app]\n", "[db.settings]\nwait_timeout = 600\n\n[app]\n"),
	} {
		program = "/usr/sbin/" + program
		on(t, "web3", "mv "+program+" "+program+".kept && printf '#!/bin/sh\\necho \"[ERROR] this one refuses it\" >&2\\nexit 1\\n' >"+program+" && chmod 755 "+program)
		r := foobar("deploy", edited)
		if r.code == 0 || !strings.Contains(r.all(), "this one refuses it") || !strings.Contains(r.all(), "were refused on web3") {
			t.Errorf("%s: exit %d\n%s", program, r.code, tail(r.all(), 20))
		}
		on(t, "web3", "mv "+program+".kept "+program)
		if now := files(); now != before {
			t.Errorf("%s: the hosts have\n%s\nnot\n%s", program, now, before)
		}
	}
	gives := func(h string) string {
		return on(t, h, "sed -n 's/^worker_shutdown_timeout //p' /etc/nginx/nginx.conf")
	}
	patient, now := edit(t, "patient.toml", "[app]\n", "[app]\ntimeout = \"70s\"\n"), gives("web1")
	must(t, 0, "deploy", "-l", "web1", patient)
	if got := gives("web1"); got != now {
		t.Errorf("a time-out that the balancer does not go along with: nginx gives %s, before %s", got, now)
	}
	must(t, 0, "deploy", patient)
	if got := gives("web1"); strings.TrimSpace(got) != "70s;" {
		t.Errorf("after a deploy of all nginx gives %s", got)
	}
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}
