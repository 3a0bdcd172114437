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
