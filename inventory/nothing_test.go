package inventory

import (
	"strings"
	"testing"
)

// TestAListOfNothing: who writes [] means nobody. Where leaving the key out means anyone,
// everything or a default, an empty list is refused, so that it never means that.
func TestAListOfNothing(t *testing.T) {
	refused := []string{
		"[ssh]\nidentity = []\n", "[ssh]\nknown_hosts = []\n",
		"[firewall]\nssh_from = []\n",
		"[[firewall.extra]]\nport = 1\nfrom = []\n", "[[firewall.extra]]\nport = 1\nhosts = []\n",
		"[hosts.x]\naddress = \"10.0.0.99\"\nroles = []\n", "[hosts.x]\naddress = \"10.0.0.99\"\nprivate_address = []\n",
		"[hosts.x]\naddress = \"10.0.0.99\"\n[hosts.x.ssh]\nidentity = []\n",
	}
	for _, text := range refused {
		_, err := Parse("testdata/i.toml", []byte(minimal+text))
		if err == nil || !strings.Contains(err.Error(), "the list is empty; ") {
			t.Errorf("%s: %v", text, err)
		}
	}
	// These mean nobody, nothing, none.
	for _, text := range []string{
		"[deploy]\nkeep = []\n", "[firewall]\nloopback_ports = []\n", "[firewall]\nextra = []\n", "[monitoring]\nallow_from = []\n",
	} {
		inv, err := Parse("testdata/i.toml", []byte(minimal+text))
		if err != nil || len(inv.Deploy.Keep)+len(inv.Firewall.LoopbackPorts)+len(inv.Firewall.Extra)+len(inv.Monitoring.AllowFrom) > 0 {
			t.Errorf("%s: %v", text, err)
		}
	}
}
