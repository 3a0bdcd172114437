package roles

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/bundle"
	"foobar/internal/facts"
	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

var updateServers = flag.Bool("update-servers", false, "rewrite the golden files of the roles nginx and app")

const serverText = `[site]
domain = "www.foobar.com"
aliases = ["foobar.com"]
email = "ops@foobar.com"
[app]
source = "./app"
keep_releases = 2
env.GREETING = 'say "hi" for $5 in \n'
secrets.API_KEY.env = "API_KEY"
[monitoring]
enabled = false
[hosts.lb1]
address = "203.0.113.10"
private_address = "10.0.0.10"
roles = ["lb"]
`

// serverSite is a site of one balancer and the hosts given, with an application
// of two files.
func serverSite(t *testing.T, hosts ...string) *play.Site {
	t.Helper()
	return serverSiteOf(t, nil, hosts...)
}

// serverSiteOf is serverSite with an application that has more files, or others
// of the same names.
func serverSiteOf(t *testing.T, more map[string]string, hosts ...string) *play.Site {
	t.Helper()
	src := t.TempDir()
	files := map[string]string{"wsgi.py": "app = None\n", "static/style.css": "body {}\n"}
	maps.Copy(files, more)
	for name, text := range files {
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
	inv := parsed(t, serverText+strings.Join(hosts, ""))
	s := &play.Site{Inv: inv, App: app, CA: ca, Master: master, Facts: map[string]facts.Facts{},
		Secrets: map[string]secret.String{"app.secrets.API_KEY": secret.New("key`with`ticks")}}
	for _, h := range inv.Hosts {
		s.Facts[h.Name] = facts.Facts{CPUs: 2}
	}
	return s
}

func allInOne(t *testing.T) (*play.Site, *inventory.Host) {
	s := serverSite(t, hostText("web1", "10.0.0.11", "web", "app"), hostText("web2", "10.0.0.12", "web", "app"))
	return s, s.Inv.Host("web2")
}

func split(t *testing.T) (s *play.Site, web, app *inventory.Host) {
	s = serverSite(t, hostText("front", "10.0.1.1", "web"), hostText("worker", "10.0.2.1", "app"), hostText("worker-b", "10.0.2.2", "app"))
	return s, s.Inv.Host("front"), s.Inv.Host("worker")
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
		if run, ok := step.(resource.Run); ok && !strings.Contains(run.Script, " kind=files ") {
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
	s.Inv.App.Entrypoint, s.Inv.App.Env["PUBLIC_KEY"] = "wsgi:create_app('prod', n=1)", "-----\n\tA$=\n-----\n"
	have = wanted(t, App{}, s, h)
	if got := fileText(t, have, appUnit); !strings.Contains(got, " \"wsgi:create_app('prod', n=1)\"\n") {
		t.Errorf("the function that makes the app is called in\n%s", got)
	}
	if got := fileText(t, have, appEnv); !strings.Contains(got, "PUBLIC_KEY=\"-----\n\tA\\$=\n-----\n\"\n") {
		t.Errorf("a value of several lines is in\n%s", got)
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
	if service.Reload || !service.Disruptive {
		t.Error("a release needs a restart, which users can feel")
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

// TestStreams: an ASGI app's answers go on piece by piece, and many of its connections stay
// open: nothing on the way counts them as requests of a WSGI app.
func TestStreams(t *testing.T) {
	s, h := allInOne(t)
	lb := s.Inv.Group(inventory.LB)[0]
	for server, want := range map[string]map[string]bool{
		"wsgi": {"proxy_buffering off;": false, " maxconn 400 ": true, "--max-requests 2000 ": true},
		"asgi": {"proxy_buffering off;": true, " maxconn 2000 ": true, "--max-requests ": false},
	} {
		s.Inv.App.Server = server
		all := fileText(t, wanted(t, Nginx{}, s, h), nginxConf) + fileText(t, wanted(t, HAProxy{}, s, lb), haproxyConf) + fileText(t, wanted(t, App{}, s, h), appUnit)
		for text, there := range want {
			if strings.Contains(all, text) != there {
				t.Errorf("%s: %q is there: %v", server, text, !there)
			}
		}
	}
}

// TestNginxOfAnotherSource: nginx.org's package lacks Debian's folder for temporary files and
// has its own: systemd does not start a unit that may write into a folder that is not there.
func TestNginxOfAnotherSource(t *testing.T) {
	s, h := allInOne(t)
	_, rest, _ := strings.Cut(fileText(t, wanted(t, Nginx{}, s, h), nginxDropIn), "ReadWritePaths=")
	line, _, _ := strings.Cut(rest, "\n")
	for _, folder := range []string{"-/var/lib/nginx", "-/var/cache/nginx"} {
		if !slices.Contains(strings.Fields(line), folder) {
			t.Errorf("%s is not among what nginx may write: %s", folder, line)
		}
	}
}

// TestStaticKinds: a drawing that lies compressed is said to be, with the headers that all
// files have, and is not compressed again; Debian's file of types lacks some that browsers
// look at.
func TestStaticKinds(t *testing.T) {
	s, h := allInOne(t)
	conf := fileText(t, wanted(t, Nginx{}, s, h), nginxConf)
	_, rest, found := strings.Cut(conf, `location ~ "^/static/(.+\.svgz)$" {`)
	drawing, _, _ := strings.Cut(rest, "}")
	if !found || !strings.Contains(drawing, "gzip off;") || !strings.Contains(drawing, "add_header Content-Encoding gzip;") || !strings.Contains(drawing, "add_header X-Content-Type-Options $own_x_content_type_options always;") {
		t.Errorf("the location of such files is\n%s", drawing)
	}
	if !strings.Contains(conf, "text/vtt vtt;") {
		t.Error("subtitles have no type")
	}
}

// TestSlowRequestsStay: a request that is as slow as it may be is never begun again on another
// server, and slow ones do not leave a web server without any to ask.
func TestSlowRequestsStay(t *testing.T) {
	s, web, _ := split(t)
	for timeout, want := range map[time.Duration]string{30 * time.Second: "5s", 3 * time.Second: "3s"} {
		s.Inv.App.Timeout = timeout
		if conf := fileText(t, wanted(t, Nginx{}, s, web), nginxConf); !strings.Contains(conf, "proxy_next_upstream_timeout "+want+";") {
			t.Errorf("with %s a request may not go on within %s", timeout, want)
		}
	}
	conf := fileText(t, wanted(t, Nginx{}, s, web), nginxConf)
	for _, app := range []string{"10.0.2.1:9000", "10.0.2.2:9000"} {
		if !strings.Contains(conf, "server "+app+" max_fails=1 fail_timeout=5s;") || !strings.Contains(conf, "server "+app+" max_fails=0 backup;") {
			t.Errorf("%s is not passed over, or not asked in the end", app)
		}
	}
}

// TestStaticOfTheApp: where the inventory does not name the folder of static files, the app is
// asked for those that it lacks; but never for hidden ones.
func TestStaticOfTheApp(t *testing.T) {
	s, h := allInOne(t)
	for _, found := range []bool{true, false} {
		s.Inv.Web.StaticFound = found
		conf := fileText(t, wanted(t, Nginx{}, s, h), nginxConf)
		asks, ends := strings.Count(conf, "/beside/static/$1 @static_of_app;"), strings.Count(conf, "/beside/static/$1 =404;")
		if asks+ends != 2 || found != (asks == 2) || strings.Contains(conf, "error_page 404 = @static_of_app;") != found || strings.Contains(conf, "location @static_of_app {") != found {
			t.Errorf("the folder was found, not named: %v, and nginx asks the app in %d places", found, asks)
		}
		if !strings.Contains(conf, "location ^~ /static/ {\n      location ~ /\\. { return 404; }\n") {
			t.Error("hidden files are not refused")
		}
	}
}

// TestWebsocketsOfThreads: a websocket of a WSGI app may be silent for as long as one of an ASGI
// app, and its other requests take no longer for that.
func TestWebsocketsOfThreads(t *testing.T) {
	s, h := allInOne(t)
	for threads, there := range map[int]bool{1: false, 8: true} {
		s.Inv.App.Threads = threads
		conf := fileText(t, wanted(t, Nginx{}, s, h), nginxConf)
		general, own, _ := strings.Cut(conf, "location @websocket_of_app {")
		if strings.Count(general, "proxy_read_timeout ") != 1 || !strings.Contains(general, "proxy_read_timeout 30s;") {
			t.Error("requests are not bounded by app.timeout")
		}
		if strings.Contains(own, "proxy_read_timeout 1h;") != there || strings.Contains(general, `if ($http_upgrade ~* "^websocket$") { return 418; }`) != there {
			t.Errorf("with %d threads websockets are told apart: %v", threads, !there)
		}
	}
}
