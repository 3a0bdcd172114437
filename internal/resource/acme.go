package resource

import (
	"crypto/x509"
	_ "embed" // scripts
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"foobar/internal/certbot"
	"foobar/internal/pki"
	"foobar/internal/sh"
)

// ACME is a certificate that certbot gets and renews, and that has been handed
// to the program which serves it. The authority is only asked when there is no
// certificate, or not the wanted one; renewals are the work of certbot's timer.
// Sources: certbot(1), RFC 8555.
type ACME struct {
	// Lineage is certbot's name for the certificate, a folder in /etc/letsencrypt/live.
	Lineage string
	// Names are the certificate's subject alternative names, no more and no fewer.
	Names []string
	// Directory is the URL of the authority's directory.
	Directory string
	// Email is where the authority writes to; empty registers without.
	Email string
	// CA, when set, is a file on the host with the roots of the authority's own server.
	CA string
	// Answer is the program that lets the site answer the authority's question, and
	// no longer: certbot runs it with "add" before and with "del" after, and gives
	// it the answer in CERTBOT_TOKEN and CERTBOT_VALIDATION.
	Answer string
	// Hook hands the certificate on, whose folder is in RENEWED_LINEAGE, after every renewal.
	Hook string
	// Deployed is the file that the hook writes: the chain, then the key.
	Deployed string
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// ID is "acme:" and the lineage.
func (a ACME) ID() ID { return NewID("acme", a.Lineage) }

// Stage is Converge: the public address must answer by then.
func (a ACME) Stage() Stage { return Converge }

// Probe asks for certbot's files of the lineage, and whether they are deployed.
func (a ACME) Probe() Probe { return Probe{Kind: acmeKind{}, Args: []string{a.Lineage, a.Deployed}} }

// Diff asks the authority when there is no usable certificate, when it is
// another authority's, names others than wanted, or is so near its end that the
// timer must have failed. Else it mends how certbot renews, and deploys.
func (a ACME) Diff(o Observed) (Change, error) {
	if len(a.Names) == 0 || a.Directory == "" {
		return Change{}, fmt.Errorf("%s: a certificate needs a name and an authority", a.ID())
	}
	switch o.State {
	case Unknown:
		return Unseen(o), nil
	case Absent:
		return Change{Action: Create, Fields: []Field{{Name: "certificate", New: "from " + a.Directory}, {Name: "names", New: a.names()}},
			Steps: []Step{a.issue(nil)}}, nil
	}
	conf := renewalParams(o.Get("conf"))
	c := Change{Action: Update}
	var wrong []renewalParam
	for _, p := range a.renewal() {
		got := strings.TrimSuffix(conf[p.key], ",") // a list of one ends with a comma
		if p.value == "" && (got == "None" || got == "False" && p.key != "autorenew" || got == "True" && p.key == "autorenew") {
			got = "" // as certbot does without the line
		}
		if got != p.value {
			wrong = append(wrong, p)
			c.Fields = append(c.Fields, Field{Name: "renewal: " + p.key, Old: got, New: p.value})
		}
	}
	if len(wrong) > 0 {
		c.Steps = append(c.Steps, a.mend(wrong))
		if conf["authenticator"] == "standalone" {
			c.Reason = "certbot no longer listens on a port for the authority: another user of the host could take it"
		}
	}
	if gaps, kept := a.gaps(o, conf); len(gaps) > 0 {
		if kept == nil { // certbot writes it anew
			c = Change{Action: Update}
		}
		c.Fields, c.Steps = append(gaps, c.Fields...), append(c.Steps, a.issue(kept))
		return c, nil
	}
	for _, f := range a.hooks(o) {
		if o.Strange(f) {
			c.Fields = append(c.Fields, Field{Name: "hook", Old: f, New: "removed"})
			c.Steps = append(c.Steps, Run{Title: "remove " + f, Script: "rm -f -- " + sh.Quote(f)})
		}
	}
	if o.Get("deployed") != "yes" {
		c.Fields = append(c.Fields, Field{Name: a.Deployed, Old: "another certificate", New: "the one certbot has"})
		c.Steps = append(c.Steps, Run{Title: "deploy the certificate of " + a.Lineage, Script: a.deploy()})
	}
	return c, nil
}

// hooks are the programs of others that certbot runs with every renewal, as root.
func (a ACME) hooks(o Observed) []string {
	return slices.DeleteFunc(strings.Split(o.Get("hooks"), "\n"), func(f string) bool {
		return !strings.HasPrefix(f, certbotDir+"/renewal-hooks/") || path.Clean(f) != f || f == a.Hook || f == a.Answer
	})
}

// Found are the hooks of others.
func (a ACME) Found(o Observed) ([]string, bool) { return a.hooks(o), o.State != Unknown }

// Unmanaged are those that stay.
func (a ACME) Unmanaged(o Observed) []string {
	stay := slices.DeleteFunc(a.hooks(o), o.Strange)
	for i, f := range stay {
		stay[i] = "certbot runs " + f
	}
	for line := range strings.Lines(o.Get("cli")) {
		switch what := strings.TrimSpace(line); {
		case certbot.Overrides(what, a.Lineage, a.Directory):
			stay = append(stay, certbotDir+"/cli.ini overrides how the site's certificate is renewed; remove from it: "+what)
		case certbot.Runs(what):
			stay = append(stay, certbotDir+"/cli.ini has certbot run at every renewal: "+what)
		}
	}
	return stay
}

// gaps are the reasons to ask the authority; kept is nil when what certbot has
// cannot be renewed into what is wanted.
func (a ACME) gaps(o Observed, conf map[string]string) (fields []Field, kept *x509.Certificate) {
	cert, pub := pki.Leaf([]byte(o.Get("chain"))), pki.PublicKey(o.Get("pub"))
	switch {
	case cert == nil || pub == nil || len(conf) == 0:
		return []Field{{Name: "certificate", Old: "certbot's files are damaged, or a copy that it does not renew", New: "from " + a.Directory}}, nil
	case string(pub) != string(cert.RawSubjectPublicKeyInfo):
		return []Field{{Name: "certificate", Old: "of another key", New: "from " + a.Directory}}, nil
	case conf["server"] != a.Directory:
		return []Field{{Name: "authority", Old: conf["server"], New: a.Directory}}, nil
	}
	if got := joinSANs(cert.DNSNames, nil); got != a.names() {
		fields = append(fields, Field{Name: "names", Old: got, New: a.names()})
	}
	if a.ending(cert) {
		fields = append(fields, Field{Name: "ends", Old: cert.NotAfter.UTC().Format(time.RFC3339), New: "renewed"})
	}
	return fields, cert
}

func (a ACME) names() string { return joinSANs(slices.Clone(a.Names), nil) }

// ending reports whether less than a quarter of the certificate's life is left, or of one
// that is long 30 days. certbot renews at a third (below ten days at a half), before its
// version 4 at 30 days, so by then its timer has failed for a while, and certbot agrees that
// it is due.
func (a ACME) ending(cert *x509.Certificate) bool {
	return cert.NotAfter.Sub(timeOf(a.Now)) < min(cert.NotAfter.Sub(cert.NotBefore)/4, 30*24*time.Hour)
}

// renewalParam is a line of [renewalparams] in certbot's renewal configuration.
type renewalParam struct{ key, value string }

// renewal is how certbot must renew; what has no value must not be there.
func (a ACME) renewal() []renewalParam {
	return []renewalParam{
		{"authenticator", "manual"},
		{"pref_challs", "http-01"},
		{"manual_auth_hook", a.Answer + " add"},
		{"manual_cleanup_hook", a.Answer + " del"},
		{"renew_hook", a.Hook},
		{"installer", ""}, // would change and reload another web server, or fail for want of it
		{"pre_hook", ""},
		{"post_hook", ""},
		{"autorenew", ""},
		{"must_staple", ""},           // Let's Encrypt refuses it, and with that each renewal
		{"allow_subset_of_names", ""}, // would leave a name out that fails once
		{"renew_before_expiry", ""},   // later than what ending waits for
	}
}

// renewalParams reads what is above all sections, and the section [renewalparams], without
// those below it.
func renewalParams(conf string) map[string]string {
	params, inside := map[string]string{}, true
	for _, line := range strings.Split(conf, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			inside = line == "[renewalparams]"
		} else if key, value, ok := strings.Cut(line, "="); ok && inside && !strings.HasPrefix(line, "#") {
			params[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return params
}

// acmeKind answers for a lineage of certbot. Arguments: the lineage, the file
// it is deployed to. Attributes: conf (renewal configuration), chain (PEM), pub
// (the key's public half, PEM), deployed (yes, when the file is the chain and
// the key), hooks (programs that certbot runs, one a line) and cli (lines of cli.ini that count
// at renewals). The state is Absent when certbot has nothing by that name. No key leaves the host.
type acmeKind struct{}

func (acmeKind) Script(args [][]string) string {
	return sh.Set("base", certbotDir) + pubkeyScript + acmeProbe + calls("acme", args)
}

//go:embed acme.sh
var acmeProbe string

// certbotDir is certbot's folder.
const certbotDir = "/etc/letsencrypt"
