package pki_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"slices"
	"testing"

	"foobar/internal/pki"
)

// FuzzSign: what is signed is a P-256 key, for the names that were given.
func FuzzSign(f *testing.F) {
	f.Add(request(&testing.T{}, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))))
	f.Add([]byte("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"))
	ca, err := pki.New(make([]byte, 32), "foobar", 1)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, csr []byte) {
		text, err := ca.SignIssuer(csr, web1, now)
		if err != nil {
			return
		}
		cert := parseCert(t, text)
		if key, ok := cert.PublicKey.(*ecdsa.PublicKey); !ok || key.Curve != elliptic.P256() || !slices.Equal(cert.PermittedDNSDomains, web1.Names) || !cert.MaxPathLenZero {
			t.Fatalf("signed %+v", cert)
		}
	})
}
