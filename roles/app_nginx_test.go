package roles

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/bundle"
	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/internal/sh"
	"foobar/inventory"
)

var updateServers = flag.Bool("update-servers", false, "rewrite the golden files of the roles nginx and app")

func serverHost(name, ip string, roles ...string) *inventory.Host {
	return &inventory.Host{Name: name, Address: ip, Private: []netip.Addr{netip.MustParseAddr(ip)}, Roles: roles}
}

// serverSite is a site of one balancer and the hosts given, with an application
// of two files.
func serverSite(t *testing.T, hosts ...*inventory.Host) *play.Site {
	t.Helper()
	src := t.TempDir()
	for name, text := range map[string]string{"wsgi.py": "app = None\n", "static/style.css": "body {}\n"} {
		p := filepath.Join(src, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	app, err := bundle.Pack(src)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	ca, err := pki.New(bytes.Repeat([]byte{7}, 32), "foobar", 1)
	if err != nil {
		t.Fatal(err)
	}
	master, err := secret.NewMaster(bytes.Repeat([]byte{9}, 32), 1, secret.Site{Name: "foobar", Domain: "www.foobar.com"})
	if err != nil {
		t.Fatal(err)
	}
	lb := serverHost("lb1", "10.0.0.10", inventory.LB)
	lb.Address = "203.0.113.10"
	inv := &inventory.Inventory{
		Hosts: append([]*inventory.Host{lb}, hosts...),
		Site:  inventory.Site{Name: "foobar", Domain: "www.foobar.com", Aliases: []string{"foobar.com"}},
		Web:   inventory.WebServer{Static: "static", ClientMaxBody: 16 << 20},
		App: inventory.Application{Entrypoint: "wsgi:app", Port: 9000, KeepReleases: 2, HealthPath: "/healthz",
			Env: map[string]string{"GREETING": `say "hi" for $5 in \n`}, Secrets: map[string]inventory.Source{"API_KEY": {Env: "API_KEY"}}},
		DB: inventory.Database{Engine: "mariadb", Name: "foobar", Port: 3306},
		LB: inventory.Balancer{HealthPath: "/healthz"},
	}
	s := &play.Site{Inv: inv, App: app, CA: ca, Master: master, Facts: map[string]facts.Facts{},
		Secrets: map[string]secret.String{"app.secrets.API_KEY": secret.New("key`with`ticks")}}
	for _, h := range inv.Hosts {
		s.Facts[h.Name] = facts.Facts{CPUs: 2}
	}
	return s
}

func allInOne(t *testing.T) (*play.Site, *inventory.Host) {
	web2 := serverHost("web2", "10.0.0.12", inventory.Web, inventory.App)
	return serverSite(t, serverHost("web1", "10.0.0.11", inventory.Web, inventory.App), web2), web2
}

func split(t *testing.T) (s *play.Site, web, app *inventory.Host) {
	web, app = serverHost("front", "10.0.1.1", inventory.Web), serverHost("worker", "10.0.2.1", inventory.App)
	return serverSite(t, web, app, serverHost("worker-b", "10.0.2.2", inventory.App)), web, app
}

func wanted(t *testing.T, r play.Role, s *play.Site, h *inventory.Host) map[resource.ID]resource.Resource {
	t.Helper()
	list, err := r.Resources(s, h)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[resource.ID]resource.Resource{}
	for _, x := range list {
		if byID[x.ID()] != nil {
			t.Errorf("%s is wanted twice", x.ID())
		}
		byID[x.ID()] = resource.Unwrap(x)
	}
	return byID
}

func fileText(t *testing.T, have map[resource.ID]resource.Resource, path string) string {
	t.Helper()
	f, ok := have[resource.NewID("file", path)].(resource.File)
	if !ok {
		t.Fatalf("%s is not wanted", path)
	}
	return string(f.Content)
}

func goldenServer(t *testing.T, name, got string) {
	t.Helper()
	p := filepath.Join("testdata", filepath.FromSlash(name))
	if *updateServers {
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(p)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from what is rendered (rewrite with -update-servers and look):\n%s", p, got)
	}
}

func TestServerGolden(t *testing.T) {
	s, h := allInOne(t)
	n, a := wanted(t, Nginx{}, s, h), wanted(t, App{}, s, h)
	goldenServer(t, "nginx/server.conf", fileText(t, n, nginxConf))
	goldenServer(t, "app/server.service", fileText(t, a, appUnit))
	goldenServer(t, "app/server.socket", fileText(t, a, appSocket))
	s, web, app := split(t)
	goldenServer(t, "nginx/split.conf", fileText(t, wanted(t, Nginx{}, s, web), nginxConf))
	a = wanted(t, App{}, s, app)
	goldenServer(t, "app/split.service", fileText(t, a, appUnit))
	goldenServer(t, "app/split.socket", fileText(t, a, appSocket))
}

func TestWebOnlyHostServesStaticFiles(t *testing.T) {
	s, web, _ := split(t)
	have := wanted(t, Nginx{}, s, web)
	id := resource.NewID("release", "/srv/foobar/releases/"+s.App.ID+"/.complete")
	r, ok := have[id].(resource.Custom)
	if !ok {
		t.Fatalf("%s is not wanted", id)
	}
	c, err := r.Compare(resource.Observed{State: resource.Absent})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range c.Steps {
		if run, ok := step.(resource.Run); ok && strings.Contains(run.Script, "python") {
			t.Error("a host without the application builds it for Python")
		}
	}
	s.Inv.Web.Static = ""
	if have = wanted(t, Nginx{}, s, web); have[id] != nil {
		t.Error("the release is wanted although nothing of it is served")
	}
	if strings.Contains(fileText(t, have, nginxConf), "/static/") {
		t.Error("nginx serves /static/ although there is no such folder")
	}
}

func TestNginxRefusesWhatItWouldMisread(t *testing.T) {
	s, h := allInOne(t)
	s.Inv.Web.Static = "static; }"
	if _, err := (Nginx{}).Resources(s, h); err == nil || !strings.Contains(err.Error(), "static; }") {
		t.Errorf("got %v", err)
	}
	s, h = allInOne(t)
	s.Inv.Hosts = []*inventory.Host{h}
	h.Roles = []string{inventory.Web}
	if _, err := (Nginx{}).Resources(s, h); err == nil || !strings.Contains(err.Error(), "role app") {
		t.Errorf("web without any application: got %v", err)
	}
}

func TestAppEnvironment(t *testing.T) {
	s, h := allInOne(t)
	have := wanted(t, App{}, s, h)
	f := have[resource.NewID("file", appEnv)].(resource.File)
	if !f.Secret || f.Mode != 0o600 {
		t.Errorf("%s can be seen: secret %v, mode %o", appEnv, f.Secret, f.Mode)
	}
	for _, line := range []string{
		`GREETING="say \"hi\" for \$5 in \\n"`, "API_KEY=\"key\\`with\\`ticks\"", `SITE_HOST="web2"`,
		`SITE_RELEASE="` + s.App.ID + `"`, `SITE_DOMAINS="www.foobar.com,foobar.com"`,
	} {
		if !strings.Contains(string(f.Content), line+"\n") {
			t.Errorf("no line %s in\n%s", line, f.Content)
		}
	}
	if strings.Contains(fileText(t, have, appUnit), "key`") {
		t.Error("a secret stands in the unit, which everyone may read")
	}
	s.Inv.App.Env["BAD NAME"] = "x"
	if _, err := (App{}).Resources(s, h); err == nil || !strings.Contains(err.Error(), "BAD NAME") {
		t.Errorf("a name with a blank: got %v", err)
	}
}

func TestAppRestartsWithItsRelease(t *testing.T) {
	s, h := allInOne(t)
	service := wanted(t, App{}, s, h)["service:app.service"].(resource.Service)
	for _, kind := range []string{"release", "current", "file"} {
		if !slices.ContainsFunc(service.Loads, func(id resource.ID) bool { return id.Kind() == kind }) {
			t.Errorf("app.service does not load a %s: %v", kind, service.Loads)
		}
	}
	if service.Reload || !service.Felt {
		t.Error("a release needs a restart, which users can feel")
	}
}

// onThisMachine runs a script in which /srv and /var/lib/foobar lie below dir.
func onThisMachine(t *testing.T, dir, script string) (out string, status int) {
	t.Helper()
	script = strings.NewReplacer("/srv/", dir+"/srv/", "/var/lib/foobar/", dir+"/lib/", "-o root -g root ", "").Replace(script)
	cmd := exec.Command("sh", "-eu")
	cmd.Stdin = strings.NewReader(sh.Files + script)
	raw, err := cmd.CombinedOutput()
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

func TestReleaseConverges(t *testing.T) {
	for _, tool := range []string{"/usr/bin/python3", "/usr/bin/find"} {
		if _, err := os.Stat(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	s, h := allInOne(t)
	dir := t.TempDir()
	have := wanted(t, App{}, s, h)
	base := "/srv/foobar/releases/" + s.App.ID
	rel := have[resource.NewID("release", base+"/.complete")].(resource.Custom)
	cur := have[resource.NewID("current", "/srv/foobar/current/.complete")].(resource.Custom)
	ask := func(c resource.Custom) resource.Change {
		t.Helper()
		out, status := onThisMachine(t, dir, c.Ask)
		o := resource.Observed{State: resource.Present, Attrs: map[string]string{"out": out}}
		if status == 3 {
			o.State = resource.Absent
		} else if status != 0 {
			t.Fatalf("status %d: %s", status, out)
		}
		change, err := c.Compare(o)
		if err != nil {
			t.Fatal(err)
		}
		return change
	}
	bring := func(c resource.Custom) {
		t.Helper()
		for _, step := range ask(c).Steps {
			switch step := step.(type) {
			case resource.Put:
				data, err := os.ReadFile(step.File)
				if err != nil {
					t.Fatal(err)
				}
				os.MkdirAll(dir+"/lib/app", 0o755)
				if err := os.WriteFile(dir+"/lib/app/"+filepath.Base(step.Path), data, 0o600); err != nil {
					t.Fatal(err)
				}
			case resource.Run:
				if out, status := onThisMachine(t, dir, step.Script); status != 0 {
					t.Fatalf("%s: status %d: %s", step.Title, status, out)
				}
			}
		}
		if left := ask(c); !left.Empty() {
			t.Fatalf("%s did not converge: %+v", c.Name, left.Fields)
		}
	}
	old := []string{"aaa", "bbb", "ccc"}
	for _, id := range append(old, "unfinished") {
		os.MkdirAll(dir+"/srv/foobar/releases/"+id, 0o755)
		if id != "unfinished" {
			os.WriteFile(dir+"/srv/foobar/releases/"+id+"/.complete", []byte("x"), 0o644)
		}
	}
	if err := os.Symlink("releases/aaa", dir+"/srv/foobar/current"); err != nil {
		t.Fatal(err)
	}
	if c := ask(rel); c.Action != resource.Create || len(c.Steps) != 2 {
		t.Fatalf("a missing release: %+v", c)
	}
	bring(rel)
	if start, err := os.ReadFile(dir + base + "/.start"); err != nil || !strings.Contains(string(start), "exec /usr/bin/python3 -m gunicorn") {
		t.Errorf(".start is %q, %v", start, err)
	}
	left, _ := filepath.Glob(dir + "/srv/foobar/releases/*")
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if slices.Contains(left, "unfinished") || !slices.Contains(left, "aaa") || len(left) > 4 {
		t.Errorf("after the build there are %v; the unfinished must go, the one in use must stay", left)
	}
	if c := ask(cur); c.Empty() || c.Fields[0].Old != "aaa" {
		t.Errorf("the link to an older release: %+v", c)
	}
	bring(cur)
	if err := os.WriteFile(dir+base+"/wsgi.py", []byte("app = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c := ask(rel); c.Action != resource.Update {
		t.Errorf("a file edited by hand was not seen: %+v", c)
	}
	bring(rel)
}

func TestBrokenEntrypointStopsTheRelease(t *testing.T) {
	if _, err := os.Stat("/usr/bin/python3"); err != nil {
		t.Skip("needs /usr/bin/python3")
	}
	r := release{site: "/srv/foobar", id: "abc", keep: 1, runnable: true, entrypoint: "wsgi:app"}
	dir := t.TempDir()
	os.MkdirAll(dir+"/src", 0o755)
	os.WriteFile(dir+"/src/wsgi.py", []byte("def broken(:\n"), 0o644)
	os.MkdirAll(dir+"/lib/app", 0o755)
	if out, err := exec.Command("tar", "-czf", dir+"/lib/app/abc.tar.gz", "-C", dir+"/src", ".").CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	out, status := onThisMachine(t, dir, r.build("/var/lib/foobar/app/abc.tar.gz"))
	if status == 0 || !strings.Contains(out, "SyntaxError") {
		t.Errorf("status %d: %s", status, out)
	}
	if _, err := os.Stat(dir + "/srv/foobar/releases/abc/.complete"); err == nil {
		t.Error("a release that cannot run counts as complete")
	}
}

func TestDemoApplication(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	cmd := exec.Command(python, "-B", "-m", "unittest", "discover", "-s", "tests", "-t", ".")
	cmd.Dir = filepath.Join("..", "examples", "app")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
