package pki_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"slices"
	"testing"

	"foobar/internal/pki"
)

// FuzzSignIssuer: what is signed is a P-256 key, which may vouch for the names that
// were given and no others.
func FuzzSignIssuer(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(request(&testing.T{}, key))
	f.Add([]byte("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"))
	ca, err := pki.New(make([]byte, 32), "foobar", 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, csr []byte) {
		text, err := ca.SignIssuer(csr, pki.Host{Names: []string{"a.internal"}}, now)
		if err != nil {
			return
		}
		leaf := parseCert(t, text)
		if key, ok := leaf.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() || !slices.Equal(leaf.PermittedDNSDomains, []string{"a.internal"}) || !leaf.PermittedDNSDomainsCritical || !leaf.MaxPathLenZero {
			t.Fatalf("signed %+v", leaf)
		}
	})
}
