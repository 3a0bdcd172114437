package roles

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// The private CA is replaced within one deploy: first every host trusts the new
// one beside the old one, then every certificate is signed anew (Reissue), then
// the old one is no longer trusted (TrustEnd). A run that was cut off, or leaves
// hosts or roles out, leaves both trusted; the next whole one goes on from there.

// caPEM is the site's private CA, when it has one.
func caPEM(s *play.Site) []byte {
	if s.CA == nil {
		return nil
	}
	return s.CA.PEM()
}

// trustFile has the authorities that a host trusts.
func trustFile(s *play.Site, h *inventory.Host) resource.File {
	text := bytes.Clone(caPEM(s))
	if others := stillTrusted(s, h); len(others) > 0 {
		text = append(text, "# Until no host has a certificate of it any more:\n"...)
		text = append(text, others...)
	}
	return resource.File{Path: leafCA, Content: text}
}

// stillTrusted are the authorities, beside the site's, that a host goes on to trust
// for now: those that another host's certificate needs, and foobar's own, because a
// process may still show a certificate that is gone from the disk. They are taken
// from what the host trusts already, and not from what other hosts say. A new host
// trusts those of foobar's earlier CAs that are needed.
func stillTrusted(s *play.Site, h *inventory.Host) []byte {
	if s.CA == nil {
		return nil
	}
	trusted := pki.Certificates([]byte(s.Facts[h.Name].TLS.Trusted))
	isNew := len(trusted) == 0
	if isNew {
		for _, ca := range s.EarlierCAs {
			trusted = append(trusted, ca.Certificate())
		}
	}
	var text []byte
	for _, ca := range trusted {
		if !ca.Equal(s.CA.Certificate()) && (needed(s, ca) || !isNew && pki.Named(ca)) {
			text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw})...)
		}
	}
	return text
}

// needed reports whether a host's certificate is only good where the CA is
// trusted. A host that could not be asked may have one.
func needed(s *play.Site, ca *x509.Certificate) bool {
	for _, h := range s.Inv.Hosts {
		if _, asked := s.Facts[h.Name]; !asked && len(s.Facts) > 0 || signed(s, h, ca) {
			return true
		}
	}
	return false
}

// ChangesCA reports whether some host shows a certificate that was not signed in
// the name of the site's CA, or trusts another one.
func ChangesCA(s *play.Site) bool {
	for _, h := range s.Inv.Hosts {
		if foreignLeaf(s, h) || len(stillTrusted(s, h)) > 0 {
			return true
		}
	}
	return false
}

// signed reports whether the certificate that a host shows was signed in the name
// of the CA.
func signed(s *play.Site, h *inventory.Host, ca *x509.Certificate) bool {
	return pki.Root(pki.Certificates([]byte(s.Facts[h.Name].TLS.Chain)), []*x509.Certificate{ca}) != nil
}

func foreignLeaf(s *play.Site, h *inventory.Host) bool {
	return s.CA != nil && hasLeaf(s.Inv, h) && s.Facts[h.Name].TLS.Chain != "" && !signed(s, h, s.CA.Certificate())
}

// Reissue replaces the certificates of another CA by ones of the site's, once
// every host trusts both.
type Reissue struct{}

// Name is the role's name on the command line.
func (Reissue) Name() string { return "rotation" }

// Resources are the certificate, where it is of another CA.
func (Reissue) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	if !foreignLeaf(s, h) {
		return nil, nil
	}
	return []resource.Resource{resource.Reissue{Certificate: leafCertificate(s, h)}}, nil
}

// TrustEnd ends the trust in another CA, once no host has a certificate of it.
type TrustEnd struct{}

// Name is the role's name on the command line.
func (TrustEnd) Name() string { return "rotation" }

// Resources are the file of those that are trusted, where others than the
// site's are in it.
func (TrustEnd) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	others := pki.Certificates(stillTrusted(s, h))
	if len(others) == 0 {
		return nil, nil
	}
	var names []string
	for _, ca := range others {
		names = append(names, ca.Subject.CommonName)
	}
	loads, err := tlsLoads(s, h)
	if err != nil {
		return nil, err
	}
	want := string(caPEM(s))
	steps := []resource.Step{resource.Put{Path: leafCA, Content: []byte(want), Mode: 0o644, Owner: "root", Group: "root"}}
	if len(loads) > 0 {
		steps = append(steps, resource.Run{Title: "let the services load " + leafCA, Script: strings.Join(loads, "")})
	}
	return []resource.Resource{resource.Custom{Name: resource.NewID("trust", leafCA), In: resource.Converge,
		Ask: "cat -- " + leafCA,
		Compare: func(o resource.Observed) (resource.Change, error) {
			if o.State == resource.Present && o.Get("out")+"\n" == want {
				return resource.Change{}, nil
			}
			return resource.Change{Action: resource.Update, Reason: "no host has a certificate of it any more",
				Fields: []resource.Field{{Name: "trusted", Old: strings.Join(names, ", "), New: s.CA.Certificate().Subject.CommonName + " alone"}},
				Steps:  steps}, nil
		}}}, nil
}
