package action

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"

	"foobar/internal/facts"
)

// HostKeys is how the host is known, and what would make another of its keys known.
func (t target) HostKeys() facts.HostKeys {
	trust := t.host.Trust()
	k := facts.HostKeys{Kinds: trust.Kinds}
	if trust.Learned || len(trust.Offered) == 0 {
		return k
	}
	key := trust.Offered[0]
	for _, other := range trust.Offered {
		if other.Type() == ssh.KeyAlgoED25519 {
			key = other
		}
	}
	text := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	if trust.File == "" {
		k.More = fmt.Sprintf("write into [hosts.%s]: host_key = %q", t.host.Name(), text)
	} else {
		k.More = fmt.Sprintf("add to %s: %s %s", trust.File, trust.Name, text)
	}
	return k
}
