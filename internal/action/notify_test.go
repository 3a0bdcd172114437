package action

import (
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/inventory"
)

// TestNotifySecrets: with Prometheus they are read for the host that needs them, and a missing
// one is named with its line; with another provider, or without monitoring, they are not. What
// runs for them is asked about first.
func TestNotifySecrets(t *testing.T) {
	notify := []inventory.Notify{{Kind: inventory.Slack, Address: &inventory.Source{Env: "FOOBAR_NOT_SET_ANYWHERE"}},
		{Kind: inventory.PagerDuty, Key: &inventory.Source{Command: []string{"pass", "pagerduty"}}}}
	inv := &inventory.Inventory{Path: "site.toml", Monitoring: inventory.Monitoring{Enabled: true, Provider: inventory.Prometheus, Notify: notify[:1]}}
	_, err := readSecrets(t.Context(), inv)
	faulttest.Wants(t, err, fault.Code("SEC01"))
	if err == nil || !strings.Contains(err.Error(), "monitoring.notify[0].url") {
		t.Error(err)
	}
	inv.Monitoring.Enabled = false
	if _, err := readSecrets(t.Context(), inv); err != nil {
		t.Error(err)
	}
	inv.Monitoring.Notify = notify
	if got := strings.Join(commandsOf(inv), "\n"); got != "monitoring.notify[1].key: pass pagerduty" {
		t.Error(got)
	}
}

// TestOddSecretsOfMonitoring: what a key or a URL cannot have is refused before anything is done,
// with every provider, and not shown. A password may have it.
func TestOddSecretsOfMonitoring(t *testing.T) {
	for _, c := range []struct {
		key, value string
		good       bool
	}{
		{"monitoring.notify[0].url", "https://hooks.slack.com/services/T0/B0/x", true}, {"monitoring.notify[0].url", "http://10.0.0.1:8080/?a=b&c=%20'", true},
		{"monitoring.notify[0].url", "hooks.slack.com/hidden", false}, {"monitoring.notify[0].url", "https://a/hidden\nb", false}, {"monitoring.notify[0].url", "https://a/?hidden\nb", false},
		{"monitoring.notify[0].url", "\"https://a/hidden\"", false}, {"monitoring.notify[0].url", "https://a/?hidden ", false},
		{"monitoring.notify[1].key", "R0hidden", true}, {"monitoring.notify[1].key", "'R0hidden'", false}, {"monitoring.notify[1].key", "R0hidden ", false},
		{"monitoring.token", "U1VNTw==", true}, {"monitoring.token", "\"hidden\"", false}, {"monitoring.api_key", "hidden\u200b", false},
		{"monitoring.notify[2].password", " \"hidden\" ", true}, {"app.secrets.A", "two\nlines über", true}, {"app.secrets.A", "hidden\xff", false},
	} {
		t.Setenv("FOOBAR_ODD", c.value)
		inv := &inventory.Inventory{Path: "site.toml"}
		_, err := secretOf(t.Context(), inv, c.key, inventory.Source{Env: "FOOBAR_ODD"})
		if (err == nil) != c.good || err != nil && (strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), c.key)) {
			t.Errorf("%s = %q: %v", c.key, c.value, err)
		}
		if !c.good {
			faulttest.Wants(t, err, fault.SecretBad)
		}
	}
}
