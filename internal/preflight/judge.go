package preflight

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"foobar/internal/facts"
	"foobar/internal/fault"
	"foobar/internal/planview"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
	"foobar/roles"
)

// Where a number becomes a finding.
const (
	clockWarn, clockFail = 2 * time.Second, 5 * time.Minute
	clockTogether        = 2 * time.Second // clocks that differ by less agree
	leastMemory          = 900 << 20       // bytes, for a database server beside others
	deployedShare        = 5               // what is installed already needs this part of the space
)

// judge collects findings. Those of the controller come first.
type judge struct {
	inv      *inventory.Inventory
	services play.Services
	here     Here
	looks    []Look
	file     string // the inventory, quoted
	host     string // the host that is judged, "" for the controller
	list     []Finding
}

// Judge makes the report of what the hosts answered. Where one cause explains
// several findings, only the cause is reported.
func Judge(inv *inventory.Inventory, services play.Services, here Here, looks []Look, taken time.Time) Report {
	j := &judge{inv: inv, services: services, here: here, looks: looks, file: sh.Quote(inv.Path)}
	j.list = append(j.list, here.Findings...)
	r := Report{V: Version, Site: inv.Site.Name, Domain: inv.Site.Domain, Inventory: inv.Path, Taken: taken.UTC(),
		Offline: len(looks) == 0, Partial: len(looks) > 0 && len(looks) < len(inv.Hosts), Hosts: []Host{}}
	j.master()
	if len(looks) > 0 {
		j.whole()
	}
	for i := range looks {
		l := &looks[i]
		r.Hosts = append(r.Hosts, Host{Name: l.Host.Name, Address: l.Host.Address, Roles: append([]string{}, l.Host.Roles...), Reached: l.Refused == nil})
		j.host = l.Host.Name
		if l.Refused != nil {
			j.refused(l.Refused)
			continue
		}
		j.one(l)
	}
	r.Findings = coded(append([]Finding{}, j.list...))
	r.Ready = r.Failures() == 0 && !r.Unreachable()
	return r
}

func (j *judge) add(id, level, fix, format string, args ...any) {
	if level == OK {
		fix = ""
	}
	j.list = append(j.list, Finding{ID: id, Host: j.host, Level: level, Seen: fmt.Sprintf(format, args...), Fix: fix})
}

// failOr is the level of a finding that is a failure only where fails is true.
func failOr(fails bool) string {
	if fails {
		return Fail
	}
	return Warn
}

func (j *judge) ok(id, format string, args ...any) { j.add(id, OK, "", format, args...) }

func (j *judge) deploy() string { return "foobar deploy " + j.file }

func (j *judge) exec(command string) string {
	return "foobar exec " + j.file + " -b -l " + sh.Quote(j.host) + " -- " + sh.Quote(command)
}

// whole judges what only all hosts together show.
func (j *judge) whole() {
	j.host = ""
	if off, all := j.clocksAgree(); all {
		j.add("clock", failOr(off > clockFail), "set the clock of this machine: timedatectl set-ntp true",
			"the hosts' clocks agree, and this machine's differs from them by %s: it is wrong", spanned(off))
	}
	j.namesHere()
	j.database()
	j.machines()
}

// master tells a site that is new from one whose secret is lost, or is another one's.
func (j *judge) master() {
	var there []string
	for i := range j.looks {
		if l := &j.looks[i]; l.Refused == nil && j.deployed(l) && (j.here.NoMaster != "" || j.here.Belongs != nil && !j.here.Belongs(l.Answer.Facts)) {
			there = append(there, l.Host.Name)
		}
	}
	names := strings.Join(there, ", ")
	switch {
	case j.here.NoMaster != "" && len(there) > 0:
		j.add("master-secret", Fail, "restore it from its copy", "%s is not there, and the passwords on %s come from it: a deploy does not make a new one, which would change them all", j.here.NoMaster, names)
	case j.here.NoMaster != "":
		j.ok("master-secret", "the first deploy makes %s", j.here.NoMaster)
	case len(there) > 0:
		j.add("master-secret", Fail, "name the file of the right one in secrets.master; when that is lost: foobar deploy --new-secrets", "the passwords on %s come from another master secret: a deploy replaces them only with --new-secrets", names)
	}
}

// clocksAgree reports whether several hosts' clocks agree with one another and not
// with this machine's, whose clock is then the wrong one, and how far off it is.
func (j *judge) clocksAgree() (time.Duration, bool) {
	var low, high time.Duration
	n := 0
	for _, l := range j.looks {
		if l.Refused != nil || l.Answer.Timeless {
			continue
		}
		off := l.Answer.Offset
		if n == 0 {
			low, high = off, off
		}
		low, high = min(low, off), max(high, off)
		n++
	}
	same := n > 1 && high-low < clockTogether && (low > clockWarn+clockTogether || high < -clockWarn-clockTogether)
	return max(high, -low), same
}

// database says what a deploy would refuse to touch: the data of others.
func (j *judge) database() {
	dbs := j.inv.Group(inventory.DB)
	seen := map[string]facts.Facts{}
	heard := 0
	for _, l := range j.looks {
		if l.Refused == nil {
			seen[l.Host.Name] = l.Answer.Facts
			if l.Host.Has(inventory.DB) {
				heard++
			}
		}
	}
	if len(dbs) == 0 || heard < len(dbs) {
		return // what was not seen may be the primary
	}
	if j.rootRefused(dbs, seen) {
		return
	}
	primary, err := roles.Primary(&play.Site{Inv: j.inv, Facts: seen})
	if err != nil {
		j.add("database", Fail, "do what the message says, then: foobar check "+j.file, "a deploy refuses: %s", printable(err.Error()))
		j.list[len(j.list)-1].Code = fault.Of(err)
		return
	}
	is := "begins as"
	if d := seen[primary.Name].Database; d.Running && !d.ReadOnly && d.Schemas > 0 {
		is = "is"
	}
	j.ok("database", "%s %s the primary", primary.Name, is)
	j.older(dbs, primary, seen)
}

// rootRefused names the servers that do not let root in over their sockets.
func (j *judge) rootRefused(dbs []*inventory.Host, seen map[string]facts.Facts) (some bool) {
	for _, h := range dbs {
		if d := seen[h.Name].Database; d.Refuses != "" {
			some = true
			j.add("database", Fail, "foobar ssh "+j.file+" "+sh.Quote(h.Name)+", and there: "+roles.RootBySocket(d.Engine),
				"the database server of %s does not let root in over its socket: %s", h.Name, d.Refuses)
		}
	}
	return some
}

func (j *judge) refused(r *Refusal) {
	j.add(r.ID, Fail, cmp.Or(r.Hint, "foobar ssh "+j.file+" "+sh.Quote(j.host)), "%s", strings.TrimPrefix(r.Msg, j.host+": "))
	j.list[len(j.list)-1].Code = r.Code
}

// one judges a host that answered.
func (j *judge) one(l *Look) {
	a := &l.Answer
	key := "known_hosts has its key"
	switch {
	case l.Login.Pinned:
		key = "its key is the inventory's"
	case l.Login.Keys.Certified():
		key = "an authority of known_hosts signed its key"
	}
	if other := detour(l); other != "" {
		j.add(SSH, Warn, "find out what is wrong with "+l.Host.Address+": "+j.exec("ip addr; nft list ruleset"), "no answer at %s; %s answered, as %s", l.Host.Address, other, l.Login.User)
	} else {
		j.ok(SSH, "%s answered as %s; %s", l.Login.Address, l.Login.User, key)
	}
	if keys := l.Login.Keys; keys.OnlyECDSA() {
		j.add(HostKey, Warn, cmp.Or(keys.More, "add its ed25519 key to known_hosts: "+j.exec("cat /etc/ssh/ssh_host_ed25519_key.pub")),
			"known_hosts has only its ECDSA key: until it has another, a deploy leaves ECDSA on in sshd")
	}
	if l.Login.Sudo {
		j.ok(Root, "sudo makes %s root", l.Login.User)
	} else {
		j.ok(Root, "the login is root")
	}
	j.system(a)
	j.clock(a)
	j.disks(l)
	j.memory(l)
	j.settings(l)
	j.ports(l)
	j.wayIn(l)
	j.beside(l)
	j.loopback(l)
	j.shut(l)
	j.packages(l)
	j.mirrors(l)
	j.addresses(l)
	j.reach(l)
	if l.Host.Has(inventory.LB) {
		j.names(l)
		j.rotation(a)
	}
	for _, s := range j.services[l.Host.Name] {
		for _, e := range s.Reaches {
			j.endpoint(l, s, e)
		}
	}
	j.owner(l)
}

// detour is the private address at which a host answered because its own gave
// no answer.
func detour(l *Look) string {
	at, err := netip.ParseAddrPort(l.Login.Address)
	own, ownErr := netip.ParseAddr(l.Host.Address)
	if err != nil || ownErr != nil || at.Addr().Unmap() == own.Unmap() || !slices.Contains(l.Host.Private, at.Addr().Unmap()) {
		return ""
	}
	return at.Addr().String()
}

// owner judges whose the host is, what it holds already and who works on it.
func (j *judge) owner(l *Look) {
	a := &l.Answer
	switch by := a.Facts.OwnedBy; by {
	case "":
		j.ok("site", "nothing of foobar is on it yet")
	case j.inv.Site.Name:
		j.ok("site", "it belongs to this site")
	default:
		j.add("site", Fail, fmt.Sprintf("name = %q under [site], or to take it over: %s", by, j.exec("rm /var/lib/foobar/owned.json")),
			"it belongs to the site %q, whose files and services a deploy would remove", by)
	}
	if d := a.Facts.Database; l.Host.Has(inventory.DB) && d.Schemas > 0 && !roles.DatabaseOurs(j.inv, a.Facts.Owned) {
		j.add("database-data", Warn, "back it up first: "+j.exec(dumper(d.Engine)+" --all-databases"),
			"the database server holds %s already, which a deploy keeps; its configuration is replaced", planview.Count(d.Schemas, "database"))
	}
	if a.Lock != "" {
		j.add("lock", Warn, "wait for it to end, or: "+j.deploy()+" --lock-wait 10m", "another run holds the host: %s", a.Lock)
	}
	if a.Reboot {
		why := ""
		if len(a.RebootFor) > 0 {
			why = " for " + strings.Join(a.RebootFor[:min(3, len(a.RebootFor))], ", ")
		}
		j.add("reboot", Warn, j.exec("systemctl reboot"), "it needs a reboot%s", why)
	}
}

// rotation names the servers that a person took out: a deploy leaves them out.
func (j *judge) rotation(a *Answer) {
	for _, h := range j.inv.Group(inventory.Web) {
		if d := facts.DrainedHost(a.Facts.Drained, h.Name); d != nil {
			j.add("rotation", Warn, "foobar host undrain "+j.file+" "+h.Name, "%s stays out of the rotation: %s", h.Name, d)
		}
	}
}

// deployed reports whether a deploy of this site was here before.
func (j *judge) deployed(l *Look) bool {
	return l.Answer.Facts.OwnedBy == j.inv.Site.Name && len(l.Answer.Facts.Owned) > 0
}

// filtered reports whether a deploy made the host's firewall: it may be switched on in an
// inventory that was deployed without.
func (j *judge) filtered(l *Look) bool { return j.deployed(l) && l.Answer.Filtered }

// spanned is a time span as people say it.
func spanned(d time.Duration) string {
	switch d = max(d, -d); {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f h", d.Hours())
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

// dumper is the engine's program that saves all data as statements.
func dumper(engine string) string {
	if engine == "mysql" {
		return "mysqldump"
	}
	return "mariadb-dump"
}
