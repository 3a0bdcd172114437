package inventory

import (
	"fmt"
	"maps"
	"net/textproto"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"foobar/internal/fault"
)

func (r *reader) site(t *table, s *Site) {
	if !t.has("domain") {
		t.wrong("domain", `the site needs a name; add domain = "www.example.com" to [site]`)
	}
	t.text("domain", &s.Domain, domainName)
	t.list("aliases", &s.Aliases, domainName, func(alias string) error {
		if alias == s.Domain {
			return fmt.Errorf("%s is the domain itself; remove it", alias)
		}
		return nil
	})
	t.text("email", &s.Email, emailAddress)
	name := matches(siteName, "is not a site's name; use a-z, 0-9 and dashes, a letter first, at most 31")
	if !t.text("name", &s.Name, name) && !t.has("name") && s.Domain != "" {
		s.Name, _, _ = strings.Cut(strings.TrimPrefix(s.Domain, "www."), ".")
		if name(s.Name) != nil {
			t.wrong("domain", "%q, its first label, is not fit for a site's name; add name = \"…\" to [site]: a-z, 0-9 and dashes, at most 31", s.Name)
		}
	}
	t.end()
}

func (r *reader) ssh(t *table, s *SSH) {
	t.text("user", &s.User, only(login, "is not a user's name; write one such as root or admin"))
	t.number("port", &s.Port, 1, 65535)
	r.paths(t, "identity", &s.Identity, isFile)
	t.nothing("identity", "name a key file, or remove the line for the agent and the keys of ssh_config")
	r.paths(t, "known_hosts", &s.KnownHosts, nil)
	t.nothing("known_hosts", "name a file, or remove the line for those of ssh_config")
	if t.has("jump") && t.has("proxy_command") {
		t.fault(fault.Contradiction, "jump", "jump and proxy_command cannot both be given; remove one")
	}
	if t.text("jump", &s.Jump, jumpHosts) && s.Jump != "" && !t.has("proxy_command") {
		s.ProxyCommand = "" // a host's own way wins over the one of [ssh]
	}
	if t.text("proxy_command", &s.ProxyCommand) && s.ProxyCommand != "" && !t.has("jump") {
		s.Jump = ""
	}
	if t.values["config"] == "none" {
		t.text("config", &s.Config)
	} else {
		t.file("config", &s.Config)
	}
	t.duration("connect_timeout", &s.ConnectTimeout, time.Second, 10*time.Minute)
	t.text("become", &s.Become, oneOf("sudo", "none"))
	t.end()
}

// paths reads one path or several and makes them absolute.
func (r *reader) paths(t *table, name string, dst *[]string, judge check) {
	var given []string
	t.oneOrMore(name, &given, notEmpty, func(s string) error {
		abs, err := r.resolve(s)
		if err == nil && judge != nil {
			err = judge(abs)
		}
		return err
	})
	if given == nil {
		return
	}
	*dst = nil
	for _, s := range given {
		if abs, err := r.resolve(s); err == nil {
			*dst = append(*dst, abs)
		}
	}
}

func (r *reader) deploy(t *table, d *Deploy) {
	t.number("serial", &d.Serial, 1, 1000)
	t.number("max_failed_requests", &d.MaxFailedRequests, -1, 1_000_000)
	t.number("forks", &d.Forks, 1, 1000)
	t.duration("drain_timeout", &d.DrainTimeout, time.Second, time.Hour)
	t.duration("health_timeout", &d.HealthTimeout, time.Second, time.Hour)
	t.duration("confirm_timeout", &d.ConfirmTimeout, 15*time.Second, 10*time.Minute)
	t.list("keep", &d.Keep, notEmpty)
	t.text("purge", &d.Purge, oneOf("owned", "all"))
	t.boolean("allow_untested", &d.AllowUntested)
	t.end()
}

func (r *reader) tls(t *table, s *TLS) {
	switch {
	case t.has("cert") && !t.has("key"):
		t.fault(fault.Lacking, "cert", `a certificate needs its key; add key = "site.key"`)
	case t.has("key") && !t.has("cert"):
		t.fault(fault.Lacking, "key", `a key needs its certificate; add cert = "site.pem"`)
	case t.has("cert") && (t.has("acme_directory") || t.has("acme_ca")):
		t.fault(fault.Contradiction, "cert", "with a certificate of your own none is requested; take out acme_directory and acme_ca, or cert and key")
	}
	t.file("cert", &s.Cert)
	t.file("key", &s.Key)
	t.file("acme_ca", &s.ACMECA)
	t.boolean("hsts", &s.HSTS)
	if !t.has("cert") {
		s.ACME = "letsencrypt"
	}
	short := func(d string) bool { return d == "letsencrypt" || d == "letsencrypt-staging" }
	t.text("acme_directory", &s.ACME, func(d string) error {
		if short(d) {
			return nil
		}
		if strings.Contains(d, "://") {
			return webURL("https")(d)
		}
		if best := Nearest(d, []string{"letsencrypt", "letsencrypt-staging"}); best != "" {
			return fmt.Errorf("%q is not known; did you mean %s?", d, best)
		}
		if webURL("https")(d) != nil {
			return fmt.Errorf("%q is not known; it can be letsencrypt, letsencrypt-staging or a URL that begins with https://", d)
		}
		return nil
	})
	switch s.ACME {
	case "letsencrypt":
		s.ACME = letsEncrypt
	case "letsencrypt-staging":
		s.ACME = letsEncryptStaging
	}
	t.end()
}

func (r *reader) balancer(t *table, b *Balancer) {
	t.text("balance", &b.Balance, oneOf("roundrobin", "leastconn", "source", "random"))
	t.number("maxconn", &b.MaxConn, 100, 1_000_000)
	t.text("health_path", &b.HealthPath, healthPath)
	t.duration("health_interval", &b.HealthInterval, 100*time.Millisecond, 5*time.Minute)
	t.number("fall", &b.Fall, 1, 100)
	t.number("rise", &b.Rise, 1, 100)
	t.duration("timeout_connect", &b.TimeoutConnect, time.Millisecond, time.Hour)
	t.duration("timeout_client", &b.TimeoutClient, time.Millisecond, time.Hour)
	t.duration("timeout_server", &b.TimeoutServer, time.Millisecond, time.Hour)
	t.number("rate_limit", &b.RateLimit, 0, 1_000_000)
	t.file("snippet", &b.Snippet)
	t.end()
}

// healthPath accepts a path as the servers take it, which make another one of some.
func healthPath(s string) error {
	if err := pathAlone(s); err != nil {
		return err
	}
	if clean := path.Clean(s); strings.TrimSuffix(s, "/") != strings.TrimSuffix(clean, "/") {
		return fmt.Errorf("%q has a needless slash or dot; write %s", s, clean)
	}
	return nil
}

// entryPoint accepts module:attribute.
func entryPoint(s string) error {
	module, attribute, colon := strings.Cut(s, ":")
	if file, ok := strings.CutSuffix(module, ".py"); ok && colon {
		return fmt.Errorf("%q names a file, and the program is named by its module; write %s", s, strings.ReplaceAll(file, "/", ".")+":"+attribute)
	}
	return only(entrypoint, "is not module:attribute; write one such as wsgi:app, or wsgi:create_app() for a function that makes it, with texts and numbers for its arguments, as in wsgi:create_app('prod')")(s)
}

func (r *reader) app(t *table, a *Application) {
	if t.values["source"] == "" {
		t.known = append(t.known, "source")
		t.wrong("source", "it is empty; write the folder with the app's program, such as ./app")
	} else {
		t.folder("source", &a.Source)
	}
	t.text("entrypoint", &a.Entrypoint, entryPoint)
	t.number("port", &a.Port, 1024, 65535)
	t.number("workers", &a.Workers, 0, 256)
	t.list("packages", &a.Packages, only(debianName, "is not the name of a Debian package; write one such as python3-flask"))
	t.lines("env", &a.Env, environment, placeholders)
	sources := t.sub("secrets")
	for name := range sources.values {
		var s Source
		if sources.source(name, &s) && sources.pass(sources.key(name), name, []check{environment}) {
			if a.Secrets == nil {
				a.Secrets = map[string]Source{}
			}
			a.Secrets[name] = s
		}
		if _, both := a.Env[name]; both {
			sources.fault(fault.Contradiction, name, "it is in app.env too; remove one")
		}
	}
	t.number("keep_releases", &a.KeepReleases, 2, 50)
	t.text("health_path", &a.HealthPath, healthPath)
	t.text("metrics_path", &a.MetricsPath, healthPath)
	t.commands(func() {
		t.list("build", &a.Build, notEmpty)
		t.list("migrate", &a.Migrate, notEmpty)
	})
	t.duration("step_timeout", &a.StepTimeout, time.Second, 12*time.Hour)
	t.text("server", &a.Server, oneOf("wsgi", "asgi"))
	t.number("threads", &a.Threads, 1, 256)
	t.duration("timeout", &a.Timeout, time.Second, time.Hour)
	t.text("sandbox", &a.Sandbox, oneOf("normal", "strict"))
	t.size("memory_max", &a.MemoryMax, 64<<20, 16<<40)
	t.number("tasks_max", &a.TasksMax, 16, 1_000_000)
	r.index(t, a)
	r.commands(t, a)
	if a.Server == "asgi" && t.has("threads") {
		t.fault(fault.Contradiction, "threads", "an ASGI app has no threads; remove it and raise workers")
	}
	t.end()
}

// beyondApp is how much longer the balancer waits than the app may take: who ends a
// request is the one that knows most about it.
const beyondApp = 20 * time.Second

// timeouts derives what the file does not say from what it says.
func (r *reader) timeouts(inv *Inventory) {
	app, lb := &inv.App.Timeout, &inv.LB.TimeoutServer
	switch {
	case *app == 0:
		*app = max(30*time.Second, *lb-beyondApp)
	case *lb != 0 && *lb < *app:
		r.clash([]string{"lb", "timeout_server"}, "it is shorter than app.timeout (%s), so the load balancer would cut off requests that are allowed; raise it, or remove it for 20s more than app.timeout", showDuration(*app))
	}
	if *lb == 0 {
		*lb = *app + beyondApp
	}
}

// web needs the app's source, in which the static files are.
func (r *reader) web(t *table, inv *Inventory) {
	inside := func(s string) string { return filepath.Join(inv.App.Source, filepath.FromSlash(s)) }
	isFolder := func(s string) bool {
		info, err := os.Stat(inside(s))
		return err == nil && info.IsDir()
	}
	if !t.has("static") && inv.App.Source != "" && isFolder("static") {
		inv.Web.Static, inv.Web.StaticFound = "static", true
	}
	t.text("static", &inv.Web.Static, staticFolder, func(s string) error {
		if s != "" && inv.App.Source != "" && len(inv.App.Build) == 0 && !isFolder(s) {
			return fault.Wrap(fault.PathMissing, fmt.Errorf(`there is no folder %s; correct the path, which counts from app.source, or write "" for none`, inside(s)))
		}
		return nil
	})
	t.size("client_max_body", &inv.Web.ClientMaxBody, 1<<10, 64<<30)
	var headers map[string]string
	t.texts("headers", &headers, headerName, headerValue)
	given := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		header := textproto.CanonicalMIMEHeaderKey(name)
		if other := given[header]; other != "" {
			t.r.clash([]string{"web", "headers", name}, "%s and %s are the same header; remove one", other, name)
		}
		given[header], inv.Web.Headers[header] = name, headers[name]
	}
	r.redirects(t, inv)
	r.auth(t.sub("auth"), &inv.Web.Auth)
	t.file("snippet", &inv.Web.Snippet)
	t.end()
}

func (r *reader) database(t *table, inv *Inventory) {
	db := &inv.DB
	t.text("engine", &db.Engine, oneOf("mariadb", "mysql"))
	r.databasePackage(t.sub("package"), db)
	form := matches(schemaName, "is not a schema's name; use a-z, 0-9 and _, at most 48")
	named := t.text("name", &db.Name, form, func(s string) error {
		switch s {
		case "mysql", "sys", "test", "information_schema", "performance_schema":
			return fmt.Errorf("%s is the server's own schema; choose another name", s)
		}
		return nil
	})
	if !named && !t.has("name") {
		db.Name = strings.ReplaceAll(inv.Site.Name, "-", "_")
		if slices.Contains([]string{"mysql", "sys", "test"}, db.Name) {
			t.wrong("name", "the site's name, %s, is the server's own schema; add name = \"…\" to [db]", db.Name)
		}
	}
	t.text("primary", &db.Primary, notEmpty)
	t.number("port", &db.Port, 1024, 65535)
	t.size("buffer_pool", &db.BufferPool, 5<<20, 16<<40)
	t.number("max_connections", &db.MaxConnections, 10, 100_000)
	r.databaseSettings(t.sub("settings"), t, db)
	t.text("app_rights", &db.AppRights, oneOf("all", "data"))
	t.duration("binlog_expire", &db.BinlogExpire, time.Hour, 99*day)
	r.backup(t.sub("backup"), &db.Backup)
	t.end()
}

func (r *reader) secrets(t *table, s *Secrets) {
	s.Master = filepath.Join(r.dir, "foobar.key")
	if path, ok := t.resolved("master"); ok {
		if isFolder(path) == nil {
			t.wrong("master", "%s is a folder; write the path of a file, such as foobar.key", path)
		}
		s.Master = path
	}
	t.number("generation", &s.Generation, 1, 1_000_000)
	t.number("ca_generation", &s.CAGeneration, 1, 1_000_000)
	t.end()
}
