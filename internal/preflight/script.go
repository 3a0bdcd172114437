package preflight

import (
	_ "embed" // scripts
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/facts"
	"foobar/internal/firewall"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Files are the texts of files that the inventory names, by key ("tls.acme_ca",
// "monitoring.ca"): CA certificates, no secrets.
type Files map[string]string

// The IDs of what is fetched.
const (
	acmeID   = "acme"
	intakeID = "intake"
)

// placesOf is somewhat more than what a first deploy was measured to put on
// Debian 13. The first two places are for packages and their archives, the others
// for data.
func placesOf(services []play.Service) []play.Space {
	list := []play.Space{{Path: "/", MiB: 150}, {Path: "/var", MiB: 150}, {Path: "/tmp", MiB: 32}}
	for _, s := range services {
		for _, d := range s.Disk {
			if i := slices.IndexFunc(list, func(l play.Space) bool { return l.Path == d.Path }); i >= 0 {
				list[i].MiB += d.MiB
			} else {
				list = append(list, d)
			}
		}
	}
	return list
}

// packagesOf is shell that lists which packages of the services and which of their
// rivals are installed, these also with a version behind their names, and which
// rivals start at boot. Sources: dpkg-query(1), systemctl(1).
func packagesOf(services []play.Service) string {
	var installed, boot []string
	for _, s := range services {
		if s.Etc != "" {
			installed = append(installed, regexp.QuoteMeta(s.Package()))
		}
		for _, r := range s.Rivals {
			for _, p := range r.Packages {
				if r.Boot {
					boot = append(boot, p)
				} else {
					installed = append(installed, regexp.QuoteMeta(p)+"(-.*)?")
				}
			}
		}
	}
	script := "section packages; dpkg-query -W -f '${db:Status-Status} ${Package}\\n' 2>/dev/null | grep -E " + sh.Quote("^installed ("+strings.Join(installed, "|")+")$") +
		"\nsection enabled"
	for _, u := range boot {
		script += "; systemctl is-enabled -q " + sh.Quote(u+".service") + " 2>/dev/null && echo " + sh.Quote(u)
	}
	return script + "\n" + strangersOf(services)
}

// strangersOf is shell that lists which packages that are to be foobar's are installed by
// others.
func strangersOf(services []play.Service) string {
	script := "section strangers\n"
	for _, s := range services {
		for _, p := range s.Packages {
			if s.Claims {
				script += "[ -e " + sh.Quote(play.Claim(p.Name)) + " ] || dpkg-query -W -f '${db:Status-Status} ${Package}\\n' -- " + sh.Quote(p.Name) + " 2>/dev/null\n"
			}
		}
	}
	return script
}

// Script is the whole question for one host: POSIX sh for a root shell, that
// changes nothing beyond a private folder of its own in /run, which goes with it,
// and bounds its time and its output; see ask.Script.
func Script(inv *inventory.Inventory, services play.Services, h *inventory.Host, files Files) string {
	own, needs := services.On(h.Name), services.Needs(inv, h)
	var urls []play.Endpoint
	for _, s := range own {
		urls = append(urls, s.Reaches...)
	}
	var names []string
	if h.Has(inventory.LB) {
		names = inv.Site.Names()
	}
	var b strings.Builder
	b.WriteString("export LC_ALL=C\n" + prelude)
	// What takes its time is begun first, side by side.
	for i, f := range urls {
		ca := "''"
		if files[f.CA] != "" {
			ca = `"$d/ca` + strconv.Itoa(i) + `"`
			b.WriteString("printf '%s\\n' " + sh.Quote(files[f.CA]) + " >" + ca + "\nchmod 0644 " + ca + "\n")
		}
		b.WriteString("fetch " + sh.Quote(f.URL) + " " + ca + " \"$d/net/" + f.ID + "\" " + sh.Join(hostPort(f.URL)...) + " >\"$d/" + f.ID + ".said\" 2>&1 &\n")
	}
	for i, n := range needs {
		b.WriteString("peer " + sh.Join(n.To.IP().Unmap().String(), strconv.Itoa(n.Port)) + " >\"$d/reach" + strconv.Itoa(i) + "\" 2>&1 &\n")
	}
	for i, n := range names {
		b.WriteString("timeout 15 $as getent -A ahosts " + sh.Quote(n) + " >\"$d/name" + strconv.Itoa(i) + "\" 2>&1 &\n")
	}
	b.WriteString(askMirrors)
	b.WriteString(ask.Clock + "(\n" + facts.Script() + ")\n" + askSystem + "section disk\nfor p in")
	for _, p := range placesOf(own) {
		b.WriteString(" " + sh.Quote(p.Path))
	}
	b.WriteString("; do place \"$p\"; done\nwhile read -r _ m _; do [ \"$m\" != /boot ] || place /boot; done </proc/mounts\n")
	if inv.Firewall.Enabled {
		b.WriteString("section beside\n" + firewall.BesideScript)
	}
	b.WriteString(askSettings + askPorts + askPackages + packagesOf(own) + askLocks + "wait\n" + tellMirrors)
	for i, n := range needs {
		b.WriteString("section reach " + sh.Quote(needKey(n)) + "; head -c 300 \"$d/reach" + strconv.Itoa(i) + "\"\n")
	}
	for i, n := range names {
		b.WriteString("section name " + sh.Quote(n) + "; head -c 8192 \"$d/name" + strconv.Itoa(i) + "\"\n")
	}
	for _, f := range urls {
		b.WriteString("section " + f.ID + "; tail -c 4096 \"$d/" + f.ID + ".said\"\nsection " + f.ID + "-text; $as head -c 4096 \"$d/net/" + f.ID + "\" 2>/dev/null\n")
	}
	return b.String()
}

func needKey(n play.Need) string {
	return netip.AddrPortFrom(n.To.IP().Unmap(), uint16(n.Port)).String()
}

// hostPort is where a URL leads; the reader of the inventory has checked it.
func hostPort(text string) []string {
	u, err := url.Parse(text)
	if err != nil {
		return []string{"", ""}
	}
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	return []string{u.Hostname(), port}
}

// prelude: a bare Debian has neither curl nor always openssl. apt's own helper
// speaks HTTP and verified TLS and is always there; bash, which is too, opens TCP
// connections. What speaks with others, and what reads their answers, runs as apt's
// own user without privileges, in a folder of its own; nothing of root's opens a
// file there. No answer gets more than 20 MB of space. Collector and certbot know
// no proxy, so none is used for what they will ask.
//
// Sources: apt-transport-http(1), apt-transport-https(1), setpriv(1), bash(1) "REDIRECTION", df(1).
//
//go:embed prelude.sh
var prelude string

// askMirrors asks for the head of each package source, as apt itself would: with
// its proxy. apt-helper does not know lists of mirrors: their first stands for
// them. A source without "dists" in its path is a flat one; one with a password
// in it is left alone, for everybody could read it in the process list. Sources:
// apt-get(8) "--print-uris", apt-transport-mirror(1).
//
//go:embed mirrors.sh
var askMirrors string

const tellMirrors = `section sources; cat "$d/uris.rc"; head -c 2048 "$d/uris.said"; echo; grep -c "^'" "$d/uris"
section mirrors; cat "$d"/mirror*.told 2>/dev/null | head -c 32768
`

// askSystem does not ask timedatectl, which would start a service. Sources: systemd(1),
// systemd-timesyncd(8), chronyc(1), ntpq(1).
//
//go:embed system.sh
var askSystem string

// askSettings looks for what others have set. Sources: lsattr(1), proc_pid_mounts(5),
// apt.conf(5), needrestart's needrestart.conf, certbot(1) "Configuration File".
//
//go:embed settings.sh
var askSettings string

// askPorts names the programs that listen, and the units they belong to; what
// systemd itself holds belongs to a socket unit. Source: ss(8), systemctl(1).
//
//go:embed ports.sh
var askPorts string

// askPackages lists what dpkg has left half done. Source: dpkg(1).
const askPackages = `section dpkg
timeout 20 dpkg --audit 2>&1 | head -n 20
for f in /var/lib/dpkg/updates/[0-9]*; do [ ! -e "$f" ] || { echo "updates left: ${f##*/}"; break; }; done
`

// askLocks looks at who has a lock's file open: to try a lock would take it. Source: proc_pid_fd(5).
//
//go:embed locks.sh
var askLocks string
