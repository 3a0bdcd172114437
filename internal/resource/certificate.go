package resource

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"net/netip"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"foobar/internal/pki"
)

// Names of the files in a Certificate's folder. The first holds key and
// certificates, so that both are replaced at once; the second is a link to it.
const (
	certificateKey    = "host.key"
	certificateCert   = "host.crt"
	certificateIssuer = "issuer.pem"
	certificateCA     = "ca.crt"
)

// Certificate is what a host proves with who it is: a key and a certificate that the host itself
// signs and renews, and the issuing key and certificate with which it does so. The latter the controller
// signs, for this host's names alone. Keys are made on the host and never leave it: only a signing request does.
type Certificate struct {
	// Dir is the folder of it all, Script the program that signs and renews.
	Dir, Script string
	// Names and Addresses are the certificate's, no more and no fewer, and those that its issuer's permits.
	Names     []string
	Addresses []netip.Addr
	// CA is the PEM certificate that must have signed the issuer's, Others are those that do until Reissue.
	CA, Others []byte
	// Sign answers a PEM signing request with a PEM issuing certificate.
	Sign func(request []byte) ([]byte, error)
	// Group may read the key. Default root.
	Group string
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// ID is "certificate:" and the path of the key's file, which holds the certificates, too.
func (c Certificate) ID() ID { return NewID("certificate", path.Join(c.Dir, certificateKey)) }

// Same compares all but the function that signs.
func (c Certificate) Same(other Resource) bool {
	o, ok := other.(Certificate)
	c.Sign, o.Sign = nil, nil
	return ok && reflect.DeepEqual(c, o)
}

// Probe asks for keys' public halves, the certificates and the modes.
func (c Certificate) Probe() Probe { return Probe{Kind: certificateKind{}, Args: []string{c.Dir}} }

const issuerMode = "0600 root:root regular file"

func (c Certificate) keyMode() string {
	return "0640 root:" + cmp.Or(c.Group, "root") + " regular file"
}

// Diff signs anew what is missing or damaged, does not belong together, names others than wanted,
// is not valid yet, ends too soon or was signed by another CA.
func (c Certificate) Diff(o Observed) (Change, error) {
	if len(c.Names) == 0 {
		return Change{}, fmt.Errorf("%s: a certificate needs at least one name", c.Dir)
	}
	switch o.State {
	case Unknown:
		return Unseen(o), nil
	case Absent:
		return Change{Action: Create, Fields: []Field{{Name: "key", New: "P-256, made on the host"}, {Name: "names", New: c.sans()}},
			Steps: []Step{c.exchange(false)}}, nil
	}
	ca, err := c.ca()
	if err != nil {
		return Change{}, err
	}
	change := Change{Action: Update}
	seen := c.read(o)
	leaf := c.leafGaps(seen)
	if others := pki.Certificates(c.Others); len(leaf) > 0 || pki.Root(seen.chain, others) == nil {
		issuer := c.issuerGaps(seen, ca)
		if len(issuer) == 0 && len(leaf) == 0 {
			leaf = c.bond(seen, ca)
		}
		change.Fields = append(issuer, leaf...)
		switch {
		case len(issuer) > 0:
			change.Steps = []Step{c.exchange(false)}
		case len(leaf) > 0:
			change.Steps = []Step{c.sign(nil, false)}
		}
	}
	for _, f := range []struct{ name, got, want, group string }{
		{certificateKey, o.Get("key"), c.keyMode(), c.Group},
		{certificateIssuer, o.Get("issuer"), issuerMode, ""},
	} {
		if f.got == f.want || f.got == "" || !strings.HasSuffix(f.got, " regular file") {
			continue // missing or of another type: among the gaps
		}
		change.Fields = append(change.Fields, Field{Name: f.name, Old: f.got, New: f.want})
		change.Steps = append(change.Steps, c.own(path.Join(c.Dir, f.name), f.want, f.group))
	}
	if len(change.Fields) == 0 {
		return Change{}, nil
	}
	return change, nil
}

// seenCertificate is what a host has.
type seenCertificate struct {
	key, issuerKey []byte // public halves; nil when the key cannot be used
	chain          []*x509.Certificate
	issuer         *x509.Certificate
	whole          bool // issuer.pem has the CA's certificate, too
	linked         bool // host.crt leads to the file of the key
}

func (c Certificate) read(o Observed) seenCertificate {
	public := func(pub, mode string) []byte {
		if !strings.HasSuffix(o.Get(mode), " regular file") {
			return nil
		}
		return pki.PublicKey(o.Get(pub))
	}
	s := seenCertificate{key: public("pub", "key"), issuerKey: public("issuer-pub", "issuer"),
		chain: pki.Certificates([]byte(o.Get("pem"))), linked: o.Get("link") == certificateKey}
	issuer := pki.Certificates([]byte(o.Get("issuer-pem")))
	if len(issuer) > 0 {
		s.issuer = issuer[0]
		s.whole = len(issuer) == 2 && pki.Root(issuer[:1], issuer[1:]) != nil
	}
	return s
}

// leafGaps are the reasons for a new key and certificate that have nothing to do with who signed the present one.
func (c Certificate) leafGaps(s seenCertificate) []Field {
	if s.key == nil {
		return []Field{{Name: "key", Old: "unusable", New: "P-256, made on the host"}}
	}
	if len(s.chain) == 0 {
		return []Field{{Name: "names", New: c.sans()}}
	}
	cert := s.chain[0]
	if string(s.key) != string(cert.RawSubjectPublicKeyInfo) {
		return []Field{{Name: "certificate", Old: "of another key", New: "of this key"}}
	}
	if got := sans(cert.DNSNames, cert.IPAddresses); got != c.sans() {
		return []Field{{Name: "names", Old: got, New: c.sans()}}
	}
	return c.ends("ends", cert, pki.LeafOverdue)
}

// issuerGaps are the reasons for a new issuing key and certificate. A key is never certified twice: the
// copy of one that was stolen would be good again.
func (c Certificate) issuerGaps(s seenCertificate, ca *x509.Certificate) []Field {
	if s.issuerKey == nil || s.issuer == nil {
		fields := []Field{{Name: "issuing key", Old: "none that can be used", New: "P-256, made on the host"}}
		if len(s.chain) > 0 && pki.Root(s.chain, []*x509.Certificate{ca}) == nil {
			fields = append(fields, Field{Name: "signed by", Old: s.chain[len(s.chain)-1].Issuer.CommonName, New: ca.Subject.CommonName})
		}
		return fields
	}
	if string(s.issuerKey) != string(s.issuer.RawSubjectPublicKeyInfo) {
		return []Field{{Name: "issuing certificate", Old: "of another key", New: "of a new key"}}
	}
	if pki.Root([]*x509.Certificate{s.issuer}, []*x509.Certificate{ca}) == nil {
		return []Field{{Name: "signed by", Old: s.issuer.Issuer.CommonName, New: ca.Subject.CommonName}}
	}
	if !s.whole {
		return []Field{{Name: "issuing certificate", Old: "without that of its CA", New: "with it"}}
	}
	if got := permitted(s.issuer); got != c.sans() {
		return []Field{{Name: "may vouch for", Old: got, New: c.sans()}}
	}
	return c.ends("issuing certificate ends", s.issuer, pki.IssuerRenewBefore)
}

// bond is a gap when the certificate is not of the issuing certificate that is there, lacks one of
// its chain, or would be read from a file of its own.
func (c Certificate) bond(s seenCertificate, ca *x509.Certificate) []Field {
	if len(s.chain) != 3 || !s.chain[1].Equal(s.issuer) || !s.chain[2].Equal(ca) || s.chain[0].CheckSignatureFrom(s.issuer) != nil {
		return []Field{{Name: "certificate", Old: "of another issuing certificate", New: "of the one that is there"}}
	}
	if !s.linked {
		return []Field{{Name: certificateCert, Old: "another file", New: "a link to " + certificateKey}}
	}
	return nil
}

// timeOf is what a clock shows; nil means time.Now.
func timeOf(clock func() time.Time) time.Time {
	if clock == nil {
		return time.Now()
	}
	return clock()
}

func (c Certificate) ends(name string, cert *x509.Certificate, least time.Duration) []Field {
	at, now := cert.NotAfter, timeOf(c.Now)
	if now.Before(cert.NotBefore) { // signed while a clock was ahead: nobody takes it
		name, at = "valid from", cert.NotBefore
	} else if at.Sub(now) >= least {
		return nil
	}
	return []Field{{Name: name, Old: at.UTC().Format(time.DateOnly), New: "renewed"}}
}

// Reissue is the end of trust in another CA: a certificate that one of Certificate.Others has signed is
// replaced by one of Certificate.CA, which the services load at once. It comes when every host trusts both.
type Reissue struct{ Certificate Certificate }

// ID is "reissue:" and the path of the key.
func (r Reissue) ID() ID { return NewID("reissue", r.Certificate.ID().Name()) }

// Probe is the certificate's.
func (r Reissue) Probe() Probe { return r.Certificate.Probe() }

// Stage is Converge.
func (r Reissue) Stage() Stage { return Converge }

// Diff leaves to Certificate what is wrong for other reasons, and what that signs anew.
func (r Reissue) Diff(o Observed) (Change, error) {
	c := r.Certificate
	if o.State == Unknown {
		return Unseen(o), nil
	}
	ca, err := c.ca()
	if err != nil {
		return Change{}, err
	}
	seen := c.read(o)
	if len(c.leafGaps(seen)) > 0 || pki.Root(seen.chain, []*x509.Certificate{ca}) != nil {
		return Change{}, nil
	}
	return Change{Action: Update, Reason: "the private CA is another one: both are trusted until no host has a certificate of the old one",
		Fields: []Field{{Name: "signed by", Old: seen.chain[len(seen.chain)-1].Issuer.CommonName, New: ca.Subject.CommonName}},
		Steps:  []Step{c.exchange(true)}}, nil
}

func (c Certificate) sans() string { return joinSANs(c.Names, c.Addresses) }

// SANs are the alternative names as openssl reads them. Source: x509v3_config(5).
func (c Certificate) SANs() string {
	var all []string
	for _, n := range c.Names {
		all = append(all, "DNS:"+n)
	}
	for _, a := range c.Addresses {
		all = append(all, "IP:"+a.Unmap().String())
	}
	return strings.Join(all, ",")
}

// joinSANs lists names and addresses in an order of their own.
func joinSANs(names []string, addresses []netip.Addr) string {
	all := slices.Clone(names)
	for _, a := range addresses {
		all = append(all, a.Unmap().String())
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), ", ")
}

func (c Certificate) ca() (*x509.Certificate, error) {
	if all := pki.Certificates(c.CA); len(all) > 0 {
		return all[0], nil
	}
	return nil, fmt.Errorf("%s: the CA that signs it: there is no PEM certificate", c.Dir)
}
