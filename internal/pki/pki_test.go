package pki_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"foobar/internal/pki"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newCA(t *testing.T, fill byte, site string) *pki.CA {
	t.Helper()
	ca, err := pki.New(bytes.Repeat([]byte{fill}, 32), site)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func parseCert(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" || len(rest) > 0 {
		t.Fatalf("not one PEM certificate: %q", text)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// request is a signing request that asks for more than it should get.
func request(t *testing.T) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "db9.internal"}, DNSNames: []string{"www.foobar.com", "db9.internal"}, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 99)},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), key
}

// TestCAIsDerived pins the bytes: a change of them would make every host of
// every site distrust every other at the next deploy.
func TestCAIsDerived(t *testing.T) {
	first := newCA(t, 7, "foobar").PEM()
	if again := newCA(t, 7, "foobar").PEM(); !bytes.Equal(first, again) {
		t.Error("the same seed and site gave other bytes")
	}
	sum := sha256.Sum256(first)
	if got, want := hex.EncodeToString(sum[:]), "dfd6ea73bdee28cb03417dcc074e2a701f0a5f4613cd29ed4c677cff7a7932d0"; got != want {
		t.Errorf("the CA's digest is %s, want %s", got, want)
	}
	if bytes.Equal(first, newCA(t, 8, "foobar").PEM()) || bytes.Equal(first, newCA(t, 7, "other").PEM()) {
		t.Error("another seed or site gave the same bytes")
	}
	cert := parseCert(t, first)
	if !cert.IsCA || !cert.MaxPathLenZero || cert.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign {
		t.Errorf("not a CA for leaves alone: %+v", cert)
	}
	if _, err := pki.New(make([]byte, 31), "foobar"); err == nil {
		t.Error("a short seed was accepted")
	}
}

func TestLeaf(t *testing.T) {
	ca := newCA(t, 7, "foobar")
	csr, key := request(t)
	text, err := ca.Sign(csr, pki.Leaf{Names: []string{"web1.internal"}, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.11"), netip.MustParseAddr("fd77::11")}}, now)
	if err != nil {
		t.Fatal(err)
	}
	cert := parseCert(t, text)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca.PEM())
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		for _, name := range []string{"web1.internal", "10.0.0.11", "fd77::11"} {
			o := x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{usage}}
			if _, err := cert.Verify(o); err != nil {
				t.Errorf("%s, usage %d: %v", name, usage, err)
			}
		}
	}
	for _, name := range []string{"www.foobar.com", "db9.internal", "10.0.0.99"} {
		if cert.VerifyHostname(name) == nil {
			t.Errorf("the host chose the name %s itself", name)
		}
	}
	if cert.Subject.CommonName != "web1.internal" || !slices.Equal(cert.DNSNames, []string{"web1.internal"}) || len(cert.IPAddresses) != 2 || cert.IsCA {
		t.Errorf("the certificate says more than it should: %+v", cert.Subject)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		t.Error("the certificate is not for the host's key")
	}
	if life := cert.NotAfter.Sub(now); life != pki.LeafLife || !cert.NotBefore.Before(now) || life <= pki.RenewBefore {
		t.Errorf("valid from %s for %s", cert.NotBefore, life)
	}
	strangers := x509.NewCertPool()
	strangers.AppendCertsFromPEM(newCA(t, 8, "foobar").PEM())
	if _, err := cert.Verify(x509.VerifyOptions{Roots: strangers, CurrentTime: now}); err == nil {
		t.Error("another site's CA vouches for the certificate")
	}
}

func TestSerialsDiffer(t *testing.T) {
	ca := newCA(t, 7, "foobar")
	csr, _ := request(t)
	seen := map[string]bool{}
	for i := range 3 {
		text, err := ca.Sign(csr, pki.Leaf{Names: []string{"a.internal"}}, now.Add(time.Duration(i)*time.Nanosecond))
		if err != nil {
			t.Fatal(err)
		}
		serial := parseCert(t, text).SerialNumber
		if serial.Sign() <= 0 || seen[serial.String()] {
			t.Errorf("serial %s is not new and positive", serial)
		}
		seen[serial.String()] = true
	}
}

func TestSignRefuses(t *testing.T) {
	ca := newCA(t, 7, "foobar")
	good, _ := request(t)
	block, _ := pem.Decode(good)
	forged := bytes.Clone(block.Bytes)
	forged[len(forged)-1] ^= 1
	for name, csr := range map[string][]byte{
		"nothing":      nil,
		"text":         []byte("please"),
		"a CA":         ca.PEM(),
		"garbage":      pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte{1, 2, 3}}),
		"no own key":   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: forged}),
		"cut in half":  good[:len(good)/2],
		"another type": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: block.Bytes}),
		"too long":     append(bytes.Repeat([]byte("\n"), 8<<10), good...),
		"P-384":        requestOf(t, must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))),
		"RSA":          requestOf(t, must(rsa.GenerateKey(rand.Reader, 2048))),
		"a huge RSA":   hugeRequest(t),
	} {
		began := time.Now()
		if text, err := ca.Sign(csr, pki.Leaf{Names: []string{"a.internal"}}, now); err == nil {
			t.Errorf("%s was signed: %s", name, text)
		}
		if took := time.Since(began); took > 500*time.Millisecond {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func requestOf(t *testing.T, key crypto.Signer) []byte {
	t.Helper()
	der := must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x"}}, key))
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

// hugeRequest is for an RSA key of 512 Kibit, with some signature.
func hugeRequest(t *testing.T) []byte {
	t.Helper()
	n := new(big.Int).SetBit(big.NewInt(1), 512<<10, 1)
	key := must(x509.MarshalPKIXPublicKey(&rsa.PublicKey{N: n, E: 1<<31 - 1}))
	name := must(asn1.Marshal(pkix.Name{CommonName: "x"}.ToRDNSequence()))
	info := must(asn1.Marshal(struct {
		Version    int
		Subject    asn1.RawValue
		Key        asn1.RawValue
		Attributes asn1.RawValue
	}{0, asn1.RawValue{FullBytes: name}, asn1.RawValue{FullBytes: key}, asn1.RawValue{Class: 2, Tag: 0, IsCompound: true}}))
	der := must(asn1.Marshal(struct {
		Info      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: info}, pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue},
		asn1.BitString{Bytes: bytes.Repeat([]byte{0x7f}, 64<<10), BitLength: 512 << 10}}))
	if _, err := x509.ParseCertificateRequest(der); err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}
