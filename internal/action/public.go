package action

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/secret"
	"foobar/inventory"
)

// publicPEM joins certificate and key as HAProxy reads them, after a check that they belong
// together, cover the site's names, and are such as HAProxy takes. The site's certificate
// comes first, then those that vouch for it, each once, and nothing else that is in the files.
func publicPEM(inv *inventory.Inventory) (text secret.String, pair tls.Certificate, err error) {
	cert, err := os.ReadFile(inv.TLS.Cert)
	if err != nil {
		return text, pair, blame(inv, "tls.cert", fault.Wrap(fault.CertificateBad, err))
	}
	key, err := os.ReadFile(inv.TLS.Key)
	if err != nil {
		return text, pair, blame(inv, "tls.key", fault.Wrap(fault.CertificateBad, err))
	}
	bad := func(key string, err error) error { return blame(inv, key, fault.Wrap(fault.CertificateBad, err)) }
	var chain []*x509.Certificate
	var unread error // of one that is passed over, such as a root of long ago
	for _, block := range blocks(cert, "CERTIFICATE") {
		if one, err := x509.ParseCertificate(block.Bytes); err == nil {
			chain = append(chain, one)
		} else {
			unread = err
		}
	}
	if len(chain) == 0 && unread != nil {
		return text, pair, bad("tls.cert", unread)
	}
	if len(chain) == 0 {
		return text, pair, bad("tls.cert", errors.New("there is no certificate in it; it must be PEM, with the chain"))
	}
	keys := blocks(key, "PRIVATE KEY")
	if len(keys) == 0 || strings.HasPrefix(keys[0].Type, "ENCRYPTED") || keys[0].Headers["DEK-Info"] != "" {
		return text, pair, bad("tls.key", errors.New("this is not a private key in PEM without a passphrase; where it has one, write it without: openssl pkey -in FILE -out NEW"))
	}
	private := pem.EncodeToMemory(keys[0])
	own := slices.IndexFunc(chain, func(c *x509.Certificate) bool {
		_, wrong := tls.X509KeyPair(encoded(c), private)
		err = cmp.Or(err, wrong)
		return wrong == nil
	})
	if own < 0 && unread != nil {
		return text, pair, bad("tls.cert", unread)
	}
	if own < 0 {
		return text, pair, blame(inv, "tls.key", fault.Wrap(fault.KeyMismatch, fmt.Errorf("%w; name the key that tls.cert was made with", err)))
	}
	public := encoded(inOrder(chain, own)...)
	if pair, err = tls.X509KeyPair(public, private); err != nil {
		return text, pair, bad("tls.cert", err)
	}
	if why := weak(pair.Leaf); why != "" {
		return text, pair, bad("tls.cert", errors.New(why+"; get a new one"))
	}
	for _, name := range inv.Site.Names() {
		if err := pair.Leaf.VerifyHostname(name); err != nil {
			return text, pair, blame(inv, "tls.cert", fault.Wrap(fault.NameNotCovered, fmt.Errorf("%w; get one that names it too", err)))
		}
	}
	return secret.New(string(public) + string(private)), pair, nil
}

// blocks are those of a PEM file whose type ends so. A byte order mark is passed over, as
// OpenSSL does.
func blocks(raw []byte, kind string) (all []*pem.Block) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	for {
		var block *pem.Block
		if block, raw = pem.Decode(raw); block == nil {
			return all
		}
		if strings.HasSuffix(block.Type, kind) {
			all = append(all, block)
		}
	}
}

func encoded(chain ...*x509.Certificate) (text []byte) {
	for _, c := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}

// inOrder puts the one that is the site's own first, each other one behind what it has
// signed, and the rest behind them: bundles come in every order, and HAProxy shows them in
// that of the file.
func inOrder(all []*x509.Certificate, own int) []*x509.Certificate {
	var chain []*x509.Certificate
	rest := slices.Clone(all)
	for next := own; next >= 0; {
		last := rest[next]
		chain = append(chain, last)
		rest = slices.DeleteFunc(rest, last.Equal)
		next = slices.IndexFunc(rest, func(c *x509.Certificate) bool { return vouches(c, last) })
	}
	for len(rest) > 0 {
		chain = append(chain, rest[0])
		rest = slices.DeleteFunc(rest, rest[0].Equal)
	}
	return chain
}

// vouches reports whether one names the other as signed by it. The signature is not looked at.
func vouches(ca, of *x509.Certificate) bool {
	return bytes.Equal(ca.RawSubject, of.RawIssuer) && (len(ca.SubjectKeyId) == 0 || len(of.AuthorityKeyId) == 0 || bytes.Equal(ca.SubjectKeyId, of.AuthorityKeyId))
}

// weak says why OpenSSL, as Debian sets it up, does not load a certificate, "" where it does.
func weak(leaf *x509.Certificate) string {
	if key, ok := leaf.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < 2048 {
		return fmt.Sprintf("its key has %d bits, and HAProxy takes one of RSA from 2048 on", key.N.BitLen())
	}
	switch leaf.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		if !bytes.Equal(leaf.RawIssuer, leaf.RawSubject) {
			return "it is signed with " + leaf.SignatureAlgorithm.String() + ", which HAProxy and browsers refuse"
		}
	}
	return ""
}

// validNow refuses a certificate of one's own that no browser would take at a time.
func validNow(s *play.Site, now time.Time) error {
	if s.PublicPEM.Empty() {
		return nil
	}
	pair, err := tls.X509KeyPair([]byte(s.PublicPEM.Reveal()), []byte(s.PublicPEM.Reveal()))
	if err != nil {
		return blame(s.Inv, "tls.cert", fault.Wrap(fault.CertificateBad, err))
	}
	from, until := pair.Leaf.NotBefore.UTC(), pair.Leaf.NotAfter.UTC()
	switch {
	case now.After(until):
		err = fmt.Errorf("the certificate expired on %s; renew it, then deploy", until.Format(time.DateTime))
	case now.Before(from):
		err = fmt.Errorf("the certificate is valid only from %s on, and by this machine's clock it is %s", from.Format(time.DateTime), now.UTC().Format(time.DateTime))
	default:
		return nil
	}
	return blame(s.Inv, "tls.cert", fault.Wrap(fault.CertificateTime, err))
}

// gapIn says what browsers will miss in a chain, or find expired, "" where nothing is.
func gapIn(chain [][]byte, now time.Time) (what, fix string) {
	var last *x509.Certificate
	for i, raw := range chain {
		c, err := x509.ParseCertificate(raw)
		switch {
		case err != nil:
			return "", ""
		case i > 0 && !vouches(c, last):
			if i == 1 {
				return lacks(last)
			}
			return "", ""
		case i > 0 && now.After(c.NotAfter):
			return fmt.Sprintf("the certificate of %s in tls.cert expired on %s: many programs refuse the site's with it", called(c.Subject), c.NotAfter.UTC().Format(time.DateOnly)), "take the chain that the authority has now"
		}
		if _, odd := c.PublicKey.(ed25519.PublicKey); odd && i == 0 {
			return "the key of tls.cert is of Ed25519: browsers refuse it", "get a certificate with a key of ECDSA or RSA"
		}
		last = c
	}
	if len(chain) == 1 && !bytes.Equal(last.RawIssuer, last.RawSubject) {
		return lacks(last)
	}
	return "", ""
}

func lacks(leaf *x509.Certificate) (what, fix string) {
	by := called(leaf.Issuer)
	return "tls.cert lacks the intermediate certificate that signed the site's, " + by + ": most browsers refuse it", "append the certificate of " + by + " to tls.cert"
}

func called(n pkix.Name) string { return cmp.Or(n.CommonName, n.String()) }
