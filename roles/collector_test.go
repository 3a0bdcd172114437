package roles

import (
	"bytes"
	"cmp"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/monitoring/measure"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/secret"
	"foobar/inventory"
)

var updateCollector = flag.Bool("update-collector", false, "rewrite the golden files of the role collector")

const collectorToken = `to"k$en\1`

const collectorInventory = `[site]
domain = "www.foobar.com"
email = "ops@foobar.com"
[app]
source = "./app"
[deploy]
health_timeout = "2s"
[monitoring]
endpoint = "https://10.77.0.1:8443"
ca = "ca.pem"
package.file = "c.deb"
fields."deployment.environment" = 'a: b" ${env:HOME} $c'
`

// collectorSite is a balancer, a server of everything and one host for each role.
func collectorSite(t *testing.T) *play.Site {
	t.Helper()
	master, err := secret.NewMaster(bytes.Repeat([]byte{3}, 32), 1, secret.Site{Name: "foobar", Domain: "www.foobar.com"})
	if err != nil {
		t.Fatal(err)
	}
	inv := parsed(t, collectorInventory+hostText("lb1", "10.0.0.10", "lb")+hostText("web1", "10.0.0.11", "web", "app", "db")+
		hostText("static1", "10.0.0.12", "web")+hostText("app1", "10.0.0.13", "app")+hostText("db1", "10.0.0.14", "db"))
	return &play.Site{Inv: inv, Master: master, Secrets: map[string]secret.String{
		"monitoring.token": secret.New(collectorToken), "monitoring.ca": secret.New("the roots\n")}}
}

// datadogSite is the same with another provider.
func datadogSite(t *testing.T) *play.Site {
	t.Helper()
	s := collectorSite(t)
	s.Inv.Monitoring.Provider, s.Inv.Monitoring.Endpoint = inventory.Datadog, "https://otlp.datadoghq.eu"
	s.Secrets["monitoring.api_key"] = secret.New(collectorToken)
	delete(s.Secrets, "monitoring.token")
	return s
}

func collectorResources(t *testing.T, s *play.Site, host string) map[resource.ID]resource.Resource {
	t.Helper()
	s.Services = servicesOf(s.Inv)
	list, err := Collector{}.Resources(s, s.Inv.Host(host))
	if err != nil {
		t.Fatal(err)
	}
	byID := map[resource.ID]resource.Resource{}
	for _, r := range list {
		if byID[r.ID()] != nil {
			t.Errorf("%s is there twice", r.ID())
		}
		byID[r.ID()] = r
	}
	return byID
}

// ofFigures are the resources that count figures, with any provider.
func ofFigures(t *testing.T, id resource.ID) bool {
	t.Helper()
	return id == measure.Sender(collectorSite(t)).ID() || strings.Contains(id.Name(), "foobar-metrics")
}

func collectorText(t *testing.T, s *play.Site, host, path string) string {
	t.Helper()
	f, ok := fileOf(collectorResources(t, s, host)[resource.NewID("file", path)])
	if !ok {
		t.Fatalf("%s has no %s", host, path)
	}
	return string(f.Content)
}

// fileOf is the file that a resource is, beneath what wraps it.
func fileOf(r resource.Resource) (f resource.File, ok bool) {
	if r != nil {
		f, ok = resource.Unwrap(r).(resource.File)
	}
	return f, ok
}

func TestCollectorGolden(t *testing.T) {
	s := collectorSite(t)
	files := map[string]string{"otelcol-sumo.service": collectorText(t, s, "web1", collectorFile)}
	for _, h := range s.Inv.Hosts {
		files[h.Name+".yaml"] = collectorText(t, s, h.Name, collectorConf)
	}
	files["datadog.yaml"] = collectorText(t, datadogSite(t), "web1", datadogConf)
	for name, got := range files {
		golden := filepath.Join("testdata", "collector", name)
		if *updateCollector {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; look at it, then run go test ./roles -update-collector\n%s", golden, got)
		}
	}
}

// TestCollectorTakesTheConfiguration asks the collector itself, where it is installed.
func TestCollectorTakesTheConfiguration(t *testing.T) {
	binary, err := exec.LookPath("otelcol-sumo")
	if err != nil {
		t.Skip("needs otelcol-sumo")
	}
	for conf, s := range map[string]*play.Site{collectorConf: collectorSite(t), datadogConf: datadogSite(t)} {
		for _, engine := range []string{"mariadb", "mysql"} {
			s.Inv.DB.Engine = engine
			for _, h := range s.Inv.Hosts {
				file := filepath.Join(t.TempDir(), "c.yaml")
				if err := os.WriteFile(file, []byte(collectorText(t, s, h.Name, conf)), 0o600); err != nil {
					t.Fatal(err)
				}
				if out, err := exec.Command(binary, "validate", "--config", file).CombinedOutput(); err != nil {
					t.Errorf("%s, %s, %s: %v: %s", conf, h.Name, engine, err, out)
				}
			}
		}
	}
}

func TestCollectorSecretsStandInOneFile(t *testing.T) {
	for variable, s := range map[string]*play.Site{"SUMOLOGIC_INSTALLATION_TOKEN": collectorSite(t), "DD_API_KEY": datadogSite(t)} {
		password := s.Master.Password("db/monitoring").Reveal()
		for _, r := range collectorResources(t, s, "web1") {
			f, ok := fileOf(r)
			if !ok {
				continue
			}
			has := bytes.Contains(f.Content, []byte("k$en")) || bytes.Contains(f.Content, []byte(password))
			if f.Path != collectorEnv {
				if has {
					t.Errorf("%s holds a secret", f.Path)
				}
				continue
			}
			if f.Mode != 0o600 || f.Owner != "" || !f.Secret {
				t.Errorf("%s: mode %o, owner %q, secret %v", f.Path, f.Mode, f.Owner, f.Secret)
			}
			// systemd and sh read such quotes alike.
			out, err := exec.Command("sh", "-c", string(f.Content)+`printf %s "$`+variable+` $MYSQL_OTEL_PASSWORD"`).Output()
			if want := collectorToken + " " + password; err != nil || string(out) != want {
				t.Errorf("reads as %q, %v; want %q", out, err, want)
			}
		}
		if strings.Contains(collectorText(t, s, "lb1", collectorEnv), "MYSQL") {
			t.Error("a host without a database gets its password")
		}
	}
}

func TestCollectorRefuses(t *testing.T) {
	for want, edit := range map[string]func(*play.Site){
		"monitoring.token is empty":         func(s *play.Site) { delete(s.Secrets, "monitoring.token") },
		"more than one line":                func(s *play.Site) { s.Secrets["monitoring.token"] = secret.New("a\nB=c") },
		"ca.pem":                            func(s *play.Site) { delete(s.Secrets, "monitoring.ca") },
		"monitoring.package.file: open /no": func(s *play.Site) { s.Inv.Monitoring.Package.File = "/no/such.deb" },
		"names no key":                      func(s *play.Site) { s.Inv.Monitoring.Package = inventory.Package{Apt: "Types: deb"} },
		"monitoring.package.key: k was not": func(s *play.Site) { s.Inv.Monitoring.Package = inventory.Package{Apt: "Types: deb", Key: "k"} },
		"take one of them out": func(s *play.Site) {
			s.Inv.Monitoring.Package = inventory.Package{Apt: "Types: deb\nSigned-By: /x", Key: "k"}
		},
	} {
		s := collectorSite(t)
		edit(s)
		s.Services = servicesOf(s.Inv)
		if _, err := (Collector{}).Resources(s, s.Inv.Host("web1")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestCollectorPackages(t *testing.T) {
	const digest = "1111111111111111111111111111111111111111111111111111111111111111"
	for name, c := range map[string]struct {
		from  inventory.Package
		want  []resource.ID
		loads resource.ID
	}{
		"url": {inventory.Package{URL: "https://x/y.deb", SHA256: digest},
			[]resource.ID{"packages:collector-fetch", "deb-file:/var/lib/foobar/packages/otelcol-sumo.deb", "deb:/var/lib/foobar/packages/otelcol-sumo.installed"},
			"deb:/var/lib/foobar/packages/otelcol-sumo.installed"},
		"apt": {inventory.Package{Apt: "Types: deb\nURIs: https://x/\n\nTypes: deb-src\n", Key: "k", Name: "col"},
			[]resource.ID{"packages:ca-certificates", "file:/etc/apt/keyrings/foobar-col.asc", "file:/etc/apt/sources.list.d/foobar-col.sources", "packages:collector"},
			"file:/var/lib/dpkg/info/col.list"},
		"known": {inventory.Package{}, []resource.ID{"packages:collector"}, "file:/var/lib/dpkg/info/otelcol-sumo.list"},
	} {
		s := collectorSite(t)
		c.from.Name = cmp.Or(c.from.Name, s.Inv.Monitoring.Package.Name)
		s.Inv.Monitoring.Package = c.from
		s.Secrets["monitoring.package.key"] = secret.New("-----BEGIN PGP PUBLIC KEY BLOCK-----\n")
		got := collectorResources(t, s, "lb1")
		for _, id := range c.want {
			if got[id] == nil {
				t.Errorf("%s: %s is missing", name, id)
			}
		}
		service := got["service:otelcol-sumo.service"].(resource.Service)
		if service.Loads[0] != c.loads {
			t.Errorf("%s: a new package restarts nothing: loads %s", name, service.Loads)
		}
		if name == "apt" {
			const want = "Types: deb\nURIs: https://x/\nSigned-By: /etc/apt/keyrings/foobar-col.asc\n\nTypes: deb-src\nSigned-By: /etc/apt/keyrings/foobar-col.asc\n"
			if text := string(got[c.want[2]].(resource.File).Content); text != want {
				t.Errorf("the source is\n%s", text)
			}
		}
	}
}

func TestCollectorLoadsAllItsFiles(t *testing.T) {
	got := collectorResources(t, collectorSite(t), "lb1")
	loads := map[resource.ID]bool{}
	for _, id := range got["service:otelcol-sumo.service"].(resource.Service).Loads {
		loads[id] = true
	}
	for id := range got {
		if k := id.Kind(); (k == "file" || k == "deb") && !loads[id] && !ofFigures(t, id) {
			t.Errorf("%s is not loaded", id)
		}
	}
	if got["user:otelcol-sumo"] == nil {
		t.Error("there is no account")
	}
}

func TestCollectorHealthIsLookedAtAfterAChange(t *testing.T) {
	r := collectorResources(t, collectorSite(t), "lb1")["health:collector"]
	none, service := func(resource.ID) bool { return false }, func(id resource.ID) bool { return id == "service:otelcol-sumo.service" }
	for name, c := range map[string]struct {
		state   resource.State
		changes func(resource.ID) bool
		waits   bool
	}{
		"well":            {resource.Present, none, false},
		"not well":        {resource.Unknown, none, true},
		"well, to change": {resource.Present, service, true},
		"none, to change": {resource.Unknown, service, true},
	} {
		change, err := r.Diff(resource.Observed{State: c.state, Attrs: map[string]string{"rc": "7"}}.Before(c.changes))
		if err != nil || (len(change.Steps) > 0) != c.waits || change.Health != c.waits {
			t.Errorf("%s: %+v, %v", name, change, err)
		}
	}
	change, _ := r.Diff(resource.Observed{Attrs: map[string]string{"rc": "7"}})
	dir := t.TempDir()
	for _, fake := range []string{"systemctl", "bash", "journalctl"} {
		text := "#!/bin/sh\n[ " + fake + " != journalctl ] || echo 'the last words'\n[ -e " + dir + "/well ]\n"
		if err := os.WriteFile(filepath.Join(dir, fake), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run := func() (string, error) {
		cmd := exec.Command("sh", "-eu", "-c", change.Steps[0].(resource.Run).Script)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(); err == nil || !strings.Contains(out, "not healthy after 2s") || !strings.Contains(out, "the last words") {
		t.Errorf("an ill collector: %v, %q", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "well"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := run(); err != nil || out != "" {
		t.Errorf("a healthy collector: %v, %q", err, out)
	}
}

// TestCollectorFoldersAreRoots: what the package's script has given to the
// collector's user is taken back, in an order in which root never writes where
// that user can; when the package is about to change, all is looked at again.
func TestCollectorFoldersAreRoots(t *testing.T) {
	s := collectorSite(t)
	s.Services = servicesOf(s.Inv)
	list, err := Collector{}.Resources(s, s.Inv.Host("web1"))
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	given := resource.Observed{State: resource.Present, Attrs: map[string]string{"type": "directory", "mode": "0755", "owner": "otelcol-sumo:otelcol-sumo"}}
	for _, r := range list {
		if !strings.HasPrefix(r.ID().Name(), "/etc/otelcol-sumo") {
			continue
		}
		order = append(order, r.ID().Name())
		if resource.StageOf(r) != resource.Converge {
			t.Errorf("%s comes before the package", r.ID())
		}
		d, ok := resource.Unwrap(r).(resource.Dir)
		if !ok {
			continue
		}
		c, err := r.Diff(given)
		if err != nil || len(c.Steps) != 1 || !c.Quiet || !strings.Contains(c.Reason, "otelcol-sumo") {
			t.Errorf("%s: %+v, %v", r.ID(), c, err)
		}
		well := resource.Observed{State: resource.Present, Attrs: map[string]string{"type": "directory", "mode": "0755", "owner": "root:root"}}
		if d.Mode != 0 {
			well.Attrs["mode"] = "0700"
		}
		for upgrade, want := range map[bool]bool{false: true, true: false} {
			c, err := r.Diff(well.Before(func(id resource.ID) bool { return upgrade && id.Kind() == "deb" }))
			if err != nil || c.Empty() != want || c.Provisional != upgrade {
				t.Errorf("%s, upgrade %v: %+v, %v", r.ID(), upgrade, c, err)
			}
		}
	}
	if got, want := strings.Join(order, " "), "/etc/otelcol-sumo /etc/otelcol-sumo/env "+collectorCA+" "+collectorEnv+" "+collectorConf; got != want {
		t.Errorf("the order is %s", got)
	}
}

// TestCollectorChecksWithoutPrivileges: its configuration may name files.
func TestCollectorChecksWithoutPrivileges(t *testing.T) {
	for id, r := range collectorResources(t, collectorSite(t), "web1") {
		if ofFigures(t, id) {
			continue
		}
		switch r := resource.Unwrap(r).(type) {
		case resource.File:
			if r.Check != "" && r.CheckAs != collectorUser {
				t.Errorf("%s is checked as %q", id, r.CheckAs)
			}
		case resource.Service:
			if !strings.HasPrefix(r.Check, "setpriv --reuid=otelcol-sumo ") {
				t.Errorf("%s is checked with %s", id, r.Check)
			}
		}
	}
}
