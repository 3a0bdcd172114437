package preflight

import (
	"fmt"
	"slices"
	"strings"

	"foobar/internal/firewall"
	"foobar/inventory"
	"foobar/roles"
)

// loopback judges which programs processes of the host will no longer reach. The
// line that keeps them is one for all hosts that answered.
func (j *judge) loopback(l *Look) {
	open, cut := j.cutOff(l)
	switch {
	case len(cut) == 0:
	case l.Answer.Strict:
		j.ok("loopback", "strict since an earlier deploy: over loopback nothing reaches %s", firewall.Name(cut))
	default:
		var all []firewall.Listener
		for i := range j.looks {
			_, more := j.cutOff(&j.looks[i])
			all = append(all, more...)
		}
		j.add("loopback", Warn, "if a program needs that, write in [firewall] of "+j.file+": "+open.Keep(all)+`; or loopback = "off"`,
			"a deploy makes loopback strict: over it nothing will reach %s any more", firewall.Name(cut))
	}
}

// cutOff are the programs on a host that strict loopback shuts off.
func (j *judge) cutOff(l *Look) (firewall.Loopback, []firewall.Listener) {
	f := j.inv.Firewall
	if !f.Enabled || f.Loopback != inventory.Strict || l.Refused != nil {
		return firewall.Loopback{}, nil
	}
	ssh := l.Answer.Facts.Ways(l.Host.SSHPort())
	var all []firewall.Listener
	for _, p := range l.Answer.Ports {
		all = append(all, firewall.Listener{At: p.at, Program: p.program})
	}
	lo := firewall.Loopback{Strict: true, Ports: roles.LoopbackPorts(j.inv, j.services[l.Host.Name], l.Host, ssh), Extra: f.LoopbackPorts}
	return lo, lo.CutOff(all)
}

// shut names the programs on a host without a firewall of foobar's that others reach now,
// and that the inventory opens to nobody. What containers publish bypasses ufw, and what
// every host has for its own network is none of them.
func (j *judge) shut(l *Look) {
	if !j.inv.Firewall.Enabled || j.filtered(l) {
		return
	}
	if firewall.Routes(l.Answer.Beside) {
		j.add("shut", Warn, firewall.KeepRouting, "it is the way out for others: %s", firewall.Stranded)
	}
	inv := *j.inv
	inv.Firewall.LoopbackPorts = nil
	open := roles.LoopbackPorts(&inv, j.services[l.Host.Name], l.Host, l.Answer.Facts.Ways(l.Host.SSHPort()))
	var names, forwarded []string
	for _, p := range l.Answer.Ports {
		if port := int(p.at.Port()); !slices.Contains(open, port) && port != 5355 && !p.at.Addr().IsLoopback() && p.program != "docker-proxy" {
			if p.program == "conmon" { // keeps the port of a container of root's Podman, to which the kernel forwards
				forwarded = once(forwarded, fmt.Sprintf("%d/tcp", port))
				continue
			}
			names = once(names, strings.TrimSpace(fmt.Sprintf("%s %d/tcp", p.program, port)))
		}
	}
	for _, p := range l.Answer.Datagrams {
		port := int(p.at.Port())
		opens := func(r inventory.Rule) bool {
			return r.Port == port && r.Proto == "udp" && (len(r.Hosts) == 0 || slices.Contains(r.Hosts, l.Host.Name))
		}
		if !slices.Contains([]int{68, 546, 5353, 5355}, port) && !slices.ContainsFunc(inv.Firewall.Extra, opens) && !p.at.Addr().IsLoopback() && p.program != "docker-proxy" {
			names = once(names, strings.TrimSpace(fmt.Sprintf("%s %d/udp", p.program, port)))
		}
	}
	if len(forwarded) > 0 {
		j.add("shut", Warn, "install ufw there first, and let through what others need by the container's own port, which stays: ufw route allow to any port PORT proto tcp",
			"from other hosts nothing will reach the containers that Podman publishes at %s any more: ufw drops what is forwarded", strings.Join(forwarded[:min(len(forwarded), mostShut)], ", "))
	}
	if len(names) > mostShut {
		names = append(names[:mostShut], "and others")
	}
	if len(names) > 0 {
		j.add("shut", Warn, "where others need one, write into "+j.file+" a table [[firewall.extra]] with its port, and proto = \"udp\" for udp",
			"from other hosts nothing will reach %s any more, unless a rule of ufw's there opens it", strings.Join(names, ", "))
	}
}

// mostShut is how many programs are named.
const mostShut = 10
