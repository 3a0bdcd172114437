package roles

import (
	"fmt"
	"maps"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

const (
	nginxConf    = "/etc/nginx/nginx.conf"
	nginxDropIn  = "/etc/systemd/system/nginx.service.d/foobar.conf"
	nginxLog     = "/var/log/nginx/access.json"
	nginxErrors  = "/var/log/nginx/error.log"
	nginxRotate  = "/etc/logrotate.d/foobar-nginx"
	nginxStats   = 8081 // port of the statistics, on loopback
	nginxMaxAuto = 8    // worker processes at most
)

// Nginx is the web server of a host: it terminates the balancer's TLS, serves static
// files and passes the rest to the application.
type Nginx struct{}

// Name is the role's name on the command line.
func (Nginx) Name() string { return "nginx" }

// Resources are what a host with the role web needs. A host that serves static
// files without the application gets the release too.
func (Nginx) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	if err := appSpeaksTLS(s); err != nil && !h.Has(inventory.App) {
		return nil, err
	}
	var t texts
	conf, snippet := t.of("nginx/nginx.conf.tmpl", nginxConfig(s, h)), snippetOf(s, "web.snippet")
	check := func(command string) string {
		return snippetCheck(command, "web.snippet", s.Inv.Web.Snippet, conf, snippet)
	}
	want := t.list(leaf(s, h))
	if len(s.Inv.Web.Auth.Users) > 0 {
		want = append(want, webUsers(s))
	}
	runs := s.Facts[h.Name].Patience.Web > 0
	want = append(want,
		inTurn(runs, resource.File{Path: nginxConf, Content: conf, Check: check("nginx -t -q -c %s"), Keep: nginxKept}),
		inTurn(runs, resource.File{Path: nginxDropIn, Content: t.of("nginx/hardening.conf.tmpl", wholeSeconds(webPatience(s, h)+appKillAfter)), Keep: nginxKept}),
		resource.File{Path: nginxRotate, Content: t.of("nginx/logrotate.tmpl", nil)},
		accessLog(s.Facts[h.Name].System(), nginxLog, nginxUser),
		resource.Packages{For: "nginx", Names: []string{"nginx", "logrotate"}},
	)
	if !h.Has(inventory.App) && s.Inv.Web.Static != "" {
		want = append(want, releaseOf(s, h, false)...)
	}
	server := nginxService(h)
	server.Check = check(server.Check)
	server.ReloadScript, server.RestartWith, server.OneByOne = nginxTakeIn(s, h, "reload"), nginxTakeIn(s, h, "restart"), true
	return append(want, server), t.err
}

// Services are nginx, which the balancers reach, and its certificate.
func (Nginx) Services(inv *inventory.Inventory, h *inventory.Host) []play.Service {
	var open []play.Way
	for _, lb := range inv.Group(inventory.LB) {
		open = append(open, play.FromHost("https", lb))
	}
	open = append(open, play.Way{Comment: "https from monitoring", From: inv.Monitoring.AllowFrom})
	return []play.Service{certificateService(inv, h), {
		Name: "nginx", Layer: play.Web, Main: true, Units: []string{"nginx.service"}, Packages: []play.Package{{Name: "nginx", Called: "nginx"}},
		Ports: []play.Port{{Number: 443, Open: open}, {Number: nginxStats, On: play.Loopback(), For: "nginx's statistics"}},
		Etc:   path.Dir(nginxConf), Rivals: otherServers(),
		Journal:   play.Journal{Unit: "nginx"},
		Files:     []play.File{{Path: nginxErrors, Format: play.NginxErrors}, {Path: nginxLog, Format: play.Requests, Under: "access"}},
		Texts:     []string{nginxErrors, nginxErrors + ".1"},
		Collected: requests("nginx", nginxStats, nginxLog, "web/nginx"),
		Exporter: play.Exporter{Name: "nginx", Port: 9113, Requests: "nginx_http_requests_total", Package: "prometheus-nginx-exporter",
			Args: fmt.Sprintf("--web.listen-address=127.0.0.1:9113 --nginx.scrape-uri=http://127.0.0.1:%d/stub_status", nginxStats)},
	}}
}

// otherServers would take the ports of the web.
func otherServers() []play.Rival {
	return []play.Rival{{Packages: []string{"apache2", "lighttpd", "caddy"}, Boot: true,
		Why: "it starts at boot and takes the ports of the web", Fix: "systemctl disable --now %s"}}
}

func nginxService(h *inventory.Host) resource.Service {
	conf, dropIn := resource.NewID("file", nginxConf), resource.NewID("file", nginxDropIn)
	loads := []resource.ID{conf, resource.NewID("certificate", leafKey), dropIn}
	if !h.Has(inventory.App) {
		loads = append(loads, resource.NewID("file", leafCA)) // whom it believes to be the application
	}
	return resource.Service{
		Unit: "nginx.service", Reload: true, Disruptive: true,
		Loads:    loads,
		Restarts: []resource.ID{dropIn},
		Check:    "nginx -t -q",
		// Any answer will do: what counts is the handshake, with a certificate that the
		// other hosts accept.
		Ready: "curl -q -s -o /dev/null --max-time 5 --noproxy '*' --cacert " + leafCA + " --resolve " +
			sh.Quote(h.Internal()+":443:127.0.0.1") + " " + sh.Quote("https://"+h.Internal()+"/static/"),
	}
}

// nginxData is what the template nginx.conf is filled with.
type nginxData struct {
	Processes        string   // number, or "auto"
	MaxBody          int64    // bytes
	HealthPath       string   // not logged
	Balancers        []string // addresses trusted to name the client
	Upstreams        []string // address:port of the application
	Local            bool     // the application is on this host
	AppName, CA      string   // else: the name in its certificate, and the CA that signed it
	Names            []string // of the server
	Static           string   // folder behind /static/, or ""
	Found            bool     // the application is asked for what is not in it
	Site, StaticIn   string   // where releases are, and what of each holds these files
	Certificate, Key string
	Timeout          int    // of a request, seconds
	Early            int    // seconds within which a request that failed may go to another server
	Streams          bool   // the application may answer piece by piece
	Sockets          bool   // else: it may have websockets nevertheless, a thread for each
	Silent           string // for how long these, and those, may be so
	Headers          []webHeader
	Moves            []webMoves
	Guarded          []string // paths that ask for a password, as nginx matches them; "" is all
	Users            string   // the file of who may see them
	Health           string   // the balancer's path, as nginx matches it: it moves nowhere and asks for nothing
	Metrics          string   // the path of the application's metrics, as nginx matches it; "" without
	Snippet          string   // lines of the operator's own, or ""
	NoIPv6           bool     // the kernel opens no socket for IPv6
	Rejects          bool     // it can refuse the handshake of who asks for another name
}

// webHeader is set where the application sends none of that name.
type webHeader struct{ Name, Var, Value string }

// webHeaders are in the order of their names.
func webHeaders(inv *inventory.Inventory) (all []webHeader) {
	for _, name := range slices.Sorted(maps.Keys(inv.Web.Headers)) {
		if value := inv.Web.Headers[name]; value != "" {
			all = append(all, webHeader{name, strings.ReplaceAll(strings.ToLower(name), "-", "_"), `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`})
		}
	}
	return all
}

func nginxConfig(s *play.Site, h *inventory.Host) nginxData {
	inv := s.Inv
	d := nginxData{
		Processes: "auto", MaxBody: inv.Web.ClientMaxBody, HealthPath: inv.LB.HealthPath,
		Balancers: balancerAddresses(inv), Upstreams: appUpstreams(inv, h), Local: h.Has(inventory.App),
		Names: append([]string{h.Internal()}, inv.Site.Names()...), Certificate: leafCert, Key: leafKey, AppName: appTLSName, CA: leafCA,
		Timeout: wholeSeconds(webPatience(s, h)), Headers: webHeaders(inv),
		Moves: webRedirects(inv), Guarded: webGuarded(inv), Users: nginxUsers, Health: "^" + regexp.QuoteMeta(inv.LB.HealthPath),
		Snippet: snippetOf(s, "web.snippet"),
		NoIPv6:  s.Facts[h.Name].NoIPv6,
		Rejects: s.Facts[h.Name].System().RejectsHandshakes,
	}
	if inv.App.MetricsPath != "" {
		d.Metrics = "^" + regexp.QuoteMeta(strings.TrimRight(inv.App.MetricsPath, "/"))
	}
	if cpus := s.Facts[h.Name].CPUs; cpus > 0 {
		d.Processes = strconv.Itoa(min(cpus, nginxMaxAuto))
	}
	// Two servers that do not answer take four; a request that is slow takes the whole time-out.
	d.Early = min(5, d.Timeout)
	d.Streams, d.Silent = inv.App.Server == "asgi", "1h" // as the balancer's tunnels
	d.Sockets = !d.Streams && inv.App.Threads > 1
	if inv.Web.Static != "" {
		d.Site, d.StaticIn = siteFolder(inv), strings.Trim(inv.Web.Static, "/")
		d.Static, d.Found = currentRelease(inv)+"/"+d.StaticIn, inv.Web.StaticFound
	}
	return d
}

// balancerAddresses are the addresses that connections of the balancer can come from.
func balancerAddresses(inv *inventory.Inventory) []string {
	var all []string
	for _, lb := range inv.Group(inventory.LB) {
		for _, a := range lb.Private {
			all = append(all, a.Unmap().String())
		}
		if a, err := netip.ParseAddr(lb.Address); err == nil {
			all = append(all, a.Unmap().String())
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
