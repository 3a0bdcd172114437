package roles

import (
	_ "embed" // scripts
	"fmt"
	"time"

	"foobar/internal/fault"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// Renewal has certbot renew the public certificate now, as its timer does.
type Renewal struct {
	// DryRun asks the authority for a trial alone, and keeps nothing of it.
	DryRun bool
	// Force renews a certificate that is not due.
	Force bool
}

// renewalWait is how long another run of certbot is waited for.
const renewalWait = time.Minute

// Name is the role's name in events.
func (Renewal) Name() string { return "renewal" }

// PublicFiles are the files with the public certificate on a balancer: what HAProxy
// serves, chain and key, and what certbot has; "" where it is the inventory's own.
func PublicFiles(inv *inventory.Inventory) (served, certbot string) {
	s := &play.Site{Inv: inv}
	if inv.TLS.Cert == "" {
		certbot = certbotLive(inv.Site.Domain) + "/fullchain.pem"
	}
	return publicCertificate(s), certbot
}

//go:embed renewal.sh
var renewalScript string

// Resources are the one renewal.
func (r Renewal) Resources(s *play.Site, _ *inventory.Host) ([]resource.Resource, error) {
	live := certbotLive(s.Inv.Site.Domain)
	return []resource.Resource{resource.Custom{
		Name: resource.NewID("acme", s.Inv.Site.Domain), Ask: "[ -s " + sh.Quote(live+"/fullchain.pem") + " ]", In: resource.Converge,
		Compare: func(o resource.Observed) (resource.Change, error) {
			switch {
			case o.State == resource.Unknown:
				return resource.Unseen(o), nil
			case o.State != resource.Present:
				return resource.Change{}, fault.Wrap(fault.NotReady, fmt.Errorf("certbot has no certificate of %s yet, so there is none to renew; deploy first", s.Inv.Site.Domain))
			case !o.Planning():
				return resource.Change{}, nil
			}
			return r.change(s, live), nil
		},
	}}, nil
}

func (r Renewal) change(s *play.Site, live string) resource.Change {
	how, becomes := "", "renewed where it is due"
	switch {
	case r.DryRun:
		how, becomes = "--dry-run", "tried, and left as it is"
	case r.Force:
		how, becomes = "--force-renewal", "renewed"
	}
	script := sh.Set("lineage", s.Inv.Site.Domain, "live", live, "deployed", publicCertificate(s), "hook", certbotHook, "how", how, "server", s.Inv.TLS.ACME, "within", seconds(renewalWait)) +
		sh.Func("missing", fault.Shell(fault.ToolMissing)) + sh.Func("refused", fault.Shell(fault.AuthorityRefused))
	if s.Inv.TLS.ACMECA != "" { // certbot does not keep it in its configuration
		script += "export REQUESTS_CA_BUNDLE=" + sh.Quote(certbotCA) + "\n"
	}
	return resource.Change{Action: resource.Act, Fields: []resource.Field{{Name: "certificate", New: becomes}},
		Steps: []resource.Step{resource.Run{Title: "have certbot renew the certificate of " + s.Inv.Site.Domain, Timeout: 6 * time.Minute, Script: script + renewalScript}}}
}
