package preflight

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"foobar/inventory"
)

// verdict is what a resolver's answer for a name comes to.
type verdict struct {
	level, seen, fix string
	// mute says that the answer proves nothing: there was none, or it came from
	// a hosts file.
	mute bool
}

// balancer is the host that the names must point to, and its look if it answered.
func (j *judge) balancer() (*inventory.Host, *Look) {
	lbs := j.inv.Group(inventory.LB)
	if len(lbs) == 0 {
		return nil, nil
	}
	for i := range j.looks {
		if l := &j.looks[i]; l.Host == lbs[0] && l.Refused == nil {
			return lbs[0], l
		}
	}
	return lbs[0], nil
}

// fronts are the addresses at which visitors can find the balancer. Where it has
// public ones, private ones do not count: visitors cannot reach them.
func (j *judge) fronts() []netip.Addr {
	h, l := j.balancer()
	if h == nil {
		return nil
	}
	var all []netip.Addr
	add := func(a netip.Addr) {
		if a = a.Unmap().WithZone(""); a.IsGlobalUnicast() {
			all = once(all, a)
		}
	}
	if a, err := netip.ParseAddr(h.Address); err == nil {
		add(a)
	}
	for _, a := range slices.Concat(j.here.Balancer, h.Private) {
		add(a)
	}
	if l != nil {
		// What an alias of ssh_config stands for.
		if at, err := netip.ParseAddrPort(l.Login.Address); err == nil {
			add(at.Addr())
		}
		for _, p := range l.Answer.Facts.Addresses {
			add(p.Addr())
		}
	}
	if slices.ContainsFunc(all, public) {
		all = slices.DeleteFunc(all, func(a netip.Addr) bool { return !public(a) })
	}
	return all
}

func public(a netip.Addr) bool { return a.IsGlobalUnicast() && !a.IsPrivate() }

// resolved judges what a resolver says of a name.
func (j *judge) resolved(name string, r Resolved) verdict {
	fronts := j.fronts()
	level := failOr(j.inv.TLS.Cert == "") // with a certificate only visitors depend on it
	record := "let " + name + " point to " + cmp.Or(record(fronts), "the load balancer")
	if len(r.Addresses) == 0 {
		return verdict{level: level, mute: true, fix: record, seen: name + ": " + cmp.Or(r.Error, "it does not resolve")}
	}
	var right, wrong, local []netip.Addr
	for _, a := range r.Addresses {
		switch a = a.Unmap(); {
		case a.IsLoopback():
			local = append(local, a)
		case slices.Contains(fronts, a):
			right = append(right, a)
		default:
			wrong = append(wrong, a)
		}
	}
	to := name + " points to "
	if r.Canonical != "" && r.Canonical != name {
		to = name + " is an alias of " + r.Canonical + " and points to "
	}
	four := func(a netip.Addr) bool { return a.Is4() }
	switch {
	case len(local) == len(r.Addresses):
		return verdict{level: Warn, mute: true, fix: "ask a public resolver: dig +short " + name + " @9.9.9.9", seen: name + " is the machine itself in its /etc/hosts, so the DNS was not checked"}
	case slices.ContainsFunc(wrong, inventory.PublicResolver):
		return verdict{level: level, fix: record, seen: to + joined(wrong) + ", a public DNS service: a placeholder?"}
	case len(wrong) > 0 && !slices.ContainsFunc(fronts, public) && !slices.ContainsFunc(wrong, func(a netip.Addr) bool { return !public(a) }):
		return verdict{level: Warn, fix: "make sure that ports 80 and 443 there lead to the load balancer",
			seen: to + joined(wrong) + ", which is not an address of the load balancer's own: right if it is behind NAT"}
	case len(wrong) > 0 && len(right) > 0 && !slices.ContainsFunc(wrong, four):
		return verdict{level: level, fix: "remove the AAAA record, or correct it",
			seen: to + joined(right) + ", but its AAAA record to " + joined(wrong) + ", which is not the load balancer: IPv6 is preferred, also by Let's Encrypt"}
	case len(wrong) > 0:
		return verdict{level: level, fix: record, seen: to + joined(wrong) + ", which is not the load balancer"}
	case !slices.ContainsFunc(right, four) && slices.ContainsFunc(fronts, four):
		return verdict{level: Warn, fix: record, seen: to + joined(right) + " only: visitors without IPv6 cannot reach it"}
	}
	return verdict{level: OK, seen: to + joined(right)}
}

// record names the addresses to put into the DNS, one of each family.
func record(fronts []netip.Addr) string {
	var parts []string
	for _, is4 := range []bool{true, false} {
		for _, a := range fronts {
			if a.Is4() == is4 {
				parts = append(parts, map[bool]string{true: "A ", false: "AAAA "}[is4]+a.String())
				break
			}
		}
	}
	return strings.Join(parts, ", ")
}

// names judges the site's names as the load balancer's resolver has them; where
// that one says nothing, the controller's decides.
func (j *judge) names(l *Look) {
	for _, name := range j.inv.Site.Names() {
		v := j.resolved(name, l.Answer.Names[name])
		if v.mute {
			if h, asked := j.here.Names[name]; asked && len(h.Addresses) > 0 {
				v.level = Warn // see dns-here
			}
		}
		j.add("dns", v.level, v.fix, "%s", v.seen)
	}
}

// namesHere judges them as the controller's resolver has them. It may have an
// inside view, or none, so that it only warns where the host's says otherwise.
func (j *judge) namesHere() {
	if j.here.Names == nil {
		return
	}
	h, l := j.balancer()
	if h == nil {
		return
	}
	var silent, well []string
	for _, name := range j.inv.Site.Names() {
		v := j.resolved(name, j.here.Names[name])
		decides := l == nil
		if l != nil {
			other := j.resolved(name, l.Answer.Names[name])
			if decides = other.mute; !decides && other.level != OK && other.seen == v.seen {
				continue // said once
			}
		}
		switch {
		case v.level == OK:
			well = append(well, v.seen)
		case v.mute && (!decides || l == nil):
			silent = append(silent, name)
		case decides:
			j.add("dns-here", v.level, v.fix, "%s", v.seen)
		default:
			j.add("dns-here", Warn, v.fix, "this machine's resolver differs from %s's: %s", h.Name, v.seen)
		}
	}
	switch names := strings.Join(silent, ", "); {
	case len(silent) == 0:
	case l == nil:
		j.add("dns-here", Warn, "foobar check "+j.file, "this machine's resolver does not know %s, and %s was not asked", names, h.Name)
	default:
		j.add("dns-here", Warn, "nothing to do if this machine uses an internal DNS", "this machine's resolver does not know %s; %s's does, and decides", names, h.Name)
	}
	if len(well) > 0 {
		j.ok("dns-here", "%s", strings.Join(well, "; "))
	}
}
