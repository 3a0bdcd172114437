package status

import (
	"strings"

	"foobar/internal/ask"
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
	domain    string // whose certificate is asked for; "" without a balancer
	internal  bool   // a certificate is shown to the other hosts
	folder    string // of the releases; "" where there are none
	database  bool
	collector play.Service
}

// askOf follows what the roles put on a host.
func askOf(inv *inventory.Inventory, services play.Services, h *inventory.Host) questions {
	a := questions{services: services.On(h.Name), firewall: inv.Firewall.Enabled, database: h.Has(inventory.DB)}
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
			list = append(list, Service{Unit: u, name: s.Name, aside: s.Layer >= play.System || s.Name == certificate || strings.HasSuffix(u, ".socket")})
		}
	}
	return list
}

// script is POSIX sh that changes nothing and bounds both its time and its
// output; see ask.Script.
func (a questions) script() string {
	var b strings.Builder
	b.WriteString("export LC_ALL=C\n" + ask.Clock + askSystem)
	b.WriteString("section packages; dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\\n' " + sh.Join(a.packages...) + " 2>/dev/null\n")
	var units []string
	for _, u := range a.units() {
		units = append(units, u.Unit)
	}
	if len(units) > 0 {
		b.WriteString("section units; timeout 10 systemctl show --timestamp=unix -p " +
			"Id,LoadState,ActiveState,SubState,UnitFileState,Result,NRestarts,StateChangeTimestamp -- " + sh.Join(units...) + " 2>&1\n")
	}
	if a.firewall {
		b.WriteString("section firewall\n" + firewall.StateScript())
	}
	if a.domain != "" {
		b.WriteString(askBalancer)
		b.WriteString("section certificate; timeout 10 openssl s_client -connect 127.0.0.1:443 -servername " + sh.Quote(a.domain) +
			" -showcerts </dev/null 2>&1 | head -c 65536\n")
	}
	if a.internal { // the private key is in the file, too
		b.WriteString("section internal-certificate; sed -n '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p' /etc/foobar/tls/host.crt 2>&1 | head -c 65536\n")
	}
	if a.folder != "" {
		b.WriteString("section release; d=" + sh.Quote(a.folder) + "\n" + askRelease)
	}
	if a.database {
		b.WriteString(askDatabase)
	}
	if url := a.collector.Health; url != "" {
		b.WriteString("section collector; curl -sS -o /dev/null -w 'HTTP %{http_code}\\n' --max-time 5 --noproxy '*' " + sh.Quote(url) + " 2>&1\n")
	}
	b.WriteString("section history; " + record.HostQuestion(1))
	return b.String()
}

// Sources: os-release(5), proc_uptime(5), proc_loadavg(5), proc_meminfo(5), df(1),
// systemctl(1); Debian's kernels name their package's version in the build.
const askSystem = `section system
( . /etc/os-release; printf 'os %s\n' "$PRETTY_NAME" )
read -r kernel </proc/sys/kernel/osrelease; echo "kernel $kernel"
read -r up _ </proc/uptime; echo "uptime $up"
read -r load _ </proc/loadavg; echo "load $load"
echo "cpus $(nproc)"
while read -r k v _; do case $k in MemTotal:|MemAvailable:) echo "$k $v" ;; esac; done </proc/meminfo
section disk; timeout 5 df -Pk / /var /srv 2>/dev/null
section inodes; timeout 5 df -Pi / /var /srv 2>/dev/null
section reboot; [ ! -e /run/reboot-required ] || { echo pending; head -n 50 /run/reboot-required.pkgs 2>/dev/null; }
section kernels; echo "$kernel"
{ echo "$kernel"; for k in /boot/vmlinuz-*; do [ ! -e "$k" ] || echo "${k#/boot/vmlinuz-}"; done; } | sort -V | head -n 100
read -r build </proc/sys/kernel/version; echo "runs $build"
echo "installed $(dpkg-query -W -f '${Version}' "linux-image-$kernel" 2>/dev/null)"
section failed; timeout 10 systemctl list-units --state=failed --plain --no-legend --no-pager 2>/dev/null | head -n 50
`

// Source: HAProxy's management guide, "show info" and "show stat".
const askBalancer = `section haproxy; printf 'show info;show stat\n' | timeout 10 socat -t 5 - UNIX-CONNECT:` + adminSocket + ` 2>&1 | head -c 1000000
`

// The process keeps the folder it was started in, whatever the link says now.
const askRelease = `echo "current $(readlink -- "$d/current" 2>/dev/null)"
echo "since $(stat -c %Y -- "$d/current" 2>/dev/null)"
[ ! -f "$d/current/.complete" ] || echo complete
p=$(systemctl show -p MainPID --value app.service 2>/dev/null)
[ "${p:-0}" -eq 0 ] || echo "running $(readlink -- "/proc/$p/cwd" 2>/dev/null)"
n=0; for r in "$d"/releases/*/.complete; do [ ! -f "$r" ] || n=$((n+1)); done; echo "kept $n"
`

// Source: the documentation of SHOW VARIABLES, SHOW STATUS, MariaDB's of SHOW ALL
// SLAVES STATUS and MySQL's of SHOW REPLICA STATUS. Root comes in by the socket;
// no password is involved.
const askDatabase = `section database
c=mariadb q='SHOW ALL SLAVES STATUS'; command -v mariadb >/dev/null || { c=mysql q='SHOW REPLICA STATUS'; }
db(){ timeout 10 "$c" --no-defaults -uroot -S /run/mysqld/mysqld.sock "$@" </dev/null 2>&1; }
db -B -N -e "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version','read_only','gtid_binlog_pos','gtid_slave_pos','gtid_executed','max_connections');
SHOW GLOBAL STATUS WHERE Variable_name IN ('Threads_connected','Uptime')" && { section replication; db -E -e "$q" | head -c 100000; }
`
