package playbooks

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"foobar/internal/distro"
	"foobar/internal/facts"
	"foobar/internal/resource"
)

// files are what a site writes on a host, by path.
func files(t *testing.T, system distro.Release, host string) map[string]string {
	t.Helper()
	return filesOf(t, facts.Facts{OS: system.ID, Release: system.Version, Codename: system.Codename}, host)
}

// filesOf are files of a host with this system, and with IPv6 or without.
func filesOf(t *testing.T, is facts.Facts, host string) map[string]string {
	t.Helper()
	s := SiteOf(t, "minimal.toml")
	s.Inv.Deploy.AllowUntested = true
	for name, f := range s.Facts {
		f.OS, f.Release, f.Codename, f.NoIPv6 = is.OS, is.Release, is.Codename, is.NoIPv6
		s.Facts[name] = f
	}
	plays, err := Site(s)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, p := range plays {
		for _, h := range p.Hosts {
			if h.Name != host {
				continue
			}
			want, err := p.Role.Resources(s, h)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range want {
				if f, ok := resource.Unwrap(r).(resource.File); ok {
					all[f.Path] = string(f.Content)
				}
			}
		}
	}
	return all
}

// TestFilesOfEachRelease: what a release lacks is not asked of it, and the same files
// are whole shell everywhere.
func TestFilesOfEachRelease(t *testing.T) {
	for _, r := range distro.Known() {
		lb, web := files(t, r, "lb1"), files(t, r, "web1")
		for _, c := range []struct {
			what, text, part string
			want             bool
		}{
			{"the post-quantum group", lb["/etc/haproxy/haproxy.cfg"], "X25519MLKEM768", r.HybridTLS},
			{"the refused handshake", web["/etc/nginx/nginx.conf"], "ssl_reject_handshake on;", r.RejectsHandshakes},
			{"the connection that is shut instead", web["/etc/nginx/nginx.conf"], "return 444;", !r.RejectsHandshakes},
			{"a gunicorn that sets its user", web["/etc/systemd/system/app.service"], "\nSystemCallFilter=~@privileged\n# This gunicorn becomes the user that it is already.\nSystemCallFilter=setuid setuid32\nSystemCallErrorNumber", r.SetsUser},
			{"counted reloads", lb["/usr/local/sbin/foobar-cert-deploy"], "failures()", r.CountsReloads},
			{"times in words, in certbot's hook", lb["/usr/local/sbin/foobar-cert-deploy"], "systemctl(){", !r.UnixTimes},
			{"times in words, in the renewal", web["/usr/local/sbin/foobar-certificate"], "systemctl(){", !r.UnixTimes},
			{"Debian's security fixes", web["/etc/apt/apt.conf.d/52foobar-unattended-upgrades"], `"origin=Debian,codename=${distro_codename}-security,label=Debian-Security";`, r.ID == "debian"},
			{"the log's owner", lb["/etc/rsyslog.d/49-haproxy.conf"], `fileOwner="syslog"`, r.ID == "ubuntu"},
			{"Ubuntu's security fixes", web["/etc/apt/apt.conf.d/52foobar-unattended-upgrades"], `"origin=Ubuntu,archive=${distro_codename}-security,label=Ubuntu";`, r.ID == "ubuntu"},
		} {
			if strings.Contains(c.text, c.part) != c.want {
				t.Errorf("%s: %s: want %v in\n%s", r.Name, c.what, c.want, c.text)
			}
		}
		for path, text := range lb {
			if !strings.HasPrefix(text, "#!/bin/sh\n") {
				continue
			}
			cmd := exec.Command("sh", "-n")
			cmd.Stdin = bytes.NewReader([]byte(text))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v: %s", r.Name, path, err, out)
			}
		}
	}
}

// TestSystemsThatAreRefused: what was never run needs a word in the inventory, and
// what is not in the table is refused whatever the inventory says.
func TestSystemsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		os, codename, pretty string
		allow, refused       bool
	}{
		{"debian", "trixie", "Debian GNU/Linux 13 (trixie)", false, false},
		{"debian", "bookworm", "Debian GNU/Linux 12 (bookworm)", false, false},
		{"ubuntu", "noble", "Ubuntu 24.04.3 LTS", false, true},
		{"ubuntu", "noble", "Ubuntu 24.04.3 LTS", true, false},
		{"ubuntu", "jammy", "Ubuntu 22.04.5 LTS", true, false},
		{"debian", "bullseye", "Debian GNU/Linux 11 (bullseye)", true, true},
		{"debian", "forky", "Debian GNU/Linux forky/sid", true, true},
		{"ubuntu", "focal", "Ubuntu 20.04.6 LTS", true, true},
	} {
		s := SiteOf(t, "minimal.toml")
		s.Inv.Deploy.AllowUntested = c.allow
		f := s.Facts["web2"]
		f.OS, f.Codename, f.Pretty = c.os, c.codename, c.pretty
		s.Facts["web2"] = f
		_, err := Site(s)
		if (err != nil) != c.refused {
			t.Errorf("%s, allowed %v: %v", c.pretty, c.allow, err)
		}
		if want := "foobar deploys to Debian 13 and Debian 12, and with allow_untested = true in [deploy] to Ubuntu 24.04 and Ubuntu 22.04, where it was never run; web2 runs " + c.pretty; c.refused && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", c.pretty, err)
		}
	}
}

// TestWithoutIPv6: where the kernel has none, nothing is told to listen there, and else
// what visitors and the balancer reach is.
func TestWithoutIPv6(t *testing.T) {
	for _, without := range []bool{false, true} {
		for host, path := range map[string]string{"lb1": "/etc/haproxy/haproxy.cfg", "web1": "/etc/nginx/nginx.conf"} {
			is := facts.Facts{OS: "debian", Codename: "trixie", NoIPv6: without}
			text := filesOf(t, is, host)[path]
			if four := strings.Contains(text, "bind :443 ssl") || strings.Contains(text, "listen 443 ssl"); !four {
				t.Errorf("%s does not listen on IPv4:\n%s", path, text)
			}
			if six := strings.Contains(text, "bind :::") || strings.Contains(text, "listen [::]"); six == without {
				t.Errorf("without IPv6 %v: %s listens there %v:\n%s", without, path, six, text)
			}
		}
	}
}
