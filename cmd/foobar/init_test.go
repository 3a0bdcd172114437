package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"foobar/inventory"
)

// workIn makes a folder with an app the current one.
func workIn(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("app", 0o755); err != nil {
		t.Fatal(err)
	}
}

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

// TestInitCommentsAreKeys: what a comment shows is known to the reader once the
// hash is taken away.
func TestInitCommentsAreKeys(t *testing.T) {
	workIn(t)
	for _, how := range []string{"", "--full"} {
		a := answers{path: "x.toml", domain: "www.example.com", email: "ops@example.com", app: "app", full: how != "",
			lb: parseHost("203.0.113.10", "lb1"), servers: []newHost{parseHost("10.0.0.11", "web1")}}
		text := a.render()
		open := regexp.MustCompile(`(?m)^# (\[|[A-Za-z_]+ = [^\n]*|[A-Z][A-Za-z]+: |""")`).ReplaceAllString(text, "$1")
		if strings.Count(open, "\n# ") > strings.Count(text, "\n# ")-8 {
			t.Errorf("%q: hardly a comment is a key", how)
		}
		_, err := inventory.Parse("x.toml", []byte(open))
		var errs *inventory.Errors
		if err != nil && !errors.As(err, &errs) {
			t.Fatal(err)
		}
		if err == nil {
			continue
		}
		for _, e := range errs.List {
			if strings.Contains(e.Message, "unknown key") || strings.Contains(e.Message, "toml.io") {
				t.Errorf("%q: %v", how, e)
			}
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
		if code != 64 || !strings.Contains(said, path+" is there already") {
			t.Errorf("%s: exit %d: %s", path, code, said)
		}
	}
	if text, err := os.ReadFile("inventory.toml"); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Lstat("nowhere"); err == nil {
		t.Error("wrote through a link")
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
		{append(given, "--server", "x\"y=10.0.0.13"), "is not a host's name"},
		{append(given, "--server", "back=10.0.0.13"), "two hosts are called back"},
		{append(given, "--server", "10.0.0.11"), "is the address of web1 too"},
		{append(given, "--app", "nowhere"), "app.source: there is no folder"},
		{append(given, "--minimal", "--full"), "none of the others can be"},
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

func TestInitAsks(t *testing.T) {
	workIn(t)
	typed := strings.Join([]string{
		"https://example.com", "www.example.com", "", "nobody", "ops@example.com",
		"8.8.8.8", "203.0.113.10, 10.0.0.10", "", "10.0.0.10", "10.0.0.11", "lb1=10.0.0.12", "db=10.0.0.12", "", "", ""}, "\n")
	var out, asked strings.Builder
	a := answers{path: "inventory.toml"}
	if err := a.init(strings.NewReader(typed), &out, &asked); err != nil {
		t.Fatalf("%v\n%s", err, asked.String())
	}
	inv, err := inventory.Load("inventory.toml")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(namesOf(inv.Hosts), " "); got != "lb1 web1 db" || inv.Host("lb1").IP().String() != "10.0.0.10" || inv.Site.Email != "ops@example.com" {
		t.Errorf("hosts %s; %+v", got, inv)
	}
	for _, want := range []string{"is a URL", "an answer is needed", "is not one e-mail address", "public DNS service",
		"is the address of lb1 too", "lb1 is the name of another host", "the next server, web2", "[app]: "} {
		if !strings.Contains(asked.String(), want) {
			t.Errorf("the talk lacks %q:\n%s", want, asked.String())
		}
	}
}

func TestInitWithoutTheLastAnswer(t *testing.T) {
	workIn(t)
	a := answers{path: "inventory.toml", domain: "www.example.com"}
	var asked strings.Builder
	err := a.init(strings.NewReader("ops@example.com\n203.0.113.10\n10.0.0.11\n"), &asked, &asked)
	if err == nil || !strings.Contains(err.Error(), "nothing was written") {
		t.Errorf("%v", err)
	}
	if strings.Contains(asked.String(), "people type it") {
		t.Error("asked for what was given")
	}
	if _, err := os.Stat("inventory.toml"); err == nil {
		t.Error("the file was written")
	}
}

func TestSourceCountsFromTheInventory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, c := range [][3]string{
		{"x.toml", "app", "./app"}, {"x.toml", "./a/b/", "./a/b"}, {"conf/x.toml", "app", "../app"}, {"a/b/x.toml", "app", filepath.Join(dir, "app")},
		{"x.toml", "/srv/app", "/srv/app"}, {"x.toml", "~/app", "~/app"}, {"conf/x.toml", "conf/app", "./app"},
	} {
		if got := (&answers{path: c[0], app: c[1]}).source(); got != c[2] {
			t.Errorf("%s in %s: %s, want %s", c[1], c[0], got, c[2])
		}
	}
}
