package resource

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	_ "embed" // scripts
	"path"
	"strconv"
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

// issueTime bounds one answer of the authority, which looks at the public
// address from several places.
const issueTime = 5 * time.Minute

// issue asks the authority for the certificate. Where none is kept, what certbot has under
// that name is put aside first, and back again should the authority refuse. It never
// forces: certbot keeps a certificate that is not due.
func (a ACME) issue(kept *x509.Certificate) Run {
	aside, key := "", []string{"--key-type", "ecdsa"}
	if kept == nil {
		aside = certbotDir + "/.foobar-kept"
	} else if public, ok := kept.PublicKey.(*rsa.PublicKey); ok { // certbot refuses another kind where it reuses the key
		key = []string{"--key-type", "rsa", "--rsa-key-size", strconv.Itoa(max(2048, public.N.BitLen()))}
	} else if public, ok := kept.PublicKey.(*ecdsa.PublicKey); ok && public.Curve == elliptic.P384() {
		key = append(key, "--elliptic-curve", "secp384r1")
	}
	_, at, _ := strings.Cut(a.Directory, "://")
	script := sh.Set("lineage", a.Lineage, "base", certbotDir, "aside", aside, "accounts", certbotDir+"/accounts/"+at)
	if a.CA != "" { // certbot does not keep it in its configuration
		script += "export REQUESTS_CA_BUNDLE=" + sh.Quote(a.CA) + "\n"
	}
	script += "set -- " + a.command(key) + "\n" +
		sh.Func("missing", fault.Shell(fault.ToolMissing)) + sh.Func("refused", fault.Shell(fault.AuthorityRefused)) + acmeScript + a.deploy()
	return Run{Title: "get a certificate for " + strings.Join(a.Names, ", "), Script: script, Timeout: issueTime}
}

//go:embed acme_issue.sh
var acmeScript string

func (a ACME) command(key []string) string {
	words := []string{"certbot", "certonly", "--non-interactive", "--authenticator", "manual", "--preferred-challenges", "http",
		"--manual-auth-hook", a.Answer + " add", "--manual-cleanup-hook", a.Answer + " del",
		"--cert-name", a.Lineage, "--keep-until-expiring", "--renew-with-new-domains",
		"--agree-tos", "--no-eff-email", "--server", a.Directory, "--deploy-hook", a.Hook}
	if a.Email == "" {
		words = append(words, "--register-unsafely-without-email")
	} else {
		words = append(words, "--email="+a.Email) // in one word: an address may begin with a dash
	}
	for _, n := range a.Names {
		words = append(words, "-d", n)
	}
	return sh.Join(append(words, key...)...)
}

// deploy runs the hook where it has not done its work: certbot succeeds even
// when its hook fails.
func (a ACME) deploy() string {
	live, hook := sh.Quote(path.Join(certbotDir, "live", a.Lineage)), sh.Quote(a.Hook)
	return "live=" + live + "\ncat -- \"$live/fullchain.pem\" \"$live/privkey.pem\" | cmp -s - " + sh.Quote(a.Deployed) +
		" || RENEWED_LINEAGE=$live " + hook + " 2>&1\n"
}

// mend sets lines of the renewal configuration. certbot's own way to do so asks
// the authority.
func (a ACME) mend(wrong []renewalParam) Run {
	conf := sh.Quote(certbotDir + "/renewal/" + a.Lineage + ".conf")
	var b strings.Builder
	b.WriteString("sed -i -e '/^http01_\\(port\\|address\\) *=/d'")
	for _, p := range wrong {
		b.WriteString(" -e " + sh.Quote("/^"+p.key+" *=/d"))
		if p.value != "" {
			b.WriteString(" -e " + sh.Quote(`/^\[renewalparams\]$/a `+p.key+" = "+p.value))
		}
	}
	b.WriteString(" -- " + conf + "\n")
	return Run{Title: "set how the certificate of " + a.Lineage + " is renewed", Script: b.String()}
}
