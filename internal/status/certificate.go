package status

import (
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"
)

// Certificate is what the balancer shows to visitors, or a host to the other hosts.
type Certificate struct {
	// Error says why none was seen.
	Error   string    `json:"error,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Issuer  string    `json:"issuer,omitempty"`
	Names   []string  `json:"names,omitempty"`
	From    time.Time `json:"not_before,omitzero"`
	Until   time.Time `json:"not_after,omitzero"`
	// SelfSigned says that nobody vouches for it, as for the one a balancer starts with.
	SelfSigned bool `json:"self_signed"`
	// Missing are the site's names that it does not cover.
	Missing []string `json:"missing_names,omitempty"`
	Chain   int      `json:"chain_length"`
}

// readCertificate reads what openssl s_client printed: the first certificate is
// the server's own.
func readCertificate(lines []string, names []string) *Certificate {
	c := &Certificate{}
	rest := []byte(strings.Join(lines, "\n") + "\n")
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if c.Chain++; c.Chain > 1 {
			continue
		}
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			c.Error = printable(err.Error())
			return c
		}
		c.fill(leaf, names)
	}
	if c.Chain == 0 {
		c.Error = complaint(lines)
	}
	return c
}

func (c *Certificate) fill(leaf *x509.Certificate, names []string) {
	c.Subject, c.Issuer = printable(leaf.Subject.CommonName), printable(leaf.Issuer.CommonName)
	if org := leaf.Issuer.Organization; len(org) > 0 && c.Issuer != "" {
		c.Issuer = printable(org[0] + " " + c.Issuer)
	} else if len(org) > 0 {
		c.Issuer = printable(org[0])
	}
	for _, n := range leaf.DNSNames {
		c.Names = append(c.Names, printable(n))
	}
	c.From, c.Until = leaf.NotBefore.UTC(), leaf.NotAfter.UTC()
	c.SelfSigned = string(leaf.RawIssuer) == string(leaf.RawSubject)
	for _, n := range names {
		if leaf.VerifyHostname(n) != nil {
			c.Missing = append(c.Missing, n)
		}
	}
}

// complaint finds the line in which openssl says what failed; its own lines end
// in colons and file names.
func complaint(lines []string) string {
	for _, l := range lines {
		if strings.HasPrefix(l, "connect:errno=") || !strings.Contains(l, "error:") {
			continue
		}
		// "…:error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:DETAIL"
		_, after, _ := strings.Cut(l, "error:")
		if f := strings.Split(after, ":"); len(f) > 3 && f[3] != "" {
			return printable(f[3])
		}
	}
	return lastSaid(lines)
}
