package roles

import (
	"fmt"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

const (
	certbotHook   = "/usr/local/sbin/foobar-cert-deploy"
	certbotAnswer = "/usr/local/sbin/foobar-cert-answer"
	certbotDropIn = "/etc/systemd/system/certbot.service.d/foobar.conf"
	certbotCA     = "/etc/foobar/acme-ca.pem"
	// acmeCA is the key in Site.Secrets under which the text of tls.acme_ca is found.
	acmeCA = "tls.acme_ca"
)

// certbotLive is the folder with certbot's current certificate for a domain.
func certbotLive(domain string) string { return "/etc/letsencrypt/live/" + domain }

// LetsEncrypt gets the certificate that the public trusts from an ACME server
// and renews it. HAProxy itself answers the server's challenges, with what certbot's
// hook has put into its memory, so that no port is opened for them that another user
// of the host could take.
type LetsEncrypt struct{}

// Name is the role's name on the command line.
func (LetsEncrypt) Name() string { return "letsencrypt" }

// Services are certbot.
func (LetsEncrypt) Services(inv *inventory.Inventory, _ *inventory.Host) []play.Service {
	return []play.Service{{
		Name: "certbot", Layer: play.Edge, Off: inv.TLS.Cert != "", Units: []string{"certbot.timer"}, Packages: []play.Package{{Name: "certbot"}},
		Reaches: []play.Endpoint{{ID: "acme", URL: inv.TLS.ACME, CA: acmeCA}},
		Journal: play.Journal{Unit: "certbot", Also: []string{"UNIT=certbot.timer"}},
	}}
}

// Resources are certbot, its timer and the certificate; none where the
// inventory gives the certificate.
func (LetsEncrypt) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	if !requestsCertificate(s) {
		return nil, nil
	}
	var want []resource.Resource
	ca := ""
	if s.Inv.TLS.ACMECA != "" {
		text := s.Secrets[acmeCA]
		if text.Empty() {
			return nil, fmt.Errorf("tls.acme_ca: %s was not read, or is empty", s.Inv.TLS.ACMECA)
		}
		ca = certbotCA
		want = append(want, resource.File{Path: certbotCA, Content: []byte(text.Reveal())})
	}
	var t texts
	system := s.Facts[h.Name].System()
	hook := t.of("letsencrypt/deploy.sh.tmpl", hookData{
		Live: sh.Quote(certbotLive(s.Inv.Site.Domain)), PEM: sh.Quote(publicCertificate(s)), Config: sh.Quote(haproxyConf),
		CA: sh.Quote(leafCA), Unit: sh.Quote(haproxyDropIn), Stamp: sh.Quote("/run/foobar/" + haproxyUnit), Times: unixTimes(system), Reload: haproxyReload(system), Events: play.Events, Event: play.RenewalEvent,
	})
	answer := t.of("letsencrypt/answer.sh.tmpl", struct{ Map, Admin string }{sh.Quote(haproxyAnswers), sh.Quote(haproxyAdmin)})
	dropIn := t.of("letsencrypt/certbot.conf.tmpl", struct{ CA, Certificates string }{ca, haproxyCerts})
	return append(want,
		resource.File{Path: certbotHook, Content: hook, Mode: 0o755},
		resource.File{Path: certbotAnswer, Content: answer, Mode: 0o755},
		resource.File{Path: certbotDropIn, Content: dropIn},
		resource.Packages{For: "letsencrypt", Names: []string{"certbot", "socat"}},
		resource.ACME{
			Lineage: s.Inv.Site.Domain, Names: s.Inv.Site.Names(), Directory: s.Inv.TLS.ACME,
			Email: s.Inv.Site.Email, CA: ca, Answer: certbotAnswer, Hook: certbotHook, Deployed: publicCertificate(s),
		},
		// The timer loads nothing, but what it starts does: systemd reads the
		// drop-in when the timer is restarted.
		resource.Service{Unit: "certbot.timer", Loads: []resource.ID{resource.NewID("file", certbotDropIn)}},
	), t.err
}

// hookData is what the hook is rendered from: words quoted for the shell, and parts of it.
type hookData struct{ Live, PEM, Config, CA, Unit, Stamp, Times, Reload, Events, Event string }
