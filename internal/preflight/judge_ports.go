package preflight

import (
	"cmp"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/fault"
	"foobar/internal/firewall"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
)

// ports judges who listens on the ports of the host's services. A port is named
// once, even where two services are to have it.
func (j *judge) ports(l *Look) {
	if !l.Answer.PortsSeen {
		j.add("ports", Warn, j.exec("apt-get install -y iproute2"), "not checked: ss is missing")
		return
	}
	var bad, free, ours []string
	for _, s := range j.services.On(l.Host.Name) {
		for _, p := range s.Ports {
			taken, held := taker(l, s, p)
			port := strconv.Itoa(p.Number)
			switch {
			case taken != nil && slices.Contains(bad, port):
			case taken != nil:
				bad = append(bad, port)
				j.taken(s, *taken)
			case held:
				ours = once(ours, port)
			default:
				free = once(free, port)
			}
		}
	}
	var parts []string
	if len(free) > 0 {
		parts = append(parts, "free: "+strings.Join(free, ", "))
	}
	if len(ours) > 0 {
		parts = append(parts, "held by foobar's services: "+strings.Join(ours, ", "))
	}
	if len(parts) > 0 {
		j.ok("ports", "%s", strings.Join(parts, "; "))
	}
}

// wayIn judges whether the firewall that a deploy makes lets foobar in again, and says
// which ports it keeps open for that. What counts is where the host sees it come from. On
// a host that has foobar's firewall, another rule than foobar's let it in.
func (j *judge) wayIn(l *Look) {
	f, seen := j.inv.Firewall, l.Answer.Facts
	if !f.Enabled {
		return
	}
	from := seen.SSHClient
	holds := func(p netip.Prefix) bool { return p.Contains(from) }
	if from.IsValid() && len(f.SSHFrom) > 0 && !slices.ContainsFunc(f.SSHFrom, holds) {
		j.add("way-in", failOr(!j.filtered(l)), fmt.Sprintf("add %q to ssh_from in [firewall] of %s", from, j.file), "this host sees foobar connect from %s, which firewall.ssh_from does not contain: the firewall would lock it out", from)
	}
	opens := func(r inventory.Rule) bool {
		return r.Port == seen.TunnelPort && r.Proto == "udp" && (len(r.Hosts) == 0 || slices.Contains(r.Hosts, l.Host.Name))
	}
	if seen.TunnelPort > 0 && !j.filtered(l) && !slices.ContainsFunc(f.Extra, opens) {
		j.add("way-in", Warn, fmt.Sprintf("write into %s: [[firewall.extra]] with port = %d and proto = \"udp\"", j.file, seen.TunnelPort),
			"foobar comes in by the tunnel %s: a deploy refuses a firewall that shuts its port %d/udp, unless a rule of ufw's there opens it", printable(seen.Tunnel), seen.TunnelPort)
		j.list[len(j.list)-1].Code = fault.TunnelShut
	}
	if ports := seen.Ways(l.Host.SSHPort()); len(ports) > 1 {
		j.ok("way-in", "sshd listens on the ports %s: the firewall keeps them open to the same addresses", strings.Trim(strings.Join(strings.Fields(fmt.Sprint(ports)), ", "), "[]"))
	}
}

// beside judges what filters beside ufw: where ufw is in use, somebody put it there later.
func (j *judge) beside(l *Look) {
	if names, ends := firewall.Beside(l.Answer.Beside); len(names) > 0 && j.inv.Firewall.Enabled {
		j.add("firewall", failOr(!j.filtered(l)), "see what loads it, such as /etc/nftables.conf, take it out there, and: "+j.exec(strings.Join(ends, "; ")),
			"another firewall drops what ufw lets in: %s", strings.Join(names, ", "))
	}
}

// once appends what a list does not have yet.
func once[T comparable](list []T, v T) []T {
	if slices.Contains(list, v) {
		return list
	}
	return append(list, v)
}

// taker finds a program that keeps a service off its port, or says that the
// service itself has it.
func taker(l *Look, s play.Service, want play.Port) (foreign *listening, held bool) {
	for _, p := range l.Answer.Ports {
		if int(p.at.Port()) != want.Number || !want.Clashes(p.at.Addr()) {
			continue
		}
		if p.unit != "" && slices.Contains(s.Units, p.unit) {
			held = true
			continue
		}
		return &p, false
	}
	return nil, held
}

func (j *judge) taken(s play.Service, p listening) {
	who := cmp.Or(p.program, "a program that could not be named")
	if p.pid > 0 {
		who += fmt.Sprintf(" (pid %d)", p.pid)
	}
	fix := j.exec("ss -ltnp sport = :" + strconv.Itoa(int(p.at.Port())))
	switch {
	case p.unit == "ssh.service", p.unit == "ssh.socket":
		who += " of " + p.unit
		fix = "let sshd listen on another port (Port in sshd_config), and name it in the inventory: ssh.port"
	case strings.HasSuffix(p.unit, ".service"), strings.HasSuffix(p.unit, ".socket"):
		who += " of " + p.unit
		fix = j.exec("systemctl disable --now " + sh.Quote(p.unit))
	case p.pid > 1:
		fix = j.exec(fmt.Sprintf("kill %d", p.pid)) + ", and find out what started it"
	}
	j.add(fmt.Sprintf("port-%d", p.at.Port()), Fail, fix, "port %d is needed by %s, but %s uses it on %s", p.at.Port(), s.Name, who, p.at.Addr())
}

// packages judges what is installed, or half installed.
func (j *judge) packages(l *Look) {
	a := &l.Answer
	clean := true
	for _, s := range j.services.On(l.Host.Name) {
		for _, r := range s.Rivals {
			if name := a.rival(r); name != "" {
				clean = false
				j.add("package-"+name, failOr(r.Fatal), j.exec(strings.ReplaceAll(r.Fix, "%s", name)), "%s is there: %s", name, r.Why)
			}
		}
	}
	for _, s := range j.services.On(l.Host.Name) {
		if name := s.Package(); s.Etc != "" && a.Packages[name] && !j.deployed(l) {
			clean = false
			j.add("package-"+name, Warn, "save it first: "+j.exec("tar -C "+path.Dir(s.Etc)+" -cz "+path.Base(s.Etc)+" | base64")+" > "+name+".b64",
				"%s is installed already: a deploy replaces its configuration", name)
		}
	}
	for _, name := range a.Strangers {
		clean = false
		j.add("package-"+name, Fail, "write enabled = false or another provider into [monitoring] of "+j.file+"; or save what you need and take it away: "+j.exec("apt-get purge "+sh.Quote(name)),
			"%s is there and is not foobar's: a deploy leaves it alone, and does not go on with the monitoring of this host", name)
	}
	if clean {
		j.ok("packages", "none that conflicts")
	}
	if len(a.DpkgLeft) > 0 {
		j.add("dpkg", Warn, "nothing to do: a deploy finishes it first; by hand: "+j.exec("dpkg --configure -a"), "an installation was interrupted: %s", a.DpkgLeft[0])
	} else {
		j.ok("dpkg", "nothing is half installed")
	}
	if a.AptLock != "" {
		j.add("apt-lock", Warn, "a deploy waits for up to 5 min; see what it does: "+j.exec("ps -ef --forest"), "%s", a.AptLock)
	} else {
		j.ok("apt-lock", "free")
	}
}

// rival is the first of several packages that is there; "" when none is. Their
// names may go on with a version.
func (a *Answer) rival(r play.Rival) string {
	for _, name := range r.Packages {
		if r.Boot && a.Enabled[name] {
			return name
		}
		for p := range a.Packages {
			if !r.Boot && (p == name || strings.HasPrefix(p, name+"-")) {
				return name
			}
		}
	}
	return ""
}

// mirrors judges where packages come from. A host that was deployed to needs
// them only for what is new.
func (j *judge) mirrors(l *Look) {
	a := &l.Answer
	level := failOr(!j.deployed(l))
	others := ""
	if slices.ContainsFunc(a.Mirrors, func(m mirror) bool { return m.status == 0 && m.debian }) {
		level, others = Warn, "; a deploy goes on with what the others have"
	}
	switch {
	case a.Sources.status != 0:
		j.add("apt-sources", level, j.exec("apt-get update"), "apt cannot read its sources: %s", cmp.Or(a.Sources.said, fmt.Sprintf("status %d", a.Sources.status)))
		return
	case a.Sources.count == 0:
		j.add("apt-sources", level, "write Debian's into /etc/apt/sources.list.d/debian.sources there", "there are no package sources")
		return
	}
	var well []string
	bad := false
	for _, m := range a.Mirrors {
		name, dist, _ := strings.Cut(m.uri, "/dists/")
		switch {
		case m.status == 0:
			well = once(well, siteOf(name))
		case strings.HasPrefix(m.uri, "cdrom:"):
			bad = true
			j.add("apt-mirror", level, j.exec(`sed -i 's/^deb cdrom:/# &/' /etc/apt/sources.list`), "a CD-ROM of the installer is still a package source")
		default:
			bad = true
			fix := "allow the host to connect to it, or set apt's proxy there (Acquire::http::Proxy); then: " + j.exec("apt-get update")
			if p := a.proxy(); p != "" {
				fix = "check that apt's proxy " + p + " answers the host; it is set in: " + j.exec("grep -rn Proxy /etc/apt/apt.conf /etc/apt/apt.conf.d")
			}
			if httpStatus.MatchString(m.said) {
				fix = "correct it in its file: " + j.exec("grep -rnF "+sh.Quote(siteOf(name))+" /etc/apt/sources.list /etc/apt/sources.list.d")
			}
			j.add("apt-mirror", level, fix, "%s (%s) gives no packages: %s%s", name, strings.TrimSuffix(dist, "/InRelease"), cmp.Or(m.said, "no answer in time"), others)
		}
	}
	if len(a.Mirrors) == 0 {
		j.add("apt-mirror", Warn, j.exec("apt-get update"), "not checked: no package source has the usual form")
	} else if !bad {
		j.ok("apt-mirror", "%s answers", strings.Join(well, ", "))
	}
}

// siteOf is the host of a URI, or the whole where it has none.
func siteOf(uri string) string {
	if _, rest, ok := strings.Cut(uri, "://"); ok {
		host, _, _ := strings.Cut(rest, "/")
		return host
	}
	return uri
}
