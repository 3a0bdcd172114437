package preflight

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/play"
	"foobar/internal/sh"
)

// addresses judges whether the host has those that the others know it by.
func (j *judge) addresses(l *Look) {
	f := l.Answer.Facts
	if len(f.Addresses) == 0 {
		j.add("address", Warn, j.exec("ip addr"), "not checked: the host did not report its addresses")
		return
	}
	var missing, own []string
	fix := j.exec("ip addr")
	for _, a := range l.Host.Private {
		if !f.Has(a.WithZone("")) {
			missing = append(missing, a.String())
		}
	}
	for _, p := range f.Addresses {
		if !p.Addr().IsLinkLocalUnicast() {
			own = append(own, p.Addr().String())
		}
	}
	if len(own) > 0 {
		fix = fmt.Sprintf("private_address = %q under [hosts.%s]", own[0], l.Host.Name)
	}
	if len(missing) == 0 {
		j.ok("address", "it has %s", joined(l.Host.Private))
		return
	}
	level := Warn
	for _, s := range j.services.On(l.Host.Name) {
		for _, p := range s.Ports {
			if slices.Contains(p.On, l.Host.IP().Unmap()) && slices.Contains(missing, l.Host.IP().String()) {
				level = Fail // a service is told to listen there
			}
		}
	}
	j.add("address", level, fix, "%s is not an address of this host, which has %s", strings.Join(missing, ", "),
		cmp.Or(strings.Join(own[:min(len(own), 6)], ", "), "none that others could reach"))
}

func joined(list []netip.Addr) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}

// reach judges whether the others can be reached. Before a deploy nothing
// listens there: that a host refuses is as good an answer.
func (j *judge) reach(l *Look) {
	var well []string
	var strange []netip.Addr
	routed := !slices.ContainsFunc(l.Host.Private, l.Answer.Facts.Has) // the others see the address of a router
	for _, n := range j.services.Needs(j.inv, l.Host) {
		key := needKey(n)
		if from := l.Answer.From[key]; from.IsValid() && !routed && !slices.Contains(l.Host.Private, from.Unmap()) && !slices.Contains(strange, from) {
			strange = append(strange, from)
			j.add("address", failOr(!j.deployed(l)), fmt.Sprintf("add %q to private_address under [hosts.%s]", from, l.Host.Name),
				"it reaches %s from %s, which is none of the addresses that the inventory gives it (%s): firewalls and databases of the others would refuse it", n.To.Name, from, joined(l.Host.Private))
		}
		switch got := l.Answer.Reach[key]; got {
		case "open", "refused":
			well = append(well, fmt.Sprintf("%s:%d", n.To.Name, n.Port))
		case "timeout":
			j.add("reach", Warn, "open the network between them (security group, router)", "%s of %s gives no answer", key, n.To.Name)
		default:
			j.add("reach", Warn, j.exec("ip route get "+n.To.IP().String()), "%s of %s cannot be reached: %s", key, n.To.Name, cmp.Or(got, "not asked"))
		}
	}
	if len(well) > 0 {
		j.ok("reach", "%s can be reached", strings.Join(well, ", "))
	}
}

// ownAccount is how the directory of such an authority says so. Source: RFC 8555, 7.1.1.
var ownAccount = regexp.MustCompile(`"externalAccountRequired"\s*:\s*true`)

// endpoint judges whether a service of others can be asked: the certificate
// authority, or where collectors send. Of the latter any answer to a request
// without a token proves name and certificate.
func (j *judge) endpoint(l *Look, s play.Service, e play.Endpoint) {
	f, at := l.Answer.Fetched[e.ID], strings.TrimSuffix(e.URL, "/")
	switch {
	case s.Off:
		if e.ID == acmeID {
			j.ok(acmeID, "not needed: the inventory gives the certificate")
		}
	case e.ID != acmeID && (f.ok || f.status > 0):
		j.ok(e.ID, "%s answers, with a valid certificate; the token is not tried", at)
	case f.ok && !j.deployed(l) && ownAccount.MatchString(f.text):
		mail := "--register-unsafely-without-email"
		if j.inv.Site.Email != "" {
			mail = "-m " + sh.Quote(j.inv.Site.Email)
		}
		j.add(e.ID, Warn, "register it on the load balancer, as root, with what the authority shows there: apt-get install certbot; certbot register --agree-tos "+mail+" --server "+sh.Quote(e.URL)+" --eab-kid ID --eab-hmac-key KEY",
			"%s wants an account that is tied to yours there (external account binding)", at)
	case f.ok && strings.Contains(f.text, `"newOrder"`):
		j.ok(e.ID, "%s answers, with a valid certificate", at)
	case f.ok:
		j.add(e.ID, Fail, "see tls.acme_directory", "%s answers, but not as an ACME directory", at)
	case f.status > 0:
		j.add(e.ID, Fail, "see tls.acme_directory", "%s answers HTTP %s", at, f.said)
	default:
		j.unfetched(e.ID, e.CA, at, f)
	}
}

// unfetched judges what gave no answer by HTTP.
func (j *judge) unfetched(id, ca, at string, f fetched) {
	host := at
	if u, err := url.Parse(at); err == nil {
		host = u.Host
	}
	connects := f.tcp == "open"
	switch {
	case connects && !f.helper:
		j.add(id, Warn, "nothing to do: a deploy asks it", "%s accepts connections; its answer was not checked: there is no /usr/lib/apt/apt-helper to ask with", at)
	case connects && f.noRoots && strings.Contains(f.said, "ertificate"):
		j.add(id, Warn, "nothing to do: a deploy installs ca-certificates, and asks it", "%s accepts connections; its certificate was not checked: ca-certificates is not installed yet", at)
	case connects && strings.Contains(f.said, "ertificate"):
		j.add(id, Fail, "if its authority is private, name the roots with "+ca+"; if not, look for a proxy that answers in its place", "%s has no certificate that this host trusts: %s", at, f.said)
	default:
		j.add(id, Fail, "allow the host to connect to "+host+" over TCP, and check its DNS", "%s cannot be reached: %s", at, cmp.Or(f.said, f.tcp, "no answer"))
	}
}
