package status

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/sh"
	"foobar/inventory"
	"foobar/roles"
)

// Certificates is the public certificate at one moment, on all balancers, and the
// document of "cert status -o json".
type Certificates struct {
	V         int       `json:"v"`
	Site      string    `json:"site"`
	Domain    string    `json:"domain"`
	Inventory string    `json:"inventory"`
	Taken     time.Time `json:"taken"`
	// Healthy says that there is no finding of the severity "problem".
	Healthy  bool            `json:"healthy"`
	Findings []Finding       `json:"findings"`
	Hosts    []CertificateOn `json:"hosts"`

	seen Status
}

// CertificateOn is what one balancer answered. Without an answer Error says why.
type CertificateOn struct {
	Name    string     `json:"name"`
	Reached bool       `json:"reached"`
	Error   string     `json:"error,omitempty"`
	Code    fault.Code `json:"code,omitempty"`
	// Served is what visitors see; File what HAProxy begins with; Certbot what certbot
	// has, absent where the inventory gives the certificate.
	Served  *Certificate `json:"served,omitempty"`
	File    *Certificate `json:"file,omitempty"`
	Certbot *Certificate `json:"certbot,omitempty"`
	// Renewal is when certbot ran last, how that ended, and when it runs next.
	Renewal *Timer `json:"renewal,omitempty"`
}

// Unreachable reports whether a balancer did not answer.
func (c Certificates) Unreachable() bool { return c.seen.Unreachable() }

// certbotService is what renews the certificate.
func certbotService() play.Service {
	return play.Service{Name: "certbot", Job: "certbot.service", Units: []string{"certbot.timer"}}
}

// Certificates asks all balancers at once and judges what they say.
func (g *Gatherer) Certificates(ctx context.Context) Certificates {
	now := g.Now
	if now == nil {
		now = time.Now
	}
	hosts := g.Inv.Group(inventory.LB)
	s := Status{Domain: g.Inv.Site.Domain, Inventory: g.Inv.Path, Taken: now().UTC(), Hosts: make([]Host, len(hosts))}
	c := Certificates{V: Version, Site: g.Inv.Site.Name, Domain: s.Domain, Inventory: s.Inventory, Taken: s.Taken, Hosts: make([]CertificateOn, len(hosts))}
	ask.Each(cmp.Or(g.Forks, 64), hosts, func(i int, h *inventory.Host) {
		a, err := g.answer(ctx, h, certificateScript(g.Inv))
		if err == nil {
			err = a.Err()
		}
		if err != nil {
			s.Hosts[i] = lost(h, err)
			c.Hosts[i] = CertificateOn{Name: h.Name, Error: s.Hosts[i].Error, Code: s.Hosts[i].Code}
			return
		}
		s.Hosts[i], c.Hosts[i] = readPublic(g.Inv, h, a)
	})
	j := &judge{s: &s, file: sh.Quote(s.Inventory), findings: []Finding{}}
	j.reach()
	for i := range s.Hosts {
		if h := &s.Hosts[i]; h.Reached {
			j.public(h, c.Hosts[i])
		}
	}
	slices.SortStableFunc(j.findings, func(a, b Finding) int { return strings.Compare(b.Severity, a.Severity) }) // problems first
	s.Findings, c.Findings = j.findings, j.findings
	c.seen = s
	c.Healthy = !slices.ContainsFunc(j.findings, func(f Finding) bool { return f.Severity == Problem })
	return c
}

// certificateScript is POSIX sh that changes nothing.
func certificateScript(inv *inventory.Inventory) string {
	file, certbot := roles.PublicFiles(inv)
	units := []string{"haproxy.service"}
	if certbot != "" {
		units = append(units, "certbot.timer", "certbot.service")
	}
	script := "export LC_ALL=C\n" + askServed(inv.Site.Domain) + "section file; " + certificatesIn(file) + "section units; " + askUnits(units)
	if certbot != "" {
		script += "section certbot; " + certificatesIn(certbot)
	}
	return script
}

// readPublic understands the answer, also as status knows hosts.
func readPublic(inv *inventory.Inventory, h *inventory.Host, a *ask.Answer) (Host, CertificateOn) {
	names := inv.Site.Names()
	c := CertificateOn{Name: h.Name, Reached: true, Served: readCertificate(a.Lines("certificate"), names), File: readCertificate(a.Lines("file"), names)}
	out := blank(h)
	out.Reached, out.Certificate = true, c.Served
	units := []Service{{Unit: "haproxy.service", name: "haproxy"}}
	if a.Has("certbot") {
		c.Certbot = readCertificate(a.Lines("certbot"), names)
		units = append(units, Service{Unit: "certbot.timer", name: "certbot"})
		if out.Timers = readTimers(a.Text("units"), []play.Service{certbotService()}); len(out.Timers) > 0 {
			c.Renewal = &out.Timers[0]
		}
	}
	out.Services = readUnits(a.Text("units"), units)
	return out, c
}

// public judges what is served, and whether it is what lies on the disk.
func (j *judge) public(h *Host, c CertificateOn) {
	if bare := j.units(h); bare {
		return
	}
	j.certificate(h)
	j.timers(h)
	switch {
	case c.Served.Error != "":
	case c.Certbot != nil && c.Certbot.Error != "":
		j.add(Problem, h.Name, j.deploy(), "certbot has no certificate: %s", c.Certbot.Error)
	case c.Certbot != nil && !c.Certbot.same(c.File):
		j.add(Problem, h.Name, j.deploy(), "certbot has a certificate that was not handed to HAProxy")
	case !c.File.same(c.Served):
		j.add(Problem, h.Name, j.deploy(), "HAProxy serves another certificate than its file has")
	}
}

// same reports whether both are one certificate.
func (c *Certificate) same(other *Certificate) bool {
	return c.Error == other.Error && c.From.Equal(other.From) && c.Until.Equal(other.Until) && c.Issuer == other.Issuer && slices.Equal(c.Names, other.Names)
}

// Plain writes it for people: what is wrong first.
func (c Certificates) Plain(w io.Writer) error {
	var b strings.Builder
	head(&b, c.seen)
	findings(&b, c.Findings)
	var rows []string
	for _, h := range c.Hosts {
		for _, one := range []struct {
			where string
			what  *Certificate
		}{{"served", h.Served}, {"HAProxy's file", h.File}, {"certbot's", h.Certbot}} {
			switch v := one.what; {
			case v == nil:
			case v.Error != "":
				rows = append(rows, cells(h.Name, one.where, "none", "", "", v.Error))
			default:
				rows = append(rows, cells(h.Name, one.where, age(v.Until.Sub(c.Taken)), v.Until.Format(time.DateOnly), v.by(), strings.Join(v.Names, " ")))
			}
		}
	}
	table(&b, "HOST\tCERTIFICATE\tLEFT\tUNTIL\tISSUER\tNAMES", rows)
	timers(&b, c.seen)
	if !slices.ContainsFunc(c.Hosts, func(h CertificateOn) bool { return h.Certbot != nil || !h.Reached }) {
		fmt.Fprintln(&b, "\nIt is your own (tls.cert): nothing renews it. Put the new one into its files, then deploy.")
	}
	_, err := io.WriteString(ask.Safe(w), b.String())
	return err
}

// by is who vouches for it.
func (c *Certificate) by() string {
	if c.SelfSigned {
		return "itself"
	}
	return c.Issuer
}
