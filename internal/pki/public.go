package pki

import (
	"crypto/ecdh"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
)

// PublicKey is a public key, DER, as a host reports it: PEM, or "P-256 " and the end of a
// private key of that curve, in base64, from the byte before the point on. It is nil where
// that is no key. Source: RFC 5915.
func PublicKey(text string) []byte {
	half, ok := strings.CutPrefix(text, "P-256 ")
	if !ok {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil
		}
		return block.Bytes
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(half))
	if err != nil || len(raw) == 0 {
		return nil
	}
	key, err := ecdh.P256().NewPublicKey(raw[1:])
	if err != nil {
		return nil
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil
	}
	return der
}
