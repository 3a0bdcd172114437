package facts

import (
	_ "embed" // scripts
	"fmt"
	"strings"
)

// TLS are the certificates that a host shows to the others, and those it trusts.
type TLS struct {
	// Chain are the PEM certificates that it shows, its own first; "" for none.
	Chain string
	// Trusted are the PEM certificates of the authorities that it trusts.
	Trusted string
}

// tlsMost bounds each of the two, in bytes: a certificate takes less than 1000.
const tlsMost = 64 << 10

// tlsScript prints the certificates. One process reads them all: the shell's own read
// takes a call of the system for each byte. A private key may stand in the same file: it
// is passed over.
//
//go:embed tls.sh
var tlsScript string

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
