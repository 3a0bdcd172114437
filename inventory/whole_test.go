package inventory

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault"
)

// TestWhole: what only the whole file shows. Each case is minimal with one thing
// changed, and has the line and the text of the one error that it makes.
func TestWhole(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string // "" for old: new is added at the end
		line     int
		code     fault.Code
		message  string
	}{
		"no balancer": {`roles = ["lb"]`, "", 6, fault.Lacking,
			`hosts: no host has the role lb; write roles = ["lb"] into the table of the one that faces the internet`},
		"two balancers": {"", "roles = [\"lb\"]\n", 15, fault.Contradiction,
			"hosts.web3.roles: only one host can have the role lb, and lb1 has it already; take it from web3"},
		"lb and web": {`["lb"]`, `["lb", "web"]`, 8, fault.Contradiction,
			"hosts.lb1.roles: lb and web both listen on port 443, so a site needs two hosts at least: one with the role lb, and one server; take one of the two roles out"},
		"no weight": {"[hosts.web1]\naddress = \"10.0.0.11\"\n[hosts.web2]\naddress = \"10.0.0.12\"\n[hosts.web3]\n", "[hosts.web3]\nweight = 0\n", 10, fault.Contradiction,
			"hosts.web3.weight: every web host has weight 0, so none would get a request; give one of them another weight"},
		"no app": {"[hosts.web1]\naddress = \"10.0.0.11\"\n[hosts.web2]\naddress = \"10.0.0.12\"\n[hosts.web3]\n", "[hosts.web3]\nroles = [\"web\", \"db\"]\n", 6, fault.Lacking,
			`hosts: no host has the role app, and the web servers need at least one; add "app" to the roles of a host, or leave its roles out`},
		"no database": {"[hosts.web1]\naddress = \"10.0.0.11\"\n[hosts.web2]\naddress = \"10.0.0.12\"\n[hosts.web3]\n", "[hosts.web3]\nroles = [\"web\", \"app\"]\n", 6, fault.Lacking,
			`hosts: no host has the role db, and the app needs at least one; add "db" to the roles of a host, or leave its roles out`},
		"no source": {`source = "app"`, "", 4, fault.Lacking,
			`app.source: web1, web2, web3 have the role app, but [app] names no app; add source = "./app" to [app]`},
		"no e-mail address": {"email = \"ops@foobar.com\"\n", "", 1, fault.Lacking,
			`site.email: the certificate authority needs an e-mail address; add email = "ops@example.com" to [site], or tls.cert and tls.key`},
		"all at once": {"", "[deploy]\nserial = 3\n", 16, fault.Contradiction,
			"deploy.serial: 3 at a time would take out every host with the role web (3) at once; write at most 2"},
		"one address twice": {"", "[hosts.web4]\naddress = \"10.0.0.12\"\n", 16, fault.Contradiction,
			"hosts.web4.address: 10.0.0.12 is the address of web2 too; give each host its own"},
		"one private address twice": {"", "[hosts.web4]\naddress = \"web4\"\nprivate_address = \"10.0.0.12\"\n", 17, fault.Contradiction,
			"hosts.web4.private_address: 10.0.0.12 is the address of web2 too; give each host its own"},
		"one door twice": {"", "[hosts.web4]\naddress = \"203.0.113.10\"\nprivate_address = \"10.0.0.14\"\n", 16, fault.Contradiction,
			"hosts.web4.address: 203.0.113.10 is the address of lb1 too; give each host its own"},
		"a name without a private address": {`"10.0.0.13"`, `"web3.example.com"`, 14, fault.WrongValue,
			`hosts.web3.address: web3.example.com is a name, and the other hosts need an IP address; add its own, such as private_address = "192.0.2.11"`},
		"an address of this host": {`"10.0.0.13"`, `"127.0.0.1"`, 14, fault.WrongValue,
			`hosts.web3.address: other hosts cannot reach 127.0.0.1; add the address by which they can, such as private_address = "192.0.2.11"`},
		"a primary that is not there": {"", "[db]\nprimary = \"web9\"\n", 16, fault.Contradiction,
			`db.primary: there is no host "web9"; did you mean web1?`},
		"a primary without the role": {"", "[db]\nprimary = \"lb1\"\n", 16, fault.Contradiction,
			"db.primary: lb1 does not have the role db; the db hosts are web1, web2, web3"},
		"backups on no host": {"", "[db.backup]\nhost = \"wbe2\"\n", 16, fault.Contradiction,
			`db.backup.host: there is no host "wbe2"; did you mean web2?`},
		"backups in the app": {"", "[db.backup]\npath = \"/srv/foo-bar/backups\"\n", 16, fault.Contradiction,
			"db.backup.path: /srv/foo-bar is the app's folder, which other users can read; write a folder that holds only backups, such as /var/backups/foobar or /srv/backups/foobar"},
		"a rule for no host": {"", "[[firewall.extra]]\nport = 9100\nhosts = [\"web1\", \"web4\"]\n", 17, fault.Contradiction,
			`firewall.extra[0].hosts: there is no host and no role "web4"; did you mean web1?`},
		"a name for databases": {"www.foo-bar.com", "www.test.com", 1, fault.Lacking,
			`db.name: the site's name, test, is the server's own schema; add name = "…" to [db]`},
		"a schema of the server": {"", "[db]\nname = \"test\"\n", 16, fault.WrongValue,
			"db.name: test is the server's own schema; choose another name"},
		"a version to come": {"[site]", "version = 2\n[site]", 1, fault.WrongValue,
			"version: 2 is not known to this foobar; write version = 1, or use a foobar that knows it"},
	} {
		text := minimal + c.new
		if c.old != "" {
			if !strings.Contains(minimal, c.old) {
				t.Fatalf("%s: there is no %q to replace", name, c.old)
			}
			text = strings.Replace(minimal, c.old, c.new, 1)
		}
		t.Run(name, func(t *testing.T) { oneError(t, text, c.line, c.code, c.message) })
	}
}

// TestDoors: several hosts may stand behind one address, each with a port of its
// own for SSH.
func TestDoors(t *testing.T) {
	inv := parse(t, minimal+`[hosts.web4]
address = "192.0.2.1"
private_address = "10.0.0.14"
ssh.port = 2201
[hosts.web5]
address = "192.0.2.1"
private_address = "10.0.0.15"
ssh.port = 2202
`)
	if a, b := inv.Host("web4"), inv.Host("web5"); a.Address != b.Address || a.SSHPort() == b.SSHPort() || a.IP() == b.IP() {
		t.Errorf("%+v and %+v", a, b)
	}
}

// TestOwnCertificateNeedsNoAddress: nobody is asked for a certificate then.
func TestOwnCertificateNeedsNoAddress(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"site.pem", "site.key"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(minimal, "email = \"ops@foobar.com\"\n", "", 1) + "[tls]\ncert = \"site.pem\"\nkey = \"site.key\"\n"
	inv, err := Parse(filepath.Join(dir, "i.toml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if inv.TLS.ACME != "" || inv.TLS.Cert != filepath.Join(dir, "site.pem") {
		t.Errorf("tls is %+v", inv.TLS)
	}
}

// TestPrivateFilesStayOut: the app's folder goes to the servers whole, so no
// secret of the inventory may lie in it.
func TestPrivateFilesStayOut(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"app/id", "app/site.key", "site.pem"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for key, text := range map[string]string{
		"secrets.master":    "[secrets]\nmaster = \"app/foobar.key\"\n",
		"tls.key":           "[tls]\ncert = \"site.pem\"\nkey = \"app/site.key\"\n",
		"monitoring.token":  "[monitoring]\ntoken = { file = \"app/token\" }\n",
		"app.secrets.TOKEN": "[app.secrets]\nTOKEN = { file = \"app/../app/token\" }\n",
		"ssh.identity[0]":   "[ssh]\nidentity = \"app/id\"\n",
	} {
		_, err := Parse(filepath.Join(dir, "i.toml"), []byte(minimal+text))
		if err == nil || !strings.Contains(err.Error(), "i.toml:5: app.source: ") || !strings.Contains(err.Error(), "("+key+") is inside it") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestSecretSources: each way to a secret, and only one at a time.
func TestSecretSources(t *testing.T) {
	inv := parse(t, minimal+`[app.secrets]
A = { env = "A_TOKEN" }
B = { file = "b" }
C = { command = ["pass", "show", "c"] }
D = { command = ["bin/d"] }
`)
	here, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	s := inv.App.Secrets
	if s["A"].Env != "A_TOKEN" || s["B"].File != filepath.Join(here, "b") || strings.Join(s["C"].Command, " ") != "pass show c" || s["D"].Command[0] != filepath.Join(here, "bin/d") {
		t.Errorf("%+v", s)
	}
	for value, message := range map[string]string{
		`{}`:                               "a secret has exactly one source; write one of env, file and command",
		`{ env = "A", file = "b" }`:        "a secret has exactly one source; write one of env, file and command",
		`{ command = [] }`:                 `there is no program in it; write ["program", "argument"]`,
		`{ command = ["p", 1] }`:           "this is a whole number; write a string, in quotes",
		`{ env = "a b" }`:                  `"a b" is not the name of an environment variable; use a-z, A-Z, digits and _`,
		`{ envv = "A" }`:                   "did you mean env?",
		`"secret"`:                         "an inventory holds no secrets",
		`{ command = ["p\u0007"] }`:        "there is a line break or another control character in it",
		`{ file = "~other/token" }`:        "only ~/ is known",
		`{ env = "A", command = ["true"]}`: "a secret has exactly one source",
	} {
		_, err := Parse("testdata/i.toml", []byte(minimal+"[app.secrets]\nX = "+value+"\n"))
		var all *Errors
		if !errors.As(err, &all) || len(all.List) != 1 || all.List[0].Line != 16 || !strings.Contains(all.List[0].Message, message) {
			t.Errorf("%s: got %v, want %q", value, err, message)
		}
	}
}

// TestErrorsAreInOrder: all that is wrong is said at once, by line, each once.
func TestErrorsAreInOrder(t *testing.T) {
	_, err := Parse("testdata/i.toml", []byte("[deploy]\nforks = 0\n[lb]\nfall = 0\nrise = 0\n[ap]\n"+minimal))
	want := []string{
		"testdata/i.toml:2: deploy.forks: 0 is out of range; write a number from 1 to 1000",
		"testdata/i.toml:4: lb.fall: 0 is out of range; write a number from 1 to 100",
		"testdata/i.toml:5: lb.rise: 0 is out of range; write a number from 1 to 100",
		"testdata/i.toml:6: unknown key ap; did you mean app?",
	}
	if err == nil || err.Error() != strings.Join(want, "\n") {
		t.Fatalf("got\n%v\nwant\n%s", err, strings.Join(want, "\n"))
	}
	one := new(Error)
	if !errors.As(err, &one) || one.Line != 2 || one.Fault() != fault.WrongValue {
		t.Errorf("the first error within is %v", one)
	}
	e := &Error{Path: "a", Line: 3, Message: "m"}
	twice := &Errors{List: []*Error{{Path: "a", Line: 9, Message: "z"}, e, {Path: "a", Line: 3, Message: "m"}}}
	if twice.sort(); len(twice.List) != 2 || twice.Error() != "a:3: m\na:9: z" {
		t.Errorf("sorted: %v", twice)
	}
}
