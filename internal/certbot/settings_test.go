package certbot

import "testing"

// TestOverrides: each line was tried with certbot 2.1.0, which reads cli.ini before the
// renewal file of a certificate.
func TestOverrides(t *testing.T) {
	const server = "https://acme-v02.api.letsencrypt.org/directory"
	for line, want := range map[string]bool{
		"authenticator = standalone": true, "authenticator standalone": true, "authenticator=webroot": true, " authenticator: 'standalone' # x": true,
		"authenticator = manual": false, "authenticator = \"manual\"": false, "authenticator =": false, "# authenticator = standalone": false, "; standalone": false, "[x]": false, "--- x": false, "": false,
		"standalone = true": true, "standalone": true, "--standalone": true, "nginx = yes": true, "apache=True": true, "webroot = no": false, "webroot-path = /var/www": false,
		"dns-cloudflare = true": true, "dns-cloudflare-credentials = /etc/cf.ini": false, "manual = true": false,
		"server = https://acme-staging-v02.api.letsencrypt.org/directory": true, "server = " + server: false, "server=" + server + " ; ours": false,
		"staging = true": true, "test-cert: yes": true, "test_cert = true": true, "staging = false": false, "dry-run = true": true, "must-staple = true": true, "must-staple = false": false,
		"preferred-challenges = dns": true, "preferred-challenges = dns, http": true, "preferred-challenges = [http]": false, "preferred_challenges = tls-alpn": true,
		"domain = a.com": true, "domains = a.com": false, "cert-name = www.foobar.com": false, "cert-name = b": true,
		"deploy-hook = systemctl reload nginx": true, "renew_hook=/x": true, "manual-auth-hook = /x": true, "installer = nginx": true, "pre-hook = /x": false,
		"renew-by-default = True": true, "force-renewal": true, "force_renewal = false": false, "config-dir = /srv/le": true, "config-dir = /etc/letsencrypt/": false,
		"max-log-backups = 0": false, "preconfigured-renewal = True": false, "key-type = rsa": false,
	} {
		if got := Overrides(line, "www.foobar.com", server); got != want {
			t.Errorf("%q overrides: %v", line, got)
		}
	}
	if Overrides("staging = true", "a", "https://acme-staging-v02.api.letsencrypt.org/directory") {
		t.Error("a trial authority is what that site has")
	}
	for line, want := range map[string]bool{"pre-hook = a=b": true, "post_hook: x": true, "deploy-hook = x": false, "#pre-hook = x": false} {
		if Runs(line) != want {
			t.Errorf("%q runs: %v", line, !want)
		}
	}
}
