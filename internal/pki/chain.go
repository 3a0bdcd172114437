package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
)

// What is read of a text that a host has sent: a chain has three certificates,
// of less than 1000 bytes each.
const (
	certificatesMost = 16
	textMost         = 64 << 10
)

// Certificates are those in a PEM text, in their order. What cannot be read is
// passed over, and so is a certificate whose key is of another kind than foobar's:
// to check what it has signed may take as long as whoever made it likes.
func Certificates(text []byte) []*x509.Certificate {
	var all []*x509.Certificate
	text = text[:min(len(text), textMost)]
	for range certificatesMost {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" && quick(cert.PublicKey) {
			all = append(all, cert)
		}
	}
	return all
}

// Leaf is the first certificate in a PEM text, of whatever kind its key is: one that the
// public trusts may have any, and nothing is checked with it. It is nil where there is none.
func Leaf(text []byte) *x509.Certificate {
	for text = text[:min(len(text), textMost)]; ; {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil
		}
		if block.Type == "CERTIFICATE" {
			cert, _ := x509.ParseCertificate(block.Bytes) // nil where it cannot be read
			return cert
		}
	}
}

// quick reports whether signatures of a key are checked in no time.
func quick(key any) bool {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return true
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256()
	}
	return false
}

// Root finds, among roots, the one that has signed the last certificate of a
// chain; nil when none has, or when one in the chain is not signed by the next.
func Root(chain, roots []*x509.Certificate) *x509.Certificate {
	if len(chain) == 0 {
		return nil
	}
	for i, cert := range chain[1:] {
		if chain[i].CheckSignatureFrom(cert) != nil {
			return nil
		}
	}
	last := chain[len(chain)-1]
	for _, root := range roots {
		if bytes.Equal(last.RawIssuer, root.RawSubject) && last.CheckSignatureFrom(root) == nil {
			return root
		}
	}
	return nil
}
