package roles

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

const (
	appUser   = "foobar-app"
	appEnv    = "/etc/foobar/app.env"
	appUnit   = "/etc/systemd/system/app.service"
	appSocket = "/etc/systemd/system/app.socket"
	// appMaxAuto bounds the workers of a host that names no number: each is a
	// process with connections of its own to the databases.
	appMaxAuto = 9
	// nginx gives up a request first, so that it is not taken for one of a server that
	// broke down, which would be sent again; then gunicorn ends its worker.
	appKillAfter = 5 * time.Second
	appStopAfter = 10 * time.Second
)

// wholeSeconds are at least one, rounded up.
func wholeSeconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

// memoryMax writes a bound as systemd.resource-control(5) reads it.
func memoryMax(bytes int64) string {
	if bytes == 0 {
		return "50%"
	}
	return strconv.FormatInt(bytes, 10)
}

// App is the application server: the release, gunicorn behind a socket that
// systemd holds open across restarts, and its environment.
type App struct{}

// Name is the role's name on the command line.
func (App) Name() string { return "app" }

// Resources are what a host with the role app needs, but for the release, which
// AppRelease has made by then. The environment is written only once the link leads to
// the release, so that a process that is restarted meanwhile does not run the old release
// with the new environment.
func (App) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	var t texts
	want := []resource.Resource{resource.User{Name: appUser, Own: true, Members: []string{nginxUser}}}
	if !AppRemote(s.Inv) {
		want = append(want, trustFile(s, h))
	} else { // all of it before the unit, which needs it
		want = append(append(want, t.list(leaf(s, h))...), appPlainServed(),
			keptFile(s, h, resource.File{Path: appTLSConf, Content: t.of("app/gunicorn.conf.py.tmpl", appTLSData(s.Inv, h))}))
	}
	want = append(want, t.list(pipSettings(s))...)
	want = append(want, workerUnits(s, h, &t)...)
	want = append(want,
		keptFile(s, h, resource.File{Path: appUnit, Content: t.of("app/app.service.tmpl", sandboxed(appUnitData(s, h), &t))}),
		keptFile(s, h, resource.File{Path: appSocket, Content: t.of("app/app.socket.tmpl", map[string]any{"Site": s.Inv.Site.Name, "Listen": appListen(s.Inv, h)})}),
		resource.Packages{For: "app", Names: appPackages(s)},
	)
	if len(s.Inv.App.Build)+len(s.Inv.App.Migrate) > 0 {
		want = append(want, resource.File{Path: stepsEnv, Content: t.text(appEnvironment(s, h)), Mode: 0o600, Secret: true})
	}
	release := releaseOf(s, h, true)
	want = append(want, onlyCurrent(release, true)...)
	env := resource.At(resource.Converge, resource.File{Path: appEnv, Content: t.text(appEnvironment(s, h)), Mode: 0o600, Secret: true})
	want = append(want, kept{env, keepApp(s.Inv, h), currentIn(siteFolder(s.Inv))})
	services := appServices(s, h, append(release, want...))
	return append(append(want, services...), runWorkers(s, h, services)...), t.err
}

// Services are the application, which web servers on other hosts reach.
func (App) Services(inv *inventory.Inventory, h *inventory.Host) []play.Service {
	port := play.Port{Number: inv.App.Port, Key: "app.port"}
	for _, at := range appListen(inv, h) {
		port.On = append(port.On, netip.MustParseAddrPort(at).Addr())
	}
	for _, web := range remoteWebs(inv) {
		port.Open = append(port.Open, play.FromHost("app", web))
	}
	return append([]play.Service{
		{Name: "app", Layer: play.App, Main: true, Units: []string{"app.socket", "app.service"}, Ports: []play.Port{port}, Exporter: appExporter(inv, h),
			Journal: play.Journal{Unit: "app", Also: []string{"UNIT=app.socket"}}},
		{Name: "python", Layer: play.System, Packages: []play.Package{{Name: "python3", Called: "python"}, {Name: "python3-gunicorn", Called: "gunicorn"}},
			Disk: []play.Space{{Path: "/", MiB: 100}, {Path: "/srv", MiB: 100}}},
		certificateService(inv, h),
	}, workerServices(inv, h)...)
}

// appServices are the socket and the server. Restarting the socket restarts the
// server with it, which Requires= it.
func appServices(s *play.Site, h *inventory.Host, want []resource.Resource) []resource.Resource {
	loads := []resource.ID{resource.NewID("file", appUnit), resource.NewID("file", appEnv)}
	for _, r := range want {
		if k := r.ID().Kind(); (k == "release" || k == "current" || r.ID() == resource.NewID("file", appTLSConf)) && !slices.Contains(loads, r.ID()) {
			loads = append(loads, r.ID())
		}
	}
	stop := appPatience(s, h) + appStopAfter // requests that it has begun
	return []resource.Resource{
		resource.Service{Unit: "app.socket", Loads: []resource.ID{resource.NewID("file", appSocket)}, Disruptive: true, StopTimeout: stop},
		resource.Service{Unit: "app.service", Loads: loads, Disruptive: true, StopTimeout: stop, ReadyTimeout: s.Inv.Deploy.HealthTimeout, Ready: appReady(s.Inv, h)},
	}
}

// appPackages are Python, gunicorn as a module, and what the application imports from the
// distribution.
func appPackages(s *play.Site) []string {
	names := append([]string{"python3", "python3-gunicorn"}, s.Inv.App.Packages...)
	if s.Inv.App.Server == "asgi" {
		names = append(names, "python3-uvicorn", "python3-websockets")
	}
	if s.App != nil && namesPackages(s.App) {
		names = append(names, "python3-venv")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// appListen are the addresses on which the application listens: the loopback for
// nginx on the same host, the private address for nginx on hosts of its own.
func appListen(inv *inventory.Inventory, h *inventory.Host) []string {
	var all []string
	if h.Has(inventory.Web) {
		all = append(all, appAt(inv, netip.AddrFrom4([4]byte{127, 0, 0, 1})))
	}
	if len(all) == 0 || AppRemote(inv) {
		all = append(all, appAt(inv, h.IP()))
	}
	return all
}

// appUpstreams is where nginx on h finds the application: on its own host, or
// else on every host that has it.
func appUpstreams(inv *inventory.Inventory, h *inventory.Host) []string {
	if h.Has(inventory.App) {
		return []string{appAt(inv, netip.AddrFrom4([4]byte{127, 0, 0, 1}))}
	}
	var all []string
	for _, a := range inv.Group(inventory.App) {
		all = append(all, appAt(inv, a.IP()))
	}
	return all
}

func appAt(inv *inventory.Inventory, a netip.Addr) string {
	return netip.AddrPortFrom(a.Unmap(), uint16(inv.App.Port)).String()
}

func appUnitData(s *play.Site, h *inventory.Host) map[string]any {
	inv, timeout := s.Inv, appPatience(s, h)
	workers := inv.App.Workers
	if workers == 0 {
		workers = min(2*max(s.Facts[h.Name].CPUs, 1)+1, appMaxAuto)
	}
	proxies := []string{"127.0.0.1"}
	for _, w := range remoteWebs(inv) {
		for _, a := range w.Private {
			proxies = append(proxies, a.Unmap().String())
		}
	}
	conf, entry := "", inv.App.Entrypoint
	if strings.ContainsAny(entry, "'\" ") { // arguments of the function that makes the app
		entry = unitWord(entry)
	}
	if AppRemote(inv) {
		conf = appTLSConf
	}
	return map[string]any{
		"Conf": conf, "TLSGroup": tlsGroup, "SetsUser": s.Facts[h.Name].System().SetsUser || s.App != nil && s.App.Gunicorn,
		"Asgi": inv.App.Server == "asgi", "Threads": inv.App.Threads, "Strict": inv.App.Sandbox == "strict",
		"Timeout": wholeSeconds(timeout), "KillAfter": wholeSeconds(timeout + appKillAfter), "StopAfter": wholeSeconds(timeout + appStopAfter),
		"MemoryMax": memoryMax(inv.App.MemoryMax), "TasksMax": inv.App.TasksMax,
		"Site": inv.Site.Name, "User": appUser, "Current": currentRelease(inv), "Env": appEnv, "Workers": strconv.Itoa(workers),
		"Proxies": strings.Join(proxies, ","), "Entrypoint": entry,
	}
}
