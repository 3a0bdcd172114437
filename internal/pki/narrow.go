package pki

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Narrow is a PEM certificate of the CA that vouches for one host alone: whoever
// trusts it and nothing else finds the certificates of all other hosts bad. It is
// for programs that compare no names. It has the CA's name and key, so that every
// certificate of that host is checked with it as with the CA's own. Source: RFC
// 5280, "Name Constraints", which OpenSSL holds against the root's names, too.
func (ca *CA) Narrow(names []string, addresses []netip.Addr) ([]byte, error) {
	if len(names) == 0 || len(addresses) == 0 {
		return nil, fmt.Errorf("a host is told from others by a name and an address; this one has %d and %d", len(names), len(addresses))
	}
	t := *ca.cert
	t.SerialNumber = serial(fmt.Appendf(slices.Clone(ca.cert.Raw), "%q %q", names, addresses))
	t.PermittedDNSDomainsCritical = true
	for _, name := range names {
		t.PermittedDNSDomains = append(t.PermittedDNSDomains, strings.TrimSuffix(name, "."))
	}
	t.PermittedIPRanges = alone(addresses)
	der, err := x509.CreateCertificate(nil, &t, &t, ca.key.Public(), ca.key)
	if err != nil {
		return nil, fmt.Errorf("narrow the private CA to %s: %w", names[0], err)
	}
	return encoded(der), nil
}
