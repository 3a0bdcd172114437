package facts

import (
	"fmt"
	"strings"
)

// TLS is what a host proves to the others who it is with, and whom it believes.
type TLS struct {
	// Chain are the PEM certificates that it shows, its own first; "" for none.
	Chain string
	// Trusted are the PEM certificates of the authorities that it trusts.
	Trusted string
}

// tlsMost bounds each of the two, in bytes: a certificate takes less than 1000.
const tlsMost = 64 << 10

// tlsScript prints the certificates, without a process. A private key may stand
// in the same file: it is passed over.
const tlsScript = `tls(){ on=
  while IFS= read -r l; do
    case $l in "-----BEGIN CERTIFICATE-----") on=1 ;; esac
    [ -z "$on" ] || echo "$1 $l"
    case $l in "-----END CERTIFICATE-----") on= ;; esac
  done <"$2"
}
for f in tls-chain:host.crt tls-trusted:ca.crt; do
  [ ! -f "/etc/foobar/tls/${f#*:}" ] || tls "${f%%:*}" "/etc/foobar/tls/${f#*:}"
done
`

// set takes in one line of tlsScript.
func (t *TLS) set(key, line string) error {
	to := &t.Chain
	if key == "tls-trusted" {
		to = &t.Trusted
	}
	if len(*to)+len(line) >= tlsMost {
		return fmt.Errorf("the certificates in /etc/foobar/tls take more than %d bytes", tlsMost)
	}
	*to += strings.TrimRight(line, "\r") + "\n"
	return nil
}
