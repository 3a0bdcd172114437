package status

import (
	_ "embed" // scripts
	"strings"

	"foobar/internal/ask"
	"foobar/internal/database"
	"foobar/internal/database/dialects"
	"foobar/internal/database/ops"
	"foobar/internal/facts"
	"foobar/internal/firewall"
	"foobar/internal/play"
	"foobar/internal/record"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Names on the hosts, as the roles write them.
const (
	adminSocket = "/run/haproxy/admin.sock"
	backend     = "web"
	renewal     = "foobar-certificate" // of a host's own certificate
	certificate = "certificate"        // the service that renews it
)

// questions are what one host is asked for beside its system.
type questions struct {
	services  []play.Service // that are not switched off
	packages  []string       // those of the site: some bring others with them
	firewall  bool
	domain    string           // whose certificate is asked for; "" without a balancer
	internal  bool             // a certificate is shown to the other hosts
	folder    string           // of the releases; "" where there are none
	database  database.Dialect // nil without a server
	tables    bool             // of the database
	backup    string           // shell that asks for the newest one; "" where there are none
	collector play.Service
	app       bool     // what it says is looked at
	keep      []string // deploy.keep
	folders   []string // that fill up, such as that of the database
}

// askOf follows what the roles put on a host.
func askOf(inv *inventory.Inventory, services play.Services, h *inventory.Host) questions {
	a := questions{services: services.On(h.Name), firewall: inv.Firewall.Enabled, keep: inv.Deploy.Keep}
	if h.Has(inventory.DB) {
		a.database, _ = dialects.Named(inv.DB.Engine)
		a.tables = true
		if inv.DB.Backup.Enabled {
			a.backup, a.folders = ops.AskNewest(inv), []string{inv.DB.Backup.Path}
		}
	}
	a.app = h.Has(inventory.App) && inv.App.Source != ""
	if h.Has(inventory.LB) {
		a.domain = inv.Site.Domain
	}
	if inv.App.Source != "" && (h.Has(inventory.App) || h.Has(inventory.Web) && inv.Web.Static != "") {
		a.folder = "/srv/" + inv.Site.Name
	}
	for _, s := range services.Each() {
		for _, p := range s.Packages {
			a.packages = append(a.packages, p.Name)
		}
	}
	for _, s := range a.services {
		for _, d := range s.Disk {
			a.folders = append(a.folders, d.Path)
		}
		a.internal = a.internal || s.Name == certificate
		if s.Health != "" {
			a.collector = s
		}
	}
	return a
}

// units are those of the services, as they are before anything is known of them.
func (a questions) units() []Service {
	var list []Service
	for _, s := range a.services {
		for _, u := range s.Units {
			list = append(list, Service{Unit: u, name: s.Name, watch: s.Layer == play.Watch, aside: s.Layer >= play.System || s.Name == certificate || strings.HasSuffix(u, ".socket")})
		}
	}
	return list
}

// script is POSIX sh that changes nothing and bounds both its time and its
// output; see ask.Script.
func (a questions) script() string {
	var b strings.Builder
	b.WriteString("export LC_ALL=C\nset -- / " + sh.Join(a.folders...) + "\n" + ask.Clock + askSystem)
	b.WriteString("section packages; dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n' " + sh.Join(a.packages...) + " 2>/dev/null\n")
	var units []string
	for _, u := range a.units() {
		units = append(units, u.Unit)
	}
	units = append(units, a.jobs()...)
	if len(units) > 0 {
		b.WriteString("section units; " + askUnits(units))
	}
	if a.firewall {
		b.WriteString("section firewall\n" + firewall.StateScript())
	}
	if a.domain != "" {
		b.WriteString(askBalancer + facts.AskDrained + a.traffic())
		b.WriteString(askServed(a.domain))
	}
	if a.internal {
		b.WriteString("section internal-certificate; " + certificatesIn("/etc/foobar/tls/host.crt"))
	}
	if a.folder != "" {
		b.WriteString("section release; d=" + sh.Quote(a.folder) + "\n" + askRelease)
	}
	if a.app {
		b.WriteString(askApp)
	}
	if a.database != nil {
		more := ""
		if a.tables {
			more = database.TablesQuestion(a.database)
		}
		b.WriteString(askDatabase(a.database, more))
		if a.backup != "" {
			b.WriteString("section backup\n" + a.backup)
		}
	}
	if url := a.collector.Health; url != "" {
		b.WriteString("section collector; curl -q -sS -o /dev/null -w 'HTTP %{http_code}\\n' --max-time 5 --noproxy '*' " + sh.Quote(url) + " 2>&1\n")
	}
	b.WriteString(a.askArrivals())
	b.WriteString(sh.Set("keep", strings.Join(a.keep, "\n")) + askOthers)
	b.WriteString("section history; " + record.HostQuestion(1))
	return b.String()
}

// askUnits asks systemd for units.
func askUnits(units []string) string {
	asked := "show --timestamp=unix -p Id,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,StateChangeTimestamp,ExecMainStatus,ExecMainExitTimestamp,NextElapseUSecRealtime -- " + sh.Join(units...)
	return "\n" + sh.UnixTimes + "timeout 10 env TZ=UTC systemctl " + asked + " 2>/dev/null || systemctl " + asked + " 2>&1\n"
}

// askServed asks HAProxy itself for the certificate that visitors see.
func askServed(domain string) string {
	return "section certificate; timeout 10 openssl s_client -connect 127.0.0.1:443 -servername " + sh.Quote(domain) + " -showcerts </dev/null 2>&1 | head -c 65536\n"
}

// certificatesIn prints the certificates of a file: a private key may be in it, too.
func certificatesIn(path string) string {
	return "sed -n '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p' " + sh.Quote(path) + " 2>&1 | head -c 65536\n"
}

// Sources: os-release(5), proc_uptime(5), proc_loadavg(5), proc_meminfo(5), df(1),
// systemctl(1); Debian's kernels name their package's version in the build.
//
//go:embed system.sh
var askSystem string

// Source: HAProxy's management guide, "show info" and "show stat".
const askBalancer = `section haproxy; printf 'show info;show stat\n' | timeout 10 socat -t 5 - UNIX-CONNECT:` + adminSocket + ` 2>&1 | head -c 1000000
`

// The process keeps the folder it was started in, whatever the link says now.
//
//go:embed release.sh
var askRelease string
