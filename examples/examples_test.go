package examples_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"foobar/examples"
	"foobar/inventory"
)

// lay puts inventories and the app into a temporary folder as they lie here,
// with the files that tls-files.toml says one must have.
func lay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, examples.App); err != nil {
		t.Fatal(err)
	}
	inventories := filepath.Join(dir, "inventories")
	if err := os.CopyFS(inventories, os.DirFS("inventories")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"site.pem", "site.key", "collector.deb", "token"} {
		if err := os.WriteFile(filepath.Join(inventories, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return inventories
}

func TestInventoriesLoad(t *testing.T) {
	dir := lay(t)
	files, err := filepath.Glob(filepath.Join(dir, "*.toml"))
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		inv, err := inventory.Load(file)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if len(inv.Group(inventory.LB)) != 1 || inv.App.Source != filepath.Join(filepath.Dir(dir), "app") || inv.Web.Static != "static" {
			t.Errorf("%s: lb %v, app %s, static %s", file, inv.Group(inventory.LB), inv.App.Source, inv.Web.Static)
		}
	}
}

// TestMinimalIsAsPromised: fourteen lines, and the README shows the same ones.
func TestMinimalIsAsPromised(t *testing.T) {
	data, err := os.ReadFile("inventories/minimal.toml")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), "\n"); n != 14 {
		t.Errorf("the minimal inventory has %d lines", n)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), strings.Replace(string(data), "../app", "./app", 1)) {
		t.Error("the README shows another minimal inventory")
	}
}

// TestFullShowsEveryKey asks the reader for the keys it knows, by its own
// complaints about a key it does not know.
func TestFullShowsEveryKey(t *testing.T) {
	full, err := os.ReadFile("inventories/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	wrong := ""
	for _, table := range []string{"site", "ssh", "deploy", "tls", "lb", "web", "web.auth", "app", "db", "db.package", "db.backup", "firewall", "monitoring", "monitoring.alerts", "monitoring.package", "secrets", "hosts.x", "hosts.x.ssh"} {
		wrong += "[" + table + "]\nqqqqqqqqqqqqqqqqqqqqqqqq = 1\n"
	}
	for _, list := range []string{"firewall.extra", "app.worker", "app.timer", "web.redirect", "monitoring.notify"} {
		wrong += "[[" + list + "]]\nqqqqqqqqqqqqqqqqqqqqqqqq = 1\n"
	}
	_, err = inventory.Parse("wrong.toml", []byte(wrong))
	if err == nil {
		t.Fatal("unknown keys were accepted")
	}
	lists := regexp.MustCompile(`the keys of \[+([^\]]+)\]+ are (.+)`).FindAllStringSubmatch(err.Error(), -1)
	if len(lists) != 23 {
		t.Fatalf("%d lists of keys; want one for each table", len(lists))
	}
	shown := keysOf(string(full))
	for _, list := range lists {
		table := strings.Replace(list[1], "hosts.x", "hosts", 1)
		if table == "hosts.ssh" {
			continue // as [ssh]
		}
		for _, key := range strings.Split(list[2], ", ") {
			if !shown[table+"."+key] {
				t.Errorf("full.toml does not show %s in [%s]", key, table)
			}
			delete(shown, table+"."+key)
		}
	}
	free := regexp.MustCompile(`^(\.version|hosts\.ssh\..*|app\.(env|secrets)\..*|db\.settings\..*|monitoring\.fields\..*|web\.auth\.users\..*)$`)
	for _, key := range slices.Sorted(maps.Keys(shown)) {
		if !free.MatchString(key) {
			t.Errorf("full.toml shows %s, which the reader does not know", key)
		}
	}
}

// TestFullShowsDefaults: the tables whose lines do not say otherwise hold what an
// inventory without them has.
func TestFullShowsDefaults(t *testing.T) {
	dir := lay(t)
	full, err := inventory.Load(filepath.Join(dir, "full.toml"))
	if err != nil {
		t.Fatal(err)
	}
	least, err := inventory.Load(filepath.Join(dir, "minimal.toml"))
	if err != nil {
		t.Fatal(err)
	}
	full.DB.BufferPool, full.DB.Backup.Host, full.DB.Settings = 0, "", nil // depend on the hosts and the app
	app, web := full.App, full.Web
	web.Redirects, web.Auth, web.StaticFound = nil, inventory.Auth{}, true // of the folder that it names
	app.Packages, app.Env, app.Secrets, app.Build, app.Migrate, app.Background, app.Timers = nil, nil, nil, nil, nil, nil, nil
	for what, pair := range map[string][2]any{
		"deploy": {full.Deploy, least.Deploy}, "tls": {full.TLS, least.TLS}, "lb": {full.LB, least.LB}, "web": {web, least.Web},
		"app": {app, least.App}, "db": {full.DB, least.DB}, "secrets": {full.Secrets, least.Secrets},
		"site.name": {full.Site.Name, least.Site.Name}, "firewall.purge": {full.Firewall.Purge, least.Firewall.Purge},
		"firewall.loopback": {full.Firewall.Loopback, least.Firewall.Loopback}, "monitoring.endpoint": {full.Monitoring.Endpoint, least.Monitoring.Endpoint},
		"monitoring.token": {full.Monitoring.Token, least.Monitoring.Token}, "monitoring.package": {full.Monitoring.Package, least.Monitoring.Package},
		"monitoring.alerts": {full.Monitoring.Alerts, least.Monitoring.Alerts},
		"weight":            {full.Host("web1").Weight, least.Host("web1").Weight},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: full.toml says %+v, the default is %+v", what, pair[0], pair[1])
		}
	}
}

// keysOf lists the keys of a text, those that are commented out too, and the
// tables as keys of the tables around them. All hosts are one.
func keysOf(text string) map[string]bool {
	var (
		keys   = map[string]bool{}
		header = regexp.MustCompile(`^\[+([^\]]+)\]+`)
		host   = regexp.MustCompile(`^hosts\.[^.]+`)
		pair   = regexp.MustCompile(`^(?:# )?([A-Za-z0-9_]+) = `)
		table  string
	)
	for line := range strings.Lines(text) {
		if m := header.FindStringSubmatch(line); m != nil {
			table = host.ReplaceAllString(m[1], "hosts")
			if strings.Contains(table, ".") {
				keys[table] = true
			}
		} else if m := pair.FindStringSubmatch(line); m != nil {
			keys[table+"."+m[1]] = true
		}
	}
	return keys
}

// TestAppIsWhole: what is embedded is what lies here, without what Python leaves behind.
func TestAppIsWhole(t *testing.T) {
	if _, err := fs.Stat(examples.App, "app/wsgi.py"); err != nil {
		t.Error(err)
	}
}
