package status

import (
	"slices"
	"strings"
	"testing"

	"foobar/internal/ask/asktest"
	"foobar/inventory"
	"foobar/playbooks"
)

// TestArrivals: each host's data have an age, and from five minutes on that is a problem.
func TestArrivals(t *testing.T) {
	of := func(by string, ages map[string]float64) func(*Status) {
		return func(s *Status) {
			for i := range s.Hosts {
				s.Hosts[i].arrived = nil
				if s.Hosts[i].Name == by {
					s.Hosts[i].arrived = map[string]Arrived{}
					for host, a := range ages {
						s.Hosts[i].arrived[host] = Arrived{Age: &a, By: by, service: "prometheus"}
					}
				}
			}
		}
	}
	fresh := map[string]float64{"lb1": 3, "web1": 4, "web2": 5, "web3": 299}
	with := func(host string, age float64) map[string]float64 {
		all := map[string]float64{}
		for h, a := range fresh {
			all[h] = a
		}
		if all[host] = age; age < 0 {
			delete(all, host)
		}
		return all
	}
	for name, c := range map[string]struct {
		do   func(*Status)
		want string
	}{
		"fresh":             {of("lb1", fresh), ""},
		"old":               {of("lb1", with("web3", 300)), "problem web3: the newest data that the monitoring has of it are 5m old"},
		"none":              {of("lb1", with("web2", -1)), "problem web2: the monitoring has no data of it"},
		"of its own, old":   {of("web1", map[string]float64{"web1": 7200}), "problem web1: the newest data that the monitoring has of it are 2h old"},
		"of its own, fresh": {of("web1", map[string]float64{"web1": 7}), ""},
		"refused": {func(s *Status) {
			of("web1", map[string]float64{"web1": 7})(s)
			a := s.Hosts[1].arrived["web1"]
			a.dropped = 3
			s.Hosts[1].arrived["web1"] = a
		}, "problem web1: the monitoring refuses what it sends: 3 batches were dropped in the last 5 minutes"},
		"nobody tells": {func(*Status) {}, ""},
		"said already": {func(s *Status) {
			of("web1", map[string]float64{"web1": 7200})(s)
			s.Hosts[1].Collector.Healthy, s.Hosts[1].Collector.Answer = false, "HTTP 503"
		}, "problem web1: the collector is not healthy: HTTP 503"},
		"its collector is down": {func(s *Status) {
			of("lb1", with("web1", 7200))(s)
			service(&s.Hosts[1], "otelcol-sumo.service").Active = "failed"
		}, "problem web1: otelcol-sumo is failed"},
	} {
		if got := verdict(t, c.do); !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") || strings.Contains(got, "\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
	s := whole(t, nil)
	of("lb1", with("web3", 300))(&s)
	if Judge(site(), &s); s.Findings[0].Code != "MON04" || s.Findings[0].Next != "foobar logs site.toml prometheus -l lb1" || *s.Hosts[3].Data.Age != 300 {
		t.Errorf("%+v, %+v", s.Findings, s.Hosts[3].Data)
	}
	if text := plain(t, s); !strings.Contains(text, "COLLECTOR  DATA\n") || !strings.Contains(text, "ok         5m\n") {
		t.Error(text)
	}
}

// TestArrivalsAreRead: the host of Prometheus is asked about all, a collector about its own.
func TestArrivalsAreRead(t *testing.T) {
	inv := site()
	services := playbooks.Services(inv)
	of := func(lines []string) Host { return Read(inv, services, inv.Hosts[0], asktest.Answer(lines...)) }
	h := of(heard(t, "lb1"))
	if a := h.arrived["lb1"]; a.Age == nil || *a.Age != 9 || a.By != "lb1" {
		t.Errorf("%+v", h.arrived)
	}
	if h := of(heard(t, "lb1", "written ", "dropped ")); h.arrived["lb1"].dropped == 0 {
		t.Errorf("%+v", h.arrived)
	}
	if h := of(heard(t, "lb1", "written ", "unwritten ")); h.arrived["lb1"].Age != nil {
		t.Errorf("%+v", h.arrived)
	}
	inv.Monitoring.Provider = inventory.Prometheus
	services = playbooks.Services(inv)
	if strings.Contains(askOf(inv, services, inv.Hosts[1]).script(), "section arrivals") || !strings.Contains(askOf(inv, services, inv.Hosts[0]).script(), "section arrivals prometheus") {
		t.Error("Prometheus is not asked, or another host is")
	}
	lines := heard(t, "lb1", "tok begin arrivals otelcol-sumo", "tok begin arrivals prometheus", "written 1795570302", `{"status":"success","data":{"result":[{"metric":{"instance":"web2"},"value":[1,"4.5"]}]}}`)
	h = of(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "otelcol_") }))
	if a := h.arrived["web2"]; a.Age == nil || *a.Age != 4.5 || a.By != "lb1" {
		t.Errorf("%+v", h.arrived)
	}
}
