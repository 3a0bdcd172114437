package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
)

// TestSections: what keys of one table say of each other. Each text is added to
// minimal and has one thing wrong, in the line that is counted from its own.
func TestSections(t *testing.T) {
	first := 1 + strings.Count(minimal, "\n")
	for name, c := range map[string]struct {
		text    string
		line    int
		code    fault.Code
		message string
	}{
		"two ways": {"[ssh]\njump = \"a\"\nproxy_command = \"nc %h %p\"\n", 2, fault.Contradiction,
			"ssh.jump: jump and proxy_command cannot both be given; remove one"},
		"two ways to a host": {"[hosts.web1.ssh]\njump = \"a\"\nproxy_command = \"nc %h %p\"\n", 2, fault.Contradiction,
			"hosts.web1.ssh.jump: jump and proxy_command cannot both be given; remove one"},
		"no time at all": {"[ssh]\nconnect_timeout = \"10ms\"\n", 2, fault.WrongValue,
			"ssh.connect_timeout: 10ms is out of range; write a duration from 1s to 10m"},
		"a certificate alone": {"[tls]\ncert = \"bad/app.toml\"\n", 2, fault.Lacking,
			`tls.cert: a certificate needs its key; add key = "site.key"`},
		"roots that are not there": {"[tls]\nacme_ca = \"none.pem\"\n", 2, fault.PathMissing, ""},
		"a directory by another name": {"[tls]\nacme_directory = \"zerossl\"\n", 2, fault.WrongValue,
			`tls.acme_directory: "zerossl" is not known; it can be letsencrypt, letsencrypt-staging or a URL that begins with https://`},
		"a network twice": {"[monitoring]\nallow_from = [\"192.0.2.1\", \"192.0.2.1\"]\n", 2, fault.WrongValue,
			`monitoring.allow_from[1]: "192.0.2.1" is twice in the list; remove one`},
		"a variable that is also a secret": {"[app.env]\nA = \"x\"\n[app.secrets]\nA = { env = \"A\" }\n", 4, fault.Contradiction,
			"app.secrets.A: it is in app.env too; remove one"},
		"a variable with a carriage return": {"[app.env]\nA = \"x\\ry\"\n", 2, fault.WrongValue,
			`app.env.A: there is a carriage return in it that ends no line; remove it`},
		"a variable with a control character": {"[app.env]\nA = \"x\\u001by\"\n", 2, fault.WrongValue,
			"app.env.A: there is a line break or another control character in it; remove it"},
		"a header that nginx cannot read": {"[web.headers]\nX-A = '" + strings.Repeat(`"\`, 1001) + "'\n", 2, fault.WrongValue,
			"web.headers.X-A: it takes 4004 bytes in nginx's configuration, and nginx takes at most 4096 at a time, of which foobar uses 4000; shorten it, or have the app send the header itself"},
		"a header of two lines": {"[web.headers]\nX-A = \"x\\ny\"\n", 2, fault.WrongValue,
			"web.headers.X-A: there is a line break or another control character in it; remove it"},
		"a body without end": {"[web]\nclient_max_body = \"1TiB\"\n", 2, fault.WrongValue,
			"web.client_max_body: 1TiB is out of range; write a size from 1KiB to 64GiB"},
		"static files that are not there": {"[web]\nstatic = \"public\"\n", 2, fault.PathMissing, ""},
		"a rule without a port": {"[[firewall.extra]]\nproto = \"udp\"\n", 1, fault.Lacking,
			"firewall.extra[0].port: a rule needs a port; add port = 8080"},
		"rules that are no tables": {"[firewall]\nextra = [9100]\n", 2, fault.WrongType,
			"firewall.extra[0]: this is a whole number; write a table [[firewall.extra]] for each"},
		"a package of two sources": {"[monitoring.package]\nurl = \"https://x.example/y.deb\"\nsha256 = \"" + strings.Repeat("0", 64) + "\"\napt = \"Types: deb\\nURIs: x\\nSuites: y\\nSigned-By: /k\"\n", 4, fault.Contradiction,
			"monitoring.package.apt: the collector has one source, and url is given too; remove one"},
		"a package without a digest": {"[monitoring.package]\nurl = \"https://x.example/y.deb\"\n", 2, fault.WrongValue,
			"monitoring.package.url: url and sha256 belong together: the hosts compare what they fetch with this digest; add the one that is missing"},
		"an access id without its key": {"[monitoring]\naccess_id = { env = \"A\" }\n", 2, fault.Lacking,
			`monitoring.access_id: an access id needs its key; add access_key = { env = "SUMOLOGIC_ACCESS_KEY" }`},
		"an access key without its id": {"[monitoring]\naccess_key = { env = \"A\" }\n", 2, fault.Lacking,
			`monitoring.access_key: an access key needs its id; add access_id = { env = "SUMOLOGIC_ACCESS_ID" }`},
		"a key for nobody knows whom": {"[monitoring]\nendpoint = \"https://intake.example.com\"\naccess_id = { env = \"A\" }\naccess_key = { env = \"B\" }\n", 4, fault.Lacking,
			`monitoring.access_key: the API that takes the key does not follow from the endpoint https://intake.example.com; add api = "https://api.sumologic.com", or that of your deployment`},
		"an access key in the file": {"[monitoring]\naccess_key = \"Zm9v\"\n", 2, fault.WrongValue, ""},
		"an API with a path": {"[monitoring]\napi = \"https://api.eu.sumologic.com/api/v1\"\n", 2, fault.WrongValue,
			`monitoring.api: "https://api.eu.sumologic.com/api/v1" has a path; write it without: https://api.eu.sumologic.com`},
		"a source without a key": {"[db.package]\napt = \"Types: deb\\nURIs: x\\nSuites: y\"\n", 2, fault.WrongValue,
			"db.package.apt: a package source needs its signing key; add key = \"vendor.asc\""},
		"a list that is a text": {"[app]\npackages = \"python3-flask\"\n", 2, fault.WrongType,
			`app.packages: this is a string; write a list: ["python3-flask"]`},
	} {
		t.Run(name, func(t *testing.T) {
			text, line := minimal+c.text, first-1+c.line
			if strings.HasPrefix(c.text, "[app]\n") { // which stands there already
				text, line = withKey("app", strings.TrimSuffix(strings.TrimPrefix(c.text, "[app]\n"), "\n"))
			}
			if c.message != "" {
				oneError(t, text, line, c.code, c.message)
				return
			}
			// The message has a path of this machine.
			if _, err := Parse("testdata/i.toml", []byte(text)); fault.Of(err) != c.code || !strings.HasPrefix(err.Error(), fmt.Sprintf("testdata/i.toml:%d: ", line)) {
				t.Errorf("got %v, not line %d and %s", err, line, c.code)
			}
		})
	}
}

// TestSectionsRead: values of each form end up where roles look for them.
func TestSectionsRead(t *testing.T) {
	inv := parse(t, strings.Replace(minimal, "[app]\n", "[app]\npackages = [\"python3-flask\"]\nenv = { GREETING = \"hi\", KEY = \"a\\n\\tb\\n\" }\n", 1)+`
[deploy]
drain_timeout = "1m30s"
allow_untested = true
[tls]
acme_directory = "letsencrypt-staging"
hsts = false
[db]
buffer_pool = "1GiB"
binlog_expire = "2w"
[monitoring]
endpoint = "https://intake.example.com/"
allow_from = "192.0.2.0/24"
fields = { env = "prod" }
[monitoring.package]
url = "https://x.example/y.deb"
sha256 = "`+strings.Repeat("AB", 32)+`"
[firewall]
ssh_from = ["198.51.100.0/24", "2001:db8::1"]
extra = [{ port = 9100, hosts = ["web1"] }, { port = 60001, proto = "udp", from = "192.0.2.7" }]
`)
	for what, good := range map[string]bool{
		"app":       slices.Equal(inv.App.Packages, []string{"python3-flask"}) && inv.App.Env["GREETING"] == "hi" && inv.App.Env["KEY"] == "a\n\tb\n",
		"deploy":    inv.Deploy.DrainTimeout == 90*time.Second && inv.Deploy.AllowUntested,
		"tls":       inv.TLS.ACME == letsEncryptStaging && !inv.TLS.HSTS,
		"db":        inv.DB.BufferPool == 1<<30 && inv.DB.BinlogExpire == 14*day,
		"endpoint":  inv.Monitoring.Endpoint == "https://intake.example.com" && inv.Monitoring.Fields["env"] == "prod",
		"package":   inv.Monitoring.Package.SHA256 == strings.Repeat("ab", 32),
		"ssh_from":  len(inv.Firewall.SSHFrom) == 2 && inv.Firewall.SSHFrom[1].String() == "2001:db8::1/128",
		"tcp rule":  inv.Firewall.Extra[0].Proto == "tcp" && inv.Firewall.Extra[0].From == nil && inv.Firewall.Extra[0].Hosts[0] == "web1",
		"udp rule":  inv.Firewall.Extra[1].Proto == "udp" && inv.Firewall.Extra[1].From[0].String() == "192.0.2.7/32",
		"allow one": inv.Monitoring.AllowFrom[0].String() == "192.0.2.0/24",
	} {
		if !good {
			t.Errorf("%s is not as written: %+v", what, *inv)
		}
	}
}

// TestWhere: errors after the reading can name the line of the key to blame.
func TestWhere(t *testing.T) {
	inv := parse(t, minimal)
	for _, c := range []struct {
		keys       []string
		key, place string
	}{
		{[]string{"site.domain"}, "site.domain", "testdata/inventory.toml:2"},
		{[]string{"hosts.web2.ssh.port", "ssh.port", "hosts.web2.address"}, "hosts.web2.address", "testdata/inventory.toml:12"},
		{[]string{"db.port"}, "", ""},
		{nil, "", ""},
	} {
		if key, place := inv.Where(c.keys...); key != c.key || place != c.place {
			t.Errorf("%v is %q at %q, not %q at %q", c.keys, key, place, c.key, c.place)
		}
	}
}
