package preflight

import (
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
