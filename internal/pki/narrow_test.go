package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// narrowCA is a CA that may have CAs below it.
func narrowCA(t *testing.T, fill byte) *CA {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{fill}, ed25519.SeedSize))
	id := sha256.Sum256(key.Public().(ed25519.PublicKey))
	cert := &x509.Certificate{SerialNumber: big.NewInt(int64(fill)), Subject: pkix.Name{CommonName: "a private CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, SubjectKeyId: id[:20]}
	return &CA{key: key, cert: narrowSign(t, cert, cert, key.Public(), key), pem: nil}
}

func narrowSign(t *testing.T, cert, by *x509.Certificate, public, key any) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, cert, by, public, key)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// narrowChain is a host's certificate, signed by the CA or by one below it.
func narrowChain(t *testing.T, ca *CA, below bool, name, address string) (leaf *x509.Certificate, between []*x509.Certificate) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	want := &x509.Certificate{SerialNumber: big.NewInt(9), Subject: pkix.Name{CommonName: name + ".internal"}, NotBefore: ca.cert.NotBefore, NotAfter: ca.cert.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{name + ".internal"}, IPAddresses: []net.IP{net.ParseIP(address)}}
	if !below {
		return narrowSign(t, want, ca.cert, own.Public(), ca.key), nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := narrowSign(t, &x509.Certificate{SerialNumber: big.NewInt(8), Subject: pkix.Name{CommonName: name + " issuing"}, NotBefore: ca.cert.NotBefore, NotAfter: ca.cert.NotAfter,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, ca.cert, key.Public(), ca.key)
	return narrowSign(t, want, issuer, own.Public(), key), []*x509.Certificate{issuer}
}

func pemOf(certs ...*x509.Certificate) []byte {
	var text []byte
	for _, c := range certs {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}

// TestNarrow: who checks with the narrow CA takes web1's certificate and no other
// one that the CA has signed, though no name is compared. Both Go and OpenSSL,
// which the database servers use, are asked.
func TestNarrow(t *testing.T) {
	ca := narrowCA(t, 7)
	narrow, err := ca.Narrow([]string{"web1.internal"}, []netip.Addr{netip.MustParseAddr("10.0.0.11")})
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(narrow)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	root := write("root", narrow)
	openssl, noOpenSSL := exec.LookPath("openssl")
	for what, c := range map[string]struct {
		ca            *CA
		name, address string
		good          bool
	}{
		"web1":                     {ca, "web1", "10.0.0.11", true},
		"web2":                     {ca, "web2", "10.0.0.12", false},
		"web2 at the address":      {ca, "web2", "10.0.0.11", false},
		"the name, another host":   {ca, "web1", "10.0.0.12", false},
		"a name that ends like it": {ca, "xweb1", "10.0.0.11", false},
		"another site's web1":      {narrowCA(t, 8), "web1", "10.0.0.11", false},
	} {
		for _, below := range []bool{false, true} {
			leaf, between := narrowChain(t, c.ca, below, c.name, c.address)
			others := x509.NewCertPool()
			for _, b := range between {
				others.AddCert(b)
			}
			if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: others}); (err == nil) != c.good {
				t.Errorf("%s, by a CA below %v: Go says %v", what, below, err)
			}
			if noOpenSSL != nil {
				continue
			}
			out, err := exec.Command(openssl, "verify", "-no-CApath", "-no-CAstore", "-CAfile", root, "-untrusted", write("between", pemOf(append(between, leaf)...)), write("leaf", pemOf(leaf))).CombinedOutput()
			if (err == nil) != c.good {
				t.Errorf("%s, by a CA below %v: OpenSSL says %s", what, below, out)
			}
			if err != nil && c.ca == ca && !strings.Contains(string(out), "permitted subtree violation") {
				t.Errorf("%s, by a CA below %v, is refused for another reason: %s", what, below, out)
			}
		}
	}
	if _, err := ca.Narrow([]string{"web1.internal"}, nil); err == nil {
		t.Error("a CA narrowed to no address lets every address pass")
	}
}
