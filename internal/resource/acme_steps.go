package resource

import (
	_ "embed" // scripts
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

// issueTime bounds one answer of the authority, which looks at the public
// address from several places.
const issueTime = 5 * time.Minute

// issue asks the authority for the certificate. With afresh what certbot has under
// that name is put aside first, and back again should the authority refuse. It never
// forces: certbot keeps a certificate that is not due.
func (a ACME) issue(afresh bool) Run {
	aside := ""
	if afresh {
		aside = certbotDir + "/.foobar-aside"
	}
	script := sh.Set("lineage", a.Lineage, "base", certbotDir, "aside", aside) + a.environment() + "set -- " + a.command() + "\n" +
		sh.Func("missing", fault.Shell(fault.ToolMissing)) + sh.Func("refused", fault.Shell(fault.AuthorityRefused)) + acmeScript + a.deploy()
	return Run{Title: "get a certificate for " + strings.Join(a.Names, ", "), Script: script, Timeout: issueTime}
}

//go:embed acme_issue.sh
var acmeScript string

// environment says whom to trust: certbot does not keep it in its configuration.
func (a ACME) environment() string {
	if a.CA == "" {
		return ""
	}
	return "export REQUESTS_CA_BUNDLE=" + sh.Quote(a.CA) + "\n"
}

func (a ACME) command() string {
	words := []string{"certbot", "certonly", "--non-interactive", "--authenticator", "manual", "--preferred-challenges", "http",
		"--manual-auth-hook", a.Answer + " add", "--manual-cleanup-hook", a.Answer + " del",
		"--cert-name", a.Lineage, "--key-type", "ecdsa", "--keep-until-expiring", "--renew-with-new-domains",
		"--agree-tos", "--no-eff-email", "--server", a.Directory, "--deploy-hook", a.Hook}
	if a.Email == "" {
		words = append(words, "--register-unsafely-without-email")
	} else {
		words = append(words, "--email="+a.Email) // in one word: an address may begin with a dash
	}
	for _, n := range a.Names {
		words = append(words, "-d", n)
	}
	return sh.Join(words...)
}

// deploy runs the hook where it has not done its work: certbot succeeds even
// when its hook fails.
func (a ACME) deploy() string {
	live, hook := sh.Quote(a.live()), sh.Quote(a.Hook)
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
