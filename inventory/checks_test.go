package inventory

import (
	"net/netip"
	"strings"
	"testing"
)

// TestChecks: what each kind of value may be. Beside what is refused stands a part of
// the error.
func TestChecks(t *testing.T) {
	long := strings.Repeat("a", 64)
	for name, c := range map[string]struct {
		check   check
		taken   []string
		refused map[string]string
	}{
		"domain": {domainName, []string{"example.com", "www.example.com", "xn--mnchen-3ya.de", "a.b-c.example", "1.example.com", strings.Repeat("a", 63) + ".example.com"}, map[string]string{
			"":                                   "it is empty",
			"localhost":                          "not a full domain name",
			"https://example.com":                "a URL; write only the name",
			"*.example.com":                      "a wildcard",
			"203.0.113.7":                        "an address",
			"2001:db8::1":                        "an address",
			"Example.com":                        "write example.com",
			"example.com.":                       "ends in a dot",
			"münchen.de":                         "beyond a-z",
			"a..example.com":                     "not a domain name",
			"-a.example.com":                     "not a domain name",
			"a_b.example.com":                    "not a domain name",
			"exa mple.com":                       "not a domain name",
			"example.com;x":                      "not a domain name",
			long + ".example.com":                "not a domain name",
			strings.Repeat("a.", 127) + "museum": "at most 253",
			"10.1":                               "top-level domain",
		}},
		"e-mail": {emailAddress, []string{"ops@example.com", "o.p+s@www.example.com", "ops@Example.com"}, map[string]string{
			"":                            "not one e-mail address",
			"ops":                         "not one e-mail address",
			"ops@localhost":               "not a plain e-mail address",
			"Ops <ops@example.com>":       "not one e-mail address",
			"a@example.com,b@example.com": "not one e-mail address",
			`"a b"@example.com`:           "not one e-mail address",
			"a`id`@example.com":           "not a plain e-mail address",
			"a$x@example.com":             "not a plain e-mail address",
		}},
		"address": {sshAddress, []string{"203.0.113.7", "2001:db8::7", "web1", "web1.example.com", "fe80::1%eth0", "my_alias", "127.0.0.1", "2024-1", "10.0-1"}, map[string]string{
			"":                  "it is empty",
			"8.8.8.8":           "a public DNS service",
			"::ffff:1.1.1.1":    "a public DNS service",
			"0.0.0.0":           "not the address of a host",
			"224.0.0.1":         "not the address of a host",
			"root@web1":         "has a user in it",
			"ssh://web1":        "is a URL",
			"web1:22":           "has a port",
			"10.0.0.0/24":       "is a network",
			"10.0.0.1-5":        "is a range",
			"10.0.0.256":        "each of its four numbers is at most 255",
			"-oProxyCommand=id": "not an IP address and not a host name",
			"web 1":             "not an IP address and not a host name",
		}},
		"private address": {privateAddress, []string{"10.0.0.1", "fd77::1", "203.0.113.7", "::ffff:10.0.0.1"}, map[string]string{
			"web1":         "not an IP address",
			"":             "not an IP address",
			"fe80::1%eth0": "not an IP address",
			"9.9.9.9":      "a public DNS service",
			"127.0.0.1":    "other hosts cannot reach",
			"::1":          "other hosts cannot reach",
			"169.254.1.1":  "other hosts cannot reach",
			"fe80::1":      "other hosts cannot reach",
			"0.0.0.0":      "other hosts cannot reach",
			"ff02::1":      "other hosts cannot reach",
		}},
		"jump": {jumpHosts, []string{"", "bastion", "me@bastion:2222", "a,b", "ssh://me@bastion", "[2001:db8::1]:22"}, map[string]string{
			"-oProxyCommand=id": `"-oProxyCommand=id" is not a jump host`,
			"a,,b":              `has a comma too many`,
			"a b":               "is not a jump host",
			"a:ssh":             "is not a jump host",
			"a,$(id)":           `"$(id)" is not a jump host`,
		}},
		"https": {webURL("https"), []string{"https://example.com", "https://10.77.0.1:8443/a/b"}, map[string]string{
			"":                             "is not a URL",
			"example.com":                  "write https://example.com",
			"http://example.com":           "does not begin with https://",
			"https://me:pw@example.com":    "a user or password in the URL",
			"https://example.com?x=1":      "a query or a fragment",
			"https://example.com#x":        "a query or a fragment",
			"https://example.com/`id`":     "is not a URL",
			"https://example.com/${HOME}":  "is not a URL",
			"https:///x":                   "is not a URL",
			"https://example.com/a b":      "is not a URL",
			"https://exa\\mple.com/\"x\"/": "is not a URL",
		}},
		"health path": {healthPath, []string{"/", "/healthz", "/a-b/c_d.e~f"}, map[string]string{
			"": "is not a path", "up": "is not a path", "/up\n    server evil": "is not a path", "/a b": "is not a path", "/{x}": "is not a path", "/$x": "is not a path", "/#": "is not a path",
		}},
		"static": {staticFolder, []string{"", "static", "a/b-c.d", "_x"}, map[string]string{
			"/etc":      "is not inside app.source",
			"../x":      "is not inside app.source",
			"a/../../x": "is not inside app.source",
			"static; }": "may not have",
			".hidden":   "may not have",
		}},
		"environment": {environment, []string{"A", "A_B1", "_X", "db_host", "SITEMAP", "DATABASE_URL", "DATABASE_PASSWORD"}, map[string]string{
			"":                   "not the name of an environment variable",
			"1A":                 "not the name of an environment variable",
			"A B":                "not the name of an environment variable",
			"DATABASE_WRITE_URL": "is set by foobar",
			"SITE_HOST":          "is set by foobar",
		}},
		"comment": {ruleComment, []string{"", "node exporter", "a, b #1"}, map[string]string{
			"it's": "which ufw refuses", `a "b"`: "which ufw refuses", `a\`: "which ufw refuses",
		}},
		"source": {aptSource, []string{"Types: deb\nURIs: https://x/\nSuites: trixie\nComponents: main\n", "Types: deb\r\nURIs: https://x/\r\nSuites: ./\r\n"}, map[string]string{
			"":                               "the field Types is missing",
			"deb https://x trixie main":      "the field Types is missing",
			"Types: deb\nURIs: https://x/\n": "the field Suites is missing",
			"Types: deb\nURIs: https://x/\nSuites: a\x1b[2J\n": "a control character",
		}},
		"key": {sshHostKey, []string{"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here"}, map[string]string{
			"MD5:aa:bb": "is not an SSH host key", "AAAAC3Nza": "is not an SSH host key", "SHA256:short": "is not an SSH host key", "ssh-dss AAAA": "is not an SSH host key",
			"ssh-ed25519 AAAAC3Nza": "only a part", "sk-ssh-ed25519@openssh.com AAAAAAAAAAAAAAAAAAAAAAAAAAA=": "only a part", "10.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl": "write only the key: ssh-ed25519 AAAA",
		}},
		"entrypoint": {entryPoint, []string{"wsgi:app", "a.b:c", "_a:_b", "wsgi:create_app()", `wsgi:create_app('prod')`, `a.b:c("x y", debug=False, n=-1.5)`}, map[string]string{
			"wsgi": "is not module:attribute", "wsgi:app(x)": "is not module:attribute", `wsgi:app('$HOME')`: "is not module:attribute", `wsgi:app('a', )`: "is not module:attribute", `wsgi:app('a"b')`: "is not module:attribute", "wsgi:app()()": "is not module:attribute", "wsgi:app --reload": "is not module:attribute", ":app": "is not module:attribute", "a..b:c": "is not module:attribute",
			"site/wsgi.py:app": "write site.wsgi:app",
		}},
		"name of a host": {shortName, []string{"web1", "2", "ip6-web"}, map[string]string{"localhost": "a name that every host has", "ip6-allnodes": "a name that every host has", "web_1": "write web-1"}},
		"package": {matches(debianName, "is no package"), []string{"python3-flask", "libstdc++6", "a.b"}, map[string]string{
			"": "is no package", "nginx-": "is no package", "-y": "is no package", "Nginx": "is no package", "a b": "is no package", "x;id": "is no package",
		}},
	} {
		for _, s := range c.taken {
			if err := c.check(s); err != nil {
				t.Errorf("%s %q is refused: %v", name, s, err)
			}
		}
		for s, why := range c.refused {
			if err := c.check(s); err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("%s %q: got %v, want %q", name, s, err, why)
			}
		}
	}
}

// TestPrefixes: networks are written exactly, so that a typing error opens nothing more.
func TestPrefixes(t *testing.T) {
	for in, want := range map[string]string{"192.0.2.7": "192.0.2.7/32", "192.0.2.0/24": "192.0.2.0/24", "2001:db8::/32": "2001:db8::/32", "2001:db8::1": "2001:db8::1/128", "0.0.0.0/0": "0.0.0.0/0", "::ffff:192.0.2.7": "192.0.2.7/32"} {
		if got, err := parsePrefix(in); err != nil || got.String() != want {
			t.Errorf("%s is %v, %v; want %s", in, got, err, want)
		}
	}
	for in, why := range map[string]string{
		"192.0.2.7/24":       "write 192.0.2.0/24 for the network, or 192.0.2.7 for only the address",
		"192.0.2.0/33":       "from 0 to 32",
		"example.com":        "is a name",
		"":                   "neither an address nor a network",
		"any":                "0.0.0.0/0 and ::/0",
		"::ffff:10.0.0.0/96": "neither an address nor a network",
		"fe80::1%eth0":       "neither an address nor a network",
	} {
		if got, err := parsePrefix(in); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s is %v, %v; want %q", in, got, err, why)
		}
	}
}

// TestHost: what other packages ask of a Host.
func TestHost(t *testing.T) {
	h := &Host{Name: "web1", Roles: []string{Web, DB}, Private: []netip.Addr{netip.MustParseAddr("10.0.0.11"), netip.MustParseAddr("fd77::11")}}
	if !h.Has(Web) || !h.Has(DB) || h.Has(App) || h.IP().String() != "10.0.0.11" || h.Internal() != "web1.internal" {
		t.Errorf("%+v", h)
	}
	if h.SSHPort() != 22 {
		t.Errorf("sshd is taken to listen on %d", h.SSHPort())
	}
	if h.SSH.Port = 2222; h.SSHPort() != 2222 {
		t.Errorf("sshd is taken to listen on %d, not on the inventory's port", h.SSHPort())
	}
	inv := &Inventory{Hosts: []*Host{h}}
	if inv.Host("web1") != h || inv.Host("web2") != nil || len(inv.Group(DB)) != 1 || inv.Group(App) != nil {
		t.Error("hosts are not found by name and role")
	}
}
