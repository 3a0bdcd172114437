package planview

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"foobar/internal/event"
	"foobar/internal/resource"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// plan is a host's plan with every kind of line.
var plan = event.HostPlanned{Host: "web1", Resources: 40, Changes: []event.Change{
	{Play: "base", Resource: "file:/etc/systemd/journald.conf.d/foobar.conf", Action: resource.Create,
		Fields: []resource.Field{{Name: "content", New: "# foobar\n[Journal]\nSystemMaxUse=1G\n", Text: true}, {Name: "mode", New: "0644"}}},
	{Play: "web", Resource: "file:/etc/nginx/nginx.conf", Action: resource.Update, Fields: []resource.Field{
		{Name: "content", Text: true, Old: "# by foobar\nuser www-data;\nevents {\n\tworker_connections 77; # few\n}\n",
			New: "# by foobar\nuser www-data;\nevents {\n\tworker_connections 1024;\n}\n"}, {Name: "mode", Old: "0600", New: "0644"}}},
	{Play: "web", Resource: "file:/etc/foobar/otelcol.yaml", Action: resource.Update, Fields: []resource.Field{
		{Name: "content", Text: true, Old: "a:\n  - b: \"x # y\"\n", New: "a:\n  - b: 'z' # w\n"}}},
	{Play: "web", Resource: "file:/srv/logo.png", Action: resource.Update, Fields: []resource.Field{{Name: "content", Text: true, Old: "a", New: "b"}}},
	{Play: "web", Resource: "service:nginx.service", Action: resource.Act, Disrupts: true, Reason: "restart: the unit file changed on disk",
		Fields: []resource.Field{{Name: "state", Old: "inactive", New: "active"}}},
	{Play: "database", Resource: "database:users", Action: resource.Create, Provisional: true, Reason: "MariaDB is not installed yet",
		Fields: []resource.Field{{Name: "password of app_rw", New: "[secret]"}}},
	{Play: "removed from the inventory", Resource: "file:/etc/old", Action: resource.Remove, Fields: []resource.Field{{Name: "state", Old: "present", New: "absent"}}},
}, Refused: []event.Refusal{{Play: "app", Resource: "custom:/srv/current", Error: "/srv/current is a folder", Code: "RUN12"}},
	Held:      []event.Change{{Play: "app", Resource: "service:app.service", Action: resource.Act, HeldBy: "custom:/srv/current", Fields: []resource.Field{{Name: "state", New: "active"}}}},
	Unmanaged: []string{"rule: allow 8080/tcp"}}

func render(paint Paint, depth Depth) string {
	var t Total
	t.Add(plan)
	t.Add(event.HostPlanned{Host: "web2"})
	return strings.Join(append(Hosts(paint, []event.HostPlanned{plan}, depth), t.Lines(paint)...), "\n") + "\n"
}

func TestPlan(t *testing.T) {
	for name, got := range map[string]string{
		"named.txt": render(Bare, Named), "diffs.txt": render(Bare, Diffs), "whole.txt": render(Bare, Whole), "whole.ansi": render(SGR, Whole),
	} {
		path := "testdata/" + name
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs (go test -update rewrites it):\n%s", path, strings.Join(Unified(string(want), got), "\n"))
		}
	}
}

// TestColoursAreOnlyColours: without them the text is the same, and bare text
// holds no escape.
func TestColoursAreOnlyColours(t *testing.T) {
	coloured, bare := render(SGR, Whole), render(Bare, Whole)
	if strings.Contains(bare, "\x1b") {
		t.Error("bare text holds an escape")
	}
	if got := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(coloured, ""); got != bare {
		t.Errorf("without its colours the text is\n%s", got)
	}
	for _, l := range strings.Split(coloured, "\n") {
		if strings.Contains(l, "\x1b") && !strings.HasSuffix(l, "\x1b[0m") && strings.LastIndex(l, "\x1b[0m") < strings.LastIndex(l, "\x1b[") {
			t.Errorf("a colour runs over the end of a line: %q", l)
		}
	}
}

// TestNames: a few hosts by name, many in spans.
func TestNames(t *testing.T) {
	many := func(from, to int) (names []string) {
		for i := from; i <= to; i++ {
			names = append(names, fmt.Sprintf("web%d", i))
		}
		return names
	}
	for want, names := range map[string][]string{
		"":                                 nil,
		"web1, web2, web3":                 many(1, 3),
		"web1 … web254 (254 hosts)":        many(1, 254),
		"db1, db2, web9 … web14 (8 hosts)": append([]string{"db1", "db2"}, many(9, 14)...),
		"a, b, c, d, e, … (7 hosts)":       {"a", "b", "c", "d", "e", "f", "g"},
	} {
		if got := Names(names); got != want {
			t.Errorf("%q: got %q, want %q", names, got, want)
		}
	}
}
