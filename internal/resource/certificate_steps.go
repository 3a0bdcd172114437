package resource

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"foobar/internal/sh"
)

func sans(names []string, ips []net.IP) string {
	var addresses []netip.Addr
	for _, ip := range ips {
		if a, ok := netip.AddrFromSlice(ip); ok {
			addresses = append(addresses, a)
		}
	}
	return joinSANs(names, addresses)
}

// permitted lists what an issuing certificate may vouch for, as sans does.
func permitted(cert *x509.Certificate) string {
	names, ips := cert.PermittedDNSDomains, []net.IP(nil)
	if !cert.PermittedDNSDomainsCritical || !cert.MaxPathLenZero {
		names = append([]string{"anything"}, names...)
	}
	for _, n := range cert.PermittedIPRanges {
		if ones, bits := n.Mask.Size(); ones == bits && bits > 0 {
			ips = append(ips, n.IP)
		} else {
			names = append(names[:len(names):len(names)], n.String())
		}
	}
	return sans(names, ips)
}

// exchange makes a new issuing key, prints a signing request for it, and puts
// the certificate that comes back beside it. With load the services load what
// is then signed.
func (c Certificate) exchange(load bool) Exchange {
	return Exchange{Title: "sign the issuing certificate of " + c.Names[0], Script: c.requestScript(), Reply: func(output []byte) ([]Step, error) {
		block, _ := pem.Decode(output) // passes over whatever stands before it
		if block == nil || block.Type != "CERTIFICATE REQUEST" {
			return nil, fmt.Errorf("%s: the host sent no certificate request", c.Dir)
		}
		cert, err := c.Sign(pem.EncodeToMemory(block))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Dir, err)
		}
		return []Step{c.sign(append(cert, c.CA...), load)}, nil
	}}
}

// requestScript is safe to run again at any point: the new issuing key waits
// under a name of its own, and the old one is in force until the certificate of
// the new one is there.
func (c Certificate) requestScript() string {
	return "umask 077\nd=" + sh.Quote(c.Dir) + `
foobar_dir 0755 root:root "$d"
key=$(openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 2>/dev/null)
printf '%s\n' "$key" | foobar_put 0600 root:root "$d/.` + certificateIssuer + `.new"
openssl req -new -key "$d/.` + certificateIssuer + `.new" -sha256 -subj ` + sh.Quote("/CN="+c.Names[0]) + "\n"
}

// sign lets the host sign its certificate anew, with a new issuing certificate
// and its CA's when they are given. The host shows the CA's with its own: MariaDB's
// client, which asks for no CA over the socket, takes a CA that it does not know
// only where it sees that one.
func (c Certificate) sign(issuer []byte, load bool) Run {
	script := "umask 077\nd=" + sh.Quote(c.Dir) + "\n"
	if issuer != nil {
		script += `cert=$(cat)
{ printf '%s\n' "$cert"; cat -- "$d/.` + certificateIssuer + `.new"; } | foobar_put 0600 root:root "$d/` + certificateIssuer + `"
rm -f -- "$d/.` + certificateIssuer + `.new"
`
	}
	script += sh.Quote(c.Script) + " sign\n"
	title := "sign the certificate of " + c.Names[0]
	if load {
		title += " and let the services load it"
		script += sh.Quote(c.Script) + " load\n"
	}
	return Run{Title: title, Script: script, Input: issuer}
}

// own sets mode and owner of one of the two files.
func (c Certificate) own(file, want, group string) Run {
	mode, _, _ := strings.Cut(want, " ")
	return Run{Title: "mode and owner of " + file, Script: MakeGroup(group) +
		"foobar_own " + mode + " root:" + sh.Quote(orRoot(group)) + " " + sh.Quote(file)}
}

// MakeGroup is shell that makes a group of the system where it is missing, for
// whoever comes first; nothing for "".
func MakeGroup(name string) string {
	if name == "" {
		return ""
	}
	g := sh.Quote(name)
	return "getent group " + g + " >/dev/null || groupadd -r -- " + g + "\n"
}

// certificateKind answers for keys and certificates. Argument: the folder.
// Attributes: key and issuer ("MODE USER:GROUP TYPE" of host.key and
// issuer.pem), pub and issuer-pub (the keys' public halves, PEM; empty when a key
// cannot be read), pem and issuer-pem (the certificates, the host's own first),
// link (where host.crt points). The state is Absent when there is no host.key. It
// costs one openssl process per key: everything else is judged on the
// controller. Source: openssl-pkey(1).
type certificateKind struct{}

func (certificateKind) Script(args [][]string) string {
	var b strings.Builder
	b.WriteString(`certs(){ t $1 "$2"; sed -n '/^-----BEGIN CERTIFICATE-----$/,/^-----END CERTIFICATE-----$/p' "$3"; e; }
c(){
 if [ ! -e "$2" ] && [ ! -L "$2" ]; then o $1 state absent; return; fi
 if ! command -v openssl >/dev/null; then o $1 state "unknown openssl is not installed"; return; fi
 o $1 state present
 o $1 key "$(stat -c '%04a %U:%G %F' -- "$2")"
 t $1 pub; openssl pkey -in "$2" -passin pass: -pubout 2>/dev/null </dev/null; e
 if [ -L "$3" ]; then o $1 link "$(readlink -- "$3")"; fi
 [ ! -f "$3" ] || certs $1 pem "$3"
 [ -e "$4" ] || [ -L "$4" ] || return 0
 o $1 issuer "$(stat -c '%04a %U:%G %F' -- "$4")"
 t $1 issuer-pub; openssl pkey -in "$4" -passin pass: -pubout 2>/dev/null </dev/null; e
 [ ! -f "$4" ] || certs $1 issuer-pem "$4"; }
`)
	for i, a := range args {
		b.WriteString("c " + strconv.Itoa(i) + " " + sh.Join(path.Join(a[0], certificateKey), path.Join(a[0], certificateCert), path.Join(a[0], certificateIssuer)) + "\n")
	}
	return b.String()
}
