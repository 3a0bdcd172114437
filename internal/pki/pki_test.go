package pki_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
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
	"testing"
	"time"

	"foobar/internal/pki"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var web1 = pki.Host{Names: []string{"web1.internal"}, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.11"), netip.MustParseAddr("fd77::11")}}

func newCA(t *testing.T, fill byte, site string, generation int) *pki.CA {
	t.Helper()
	ca, err := pki.New(bytes.Repeat([]byte{fill}, 32), site, generation)
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

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// request is a signing request that asks for more than it should get.
func request(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: "db9.internal"}, DNSNames: []string{"www.foobar.com", "db9.internal"}, IPAddresses: []net.IP{net.IPv4(10, 0, 0, 99)},
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

// TestCAIsDerived pins the bytes: a change of them would make every host of
// every site distrust every other at the next deploy.
func TestCAIsDerived(t *testing.T) {
	v1, err := pki.NewV1(bytes.Repeat([]byte{7}, 32), "foobar")
	if err != nil {
		t.Fatal(err)
	}
	first := newCA(t, 7, "foobar", 1).PEM()
	if again := newCA(t, 7, "foobar", 1).PEM(); !bytes.Equal(first, again) {
		t.Error("the same seed, site and generation gave other bytes")
	}
	for want, text := range map[string][]byte{
		"dfd6ea73bdee28cb03417dcc074e2a701f0a5f4613cd29ed4c677cff7a7932d0": v1.PEM(),
		"9379acb3c05ca543fd05ea49d08cd6c82a1c5161b6ea0f93e24dade83a05a0a6": first,
	} {
		sum := sha256.Sum256(text)
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("the CA's digest is %s, want %s", got, want)
		}
	}
	for _, other := range []*pki.CA{newCA(t, 8, "foobar", 1), newCA(t, 7, "other", 1), newCA(t, 7, "foobar", 2)} {
		if bytes.Equal(first, other.PEM()) {
			t.Error("another seed, site or generation gave the same bytes")
		}
	}
	cert := parseCert(t, first)
	if !cert.IsCA || cert.MaxPathLen != 1 || cert.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign {
		t.Errorf("not a CA for issuing certificates alone: %+v", cert)
	}
	if _, err := pki.New(make([]byte, 31), "foobar", 1); err == nil {
		t.Error("a short seed was accepted")
	}
}

// leafOf is what whoever has an issuing key can make of it.
func leafOf(t *testing.T, issuer *x509.Certificate, key *ecdsa.PrivateKey, edit func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	return leafFor(t, issuer, key, newKey(t), edit)
}

func leafFor(t *testing.T, issuer *x509.Certificate, key, own *ecdsa.PrivateKey, edit func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "web1.internal"}, NotBefore: now, NotAfter: now.Add(pki.LeafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	edit(leaf)
	der, err := x509.CreateCertificate(rand.Reader, leaf, issuer, own.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func pool(certs ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range certs {
		p.AddCert(c)
	}
	return p
}

// TestIssuerVouchesForItsHostAlone: whoever has stolen a host's issuing key can
// be that host, and no other.
func TestIssuerVouchesForItsHostAlone(t *testing.T) {
	ca, key := newCA(t, 7, "foobar", 1), newKey(t)
	for what, host := range map[string]pki.Host{"names and addresses": web1, "names": {Names: web1.Names}} {
		text, err := ca.SignIssuer(request(t, key), host, now)
		if err != nil {
			t.Fatal(err)
		}
		issuer := parseCert(t, text)
		accepted := func(edit func(*x509.Certificate)) bool {
			leaf := leafOf(t, issuer, key, edit)
			_, err := leaf.Verify(x509.VerifyOptions{Roots: pool(ca.Certificate()), Intermediates: pool(issuer), CurrentTime: now,
				KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
			return err == nil
		}
		names := func(names ...string) func(*x509.Certificate) {
			return func(c *x509.Certificate) { c.DNSNames = names }
		}
		address := func(a string) func(*x509.Certificate) {
			return func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.ParseIP(a)} }
		}
		if !accepted(names("web1.internal")) {
			t.Errorf("%s: the host's own name is refused", what)
		}
		for _, a := range []string{"10.0.0.11", "fd77::11"} {
			if accepted(address(a)) != (len(host.Addresses) > 0) {
				t.Errorf("%s: address %s", what, a)
			}
		}
		for _, other := range []string{"web2.internal", "internal", "www.foobar.com", "xweb1.internal"} {
			if accepted(names(other)) || accepted(names("web1.internal", other)) {
				t.Errorf("%s: it vouches for %s", what, other)
			}
		}
		for _, other := range []string{"10.0.0.12", "10.0.0.10", "fd77::12", "127.0.0.1"} {
			if accepted(address(other)) {
				t.Errorf("%s: it vouches for %s", what, other)
			}
		}
		belowKey := newKey(t)
		below := leafFor(t, issuer, key, belowKey, func(c *x509.Certificate) {
			c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
		})
		leaf := leafOf(t, below, belowKey, names("web1.internal"))
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool(ca.Certificate()), Intermediates: pool(issuer, below), CurrentTime: now}); err == nil {
			t.Errorf("%s: it vouches for another CA", what)
		}
	}
}

func TestIssuer(t *testing.T) {
	ca, key := newCA(t, 7, "foobar", 1), newKey(t)
	text, err := ca.SignIssuer(request(t, key), web1, now)
	if err != nil {
		t.Fatal(err)
	}
	cert := parseCert(t, text)
	if !key.PublicKey.Equal(cert.PublicKey) {
		t.Error("the certificate is not for the host's key")
	}
	if !cert.PermittedDNSDomainsCritical || cert.KeyUsage != x509.KeyUsageCertSign || !cert.MaxPathLenZero || len(cert.DNSNames) > 0 {
		t.Errorf("it says more than it should: %+v", cert)
	}
	if life := cert.NotAfter.Sub(now); life != pki.IssuerLife || !cert.NotBefore.Before(now) || life <= pki.IssuerRenewBefore {
		t.Errorf("valid from %s for %s", cert.NotBefore, life)
	}
	if len(cert.SubjectKeyId) == 0 || len(cert.AuthorityKeyId) == 0 {
		t.Error("without key identifiers Python refuses the chain")
	}
	seen := map[string]bool{}
	for i := range 3 {
		text, err := ca.SignIssuer(request(t, key), web1, now.Add(time.Duration(i)*time.Nanosecond))
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

func TestRoot(t *testing.T) {
	ca, other, key := newCA(t, 7, "foobar", 1), newCA(t, 8, "foobar", 1), newKey(t)
	text, err := ca.SignIssuer(request(t, key), web1, now)
	if err != nil {
		t.Fatal(err)
	}
	issuer := parseCert(t, text)
	leaf := leafOf(t, issuer, key, func(c *x509.Certificate) { c.DNSNames = web1.Names })
	roots := pki.Certificates(append([]byte("# a remark\n"+string(other.PEM())), ca.PEM()...))
	if len(roots) != 2 {
		t.Fatalf("%d certificates were read", len(roots))
	}
	for what, c := range map[string]struct {
		chain []*x509.Certificate
		roots []*x509.Certificate
		found bool
	}{
		"leaf and issuer": {[]*x509.Certificate{leaf, issuer}, roots, true},
		"issuer alone":    {[]*x509.Certificate{issuer}, roots, true},
		"leaf alone":      {[]*x509.Certificate{leaf}, roots, false},
		"wrong order":     {[]*x509.Certificate{issuer, leaf}, roots, false},
		"another CA":      {[]*x509.Certificate{leaf, issuer}, roots[:1], false},
		"nothing":         {nil, roots, false},
	} {
		if got := pki.Root(c.chain, c.roots); (got != nil) != c.found || c.found && !got.Equal(ca.Certificate()) {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// TestCertificatesOfAnyKind: a host may send any keys, and as many as it likes.
func TestCertificatesOfAnyKind(t *testing.T) {
	ca := newCA(t, 7, "foobar", 1)
	n := new(big.Int).SetBit(big.NewInt(1), 256<<10, 1)
	huge := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "huge"}, IsCA: true, BasicConstraintsValid: true}
	der := must(x509.CreateCertificate(rand.Reader, huge, ca.Certificate(), &rsa.PublicKey{N: n, E: 1<<31 - 1}, ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))))
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), ca.PEM()...)
	if got := pki.Certificates(text); len(got) != 1 || !got[0].Equal(ca.Certificate()) {
		t.Errorf("%d certificates are read", len(got))
	}
	began := time.Now()
	if got := pki.Certificates(bytes.Repeat(ca.PEM(), 10_000)); len(got) > 100 {
		t.Errorf("%d certificates are read", len(got))
	}
	pki.Certificates(bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\n"), 100_000))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("that took %v", took)
	}
}

func TestSignRefuses(t *testing.T) {
	ca := newCA(t, 7, "foobar", 1)
	good := request(t, newKey(t))
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
		if text, err := ca.SignIssuer(csr, web1, now); err == nil {
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
