package action

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"foobar/inventory"
)

// signedBy makes a certificate that the issuer, or where that is nil itself, has signed.
func signedBy(t *testing.T, name string, issuer *x509.Certificate, by, key crypto.Signer, edit func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(60 * 24 * time.Hour), IsCA: !strings.Contains(name, "."), BasicConstraintsValid: true}
	if edit != nil {
		edit(template)
	}
	if issuer == nil {
		issuer, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), by)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// TestPublicPEM: what authorities, Windows and HAProxy's users call a certificate and its key
// is handed to HAProxy in one form, and what HAProxy would not load is refused before.
func TestPublicPEM(t *testing.T) {
	newKey := func() crypto.Signer {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	rootKey, interKey, key := newKey(), newKey(), newKey()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	root := signedBy(t, "root", nil, nil, rootKey, nil)
	inter := signedBy(t, "inter", root, rootKey, interKey, nil)
	leaf := signedBy(t, "www.foobar.com", inter, interKey, key, nil)
	old := signedBy(t, "inter", root, rootKey, interKey, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := signedBy(t, "www.foobar.com", inter, interKey, edKey, nil)
	weakly := signedBy(t, "www.foobar.com", inter, interKey, small, nil)
	private := func(key crypto.Signer) string {
		raw, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))
	}
	text := func(chain ...*x509.Certificate) string { return string(encoded(chain...)) }
	secret, good, edSecret := private(key), text(leaf, inter, root), private(edKey)
	for name, c := range map[string]struct {
		cert, key string
		want      string // "" where it is refused
		says      string // by check where something is wanting, else the error
	}{
		"in order":            {good, secret, good, ""},
		"the root first":      {text(root, inter, leaf), secret, good, ""},
		"the root before":     {text(leaf, root, inter), secret, good, ""},
		"twice":               {good + good, secret, good, ""},
		"HAProxy's own file":  {good + secret, good + secret, good, ""},
		"the key first":       {secret + good, secret, good, ""},
		"from Windows":        {"\ufeff" + strings.ReplaceAll(good, "\n", "\r\n"), "\ufeff" + strings.ReplaceAll(secret, "\n", "\r\n"), good, ""},
		"with remarks":        {"Bag Attributes\n" + strings.ReplaceAll(good, "-----BEGIN", "subject=CN = x\n-----BEGIN"), "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + secret, good, ""},
		"alone":               {text(leaf), secret, text(leaf), "lacks the intermediate certificate that signed the site's, inter:"},
		"the root alone":      {text(leaf, root), secret, text(leaf, root), "lacks the intermediate certificate that signed the site's, inter:"},
		"an old intermediate": {text(leaf, old), secret, text(leaf, old), "the certificate of inter in tls.cert expired on "},
		"a key of Ed25519":    {text(ed, inter), edSecret, text(ed, inter), "the key of tls.cert is of Ed25519"},
		"a short key":         {text(weakly, inter), private(small), "", "its key has 1024 bits, and HAProxy takes one of RSA from 2048 on; get a new one"},
		"another key":         {good, private(newKey()), "", "private key does not match public key; name the key that tls.cert was made with"},
		"a passphrase":        {good, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "", "write it without: openssl pkey"},
		"no certificate":      {secret, secret, "", "there is no certificate in it; it must be PEM"},
	} {
		inv := &inventory.Inventory{Site: inventory.Site{Domain: "www.foobar.com"}, TLS: inventory.TLS{Cert: writeFile(t, "c", c.cert, 0o644), Key: writeFile(t, "k", c.key, 0o600)}}
		got, pair, err := publicPEM(inv)
		if c.want == "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		key := secret
		if c.key == edSecret {
			key = edSecret
		}
		if err != nil || got.Reveal() != c.want+key {
			t.Errorf("%s: %v, %d bytes", name, err, len(got.Reveal()))
			continue
		}
		if what, fix := gapIn(pair.Certificate, time.Now()); (what == "") != (c.says == "") || (fix == "") != (c.says == "") || !strings.Contains(what, c.says) {
			t.Errorf("%s: %q, %q", name, what, fix)
		}
	}
}

// TestShortLivedCertificate: of one that is valid for a few days check warns near its end
// alone, not all its life long.
func TestShortLivedCertificate(t *testing.T) {
	for since, want := range map[time.Duration]bool{0: false, 40 * time.Minute: true} {
		inv := &inventory.Inventory{Site: inventory.Site{Domain: "www.foobar.com"}}
		inv.TLS.Cert, inv.TLS.Key = pairAt(t, "www.foobar.com", time.Now().Add(-since)) // valid for two hours
		h := &hereCheck{inv: inv}
		h.certificate()
		if got := strings.Contains(h.list[len(h.list)-1].Seen, "expires on"); got != want {
			t.Errorf("%s after half of its life: %+v", since, h.list)
		}
	}
}
