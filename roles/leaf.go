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

// leaf is what a host needs to prove to the other hosts who it is: the private
// CA, and a certificate for its internal name and its private addresses.
func leaf(s *play.Site, h *inventory.Host) []resource.Resource {
	want := pki.Leaf{Names: []string{h.Internal()}, Addresses: h.Private}
	cert := resource.Certificate{
		Key: leafKey, Cert: leafCert, Names: want.Names, Addresses: want.Addresses, Group: tlsGroup, RenewBefore: pki.RenewBefore, CA: caPEM(s),
		Sign: func(request []byte) ([]byte, error) {
			if s.CA == nil {
				return nil, errors.New("the site has no private CA")
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
