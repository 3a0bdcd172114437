package pki_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"testing"

	"foobar/internal/pki"
)

// FuzzSign: what is signed is a P-256 key, for the names that were given.
func FuzzSign(f *testing.F) {
	csr, _ := request(&testing.T{})
	f.Add(csr)
	f.Add([]byte("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"))
	ca, err := pki.New(make([]byte, 32), "foobar")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, csr []byte) {
		text, err := ca.Sign(csr, pki.Leaf{Names: []string{"a.internal"}}, now)
		if err != nil {
			return
		}
		leaf := parseCert(t, text)
		if key, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() || len(leaf.DNSNames) != 1 || leaf.DNSNames[0] != "a.internal" || leaf.IsCA {
			t.Fatalf("signed %+v", leaf)
		}
	})
}
