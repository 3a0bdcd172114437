//go:build lab && gauntlet

package labtest

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// loaded is an example as it is put under load.
type loaded struct {
	name   string
	main   string // the file that is changed, and broken, in a release
	health string // the one with the health path
	pages  []page
	moveTo string // who becomes the primary; the last example brings it back to web1

	source, inventory string
	client            *http.Client
}

// TestH3UnderLoad: no request fails while each of the examples is released, rolled back,
// released broken and with a broken migration, asked for its health elsewhere, given other
// headers and time-outs, and while its primary moves. The client says so, and foobar.
func TestH3UnderLoad(t *testing.T) {
	defer converged(t, site, 4)
	defer must(t, 0, "deploy", site)
	defer must(t, 0, "db", "switchover", site, "--to", "web1", "-y")
	form, note := "application/x-www-form-urlencoded", "text=written+under+load"
	for _, app := range []*loaded{
		{name: "app", main: "wsgi.py", health: "wsgi.py", moveTo: "web2",
			pages: []page{{path: "/"}, {path: "/api/notes"}, {path: "/static/style.css"}, {"/api/notes", "application/json", `{"text": "written under load"}`}}},
		{name: "django", main: "mysite/wsgi.py", health: "mysite/urls.py", moveTo: "web3",
			pages: []page{{path: "/"}, {path: "/admin/login/"}, {path: "/static/admin/css/base.css"}, {"/", form, note}}},
		{name: "asgi", main: "app.py", health: "app.py", moveTo: "web1", pages: []page{{path: "/"}, {path: "/?again"}}},
	} {
		t.Run(app.name, app.test)
	}
}

func (a *loaded) test(t *testing.T) {
	a.begin(t)
	main := a.read(t, a.main)
	a.during(t, "a release", func() {
		a.write(t, a.main, main+"\n# another release\n")
		a.run(t, 0, "release", "-y", a.inventory)
	})
	a.during(t, "a rollback", func() { a.run(t, 0, "rollback", "-y", a.inventory) })
	a.during(t, "a release that does not start", func() {
		a.write(t, a.main, "raise RuntimeError('this release is broken')\n"+main)
		if said := a.run(t, 7, "release", "-y", a.inventory); !strings.Contains(said, "this release is broken") {
			t.Errorf("the traceback is not shown:\n%s", tail(said, 20))
		}
		a.write(t, a.main, main)
	})
	a.during(t, "a migration that fails", func() {
		undo := a.brokenMigration(t)
		if said := a.run(t, 1, "release", "-y", a.inventory); !strings.Contains(said, "this migration is broken") {
			t.Errorf("the traceback is not shown:\n%s", tail(said, 20))
		}
		undo()
	})
	a.during(t, "a health path that changes with the app", func() {
		a.write(t, a.health, strings.Replace(a.read(t, a.health), "healthz", "alive", 1))
		a.rewrite(t, strings.Replace(read(t, a.inventory), "\n[app]\n", "\n[app]\nhealth_path = \"/alive\"\n", 1))
		a.append(t, "\n[lb]\nhealth_path = \"/alive\"\n")
		a.run(t, 0, "deploy", a.inventory)
	})
	a.during(t, "headers and time-outs that change", func() {
		text := strings.Replace(read(t, a.inventory), "\n[app]\n", "\n[app]\ntimeout = \"45s\"\n", 1)
		a.rewrite(t, strings.Replace(text, "\n[lb]\n", "\n[lb]\ntimeout_client = \"50s\"\n", 1))
		a.append(t, "\n[web.headers]\nX-Under-Load = \"yes\"\n")
		a.run(t, 0, "deploy", a.inventory)
	})
	a.during(t, "a time-out that becomes shorter", func() {
		a.rewrite(t, strings.Replace(read(t, a.inventory), "\ntimeout = \"45s\"\n", "\ntimeout = \"15s\"\n", 1))
		a.run(t, 0, "deploy", a.inventory)
	})
	if got := curl(t, "-I", "https://www.foobar.com/"); !strings.Contains(strings.ToLower(got), "x-under-load: yes") {
		t.Errorf("the header is not there:\n%s", got)
	}
	// A write may have to be sent again then, which takes an app that does it: TestO1PrimaryMoves.
	a.pages = readsOf(a.pages)
	a.during(t, "a switchover", func() { a.run(t, 0, "db", "switchover", a.inventory, "--to", a.moveTo, "-y") })
}

// begin deploys a copy of the example.
func (a *loaded) begin(t *testing.T) {
	t.Helper()
	a.source = filepath.Join(work, "loaded-"+a.name)
	if err := os.CopyFS(a.source, os.DirFS("../../../examples/"+a.name)); err != nil {
		t.Fatal(err)
	}
	if a.name == "app" {
		a.inventory = filepath.Join(work, "loaded-app.toml")
		a.rewrite(t, regexp.MustCompile(`(?m)^source = ".*"$`).ReplaceAllLiteralString(read(t, site), `source = "`+a.source+`"`))
	} else {
		a.inventory = ofApp(t, a.name, a.source)
	}
	must(t, 0, "deploy", a.inventory)
	a.client = outside(t)
}

// brokenMigration gives the next release a migration that fails; undo takes it away.
func (a *loaded) brokenMigration(t *testing.T) (undo func()) {
	t.Helper()
	const raise = "raise RuntimeError('this migration is broken')\n"
	file, inventory := "fails.py", read(t, a.inventory)
	if a.name == "django" {
		file = "board/migrations/0003_fails.py"
	} else {
		a.rewrite(t, strings.Replace(inventory, "\n[app]\n", "\n[app]\nmigrate = [\"python fails.py\"]\n", 1))
	}
	a.write(t, file, raise)
	return func() {
		a.rewrite(t, inventory)
		if err := os.Remove(filepath.Join(a.source, file)); err != nil {
			t.Fatal(err)
		}
	}
}

// during does something under load.
func (a *loaded) during(t *testing.T, while string, do func()) {
	t.Helper()
	end := load(t, a.client, a.pages)
	defer end(a.name + ": " + while)
	do()
}

// run runs foobar, which must have counted no failed request, and is what it wrote.
func (a *loaded) run(t *testing.T, code int, args ...string) string {
	t.Helper()
	r := must(t, code, append(args, "-o", "json")...)
	counted := false
	for line := range strings.Lines(r.out) {
		var e struct {
			Type           string `json:"type"`
			FailedRequests *int   `json:"failed_requests"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("not JSON: %s", line)
		}
		if e.Type == "run_done" && e.FailedRequests != nil {
			counted = true
			if *e.FailedRequests != 0 {
				t.Errorf("foobar counted %d failed requests", *e.FailedRequests)
			}
		}
	}
	if !counted {
		t.Errorf("foobar %s did not count failed requests", strings.Join(args, " "))
	}
	return r.all()
}

func (a *loaded) read(t *testing.T, file string) string {
	t.Helper()
	return read(t, filepath.Join(a.source, file))
}

func (a *loaded) write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.source, file), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// rewrite and append change the inventory.
func (a *loaded) rewrite(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(a.inventory, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (a *loaded) append(t *testing.T, text string) {
	t.Helper()
	a.rewrite(t, read(t, a.inventory)+text)
}
