package roles

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/monitoring"
	"foobar/internal/resource"
	"foobar/inventory"
)

// TestLeavingWithPrometheus: its packages and what it has gathered go where they are named,
// but only as foobar's own; the account of its daemons reads no key any more in any case.
func TestLeavingWithPrometheus(t *testing.T) {
	for name, c := range map[string]struct {
		role       Leaving
		agent      any
		data, door bool
	}{
		"nothing named": {Leaving{}, nil, false, false},
		"packages":      {Leaving{Packages: true}, monitoring.Leaving("prometheus", false), false, true},
		"data":          {Leaving{Data: true}, nil, true, false},
		"both":          {Leaving{Packages: true, Data: true}, monitoring.Leaving("prometheus", true), true, true},
	} {
		s := collectorSite(t)
		s.Inv.Monitoring.Provider = inventory.Prometheus
		s.Owned = []resource.Owned{resource.Service{}, resource.File{}, monitoring.Reader{}, monitoring.Agent{}}
		h := s.Inv.Host("lb1")
		seen := s.Facts[h.Name]
		seen.Owned = []string{"agent:prometheus", "reader:prometheus", "file:/etc/prometheus/prometheus.yml"}
		s.Facts = map[string]facts.Facts{h.Name: seen}
		s.Services = servicesOf(s.Inv)
		list, err := c.role.Resources(s, h)
		if err != nil {
			t.Fatal(err)
		}
		got := map[resource.ID]resource.Resource{}
		for _, r := range list {
			got[r.ID()] = r
		}
		if agent := got["agent:prometheus"]; (agent == nil) != (c.agent == nil) || agent != nil && !reflect.DeepEqual(resource.Unwrap(agent), c.agent) {
			t.Errorf("%s: %+v", name, agent)
		}
		if got["reader:prometheus"] == nil || got["file:/etc/prometheus/prometheus.yml"] == nil {
			t.Errorf("%s: not all of it goes", name)
		}
		folders := got[resource.NewID("folders", s.Inv.Site.Name)].(resource.Custom)
		if strings.Contains(folders.Ask, "[ ! -e /var/lib/foobar/packages/prometheus.agent ] || set -- \"$@\" /var/lib/prometheus/metrics2\n") != c.data {
			t.Errorf("%s: what it has gathered: %s", name, folders.Ask)
		}
		if all, ok := got["packages:removal"].(resource.Custom); ok != c.door || ok && slices.ContainsFunc(all.Of.Args, func(p string) bool { return strings.HasPrefix(p, "prometheus") }) {
			t.Errorf("%s: the packages %q go without a look at whose they are", name, all.Of.Args)
		}
	}
}

// TestLeavingAgain: a host that has left before has no ledger any more. Its packages of the
// monitoring's are asked for by the notes there, those of another provider than the
// inventory's, too; and before a package goes, so does what it has gathered.
func TestLeavingAgain(t *testing.T) {
	for _, provider := range []string{inventory.Prometheus, inventory.SumoLogic} {
		s := collectorSite(t)
		s.Inv.Monitoring.Provider = provider
		s.Owned = []resource.Owned{resource.Service{}, resource.File{}, monitoring.Reader{}, monitoring.Agent{}}
		s.Services = servicesOf(s.Inv)
		list, err := Leaving{Packages: true, Data: true}.Resources(s, s.Inv.Host("lb1"))
		if err != nil {
			t.Fatal(err)
		}
		var order []resource.ID
		for _, r := range list {
			order = append(order, r.ID())
		}
		at := slices.Index(order, "agent:prometheus")
		for _, id := range []resource.ID{"agent:prometheus-alertmanager", "agent:prometheus-node-exporter", "agent:prometheus-exporter-exporter", "agent:prometheus-mysqld-exporter"} {
			if at < slices.Index(order, resource.NewID("folders", s.Inv.Site.Name)) || !slices.Contains(order, id) {
				t.Errorf("%s: %s goes not, or out of turn: %v", provider, id, order)
			}
		}
		if own := slices.Contains(order, "agent:"+resource.ID(s.Inv.Monitoring.Package.Name)); own != (provider == inventory.Prometheus) {
			t.Errorf("%s: the collector's package goes: %v", provider, own)
		}
	}
}
