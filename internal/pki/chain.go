package pki

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
)

// Certificates are those in a PEM text, in their order; what cannot be read is
// passed over.
func Certificates(text []byte) []*x509.Certificate {
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return all
		}
		if cert, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			all = append(all, cert)
		}
	}
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
