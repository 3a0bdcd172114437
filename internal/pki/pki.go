// Package pki is foobar's private certificate authority, for the connections
// between hosts. The CA is derived from the master secret, so it needs no state;
// leaf keys are made on the hosts and never leave them.
package pki

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"time"
)

// Lifetimes of leaf certificates: they are renewed by the first deploy that
// sees less than RenewBefore left.
const (
	LeafLife    = 5 * 365 * 24 * time.Hour
	RenewBefore = 365 * 24 * time.Hour
)

// CA signs leaf certificates.
type CA struct {
	key  ed25519.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

// New derives the CA of a site from a 32 byte seed. Seed and site give the same
// certificate, byte for byte, every time.
func New(seed []byte, site string) (*CA, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("the CA's seed has %d bytes, not %d", len(seed), ed25519.SeedSize)
	}
	key := ed25519.NewKeyFromSeed(seed)
	id := sha256.Sum256(key.Public().(ed25519.PublicKey))
	t := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(id[:16]),
		Subject:               pkix.Name{CommonName: site + " foobar private CA"},
		NotBefore:             time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2075, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
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
	return &CA{key: key, cert: cert, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}, nil
}

// PEM is the CA's certificate.
func (ca *CA) PEM() []byte { return ca.pem }

// Leaf is what a host's certificate must say.
type Leaf struct {
	Names     []string
	Addresses []netip.Addr
}

// maxRequest bounds a signing request, in bytes of PEM; one for P-256 has about 500.
const maxRequest = 8 << 10

// readRequest reads a signing request and proves that its sender has the key. It
// takes the one kind of key that hosts make: what another costs to check is up
// to whoever made it, and may be minutes.
func readRequest(request []byte) (*x509.CertificateRequest, error) {
	if len(request) > maxRequest {
		return nil, fmt.Errorf("the host's certificate request has more than %d KiB", maxRequest>>10)
	}
	block, _ := pem.Decode(request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, fmt.Errorf("the host sent no certificate request")
	}
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the host's certificate request: %w", err)
	}
	if key, ok := csr.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() {
		return nil, fmt.Errorf("the host's certificate request is not for a P-256 key; remove the key there, and the next deploy makes one")
	}
	if err := csr.CheckSignature(); err != nil {
		return nil, fmt.Errorf("the host's certificate request: %w", err)
	}
	return csr, nil
}

// Sign answers a PEM signing request with a PEM certificate for exactly the
// names and addresses of leaf; what the request asks for beyond its key is
// ignored, because a host is not to choose its own names. It serves as server
// and client certificate.
func (ca *CA) Sign(request []byte, leaf Leaf, now time.Time) ([]byte, error) {
	csr, err := readRequest(request)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte(now.UTC().Format(time.RFC3339Nano)), csr.RawSubjectPublicKeyInfo...))
	serial := new(big.Int).SetBytes(sum[:16])
	t := &x509.Certificate{
		SerialNumber:          serial.Rsh(serial, 1), // positive, at most 127 bits
		Subject:               pkix.Name{CommonName: leaf.Names[0]},
		NotBefore:             now.Add(-24 * time.Hour), // a host's clock may be behind
		NotAfter:              now.Add(LeafLife),
		DNSNames:              leaf.Names,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	for _, a := range leaf.Addresses {
		t.IPAddresses = append(t.IPAddresses, net.IP(a.AsSlice()))
	}
	der, err := x509.CreateCertificate(nil, t, ca.cert, csr.PublicKey, ca.key)
	if err != nil {
		return nil, fmt.Errorf("sign the host's certificate: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
