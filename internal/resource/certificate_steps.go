package resource

import (
	"cmp"
	"crypto/x509"
	_ "embed" // scripts
	"encoding/pem"
	"fmt"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/census"
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
	return sh.Set("d", c.Dir, "new", c.Dir+"/."+certificateIssuer+".new", "subject", "/CN="+c.Names[0]) + certificateRequest
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
		"foobar_own " + mode + " root:" + sh.Quote(cmp.Or(group, "root")) + " " + sh.Quote(file)}
}

// MakeGroup is shell that makes a system group where it is missing; nothing for "".
// Whichever step needs the group first makes it.
func MakeGroup(name string) string {
	if name == "" {
		return ""
	}
	g := sh.Quote(name)
	return "getent group " + g + " >/dev/null || groupadd -r -- " + g + "\n"
}

// certificateKind answers for keys and certificates. Argument: the folder.
// Attributes: key and issuer ("MODE USER:GROUP TYPE" of host.key and
// issuer.pem), pub and issuer-pub (the keys' public halves, for pki.PublicKey; empty
// when a key cannot be read), pem and issuer-pem (the certificates, the host's own first),
// link (where host.crt points). The state is Absent when there is no host.key. It
// costs one openssl process per key that pubkey does not read by itself: everything else
// is judged on the controller. Source: openssl-pkey(1).
type certificateKind struct{}

func (certificateKind) Script(args [][]string) string {
	files := make([][]string, len(args))
	for i, a := range args {
		files[i] = []string{path.Join(a[0], certificateKey), path.Join(a[0], certificateCert), path.Join(a[0], certificateIssuer)}
	}
	return pubkeyScript + certificateProbe + calls("certificate", files)
}

// Shares are the files of the keys, and the link.
func (certificateKind) Shares(args [][]string) (s census.Part) {
	for _, a := range args {
		s.Looked = append(s.Looked, path.Join(a[0], certificateKey), path.Join(a[0], certificateIssuer), path.Join(a[0], certificateCert))
	}
	return s
}

// Parse reads the lines of stat.
func (certificateKind) Parse(args [][]string, lines []string, found []Observed) {
	for i, a := range args {
		for key, name := range map[string]string{"key": certificateKey, "issuer": certificateIssuer} {
			if s, ok := census.StatOf(path.Join(a[0], name), lines); ok && found[i].State == Present {
				found[i].Set(key, s.Mode+" "+s.Owner+" "+s.Type)
			}
		}
		if s, ok := census.StatOf(path.Join(a[0], certificateCert), lines); ok && s.Target != "" && found[i].State == Present {
			found[i].Set("link", s.Target)
		}
	}
}

// PEM asks for the mode and owner of a file that holds certificates and their key, for the
// certificates and for the key's public half: the key does not leave the host. Attributes:
// type, mode, owner, pem and pub (for pki.PublicKey, empty when it cannot be read).
func PEM(path string) Probe { return Probe{Kind: pemKind{}, Args: []string{path}} }

type pemKind struct{}

func (pemKind) Script(args [][]string) string { return pubkeyScript + calls("pem", args) }

// Shares are the files.
func (pemKind) Shares(args [][]string) census.Part {
	return census.Part{Looked: slices.Concat(args...)}
}

// Parse reads the lines of stat. A file of which it said nothing was not seen.
func (pemKind) Parse(args [][]string, lines []string, found []Observed) {
	for i, a := range args {
		s, ok := census.StatOf(a[0], lines)
		if found[i].State != Present {
			continue
		} else if !ok {
			found[i] = Observed{Reason: "could not look at " + strconv.Quote(a[0])}
			continue
		}
		found[i].Set("type", s.Type)
		found[i].Set("mode", s.Mode)
		found[i].Set("owner", s.Owner)
	}
}

// Scripts of a key and its certificates.
var (
	//go:embed pubkey.sh
	pubkeyScript string
	//go:embed certificate.sh
	certificateProbe string
	//go:embed certificate_request.sh
	certificateRequest string
)
