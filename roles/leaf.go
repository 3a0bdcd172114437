package roles

import (
	"errors"
	"time"

	"foobar/internal/pki"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Where a host's own certificate lies. Every service that speaks TLS to other
// hosts uses these; a service that needs the key is a member of tlsGroup.
const (
	leafDir  = "/etc/foobar/tls"
	leafKey  = leafDir + "/host.key"
	leafCert = leafDir + "/host.crt"
	leafCA   = leafDir + "/ca.crt"
	tlsGroup = "foobar-tls"
)

var errNoCA = errors.New("the site has no private CA")

func leafOf(h *inventory.Host) pki.Leaf {
	return pki.Leaf{Names: []string{h.Internal()}, Addresses: h.Private}
}

// vouchFor makes a certificate by which only the one of h is found good.
func vouchFor(s *play.Site, h *inventory.Host) func() ([]byte, error) {
	return func() ([]byte, error) {
		if s.CA == nil {
			return nil, errNoCA
		}
		return s.CA.Narrow(leafOf(h))
	}
}

// leaf is what a host needs to prove to the other hosts who it is: the private
// CA, and a certificate for its internal name and its private addresses.
func leaf(s *play.Site, h *inventory.Host) []resource.Resource {
	want := leafOf(h)
	cert := resource.Certificate{
		Key: leafKey, Cert: leafCert, Names: want.Names, Addresses: want.Addresses, Group: tlsGroup, RenewBefore: pki.RenewBefore, CA: caPEM(s),
		Sign: func(request []byte) ([]byte, error) {
			if s.CA == nil {
				return nil, errNoCA
			}
			return s.CA.Sign(request, want, time.Now())
		},
	}
	return []resource.Resource{
		resource.Packages{For: "openssl", Names: []string{"openssl"}, Early: true},
		resource.File{Path: leafCA, Content: caPEM(s)},
		cert,
	}
}
