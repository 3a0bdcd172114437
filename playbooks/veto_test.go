package playbooks

import (
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/play"
)

// TestAHostStopsOnlyItsOwnPart: what a host says that the run leaves out stops
// nothing; and a doubt about the databases stops no host that has nothing to do
// with them.
func TestAHostStopsOnlyItsOwnPart(t *testing.T) {
	open := facts.Database{Running: true, Data: true, Schemas: 1}
	s := SiteOf(t, "minimal.toml")
	s.Facts["web2"] = facts.Facts{OS: "ubuntu", Pretty: "Ubuntu 24.04", Database: open}
	f := s.Facts["web1"]
	f.Database = open
	s.Facts["web1"] = f
	for limit, want := range map[string]string{
		"":          "web2 runs Ubuntu 24.04",
		"web2":      "web2 runs Ubuntu 24.04",
		"web1 web3": "",
		"lb1":       "",
	} {
		s.Limit = strings.Fields(limit)
		plays, err := Site(s)
		if want == "" {
			if err == nil {
				err = play.Check(plays)
			}
			if err != nil {
				t.Errorf("-l %q: %v", limit, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("-l %q: %v, not %q", limit, err, want)
		}
	}
	// Two that take writes, and both are to be worked on.
	s.Facts["web2"] = facts.Facts{OS: "debian", Codename: "bookworm", Database: open}
	s.Limit = nil
	if _, err := Site(s); err == nil || !strings.Contains(err.Error(), "web1, web2 all take writes") {
		t.Errorf("two that take writes: %v", err)
	}
	s.Limit = []string{"lb1"}
	plays, err := Site(s)
	if err != nil || play.Check(plays) != nil {
		t.Fatalf("the balancer alone: %v", err)
	}
	for _, p := range plays {
		for _, h := range p.Hosts {
			if !s.Selected(h.Name) {
				continue
			}
			if _, err := p.Role.Resources(s, h); err != nil {
				t.Errorf("%s on %s: %v", p.Name, h.Name, err)
			}
		}
	}
}
