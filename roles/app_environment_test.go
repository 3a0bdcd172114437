package roles

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"foobar/inventory"
)

// environmentOf reads the environment file of a host back, as systemd would.
func environmentOf(t *testing.T, env map[string]string, host string) map[string]string {
	t.Helper()
	s := databaseSite(t)
	s.Inv.App.Env = env
	text, err := appEnvironment(s, s.Inv.Host(host))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(line, "#") {
			got[name] = strings.NewReplacer(`\\`, `\`, `\"`, `"`, "\\`", "`", `\$`, `$`).Replace(value[1 : len(value)-1])
		}
	}
	return got
}

// TestEnvironmentNamesTheDatabase: an app finds the database under any name, in any
// spelling; what it is given agrees with the URL, and every placeholder stands for something.
func TestEnvironmentNamesTheDatabase(t *testing.T) {
	want := map[string]string{}
	for _, name := range inventory.Placeholders {
		want[strings.ToUpper(strings.ReplaceAll(name, ".", "_"))+"_X"] = "<{" + name + "}>"
	}
	got := environmentOf(t, want, "web2")
	for name := range want {
		if got[name] == "<>" && name != "RELEASE_X" || strings.ContainsAny(got[name], "{}") {
			t.Errorf("%s=%s", name, got[name])
		}
	}
	for prefix, full := range map[string]string{"DATABASE_": got["DATABASE_URL"], "DATABASE_READ_": strings.Split(got["DATABASE_READ_URLS"], ",")[0]} {
		at := func(name string) string { return strings.Trim(got[prefix+name+"_X"], "<>") }
		u, err := url.Parse(full)
		if err != nil {
			t.Fatal(err)
		}
		password, _ := u.User.Password()
		if parts := []string{u.Hostname(), u.Port(), u.User.Username(), password, u.Path[1:], u.Query().Get("ssl_ca")}; !slices.Equal(parts, []string{at("HOST"), at("PORT"), at("USER"), at("PASSWORD"), at("NAME"), at("CA")}) {
			t.Errorf("%s and its parts differ", prefix)
		}
		if full != at("URL") {
			t.Errorf("{%s} is not what the app is given", prefix)
		}
	}
	if got["DATABASE_READ_HOST_X"] != "<10.77.0.12>" {
		t.Errorf("web2 reads from %s, not from the replica on itself", got["DATABASE_READ_HOST_X"])
	}
}

// TestEnvironmentMayNameTheURLItself: what foobar sets by default, an app may set.
func TestEnvironmentMayNameTheURLItself(t *testing.T) {
	got := environmentOf(t, map[string]string{"DATABASE_URL": "mysql+pymysql://{database.host}/x", "db_host": "{database.host}"}, "web1")
	if got["DATABASE_URL"] != "mysql+pymysql://10.77.0.11/x" || got["db_host"] != "10.77.0.11" {
		t.Error(got["DATABASE_URL"], got["db_host"])
	}
}

// TestURLOfDjango: a project of Django's is known by its manage.py and what is in it, where Python finds it.
func TestURLOfDjango(t *testing.T) {
	for file, want := range map[string]string{"manage.py": "?ssl-ca=", "src/manage.py": "?ssl-ca=", "backend/manage.py": "?ssl-ca=", "other/manage.py": "?ssl_ca="} {
		s := serverSiteOf(t, map[string]string{file: "from django.core.management import execute_from_command_line"}, hostText("db1", "10.0.0.11", "web", "app", "db"))
		s.Inv.App.Env["PYTHONPATH"] = "lib:backend"
		text, err := appEnvironment(s, s.Inv.Host("db1"))
		if _, url, _ := strings.Cut(string(text), "\nDATABASE_URL="); err != nil || !strings.Contains(strings.SplitN(url, "\n", 2)[0], want) {
			t.Errorf("with %s: %v\n%s", file, err, url)
		}
	}
}
