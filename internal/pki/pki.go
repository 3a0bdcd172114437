// Package pki is foobar's private certificate authority, for the connections
// between hosts. The CA is derived from the master secret, so it needs no state.
// It signs an issuing certificate for each host, good for that host's own names
// and addresses alone; with it the host signs certificates of its own for short
// times, and needs no controller for that. Keys are made on the hosts and never
// leave them.
package pki

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// An issuing certificate is renewed by the first deploy that sees less than
// IssuerRenewBefore left.
const (
	IssuerLife        = 5 * 365 * day
	IssuerRenewBefore = 365 * day
)

// A host's own certificate is renewed by the host with a new key once less than
// LeafRenewBefore is left, and by a deploy that sees less than LeafOverdue.
const (
	LeafLife        = 90 * day
	LeafRenewBefore = 30 * day
	LeafOverdue     = 20 * day
)

// requestMost bounds a signing request, in bytes: one for a P-256 key takes
// about 500.
const requestMost = 4096

// calledCA is in the name of every CA, after that of the site.
const calledCA = " foobar private CA"

// Named reports whether a certificate has a name as a CA of foobar's has it. It
// says nothing of who made it.
func Named(cert *x509.Certificate) bool { return strings.Contains(cert.Subject.CommonName, calledCA) }

// CA signs the issuing certificates of hosts.
type CA struct {
	key  ed25519.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

// New derives the CA of a site from a 32 byte seed. Seed, site and generation
// give the same certificate, byte for byte, every time. The generation is part
// of its name; the caller makes it part of the seed.
func New(seed []byte, site string, generation int) (*CA, error) {
	return derive(seed, site+calledCA+" "+strconv.Itoa(generation), 1)
}

// NewV1 derives the CA that earlier versions of foobar had. It signs nothing any
// more: it is good for knowing again what they signed.
func NewV1(seed []byte, site string) (*CA, error) {
	return derive(seed, site+calledCA, 0)
}

// derive makes a CA with at most so many CAs below it. It is valid for long
// because it ends with its generation.
func derive(seed []byte, name string, below int) (*CA, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the CA's seed has %d bytes, not %d", len(seed), ed25519.SeedSize)
	}
	key := ed25519.NewKeyFromSeed(seed)
	id := sha256.Sum256(key.Public().(ed25519.PublicKey))
	t := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(id[:16]),
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2075, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLen:            below,
		MaxPathLenZero:        below == 0,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId:          id[:20],
	}
	der, err := x509.CreateCertificate(nil, t, t, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the private CA: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("make the private CA: %w", err)
	}
	return &CA{key: key, cert: cert, pem: encoded(der)}, nil
}

// PEM is the CA's certificate.
func (ca *CA) PEM() []byte { return ca.pem }

// Certificate is the CA's certificate; it is not to be changed.
func (ca *CA) Certificate() *x509.Certificate { return ca.cert }

// Host is whom a certificate is for.
type Host struct {
	Names     []string
	Addresses []netip.Addr
}

// SignIssuer answers a PEM signing request with a PEM certificate of a CA that
// can vouch for the host's names and addresses and for nothing else, nor for
// other CAs. What the request asks for beyond its key, which must be P-256, is
// ignored: a host is not to choose what it may vouch for. Source: RFC 5280,
// section 4.2.1.10; a name in it also permits those below it.
func (ca *CA) SignIssuer(request []byte, host Host, now time.Time) ([]byte, error) {
	csr, err := parseRequest(request)
	if err != nil {
		return nil, fmt.Errorf("the host's certificate request: %w", err)
	}
	t := &x509.Certificate{
		SerialNumber:                serial(append([]byte(now.UTC().Format(time.RFC3339Nano)), csr.RawSubjectPublicKeyInfo...)),
		Subject:                     pkix.Name{CommonName: host.Names[0] + " foobar issuing CA"},
		NotBefore:                   now.Add(-day), // a host's clock may be behind
		NotAfter:                    now.Add(IssuerLife),
		IsCA:                        true,
		BasicConstraintsValid:       true,
		MaxPathLenZero:              true,
		KeyUsage:                    x509.KeyUsageCertSign,
		ExtKeyUsage:                 []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         host.Names,
		PermittedIPRanges:           alone(host.Addresses),
	}
	if len(host.Addresses) == 0 { // a kind of name without a constraint is free
		t.ExcludedIPRanges = []*net.IPNet{network(netip.MustParsePrefix("0.0.0.0/0")), network(netip.MustParsePrefix("::/0"))}
	}
	der, err := x509.CreateCertificate(nil, t, ca.cert, csr.PublicKey, ca.key)
	if err != nil {
		return nil, fmt.Errorf("sign the host's certificate: %w", err)
	}
	return encoded(der), nil
}

// encoded is a certificate in PEM.
func encoded(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// serial is a serial number that follows from a text: positive, at most 127 bits.
func serial(text []byte) *big.Int {
	sum := sha256.Sum256(text)
	n := new(big.Int).SetBytes(sum[:16])
	return n.Rsh(n, 1)
}

// alone are ranges of one address each.
func alone(addresses []netip.Addr) (ranges []*net.IPNet) {
	for _, a := range addresses {
		ranges = append(ranges, network(netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())))
	}
	return ranges
}

func network(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: net.IP(p.Addr().AsSlice()), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// parseRequest reads a signing request for a P-256 key. To check the signature
// of another key may take as long as whoever made it likes.
func parseRequest(request []byte) (*x509.CertificateRequest, error) {
	if len(request) > requestMost {
		return nil, fmt.Errorf("it has %d bytes, and at most %d are read", len(request), requestMost)
	}
	block, _ := pem.Decode(request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, fmt.Errorf("there is none in the answer")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, err
	}
	if _, isECDSA := csr.PublicKey.(*ecdsa.PublicKey); !isECDSA || !quick(csr.PublicKey) {
		return nil, fmt.Errorf("its key is not a P-256 key")
	}
	return csr, csr.CheckSignature()
}
