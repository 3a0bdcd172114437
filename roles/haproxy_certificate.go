package roles

import (
	"bytes"
	_ "embed" // scripts
	"strings"

	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
)

// publicCertificate is the file from which HAProxy reads the certificate that
// the public sees, and its key.
func publicCertificate(s *play.Site) string {
	return haproxyCerts + "/" + s.Inv.Site.Domain + ".pem"
}

// requestsCertificate reports whether the certificate comes from an ACME server
// and not from the inventory.
func requestsCertificate(s *play.Site) bool { return s.Inv.TLS.Cert == "" && s.PublicPEM.Empty() }

// publicPEM is the file of the public certificate: as the inventory gives it,
// or anything that HAProxy can start with until LetsEncrypt has got one. Both
// have one ID, so that to change from one to the other removes nothing.
func publicPEM(s *play.Site) resource.Resource {
	if !requestsCertificate(s) {
		return resource.File{Path: publicCertificate(s), Content: []byte(s.PublicPEM.Reveal()), Mode: 0o600, Secret: true, Keep: haproxyKept}
	}
	return placeholder{path: publicCertificate(s), domain: s.Inv.Site.Domain, names: s.Inv.Site.Names()}.resource()
}

// placeholder is a certificate and its key in one file, usable for the domain.
// One that is missing is taken from certbot's folder, else self-signed.
type placeholder struct {
	path, domain string
	names        []string
}

func (p placeholder) resource() resource.Custom {
	return resource.Custom{Name: resource.NewID("file", p.path), Of: resource.PEM(p.path), Compare: p.compare, In: resource.Prepare}
}

//go:embed haproxy_placeholder.sh
var placeholderScript string

func (p placeholder) shell(call string) string {
	return sh.Set("domain", p.domain, "f", p.path) + placeholderScript + call + "\n"
}

const placeholderMode = "0600 root:root regular file"

func (p placeholder) compare(o resource.Observed) (resource.Change, error) {
	write := resource.Run{Title: "write a certificate to start with", Script: p.script()}
	mode := o.Get("mode") + " " + o.Get("owner") + " " + o.Get("type")
	switch {
	case o.State == resource.Absent:
		return resource.Change{Action: resource.Create, Reason: "HAProxy starts before there is a certificate",
			Fields: []resource.Field{{Name: "certificate", New: "certbot's, else self-signed, for " + strings.Join(p.names, ", ")}},
			Steps:  []resource.Step{write}}, nil
	case o.State == resource.Unknown:
		return resource.Change{Action: resource.Update, Provisional: true, Reason: "openssl, which is to look at " + p.path + ", is not installed",
			Fields: []resource.Field{{Name: "certificate", Old: "unknown", New: "known after another look"}}}, nil
	case !p.usable(o) || o.Get("type") != "regular file":
		return resource.Change{Action: resource.Update, Steps: []resource.Step{write},
			Fields: []resource.Field{{Name: "certificate", Old: "unusable for " + p.domain, New: "certbot's, else self-signed"}}}, nil
	case mode != placeholderMode:
		f := sh.Quote(p.path)
		return resource.Change{Action: resource.Update, Fields: []resource.Field{{Name: "mode and owner", Old: mode, New: placeholderMode}},
			Steps: []resource.Step{resource.Run{Title: "mode and owner of " + p.path, Script: "foobar_own 0600 root:root " + f}}}, nil
	}
	return resource.Change{}, nil
}

// usable reports whether the certificate in the file belongs to the key there and names the
// domain.
func (p placeholder) usable(o resource.Observed) bool {
	leaf, pub := pki.Leaf([]byte(o.Get("pem"))), pki.PublicKey(o.Get("pub"))
	return leaf != nil && pub != nil && bytes.Equal(pub, leaf.RawSubjectPublicKeyInfo) && leaf.VerifyHostname(p.domain) == nil
}

func (p placeholder) script() string {
	alt := make([]string, len(p.names))
	for i, n := range p.names {
		alt[i] = "DNS:" + n
	}
	return p.shell(sh.Join("write", certbotLive(p.domain), strings.Join(alt, ",")))
}
