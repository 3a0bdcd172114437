package status

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"foobar/inventory"
	"foobar/playbooks"
)

// TestOddSites: sites of which little is there or known, as people see them.
func TestOddSites(t *testing.T) {
	inv := site()
	for name, do := range map[string]func(*Status){
		"nobody answers": func(s *Status) {
			for i, h := range inv.Hosts {
				s.Hosts[i] = lost(h, &advised{h.Name + ": no answer from " + h.Address + ":22", "is it up?"})
			}
		},
		"one host of several": func(s *Status) { s.Hosts, s.Partial = s.Hosts[2:3], true },
		"nothing is deployed": func(s *Status) {
			bare(s)
			s.Hosts = s.Hosts[2:3]
			s.Hosts[0].Collector, s.Hosts[0].Internal, s.Hosts[0].LastRun, s.Hosts[0].Packages = nil, nil, nil, nil
			*s.Hosts[0].Database = Database{Error: "no answer"}
		},
		"long names": func(s *Status) {
			long := strings.Repeat("web-of-a-long-name-", 3) + "1"
			s.Hosts[1].Name, s.Hosts[2].Database.SourceHost, s.Hosts[3].Database.SourceHost = long, long, long
			s.Hosts[0].Balancer.Servers[0].Name = long
		},
		"a balancer that is silent": func(s *Status) {
			*s.Hosts[0].Balancer = Balancer{Error: "timeout"}
			*s.Hosts[0].Certificate = Certificate{Error: "timeout"}
		},
		"switched off": func(s *Status) {
			for i := range s.Hosts {
				s.Hosts[i].Firewall, s.Hosts[i].Collector = nil, nil
			}
		},
		"a machine that says nothing": func(s *Status) { *s.Hosts[1].System = System{} },
	} {
		s := whole(t, nil)
		do(&s)
		Judge(site(), &s)
		golden(t, "odd/"+strings.ReplaceAll(name, " ", "-")+".txt", []byte(plain(t, s)))
	}
}

// TestDocument: programs find lists where there may be something, and nothing
// where nothing was asked or answered.
func TestDocument(t *testing.T) {
	s := Status{V: Version, Hosts: []Host{lost(site().Hosts[1], errors.New("no route"))}}
	Judge(site(), &s)
	var doc struct {
		V        int
		Healthy  bool
		Findings []map[string]any
		Hosts    []map[string]any
	}
	if err := json.Unmarshal(document(t, s), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.V != 1 || doc.Healthy || len(doc.Findings) != 1 || doc.Findings[0]["next"] != "foobar ssh '' web1" {
		t.Errorf("%+v", doc)
	}
	for _, key := range []string{"system", "services", "firewall", "balancer", "certificate", "internal_certificate", "release", "database", "collector", "packages", "last_run", "hint"} {
		if v, ok := doc.Hosts[0][key]; ok {
			t.Errorf("%s of a host that did not answer: %v", key, v)
		}
	}
	well := whole(t, nil)
	for _, key := range []string{`"findings": []`, `"failed_units": []`, `"lag_seconds": 0`, `"self_signed": false`} {
		if !strings.Contains(string(document(t, well)), key) {
			t.Errorf("a healthy site lacks %s", key)
		}
	}
}

// silent gives no answer until it is given up.
type silent struct{}

func (silent) Run(ctx context.Context, _ string, _ func(string)) (int, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

func (silent) Close() error { return nil }

// TestGatherBounds: a host that is silent is given up after the time given; one that cannot be dialed keeps its hint.
func TestGatherBounds(t *testing.T) {
	inv := site()
	dial := func(_ context.Context, h *inventory.Host) (Target, error) {
		if h.Name == "lb1" {
			return nil, &advised{"lb1: \x1b[2Jrefused", "ssh-keygen -R lb1"}
		}
		return silent{}, nil
	}
	g := &Gatherer{Inv: inv, Services: playbooks.Services(inv), Time: time.Millisecond, Forks: 1, Dial: dial,
		Now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
	defer g.Close()
	s := g.Take(t.Context())
	if !s.Unreachable() || s.Healthy || s.Partial || len(s.Findings) != len(inv.Hosts) || s.Taken.Unix() != 1_700_000_000 {
		t.Fatalf("%+v", s)
	}
	if h := s.Hosts[0]; h.Error != "lb1: refused" || h.Hint != "ssh-keygen -R lb1" {
		t.Errorf("%+v", h)
	}
	for _, h := range s.Hosts[1:] {
		if h.Error != h.Name+" did not answer in 1ms" {
			t.Errorf("%s: %q", h.Name, h.Error)
		}
	}
}
