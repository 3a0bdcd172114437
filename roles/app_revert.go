package roles

import (
	"cmp"
	_ "embed" // scripts
	"net/url"
	"slices"
	"strings"
	"time"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

const (
	// appKept is where a host keeps how the app was that ran well, while that changes.
	appKept = "/var/lib/foobar/app-kept"
	// appKeeping is there while that is made, and after it could not be.
	appKeeping = "/run/foobar/app-keeping"
	// appLog says what became of releases on a host: a line for each time that one was
	// switched to, failed there or was gone back to.
	appLog = "/var/lib/foobar/app-releases"
)

// Scripts by which a change of the app is taken back.
var (
	//go:embed app_keep.sh
	keepScript string
	//go:embed app_revert.sh
	revertScript string
	//go:embed app_log.sh
	logScript string
	//go:embed app_log_ask.sh
	askLog string
)

// appFiles are the files with which the app runs on a host.
func appFiles(inv *inventory.Inventory) []string {
	files := []string{appUnit, appSocket, appEnv}
	if AppRemote(inv) {
		files = append(files, appTLSConf)
	}
	return files
}

// keepApp is shell that keeps how the app runs on a host.
func keepApp(inv *inventory.Inventory, h *inventory.Host) string {
	return keepVars(inv, h) + keepScript + "keep " + keptWords(inv, h) + "\n"
}

func keepVars(inv *inventory.Inventory, h *inventory.Host) string {
	unit, socket := "app.service", "app.socket"
	if !h.Has(inventory.App) {
		unit, socket = "", ""
	}
	return sh.Set("site", siteFolder(inv), "kept", appKept, "keeping", appKeeping, "log", appLog, "unit", unit, "socket", socket)
}

// keptWords are the arguments of keep and back, of which there is one at least.
func keptWords(inv *inventory.Inventory, h *inventory.Host) string {
	return cmp.Or(sh.Join(keptFiles(inv, h)...), "''")
}

func keptFiles(inv *inventory.Inventory, h *inventory.Host) []string {
	if !h.Has(inventory.App) {
		return nil
	}
	files := appFiles(inv)
	for _, w := range inv.App.Background {
		if runs(h, w) {
			files = append(files, workerUnit(w))
		}
	}
	return files
}

// kept is a file of the app: before it changes, how the app runs is kept, unless that was
// done for the change of a resource before it.
type kept struct {
	resource.Resource
	script string
	before resource.ID
}

func keptFile(s *play.Site, h *inventory.Host, r resource.Resource) resource.Resource {
	return kept{Resource: r, script: keepApp(s.Inv, h)}
}

// Stage is the file's.
func (k kept) Stage() resource.Stage { return resource.StageOf(k.Resource) }

// Unwrap is the file.
func (k kept) Unwrap() resource.Resource { return k.Resource }

// Diff is the file's, behind the step that keeps. A file that is not there yet has run nothing.
func (k kept) Diff(o resource.Observed) (resource.Change, error) {
	c, err := k.Resource.Diff(o)
	if err == nil && len(c.Steps) > 0 && o.State == resource.Present && (k.before == "" || !o.Changes(k.before)) {
		c.Steps = slices.Insert(slices.Clone(c.Steps), 0, resource.Step(resource.Run{Title: "keep what runs, before " + k.ID().Name() + " changes", Script: k.script}))
	}
	return c, err
}

// AppRevert takes the app back to the release, the settings and the unit that ran well
// before, on its own hosts and on those that serve its static files.
func AppRevert(s *play.Site) *play.Revert {
	r := &play.Revert{What: "the app with its changed settings", Within: s.Inv.Deploy.HealthTimeout + s.Inv.App.Timeout + 3*time.Minute,
		Hosts: ReleaseHosts(s.Inv),
		Lasts: map[string]string{"migrations": "the migrations of release " + s.ReleaseID() + " ran and are not undone"},
	}
	if id := s.ReleaseID(); id != "" {
		r.What = "release " + id
	}
	r.Watch = func(host string) (ids []resource.ID) {
		for _, f := range keptFiles(s.Inv, s.Inv.Host(host)) {
			ids = append(ids, resource.NewID("file", f))
		}
		return append(ids, currentIn(siteFolder(s.Inv)))
	}
	r.Script = func(host string, ran bool) string { return revertApp(s, s.Inv.Host(host), ran) }
	r.Words = func(host string) string { return lastWords(s.Inv, s.Inv.Host(host)) }
	return r
}

func revertApp(s *play.Site, h *inventory.Host, ran bool) string {
	files, turn := keptFiles(s.Inv, h), ":"
	if len(files) > 0 {
		service := resource.Service{Unit: "app.service", ReadyTimeout: s.Inv.Deploy.HealthTimeout, Ready: appAnswers(s.Inv, h),
			Loads: []resource.ID{currentIn(siteFolder(s.Inv))}}
		for _, f := range appFiles(s.Inv) {
			if f != appSocket {
				service.Loads = append(service.Loads, resource.NewID("file", f))
			}
		}
		turn = service.TurnScript("restart")
	}
	had := map[bool]string{true: "yes"}
	return keepVars(s.Inv, h) + sh.Set("ran", had[ran], "reverted", play.RevertedTo) + sh.Func("turn_back", turn) + releaseMark + logScript + revertScript +
		"back " + keptWords(s.Inv, h) + "\n"
}

// lastWords is shell that prints what the app and its workers have said last.
func lastWords(inv *inventory.Inventory, h *inventory.Host) string {
	if !h.Has(inventory.App) {
		return ""
	}
	units := []string{"-u", "app.service"}
	for _, w := range inv.App.Background {
		if runs(h, w) {
			units = append(units, "-u", "app-worker-"+w.Name+"@*.service")
		}
	}
	return "journalctl -q -n 60 --since -10min --no-pager -o cat " + sh.Join(units...) + " || :\n"
}

// appAnswers is shell that succeeds once the release of before answers. The health path may
// be another one by now: HAProxy judges by its own, and here an answer that is no error of
// the server is enough.
func appAnswers(inv *inventory.Inventory, h *inventory.Host) string {
	return `case $(curl -q -s -o /dev/null -w '%{http_code}' --max-time "$most" ` + sh.Join(appRequest(inv, h)...) + ") in [234]??) ;; *) false ;; esac"
}

// AppStatic is the release on hosts that serve its static files and do not run it.
type AppStatic struct{}

// Name is the role's name on the command line.
func (AppStatic) Name() string { return "app" }

// Resources are the release's files and the link to them, as Nginx has them.
func (AppStatic) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	return releaseOf(s, h, false), nil
}

// ReleaseHosts are the hosts that a release goes to.
func ReleaseHosts(inv *inventory.Inventory) []*inventory.Host {
	return append(inv.Group(inventory.App), StaticOnly(inv)...)
}

// StaticOnly are the web servers that serve the app's static files and do not run it.
func StaticOnly(inv *inventory.Inventory) []*inventory.Host {
	if inv.Web.Static == "" || inv.App.Source == "" {
		return nil
	}
	return remoteWebs(inv)
}

// AppHidden are the secrets that the app has on a host, and may show in what it says, in
// the forms in which it was given them.
func AppHidden(s *play.Site) func(host string) []string {
	return func(host string) (all []string) {
		add := func(text string) {
			for line := range strings.Lines(text) { // of a key, each
				line = strings.TrimSpace(line)
				all = append(all, line, url.QueryEscape(line), url.PathEscape(line))
			}
		}
		for name := range s.Inv.App.Secrets {
			add(s.Secrets["app.secrets."+name].Reveal())
		}
		if s.Inv.App.IndexSecret != nil {
			text := s.Secrets["app.index_url"].Reveal()
			add(text)
			if u, err := url.Parse(text); err == nil && u.User != nil {
				if password, ok := u.User.Password(); ok {
					add(password)
				} else {
					add(u.User.Username()) // a token
				}
			}
		}
		for _, account := range []databasePurpose{databaseWriter, databaseReader} {
			if l, err := databaseLoginOf(s, account); err == nil {
				add(l.password.Reveal())
			}
		}
		return all
	}
}
