package action

import (
	"errors"
	"os"
	"path/filepath"
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

// TestInitCommentsAreKeys: every key in a comment is one that the parser knows once
// the hash is taken away.
func TestInitCommentsAreKeys(t *testing.T) {
	workIn(t)
	for _, how := range []string{"", "--full"} {
		a := Init{Path: "x.toml", Domain: "www.example.com", Email: "ops@example.com", App: "app", Full: how != "",
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

func TestInitAsks(t *testing.T) {
	workIn(t)
	typed := strings.Join([]string{
		"https://example.com", "www.example.com", "", "nobody", "ops@example.com",
		"8.8.8.8", "203.0.113.10, 10.0.0.10", "", "10.0.0.10", "10.0.0.11", "lb1=10.0.0.12", "db=10.0.0.12", "store=10.0.0.12", "", "", "perhaps", "", ""}, "\n")
	var out, asked strings.Builder
	v := Init{Path: "inventory.toml", Console: Console{In: strings.NewReader(typed), Out: &out, Err: &asked, Typed: true, Read: true}}
	if err := v.Run(); err != nil {
		t.Fatalf("%v\n%s", err, asked.String())
	}
	inv, err := inventory.Load("inventory.toml")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(inventory.Names(inv.Hosts), " "); got != "lb1 web1 store" || inv.Host("lb1").IP().String() != "10.0.0.10" || inv.Site.Email != "ops@example.com" || inv.Monitoring.Enabled {
		t.Errorf("hosts %s; %+v", got, inv)
	}
	for _, want := range []string{"is a URL", "an answer is needed", "is not one e-mail address", "public DNS service",
		"is the address of lb1 too", "lb1 is the name of another host", "db is the name of a role", "the next server, web2", "[app]: ", "(yes/no) [no]: ", "answer yes or no"} {
		if !strings.Contains(asked.String(), want) {
			t.Errorf("the talk lacks %q:\n%s", want, asked.String())
		}
	}
}

func TestInitWithoutTheLastAnswer(t *testing.T) {
	workIn(t)
	var asked strings.Builder
	v := Init{Path: "inventory.toml", Domain: "www.example.com",
		Console: Console{In: strings.NewReader("ops@example.com\n203.0.113.10\n10.0.0.11\n"), Out: &asked, Err: &asked, Typed: true, Read: true}}
	err := v.Run()
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
		if got := (&Init{Path: c[0], App: c[1]}).source(); got != c[2] {
			t.Errorf("%s in %s: %s, want %s", c[1], c[0], got, c[2])
		}
	}
}
