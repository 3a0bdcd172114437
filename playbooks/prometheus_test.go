package playbooks

import (
	"strings"
	"testing"

	"foobar/internal/fault/faulttest"
	"foobar/internal/resource"
	"foobar/inventory"
	"foobar/roles"
)

// TestRemoveWithPrometheus: the host that runs it stays until another one does; of any other
// one Prometheus asks nothing any more once it has left.
func TestRemoveWithPrometheus(t *testing.T) {
	s := SiteOf(t, "minimal.toml")
	s.Inv.Monitoring.Provider, s.Inv.Monitoring.Prometheus = inventory.Prometheus, "web3"
	_, err := RemoveHost(s, s.Inv.Host("web3"), roles.Leaving{})
	faulttest.Wants(t, err, "INV08")
	address := s.Inv.Host("web2").IP().String()
	plays, err := RemoveHost(s, s.Inv.Host("web2"), roles.Leaving{})
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for _, p := range plays {
		if p.Name != "collector" {
			continue
		}
		for _, h := range p.Hosts {
			list, err := p.Role.Resources(s, h)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				f, ok := resource.Unwrap(r).(resource.File)
				if ok && f.Path == "/etc/prometheus/prometheus.yml" {
					seen = h.Name == "web3"
					if strings.Contains(string(f.Content), address) || !strings.Contains(string(f.Content), s.Inv.Host("web1").IP().String()) {
						t.Errorf("%s asks\n%s", h.Name, f.Content)
					}
				}
			}
		}
	}
	if !seen {
		t.Error("web3 does not run Prometheus")
	}
}
