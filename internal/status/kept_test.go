package status

import (
	"strings"
	"testing"
)

// TestKeptByTheFirewall: what stood there before foobar is shown, and is no finding.
func TestKeptByTheFirewall(t *testing.T) {
	const ledger = "tok begin firewall\nledger {\"found\":{\"firewall:ufw\":[\"/etc/ufw/before.rules, table nat: -A POSTROUTING -j MASQUERADE\"]}}"
	s := whole(t, map[string][]string{"web2": {"tok begin firewall", ledger}})
	if text := plain(t, s); !s.Healthy || !strings.Contains(text, "  the firewall of web2 has kept: /etc/ufw/before.rules, table nat: -A POSTROUTING -j MASQUERADE\n") {
		t.Errorf("healthy: %v\n%s", s.Healthy, text)
	}
}
