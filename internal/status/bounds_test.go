package status

import (
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
)

// verdict is what is found of a site that was changed, a line each: severity,
// host and text.
func verdict(t *testing.T, do func(*Status)) string {
	t.Helper()
	s := whole(t, nil)
	do(&s)
	Judge(site(), &s)
	var lines []string
	for _, f := range s.Findings {
		if f.Next == "" {
			t.Errorf("nothing is said to do about %q", f.Text)
		}
		lines = append(lines, f.Severity+" "+f.Host+": "+f.Text)
	}
	return strings.Join(lines, "\n")
}

// TestBounds: each number becomes a finding at its bound and not below, and a
// problem at the higher one.
func TestBounds(t *testing.T) {
	lag := func(n int) func(*Status) { return func(s *Status) { replica(s, 2).Behind = n } }
	disk := func(used, inodes int) func(*Status) {
		return func(s *Status) { s.Hosts[1].System.Disks = []Disk{{Mount: "/srv", UsedPct: used, InodesUsed: inodes}} }
	}
	clock := func(off, within float64) func(*Status) {
		return func(s *Status) { s.Hosts[1].System.ClockOffset, s.Hosts[1].System.ClockError = off, within }
	}
	memory := func(left int64) func(*Status) {
		return func(s *Status) { s.Hosts[1].System.MemoryTotal, s.Hosts[1].System.MemoryAvailable = 1000<<20, left<<20 }
	}
	restarts := func(n int) func(*Status) {
		return func(s *Status) { service(&s.Hosts[1], "app.service").Restarts = n }
	}
	visitors := func(n, most int64) func(*Status) {
		return func(s *Status) { s.Hosts[0].Balancer.Connections, s.Hosts[0].Balancer.MaxConnections = n, most }
	}
	clients := func(n, most int64) func(*Status) {
		return func(s *Status) { s.Hosts[1].Database.Connections, s.Hosts[1].Database.MaxConnections = n, most }
	}
	cert := func(days, left int) func(*Status) { return func(s *Status) { life(s, days, left) } }
	own := func(left time.Duration) func(*Status) {
		return func(s *Status) { s.Hosts[1].Internal.Until = s.Taken.Add(left) }
	}
	for name, c := range map[string]struct {
		do   func(*Status)
		want string
	}{
		"lag of 9 s":       {lag(9), ""},
		"lag of 10 s":      {lag(10), "notice web2: its database is 10 s behind"},
		"lag of 59 s":      {lag(59), "notice web2: its database is 59 s behind"},
		"lag of 60 s":      {lag(60), "problem web2: its database is 60 s behind"},
		"lag that is null": {lag(-1), ""},
		"a transaction that came in since the primary was asked": {func(s *Status) { server(s, 2).Log = "0-172818444-29" }, ""},

		"disk at 84 %":           {disk(84, 0), ""},
		"disk at 85 %":           {disk(85, 0), "notice web1: /srv is 85 % full"},
		"disk at 94 %":           {disk(94, 0), "notice web1: /srv is 94 % full"},
		"disk at 95 %":           {disk(95, 0), "problem web1: /srv is 95 % full"},
		"inodes at 95 %":         {disk(20, 95), "problem web1: /srv is 95 % out of inodes"},
		"both, inodes are worse": {disk(85, 86), "notice web1: /srv is 86 % out of inodes"},
		"both alike":             {disk(86, 86), "notice web1: /srv is 86 % full"},

		"clock off by 1 s":               {clock(1, 0), ""},
		"clock off by more":              {clock(1.2, 0), "notice web1: its clock is off by 1.2 s"},
		"clock off by 30 s":              {clock(-30, 0), "notice web1: its clock is off by -30.0 s"},
		"clock off by more than 30 s":    {clock(31, 0), "problem web1: its clock is off by 31.0 s"},
		"clock that a slow way explains": {clock(3, 2.5), ""},
		"clock that it explains partly":  {clock(33, 4), "notice web1: its clock is off by 33.0 s"},

		"memory, 5 % left":        {memory(50), ""},
		"memory, less left":       {memory(49), "notice web1: only 49M of 1000M memory are available"},
		"memory that is not said": {func(s *Status) { s.Hosts[1].System.MemoryTotal, s.Hosts[1].System.MemoryAvailable = 0, 0 }, ""},

		"two restarts":   {restarts(2), ""},
		"three restarts": {restarts(3), "notice web1: app was restarted 3 times by systemd"},

		"84 % of visitors":        {visitors(84, 100), ""},
		"85 % of visitors":        {visitors(85, 100), "notice lb1: 85 of 100 connections are in use"},
		"visitors without a most": {visitors(85, 0), ""},
		"84 % of clients":         {clients(84, 100), ""},
		"85 % of clients":         {clients(85, 100), "notice web1: 85 of 100 database connections are in use"},
		"clients without a most":  {clients(85, 0), ""},

		"certificate, 21 days":            {cert(90, 21), ""},
		"certificate, 20 days":            {cert(90, 20), "notice lb1: the certificate expires in 20d and was not renewed"},
		"certificate, 7 days":             {cert(90, 7), "notice lb1: the certificate expires in 7d and was not renewed"},
		"certificate, 6 days":             {cert(90, 6), "problem lb1: the certificate expires in 6d"},
		"certificate of 12 days, 2 left":  {cert(12, 2), "notice lb1: the certificate expires in 2d and was not renewed"},
		"certificate of 12 days, new":     {cert(12, 5), ""},
		"certificate of the future":       {func(s *Status) { s.Hosts[0].Certificate.From = s.Taken.Add(time.Hour) }, "problem lb1: the certificate is valid only from "},
		"a host's own, 14 days":           {own(14*day + time.Minute), ""},
		"a host's own, less than 14 days": {own(14*day - time.Minute), "problem web1: its certificate for the other hosts expires in 13d"},
	} {
		t.Run(name, func(t *testing.T) {
			got := verdict(t, c.do)
			if !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") || strings.Contains(got, "\n") {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestCauses: what has a cause that is said already is not said once more.
func TestCauses(t *testing.T) {
	stop := func(s *Status, host int, unit string) { service(&s.Hosts[host], unit).Active = "inactive" }
	for name, c := range map[string]struct {
		do   func(*Status)
		want []string // beginnings, in their order
	}{
		"HAProxy is down": {func(s *Status) {
			stop(s, 0, "haproxy.service")
			*s.Hosts[0].Balancer = Balancer{Error: "connection refused"}
			*s.Hosts[0].Certificate = Certificate{Error: "Connection refused"}
		}, []string{"problem lb1: haproxy is inactive"}},
		"the collector is down": {func(s *Status) {
			stop(s, 1, "otelcol-sumo.service")
			s.Hosts[1].Collector.Healthy = false
		}, []string{"problem web1: otelcol-sumo is inactive"}},
		"a replica is down": {func(s *Status) {
			stop(s, 2, "mariadb.service")
			*s.Hosts[2].Database = Database{Error: "cannot connect"}
		}, []string{"problem web2: mariadb is inactive"}},
		"a replica that gives no answer": {func(s *Status) { *s.Hosts[2].Database = Database{Error: "timeout"} },
			[]string{"problem web2: the database server does not answer: timeout"}},
		"no certificate": {func(s *Status) { *s.Hosts[0].Certificate = Certificate{Error: "no answer", SelfSigned: true} },
			[]string{"problem lb1: no certificate is served for www.foobar.com: no answer"}},
		"all servers are out": {func(s *Status) {
			for i := range s.Hosts[0].Balancer.Servers {
				s.Hosts[0].Balancer.Servers[i].Status = "MAINT"
			}
		}, []string{"problem web1: taken out", "problem web2: taken out", "problem web3: taken out", "problem lb1: no web server is up"}},
		"a server that a person drained": {func(s *Status) {
			b := s.Hosts[0].Balancer
			b.Servers[0].Status = "MAINT"
			b.drained([]facts.Drained{{Host: "web1", At: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), By: "anna@desk"}})
		}, []string{"notice web1: drained by anna@desk at 2026-03-04 05:06:07 UTC"}},
		"one that was drained and is back": {func(s *Status) {
			s.Hosts[0].Balancer.drained([]facts.Drained{{Host: "web1", At: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), By: "anna@desk"}})
		}, []string{"problem web1: drained by anna@desk at 2026-03-04 05:06:07 UTC, but the balancer sends it requests"}},
		"a weight that differs": {func(s *Status) { s.Hosts[0].Balancer.Servers[1].Configured = 50 },
			[]string{"notice web2: its weight at the balancer is 50, and 100 in the inventory"}},
		"the backup failed": {func(s *Status) { s.Hosts[2].System.FailedUnits = []string{"foobar-backup.service"} },
			[]string{"problem web2: the last backup of the databases failed"}},
		"a failed unit of the site": {func(s *Status) {
			service(&s.Hosts[1], "app.service").Active = "failed"
			s.Hosts[1].System.FailedUnits = []string{"app.service"}
		}, []string{"problem web1: app is failed"}},
		"problems before notices": {func(s *Status) {
			s.Hosts[1].System.RebootPending = true
			service(&s.Hosts[3], "nginx.service").Load = "masked"
			s.Hosts[3].System.RebootPending = true
		}, []string{"problem web3: nginx is masked", "notice web1: needs a reboot", "notice web3: needs a reboot"}},
		"one release of three": {func(s *Status) { s.Hosts[3].Release.Current = "0123456789ab" },
			[]string{"problem web3: release c59d4a0e1ac6 runs while 0123456789ab is current", "problem web3: has release 0123456789ab, others have c59d4a0e1ac6"}},
	} {
		got := strings.Split(verdict(t, c.do), "\n")
		ok := len(got) == len(c.want)
		for i := range min(len(got), len(c.want)) {
			ok = ok && strings.HasPrefix(got[i], c.want[i])
		}
		if !ok {
			t.Errorf("%s: got\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}
