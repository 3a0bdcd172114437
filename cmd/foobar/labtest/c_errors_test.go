//go:build lab

package labtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestC1EveryMistakeGetsOneClearError(t *testing.T) {
	key := filepath.Join(work, "wrong-key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	empty := filepath.Join(work, "empty_known_hosts")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	find := func(pattern string) string {
		m := regexp.MustCompile(`(?m)^` + pattern + `.*$`).FindString(string(raw))
		if m == "" {
			t.Fatalf("the inventory has no line like %q:\n%s", pattern, raw)
		}
		return m
	}
	user := find(`user *=`)
	for _, c := range []struct {
		name string
		inv  string
		exit int
		code string // in the catalogue, where it has one
		says []string
	}{
		{"wrong key", edit(t, "key.toml", find(`identity *=`), `identity = "`+key+`"`), 4, "SSH04", []string{"web1", "wrong-key"}},
		{"unknown host key", edit(t, "hostkey.toml", find(`known_hosts *=`), `known_hosts = "`+empty+`"`), 4, "SSH08", []string{"web1", "host key", "SHA256:"}},
		{"unreachable host", edit(t, "gone.toml", "10.77.0.13", "10.77.0.99", "fd77::13", "fd77::99"), 4, "", []string{"web2", "10.77.0.99"}},
		{"unknown key", edit(t, "unknown.toml", "[site]", "[site]\ndomian = \"x\""), 64, "", []string{"unknown.toml:", "domian", "domain"}},
		{"bad TOML", edit(t, "bad.toml", "[site]", "[site"), 64, "", []string{"bad.toml:"}},
		{"no sudo", edit(t, "nosudo.toml", user, `user = "nosudo"`), 4, "", []string{"web1", "sudo"}},
		{"sudo wants a password", edit(t, "oper.toml", user, `user = "oper"`), 4, "SUDO02", []string{"web1", "sudo", "-K"}},
		{"no such file", filepath.Join(work, "nothing.toml"), 64, "", []string{"nothing.toml"}},
	} {
		r := foobar("deploy", c.inv)
		if r.code != c.exit {
			t.Errorf("%s: exit %d, not %d:\n%s", c.name, r.code, c.exit, r.all())
		}
		for _, part := range c.says {
			if !strings.Contains(r.err, part) {
				t.Errorf("%s: it does not say %q:\n%s", c.name, part, r.err)
			}
		}
		if c.code != "" && !strings.Contains(r.err, "["+c.code+"]") {
			t.Errorf("%s: it does not name %s:\n%s", c.name, c.code, r.err)
		}
		if n := strings.Count(r.err, "goroutine "); n > 0 {
			t.Errorf("%s: a stack trace", c.name)
		}
	}
	converged(t, site, 4)
}

func TestC2SudoLogins(t *testing.T) {
	raw, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	user := regexp.MustCompile(`(?m)^user *=.*$`).FindString(string(raw))
	must(t, 0, "plan", edit(t, "admin.toml", user, `user = "admin"`))
	// On a server that somebody used before, root's login stays as shut as it was.
	on(t, "web1", "rm /etc/ssh/sshd_config.d/00-foobar.conf && echo 'PermitRootLogin no' >/etc/ssh/sshd_config.d/10-own.conf && systemctl reload ssh")
	must(t, 0, "deploy", edit(t, "admin.toml", user, `user = "admin"`))
	if says := on(t, "web1", "sshd -T | grep -E '^(permitrootlogin|passwordauthentication)'"); says != "permitrootlogin no\npasswordauthentication no\n" {
		t.Errorf("sshd on web1 says %q", says)
	}
	must(t, 0, "plan", edit(t, "admin.toml", user, `user = "admin"`))
	on(t, "web1", "rm /etc/ssh/sshd_config.d/10-own.conf && systemctl reload ssh")
	must(t, 0, "deploy", site)
	r := foobarIn("oper\n", "plan", "-K", edit(t, "oper.toml", user, `user = "oper"`))
	if r.code != 0 {
		t.Errorf("sudo with a password: exit %d\n%s", r.code, r.all())
	}
	if r := foobarIn("wrong\n", "plan", "-K", edit(t, "oper.toml", user, `user = "oper"`)); r.code != 4 || strings.Contains(r.all(), "wrong\n") {
		t.Errorf("a wrong sudo password: exit %d\n%s", r.code, r.all())
	}
}

// TestC3OwnCertificate: tls.cert and tls.key in place of an ACME server, and back
// again without asking it for another.
func TestC3OwnCertificate(t *testing.T) {
	cert, key := filepath.Join(work, "own.crt"), filepath.Join(work, "own.key")
	out, err := exec.Command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
		"-keyout", key, "-out", cert, "-subj", "/CN=labtest", "-addext", "subjectAltName=DNS:www.foobar.com").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text := read(t, site)
	directory, ca := regexp.MustCompile(`(?m)^acme_directory.*$`).FindString(text), regexp.MustCompile(`(?m)^acme_ca.*$`).FindString(text)
	inv := edit(t, "own.toml", directory, `cert = "`+cert+`"`, ca, `key = "`+key+`"`)
	serial := on(t, "lb1", "openssl x509 -noout -serial -in /etc/letsencrypt/live/www.foobar.com/cert.pem")
	must(t, 0, "deploy", inv)
	curl(t, "--cacert", cert, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	must(t, 0, "plan", inv)
	must(t, 0, "deploy", site)
	converged(t, site, 4)
	curl(t, "-o", "/dev/null", "--fail", "https://www.foobar.com/")
	if now := on(t, "lb1", "openssl x509 -noout -serial -in /etc/letsencrypt/live/www.foobar.com/cert.pem"); now != serial {
		t.Errorf("a certificate that was still good was asked for again: %s became %s", serial, now)
	}
}

// TestC5RefusalHidesNothing: a folder where a file is wanted is shown beside the other
// changes of all hosts; what has nothing to do with it is done, and the run fails.
func TestC5RefusalHidesNothing(t *testing.T) {
	const file = "/etc/systemd/journald.conf.d/10-foobar.conf" // of the play base
	on(t, "web1", "mv "+file+" /root/kept.conf && mkdir "+file)
	on(t, "web1", "chmod 0600 /etc/nginx/nginx.conf")
	on(t, "web2", "chmod 0600 "+file)
	mode := func(host, path string) string { return strings.TrimSpace(on(t, host, "stat -c %a "+path)) }

	saved := filepath.Join(work, "refused.plan")
	r := must(t, 1, "plan", "--out", saved, site)
	for _, part := range []string{"web1: 2 changes, 1 refused, 1 held back", file + "  (refused)", "service:systemd-journald.service  (not made", "[RUN12]", "~ file:/etc/nginx/nginx.conf", "~ file:" + file, "1 refused"} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the plan does not say %q:\n%s", part, r.out)
		}
	}
	if !strings.Contains(read(t, saved), `"refused"`) {
		t.Error("the saved plan knows of no refusal")
	}
	r = must(t, 1, "deploy", "--plan", saved)
	if !strings.Contains(r.err, "[RUN12]") || !strings.Contains(r.err, file) {
		t.Errorf("the deploy does not say why it failed:\n%s", r.all())
	}
	if a, b := mode("web1", "/etc/nginx/nginx.conf"), mode("web2", file); a != "644" || b != "644" {
		t.Errorf("what does not need it was not done: modes %s and %s", a, b)
	}
	must(t, 1, "deploy", "-y", site)
	on(t, "web1", "rmdir "+file)
	must(t, 0, "deploy", "-y", site)
	on(t, "web1", "cmp "+file+" /root/kept.conf && rm /root/kept.conf")
	converged(t, site, 4)
}
