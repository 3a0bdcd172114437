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
// hosts uses these; a service that needs the key is a member of tlsGroup. The key's
// file has the certificates too, so that a service loads one file.
const (
	leafDir  = play.LeafDir
	leafKey  = play.LeafKey
	leafCert = leafDir + "/host.crt"
	leafCA   = play.LeafCA
	tlsGroup = play.LeafGroup
)

// Names on the hosts of what renews the certificate.
const (
	leafScript  = "/usr/local/sbin/foobar-certificate"
	leafService = "/etc/systemd/system/foobar-certificate.service"
	leafTimer   = "/etc/systemd/system/foobar-certificate.timer"
	leafUnit    = "foobar-certificate.timer"
)

// hasLeaf reports whether a host shows a certificate to others.
func hasLeaf(inv *inventory.Inventory, h *inventory.Host) bool {
	return len(monitorServers(inv, h)) > 0 || h.Has(inventory.Web) || h.Has(inventory.DB) || h.Has(inventory.App) && AppRemote(inv)
}

// leaf is what a host needs to prove to the other hosts who it is: the private
// CA, a certificate for its internal name and its private addresses, and what
// renews that.
func leaf(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	loads, err := tlsLoads(s, h)
	if err != nil {
		return nil, err
	}
	cert := leafCertificate(s, h)
	var t texts
	return []resource.Resource{
		resource.Packages{For: "openssl", Names: []string{"openssl"}, Early: true},
		trustFile(s, h),
		resource.File{Path: leafScript, Content: t.of("tls/certificate.sh.tmpl", certificateScript(cert, loads, unixTimes(s.Facts[h.Name].System()))), Mode: 0o700, Check: "sh -n %s"},
		cert,
		resource.File{Path: leafService, Content: t.of("tls/certificate.service.tmpl", map[string]any{"Script": leafScript, "Dir": leafDir})},
		resource.File{Path: leafTimer, Content: t.of("tls/certificate.timer.tmpl", nil)},
		// The timer loads nothing, but what it starts does.
		resource.Service{Unit: leafUnit, Loads: []resource.ID{resource.NewID("file", leafTimer), resource.NewID("file", leafService)}},
	}, t.err
}

// certificateService is the renewal of the certificate that a host shows to others.
func certificateService(inv *inventory.Inventory, h *inventory.Host) play.Service {
	return play.Service{Name: "certificate", Layer: play.Web, Off: !hasLeaf(inv, h), Units: []string{leafUnit},
		Journal: play.Journal{Unit: "foobar-certificate", Kept: true}}
}

func leafCertificate(s *play.Site, h *inventory.Host) resource.Certificate {
	who := pki.Host{Names: []string{h.Internal()}, Addresses: h.Private}
	if h.Has(inventory.App) && AppRemote(s.Inv) {
		who.Names = append(who.Names, appTLSName)
	}
	return resource.Certificate{
		Dir: leafDir, Script: leafScript, Names: who.Names, Addresses: who.Addresses, Group: tlsGroup, CA: caPEM(s), Others: stillTrusted(s, h),
		Sign: func(request []byte) ([]byte, error) {
			if s.CA == nil {
				return nil, errors.New("the site has no private CA")
			}
			return s.CA.SignIssuer(request, who, time.Now())
		},
	}
}
