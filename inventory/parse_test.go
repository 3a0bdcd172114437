package inventory

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// minimal is the shortest inventory of four hosts.
const minimal = `[site]
domain = "www.foo-bar.com"
email = "ops@foobar.com"
[app]
source = "app"
[hosts.lb1]
address = "203.0.113.10"
roles = ["lb"]
[hosts.web1]
address = "10.0.0.11"
[hosts.web2]
address = "10.0.0.12"
[hosts.web3]
address = "10.0.0.13"
`

func parse(t *testing.T, text string) *Inventory {
	t.Helper()
	inv, err := Parse("testdata/inventory.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func TestDefaults(t *testing.T) {
	inv := parse(t, minimal)
	here, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"site.name", inv.Site.Name, "foo-bar"},
		{"db.name", inv.DB.Name, "foo_bar"},
		{"db.primary", inv.DB.Primary, "web1"},
		{"app.source", inv.App.Source, filepath.Join(here, "app")},
		{"web.static", inv.Web.Static, ""},
		{"secrets.master", inv.Secrets.Master, filepath.Join(here, "foobar.key")},
		{"tls.acme_directory", inv.TLS.ACME, letsEncrypt},
		{"monitoring.token", inv.Monitoring.Token, Source{Env: TokenEnv}},
		{"monitoring.package", inv.Monitoring.Package, Package{Name: "otelcol-sumo"}},
		{"deploy", inv.Deploy, Deploy{1, 0, 10, 30 * time.Second, time.Minute, time.Minute, nil, "owned", false}},
		{"ssh", inv.SSH, SSH{}},
		{"web1.roles", inv.Host("web1").Roles, []string{Web, App, DB}},
		{"web1.ip", inv.Host("web1").IP().String(), "10.0.0.11"},
		{"order", names(inv.Hosts), "lb1, web1, web2, web3"},
		{"weight", inv.Host("web3").Weight, 100},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s = %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestHostsKeepTheFilesOrder(t *testing.T) {
	text := strings.NewReplacer("web1", "zoo", "web2", "mid", "web3", "a").Replace(minimal)
	if got := names(parse(t, text).Hosts); got != "lb1, zoo, mid, a" {
		t.Errorf("hosts are %s", got)
	}
}

func TestHostSSHOverCommon(t *testing.T) {
	inv := parse(t, minimal+`
[hosts.web1.ssh]
user = "root"
proxy_command = "nc %h %p"
[hosts.web2.ssh]
jump = ""
[ssh]
user = "admin"
port = 2222
jump = "bastion"
known_hosts = ["known", "/etc/ssh/known"]
`)
	known := inv.SSH.KnownHosts
	if len(known) != 2 || !filepath.IsAbs(known[0]) || known[1] != "/etc/ssh/known" {
		t.Errorf("known_hosts = %v", known)
	}
	for name, want := range map[string]SSH{
		"lb1":  {User: "admin", Port: 2222, Jump: "bastion", KnownHosts: known},
		"web1": {User: "root", Port: 2222, ProxyCommand: "nc %h %p", KnownHosts: known},
		"web2": {User: "admin", Port: 2222, KnownHosts: known},
	} {
		if got := inv.Host(name).SSH; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestHostJumpOverCommonProxy(t *testing.T) {
	inv := parse(t, minimal+"[ssh]\nproxy_command = \"nc %h %p\"\n[hosts.web1.ssh]\njump = \"bastion\"\n")
	if got := inv.Host("web1").SSH; got.Jump != "bastion" || got.ProxyCommand != "" {
		t.Errorf("web1 is reached by %+v", got)
	}
	if got := inv.Host("web2").SSH; got.Jump != "" || got.ProxyCommand != "nc %h %p" {
		t.Errorf("web2 is reached by %+v", got)
	}
}

func TestStatic(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "app", "static"), 0o755); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"": "static", "[web]\nstatic = \"\"\n": "", "[web]\nstatic = \"static\"\n": "static"} {
		inv, err := Parse(filepath.Join(dir, "i.toml"), []byte(minimal+text))
		if err != nil {
			t.Fatal(err)
		}
		if inv.Web.Static != want {
			t.Errorf("with %q static = %q, want %q", text, inv.Web.Static, want)
		}
		if found := text == ""; inv.Web.StaticFound != found {
			t.Errorf("with %q the folder was found, not named: %v", text, !found)
		}
	}
}

func TestHomeFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	key := filepath.Join(home, "key")
	if err := os.WriteFile(key, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inv := parse(t, minimal+"[ssh]\nidentity = \"~/key\"\n[secrets]\nmaster = \"~/master\"\n")
	if !slices.Equal(inv.SSH.Identity, []string{key}) || inv.Secrets.Master != filepath.Join(home, "master") {
		t.Errorf("identity %v, master %s; want both in %s", inv.SSH.Identity, inv.Secrets.Master, home)
	}
}

// TestSourceReachedByLink: a private file inside app.source is found through a
// symbolic link as well.
func TestSourceReachedByLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "app")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "real", "k"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("app/k", filepath.Join(dir, "link")); err != nil { // outside, to a file inside
		t.Fatal(err)
	}
	for _, text := range []string{"[secrets]\nmaster = \"real/foobar.key\"\n", "[secrets]\nmaster = \"link\"\n", "[app.secrets]\nA = { file = \"link\" }\n", "[tls]\ncert = \"link\"\nkey = \"link\"\n"} {
		_, err := Parse(filepath.Join(dir, "i.toml"), []byte(minimal+text))
		if err == nil || !strings.Contains(err.Error(), "is inside it") {
			t.Errorf("%q: Parse = %v; want a complaint about the file inside app.source", text, err)
		}
	}
}

func TestCRLFAndPorts(t *testing.T) {
	text := strings.ReplaceAll(minimal+"[hosts.web4]\naddress = \"10.0.0.13\"\n", "\n", "\r\n")
	_, err := Parse("testdata/x.toml", []byte(text))
	if want := "testdata/x.toml:16: hosts.web4.address: 10.0.0.13 is the address of web3 too; give each host its own"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLoadSaysWhatFileIsMissing(t *testing.T) {
	_, err := Load("testdata/none.toml")
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "testdata/none.toml") {
		t.Errorf("Load = %v", err)
	}
	_, err = Parse("big.toml", make([]byte, maxSize+1))
	if err == nil || !strings.HasPrefix(err.Error(), "big.toml:1: the file is larger than 1MiB") {
		t.Errorf("Parse = %v", err)
	}
}

// TestNoSecretInErrors: a secret that somebody wrote into the file is not in the
// errors, which end in logs.
func TestNoSecretInErrors(t *testing.T) {
	for _, line := range []string{
		"[monitoring]\ntoken = \"hunter2\"", "[app.secrets]\nKEY = \"hunter2\"",
		"[monitoring]\nendpoint = \"https://me:hunter2@example.com\"",
	} {
		_, err := Parse("testdata/x.toml", []byte(minimal+line))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestValues(t *testing.T) {
	for in, want := range map[string]time.Duration{"10s": 10 * time.Second, "1m30s": 90 * time.Second, "7d": 7 * day, "2w": 14 * day, "0s": 0} {
		if got, err := ParseDuration(in); err != nil || got != want {
			t.Errorf("ParseDuration(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "10", "d", "-1d", "1.5d", "99999999d", "1x"} {
		if got, err := ParseDuration(in); err == nil {
			t.Errorf("ParseDuration(%q) = %v; want an error", in, got)
		}
	}
	for in, want := range map[string]int64{"16MiB": 16 << 20, "2 GiB": 2 << 30, "100B": 100, "1TiB": 1 << 40} {
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("parseSize(%q) = %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "16", "16M", "-1MiB", "999999999999999TiB", "1e3B"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("parseSize(%q) = %v; want an error", in, got)
		}
	}
	for d, want := range map[time.Duration]string{10 * time.Second: "10s", time.Minute: "1m", 10 * time.Hour: "10h", 7 * day: "7d", 90 * time.Second: "1m30s", 0: "0s"} {
		if got := showDuration(d); got != want {
			t.Errorf("showDuration(%d) = %s, want %s", d, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	known := []string{"port", "proto", "from", "hosts", "timeout_connect"}
	for word, want := range map[string]string{
		"form": "did you mean from?", "prot": "did you mean proto?", "port ": "did you mean port?", "Hosts": "did you mean hosts?",
		"timout_conect": "did you mean timeout_connect?", "colour": "they are port, proto, from, hosts, timeout_connect",
		"": "they are port, proto, from, hosts, timeout_connect",
	} {
		if got := DidYouMean(word, known, "they are"); got != want {
			t.Errorf("%q: %s; want %s", word, got, want)
		}
	}
}

// FuzzParse: whatever is in a file, Parse answers, and each error has a line of it.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/bad/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range append(seeds, "../examples/inventories/full.toml") {
		data, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		inv, err := Parse("testdata/fuzz.toml", data)
		var list *Errors
		switch {
		case err == nil && (inv == nil || inv.Site.Domain == "" || len(inv.Group(LB)) != 1 || len(inv.Hosts[0].Private) == 0):
			t.Errorf("accepted, but incomplete: %+v", inv)
		case err != nil && (!errors.As(err, &list) || len(list.List) == 0 || inv != nil):
			t.Errorf("%v with %T", inv, err)
		case err != nil:
			for _, e := range list.List {
				if n := 2 + strings.Count(string(data), "\n"); e.Line < 1 || e.Line > n || e.Message == "" {
					t.Errorf("line %d of %d: %q", e.Line, n, e.Message)
				}
			}
		}
	})
}
