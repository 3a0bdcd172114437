package resource

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"foobar/internal/sh"
)

// Certificate is a private key made on the host, and a certificate for it that
// the controller signs. The key never leaves the host: only a signing request
// does.
type Certificate struct {
	// Key and Cert are the paths of the two files.
	Key, Cert string
	// Names and Addresses are the certificate's subject alternative names, no
	// more and no fewer.
	Names     []string
	Addresses []netip.Addr
	// CA is the PEM certificate that must have signed it.
	CA []byte
	// Sign answers a PEM signing request with a PEM certificate.
	Sign func(request []byte) ([]byte, error)
	// RenewBefore is how much of its life must be left for it to stay.
	RenewBefore time.Duration
	// Group may read the key; it is made when missing. Default root.
	Group string
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// ID is "certificate:" and the path of the certificate.
func (c Certificate) ID() ID { return NewID("certificate", c.Cert) }

// Probe asks for both files: the public half of the key, the whole certificate.
func (c Certificate) Probe() Probe { return Probe{Kind: "certificate", Args: []string{c.Key, c.Cert}} }

// certMode is the certificate's mode and owner: it is public.
const certMode = "0644 root:root regular file"

func (c Certificate) keyMode() string { return "0640 root:" + orRoot(c.Group) + " regular file" }

// Diff signs anew when the key or the certificate is missing or damaged, when
// they do not belong together, when another CA signed it, when it names others
// than wanted, and when it ends too soon.
func (c Certificate) Diff(o Observed) (Change, error) {
	if len(c.Names) == 0 {
		return Change{}, fmt.Errorf("%s: a certificate needs at least one name", c.Cert)
	}
	switch o.State {
	case Unknown:
		return unknown(o), nil
	case Absent:
		return Change{Action: Create, Fields: []Field{{Name: "key", New: "P-256, made on the host"}, {Name: "names", New: c.sans()}},
			Steps: []Step{c.exchange()}}, nil
	}
	ca, err := parseCertificate(c.CA)
	if err != nil {
		return Change{}, fmt.Errorf("%s: the CA that is to sign it: %w", c.Cert, err)
	}
	change := Change{Action: Update, Fields: c.gaps(o, ca)}
	if len(change.Fields) > 0 {
		change.Steps = []Step{c.exchange()}
	}
	for _, f := range []struct{ path, got, want, group string }{
		{c.Key, o.Get("key"), c.keyMode(), c.Group},
		{c.Cert, o.Get("cert"), certMode, ""},
	} {
		if f.got == f.want || f.got == "" || !strings.HasSuffix(f.got, " regular file") {
			continue // missing or of another type: among the gaps
		}
		change.Fields = append(change.Fields, Field{Name: path.Base(f.path), Old: f.got, New: f.want})
		change.Steps = append(change.Steps, c.own(f.path, f.want, f.group))
	}
	return change, nil
}

// gaps are the reasons to sign anew.
func (c Certificate) gaps(o Observed, ca *x509.Certificate) []Field {
	var fields []Field
	add := func(name, old, new string) { fields = append(fields, Field{Name: name, Old: old, New: new}) }
	pub, _ := pem.Decode([]byte(o.Get("pub")))
	if pub == nil || !strings.HasSuffix(o.Get("key"), " regular file") {
		add("key", "unusable", "P-256, made on the host")
	}
	cert, err := parseCertificate([]byte(o.Get("pem")))
	if err != nil || !strings.HasSuffix(o.Get("cert"), " regular file") {
		add("names", "", c.sans())
		return fields
	}
	if pub != nil && string(pub.Bytes) != string(cert.RawSubjectPublicKeyInfo) {
		add("certificate", "of another key", "of this key")
	}
	if cert.CheckSignatureFrom(ca) != nil {
		add("signed by", cert.Issuer.CommonName, ca.Subject.CommonName)
	}
	if got := sans(cert); got != c.sans() {
		add("names", got, c.sans())
	}
	if left := cert.NotAfter.Sub(c.now()); left < c.RenewBefore {
		add("ends", cert.NotAfter.UTC().Format(time.DateOnly), "renewed")
	}
	return fields
}

func (c Certificate) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func (c Certificate) sans() string { return joinSANs(c.Names, c.Addresses) }

func sans(cert *x509.Certificate) string {
	var addresses []netip.Addr
	for _, ip := range cert.IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); ok {
			addresses = append(addresses, a)
		}
	}
	return joinSANs(cert.DNSNames, addresses)
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

func parseCertificate(text []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("there is no PEM certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

// exchange makes the key where there is none that works, prints a signing
// request for it, and puts the certificate that comes back.
func (c Certificate) exchange() Exchange {
	return Exchange{Title: "sign the certificate of " + c.Names[0], Script: c.requestScript(), Reply: func(output []byte) ([]Step, error) {
		block, _ := pem.Decode(output) // passes over whatever stands before it
		if block == nil || block.Type != "CERTIFICATE REQUEST" {
			return nil, fmt.Errorf("%s: the host sent no certificate request", c.Cert)
		}
		cert, err := c.Sign(pem.EncodeToMemory(block))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Cert, err)
		}
		return []Step{Put{Path: c.Cert, Content: cert, Mode: 0o644, Owner: "root", Group: "root", Check: "openssl x509 -noout -in %s"}}, nil
	}}
}

// requestScript is safe to run again at any point: the key appears whole or not at all.
func (c Certificate) requestScript() string {
	return "umask 077\nkey=" + sh.Quote(c.Key) + "\n" + c.makeGroup() +
		"[ -d " + sh.Quote(path.Dir(c.Key)) + " ] || install -d -m 0755 -- " + sh.Join(path.Dir(c.Key)) + `
if [ -L "$key" ] || ! openssl pkey -in "$key" -passin pass: -noout 2>/dev/null; then
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key.foobar-new" 2>/dev/null
  sync -- "$key.foobar-new"
  mv -f -T -- "$key.foobar-new" "$key"
fi
chown -h -- root:` + sh.Quote(orRoot(c.Group)) + ` "$key"
chmod -- 0640 "$key"
openssl req -new -key "$key" -sha256 -subj ` + sh.Quote("/CN="+c.Names[0]) + "\n"
}

// makeGroup makes the group that may read the key, for whoever comes first.
func (c Certificate) makeGroup() string {
	if c.Group == "" {
		return ""
	}
	g := sh.Quote(c.Group)
	return "getent group " + g + " >/dev/null || groupadd -r -- " + g + "\n"
}

// own sets mode and owner of one of the two files.
func (c Certificate) own(file, want, group string) Run {
	mode, _, _ := strings.Cut(want, " ")
	return Run{Title: "mode and owner of " + file, Script: c.makeGroup() +
		"chown -h -- root:" + sh.Quote(orRoot(group)) + " " + sh.Quote(file) + "\nchmod -- " + mode + " " + sh.Quote(file)}
}

// certificateKind answers for a key and its certificate. Arguments: the two
// paths. Attributes: key and cert ("MODE USER:GROUP TYPE" of each file), pub
// (the key's public half, PEM; empty when the key cannot be read) and pem (the
// certificate). The state is Absent when there is no key. It costs one openssl
// process per key: everything else is judged on the controller. Source:
// openssl-pkey(1).
func certificateKind() Kind {
	return Kind{Name: "certificate", Script: func(args [][]string) string {
		var b strings.Builder
		b.WriteString(`c(){
 if [ ! -e "$2" ] && [ ! -L "$2" ]; then o $1 state absent; return; fi
 if ! command -v openssl >/dev/null; then o $1 state "unknown openssl is not installed"; return; fi
 o $1 state present
 o $1 key "$(stat -c '%04a %U:%G %F' -- "$2")"
 openssl pkey -in "$2" -passin pass: -pubout 2>/dev/null </dev/null | b $1 pub
 [ -e "$3" ] || [ -L "$3" ] || return 0
 o $1 cert "$(stat -c '%04a %U:%G %F' -- "$3")"
 [ ! -f "$3" ] || b $1 pem <"$3"; }
`)
		for i, a := range args {
			b.WriteString("c " + itoa(i) + " " + sh.Join(a...) + "\n")
		}
		return b.String()
	}}
}
