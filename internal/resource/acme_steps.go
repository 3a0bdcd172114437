package resource

import (
	"strings"
	"time"

	"foobar/internal/fault"
	"foobar/internal/sh"
)

// issueTime bounds one answer of the authority, which looks at the public
// address from several places.
const issueTime = 5 * time.Minute

// issue asks the authority for the certificate. afresh puts what certbot has
// under that name aside first, and back again should the authority refuse. It
// never forces: a certificate that is not due costs one question.
func (a ACME) issue(afresh bool) Run {
	script := "lineage=" + sh.Quote(a.Lineage) + "\nbase=" + certbotDir + "\n" + `command -v certbot >/dev/null || { echo "certbot is not installed"; ` + fault.Shell(fault.ToolMissing) + `; }
log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
` + a.environment()
	restore := ":"
	if afresh {
		script += acmeAside
		restore = "put_back"
	}
	script += `n=0
until ` + a.command() + ` >"$log" 2>&1 </dev/null; do
  n=$((n+1))
  if [ $n -lt 12 ] && grep -q 'Another instance of Certbot' "$log"; then sleep 5; continue; fi
  ` + restore + `
  echo "no certificate for $lineage; more in /var/log/letsencrypt/letsencrypt.log; the reason:"
  if grep -q '^ *Detail:' "$log"; then
    awk '/^ *Domain:/ { d = $2 } /^ *Detail:/ { sub(/^ *Detail: */, ""); print d ": " $0 }' "$log" | head -n 4
  else
    grep -v -e '^Saving debug log' -e '^Ask for help' -e '^ *$' "$log" | tail -n 3
  fi | cut -c 1-400
  ` + fault.Shell(fault.AuthorityRefused) + `
done
` + a.deploy()
	return Run{Title: "get a certificate for " + strings.Join(a.Names, ", "), Script: script, Timeout: issueTime}
}

// acmeAside moves a lineage away, and defines how to put it back.
const acmeAside = `aside=$base/.foobar-aside
rm -rf -- "$aside"
install -d -m 0700 -- "$aside"
move(){ for f in "live/$lineage" "archive/$lineage" "renewal/$lineage.conf"; do
  if [ -e "$1/$f" ] || [ -L "$1/$f" ]; then mkdir -p -- "$2/${f%/*}"; rm -rf -- "$2/$f"; mv -T -- "$1/$f" "$2/$f"; fi
done; }
put_back(){ move "$aside" "$base"; }
move "$base" "$aside"
`

// environment says whom to trust: certbot does not keep it in its configuration.
func (a ACME) environment() string {
	if a.CA == "" {
		return ""
	}
	return "export REQUESTS_CA_BUNDLE=" + sh.Quote(a.CA) + "\n"
}

func (a ACME) command() string {
	words := []string{"certbot", "certonly", "--non-interactive", "--manual", "--preferred-challenges", "http",
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
		b.WriteString(" -e " + sh.Quote("/^"+p.key+" *=/d") + " -e " + sh.Quote(`/^\[renewalparams\]$/a `+p.key+" = "+p.value))
	}
	b.WriteString(" -- " + conf + "\n")
	return Run{Title: "set how the certificate of " + a.Lineage + " is renewed", Script: b.String()}
}
