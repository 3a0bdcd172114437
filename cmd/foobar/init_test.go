package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"foobar/inventory"
)

var given = []string{"--domain", "www.example.com", "--email", "ops@example.com", "--app", "app",
	"--lb", "front=203.0.113.10,10.0.0.10", "--server", "10.0.0.11", "--server", "back=10.0.0.12", "--user", "admin"}

func TestInitWritesWhatWasGiven(t *testing.T) {
	workIn(t)
	for _, how := range []string{"", "--minimal", "--full"} {
		path := "site" + how + ".toml"
		args := append([]string{"init", path}, given...)
		if how != "" {
			args = append(args, how)
		}
		out, said, code := foobar(t, args...)
		if code != 0 || !strings.HasSuffix(out, "next: foobar check "+path+"\n") {
			t.Fatalf("%s: exit %d: %s%s", how, code, out, said)
		}
		inv, err := inventory.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		lb, web := inv.Host("front"), inv.Host("web1")
		if inv.Site.Domain != "www.example.com" || inv.Site.Email != "ops@example.com" || inv.SSH.User != "admin" || filepath.Base(inv.App.Source) != "app" ||
			len(inv.Hosts) != 3 || inv.Host("back") == nil || lb.Address != "203.0.113.10" || lb.IP().String() != "10.0.0.10" || !lb.Has(inventory.LB) || !web.Has(inventory.DB) {
			t.Errorf("%s: %+v", how, inv)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if comments := strings.Contains(string(text), "#"); comments == (how == "--minimal") {
			t.Errorf("%s: comments: %t", how, comments)
		}
	}
}

// TestInitSetsNothingElse: every form means the same site, so no example of a
// comment has become a setting.
func TestInitSetsNothingElse(t *testing.T) {
	workIn(t)
	var first *inventory.Inventory
	for _, how := range []string{"--minimal", "", "--full"} {
		args := append([]string{"init", "x.toml"}, given...)
		if how != "" {
			args = append(args, how)
		}
		if _, said, code := foobar(t, args...); code != 0 {
			t.Fatal(said)
		}
		inv, err := inventory.Load("x.toml")
		if err != nil {
			t.Fatal(err)
		}
		inv.Places = inventory.Places{}
		if first == nil {
			first = inv
		}
		if !reflect.DeepEqual(inv, first) {
			t.Errorf("%q: %+v\nminimal: %+v", how, inv, first)
		}
		if err := os.Remove("x.toml"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInitLeavesFilesAlone(t *testing.T) {
	workIn(t)
	if err := os.WriteFile("inventory.toml", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", "link.toml"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"inventory.toml", "link.toml"} {
		_, said, code := foobar(t, append([]string{"init", path}, given...)...)
		if code != 64 || !strings.Contains(said, path+" exists and is not overwritten") {
			t.Errorf("%s: exit %d: %s", path, code, said)
		}
	}
	if text, err := os.ReadFile("inventory.toml"); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Lstat("nowhere"); err == nil {
		t.Error("wrote through a link")
	}
	if _, said, code := foobar(t, append([]string{"init", "nowhere/x.toml"}, given...)...); code != 1 || !strings.Contains(said, "[CLI04]") {
		t.Errorf("a folder that is not there: exit %d: %s", code, said)
	}
}

func TestInitRefuses(t *testing.T) {
	workIn(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "there is no terminal to ask at; give --domain NAME, --email ADDRESS, --lb ADDRESS, --server ADDRESS, --app FOLDER"},
		{append(given, "--domain", "a\"\n[lb]\nx=\"b.com"), "site.domain: there is a line break"},
		{append(given, "--server", "x\"y=10.0.0.13"), "other characters than a-z"},
		{append(given, "--server", "back=10.0.0.13"), "two hosts are called back"},
		{append(given, "--server", "10.0.0.11"), "is the address of web1 too"},
		{append(given, "--server", "c=c.example.com"), "the other hosts need an IP address; give that too, after a comma: ADDRESS,192.0.2.11"},
		{append(given, "--app", "nowhere"), "app.source: there is no folder"},
		{append(given, "--minimal", "--full"), "--minimal and --full cannot be given together"},
	} {
		_, said, code := foobar(t, append([]string{"init", "x.toml"}, c.args...)...)
		if code != 64 || !strings.Contains(said, c.want) || strings.Contains(said, "x.toml:") {
			t.Errorf("%q: exit %d: %s", c.args, code, said)
		}
		if _, err := os.Stat("x.toml"); err == nil {
			t.Fatalf("%q: the file was written", c.args)
		}
	}
}

// workIn makes a folder with an app the current one.
func workIn(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("app", 0o755); err != nil {
		t.Fatal(err)
	}
}

// TestWhatInitWritesPassesTheCheck: with monitoring off, and with it on when the token
// is there.
func TestWhatInitWritesPassesTheCheck(t *testing.T) {
	workIn(t)
	if err := os.WriteFile("app/wsgi.py", []byte("app = None\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		flag, token string
		enabled     bool
	}{{"", "", false}, {"", "x", true}, {"--no-monitoring", "x", false}, {"--monitoring", "x", true}, {"--minimal", "", false}, {"--full", "", false}, {"--full", "x", true}} {
		if os.Unsetenv(inventory.TokenEnv); c.token != "" {
			t.Setenv(inventory.TokenEnv, c.token)
		}
		path := string(rune('a'+i)) + ".toml"
		args := append([]string{"init", path}, given...)
		if c.flag != "" {
			args = append(args, c.flag)
		}
		if _, said, code := foobar(t, args...); code != 0 {
			t.Fatalf("%q: %s", c.flag, said)
		}
		out, said, code := foobar(t, "check", "--offline", path)
		inv, err := inventory.Load(path)
		if code != 0 || err != nil || inv.Monitoring.Enabled != c.enabled {
			t.Errorf("%q with the token %q: exit %d, %v:\n%s%s", c.flag, c.token, code, err, out, said)
		}
	}
	if _, said, code := foobar(t, append([]string{"init", "z.toml", "--monitoring", "--no-monitoring"}, given...)...); code != 64 {
		t.Errorf("both: %s", said)
	}
}
