package roles

import (
	"strings"

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
		return resource.File{Path: publicCertificate(s), Content: []byte(s.PublicPEM.Reveal()), Mode: 0o600, Secret: true}
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
	return resource.Custom{Name: resource.NewID("file", p.path), Ask: p.ask(), Compare: p.compare, In: resource.Prepare}
}

// usable is shell: whether the certificate in a file belongs to the key in
// another and names the domain.
const usable = `usable(){
  k=$(openssl pkey -in "$2" -passin pass: -pubout 2>/dev/null) && c=$(openssl x509 -in "$1" -noout -pubkey 2>/dev/null) && [ "$k" = "$c" ] &&
    openssl x509 -in "$1" -noout -checkhost "$domain" 2>/dev/null | grep -q 'does match'
}
`

const placeholderMode = "0600 root:root regular file"

func (p placeholder) ask() string {
	return "domain=" + sh.Quote(p.domain) + "\nf=" + sh.Quote(p.path) + "\n" + usable +
		`[ -e "$f" ] || [ -L "$f" ] || exit 3
command -v openssl >/dev/null || exit 1
stat -c '%04a %U:%G %F' -- "$f"
if usable "$f" "$f"; then echo usable; else echo unusable; fi
`
}

func (p placeholder) compare(o resource.Observed) (resource.Change, error) {
	write := resource.Run{Title: "write a certificate to start with", Script: p.script()}
	mode, state, _ := strings.Cut(strings.TrimSpace(o.Get("out")), "\n")
	switch {
	case o.State == resource.Absent:
		return resource.Change{Action: resource.Create, Reason: "HAProxy starts before there is a certificate",
			Fields: []resource.Field{{Name: "certificate", New: "certbot's, else self-signed, for " + strings.Join(p.names, ", ")}},
			Steps:  []resource.Step{write}}, nil
	case o.State == resource.Unknown:
		return resource.Change{Action: resource.Update, Provisional: true, Reason: "openssl, which is to look at " + p.path + ", is not installed",
			Fields: []resource.Field{{Name: "certificate", Old: "unknown", New: "known after another look"}}}, nil
	case state != "usable" || !strings.HasSuffix(mode, " regular file"):
		return resource.Change{Action: resource.Update, Steps: []resource.Step{write},
			Fields: []resource.Field{{Name: "certificate", Old: "unusable for " + p.domain, New: "certbot's, else self-signed"}}}, nil
	case mode != placeholderMode:
		f := sh.Quote(p.path)
		return resource.Change{Action: resource.Update, Fields: []resource.Field{{Name: "mode and owner", Old: mode, New: placeholderMode}},
			Steps: []resource.Step{resource.Run{Title: "mode and owner of " + p.path, Script: "foobar_own 0600 root:root " + f}}}, nil
	}
	return resource.Change{}, nil
}

// script writes the file whole or not at all.
func (p placeholder) script() string {
	alt := make([]string, len(p.names))
	for i, n := range p.names {
		alt[i] = "DNS:" + n
	}
	return "umask 077\ndomain=" + sh.Quote(p.domain) + "\nf=" + sh.Quote(p.path) + "\nlive=" + sh.Quote(certbotLive(p.domain)) + "\n" + usable +
		`if [ -d "$f" ] && [ ! -L "$f" ]; then echo "$f is a directory where a file is wanted; move it away by hand"; exit 1; fi
foobar_parent "$f"
t=$(mktemp -d "${f%/*}/.foobar-XXXXXX")
trap 'rm -rf -- "$t"' EXIT
if usable "$live/fullchain.pem" "$live/privkey.pem"; then
  cat -- "$live/fullchain.pem" "$live/privkey.pem" >"$t/pem"
else
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 -subj '/O=foobar/CN=placeholder' \
    -addext ` + sh.Quote("subjectAltName="+strings.Join(alt, ",")) + ` -keyout "$t/key" -out "$t/crt" 2>"$t/said" || { tail -n 3 "$t/said"; exit 1; }
  cat -- "$t/crt" "$t/key" >"$t/pem"
fi
foobar_put 0600 root:root "$f" <"$t/pem"
`
}
