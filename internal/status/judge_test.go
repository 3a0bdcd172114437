package status

import (
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/database"
	"foobar/internal/fault"
	"foobar/internal/firewall"
)

// own has the inventory give the certificate.
func own(s *Status) {
	s.Hosts[0].Services = slices.DeleteFunc(s.Hosts[0].Services, func(u Service) bool { return u.Unit == "certbot.timer" })
}

func service(h *Host, unit string) *Service {
	for i := range h.Services {
		if h.Services[i].Unit == unit {
			return &h.Services[i]
		}
	}
	return nil
}

// server is what a host's database says of itself, replica how it follows.
func server(s *Status, host int) *database.State       { return &s.Hosts[host].Database.state }
func replica(s *Status, host int) *database.Connection { return &server(s, host).Sources[0] }

// TestFindings: from a healthy site, one thing goes wrong, and exactly one
// finding names it and what to do.
func TestFindings(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(s *Status)
		want string // severity, host, text, next
	}{
		"service failed": {func(s *Status) {
			u := service(&s.Hosts[1], "app.service")
			u.Active, u.Result, u.Since = "failed", "exit-code", s.Taken.Add(-5*time.Minute)
		}, "problem web1: app is failed (exit-code), since 5m | foobar logs site.toml app -l web1"},
		"service missing": {func(s *Status) {
			*service(&s.Hosts[2], "nginx.service") = Service{Unit: "nginx.service", Load: "not-found"}
		},
			"problem web2: not installed: nginx | foobar deploy site.toml"},
		"timer":       {func(s *Status) { service(&s.Hosts[0], "certbot.timer").Active = "inactive" }, "problem lb1: certbot.timer is inactive, since 48s | foobar exec site.toml -b -l lb1 -- systemctl status certbot.timer"},
		"masked":      {func(s *Status) { service(&s.Hosts[2], "ufw.service").Load = "masked" }, "problem web2: ufw is masked | foobar deploy site.toml"},
		"not at boot": {func(s *Status) { service(&s.Hosts[2], "nginx.service").Enabled = "disabled" }, "notice web2: nginx will not start at boot | foobar deploy site.toml"},
		"restarts":    {func(s *Status) { service(&s.Hosts[2], "app.service").Restarts = 4 }, "notice web2: app was restarted 4 times by systemd | foobar logs site.toml app -l web2"},
		"bare":        {bare, "problem web2: nothing is deployed yet: foobar-certificate.timer, nginx, app.socket, app, mariadb, otelcol-sumo, foobar-metrics.timer | foobar deploy site.toml"},
		"drained": {func(s *Status) {
			s.Hosts[0].Balancer.Servers[1].Status = "DRAIN"
			s.Hosts[0].Balancer.Servers[1].Since = 90
		}, "problem web2: taken out of the balancer (DRAIN), since 90s | foobar deploy site.toml"},
		"weight":               {func(s *Status) { s.Hosts[0].Balancer.Servers[1].Configured = 0 }, "problem web2: its weight at the balancer is 0, and 100 in the inventory | foobar deploy site.toml"},
		"unknown":              {func(s *Status) { b := s.Hosts[0].Balancer; b.Servers = b.Servers[:2] }, "problem web3: the running HAProxy of lb1 does not know it | foobar deploy site.toml"},
		"no answer":            {func(s *Status) { *s.Hosts[0].Balancer = Balancer{Error: "timeout"} }, "problem lb1: HAProxy does not answer on /run/haproxy/admin.sock: timeout | foobar logs site.toml haproxy -l lb1"},
		"full":                 {func(s *Status) { b := s.Hosts[0].Balancer; b.Connections = b.MaxConnections }, "notice lb1: "},
		"expired":              {func(s *Status) { s.Hosts[0].Certificate.Until = s.Taken.Add(-49 * time.Hour) }, "problem lb1: the certificate expired 2d ago | foobar logs site.toml certbot -l lb1"},
		"expires soon":         {func(s *Status) { life(s, 90, 3) }, "problem lb1: the certificate expires in 3d | foobar logs site.toml certbot -l lb1"},
		"not renewed":          {func(s *Status) { life(s, 90, 15) }, "notice lb1: the certificate expires in 15d and was not renewed | foobar logs site.toml certbot -l lb1"},
		"its own, expired":     {func(s *Status) { own(s); s.Hosts[0].Certificate.Until = s.Taken.Add(-49 * time.Hour) }, "problem lb1: the certificate expired 2d ago: put the new one into the files of tls.cert and tls.key, then deploy | foobar deploy site.toml"},
		"its own, self-signed": {func(s *Status) { own(s); s.Hosts[0].Certificate.SelfSigned = true }, "notice lb1: the certificate is self-signed: browsers refuse it | foobar deploy site.toml"},
		"self-signed":          {func(s *Status) { s.Hosts[0].Certificate.SelfSigned = true }, "problem lb1: the certificate is self-signed: browsers refuse it | foobar deploy site.toml"},
		"name":                 {func(s *Status) { s.Hosts[0].Certificate.Missing = []string{"foobar.com"} }, "problem lb1: the certificate does not cover foobar.com | foobar deploy site.toml"},
		"internal late": {func(s *Status) { s.Hosts[1].Internal.Until = s.Taken.Add(13*day + time.Hour) },
			"problem web1: its certificate for the other hosts expires in 13d: foobar-certificate.timer did not renew it | foobar exec site.toml -b -l web1 -- systemctl status foobar-certificate.timer foobar-certificate.service"},
		"internal over":  {func(s *Status) { s.Hosts[1].Internal.Until = s.Taken.Add(-49 * time.Hour) }, "problem web1: its certificate for the other hosts expired 2d ago: foobar-certificate.timer did not renew it | "},
		"internal early": {func(s *Status) { s.Hosts[1].Internal.From = s.Taken.Add(49 * time.Hour) }, "problem web1: its certificate for the other hosts is valid only from 2026-11-27 on: its clock was ahead | foobar deploy site.toml"},
		"internal none":  {func(s *Status) { *s.Hosts[1].Internal = Certificate{Error: "No such file or directory"} }, "problem web1: it has no certificate for the other hosts: No such file or directory | foobar deploy site.toml"},
		"internal name":  {func(s *Status) { s.Hosts[1].Internal.Missing = []string{"web1.internal"} }, "problem web1: its certificate for the other hosts does not cover web1.internal | foobar deploy site.toml"},
		"renewal off":    {func(s *Status) { service(&s.Hosts[1], "foobar-certificate.timer").Active = "inactive" }, "problem web1: foobar-certificate.timer is inactive, since "},
		"no release":     {func(s *Status) { *s.Hosts[1].Release = Release{} }, "problem web1: no release is in use | foobar deploy site.toml"},
		"half built":     {func(s *Status) { s.Hosts[1].Release.Complete = false }, "problem web1: the build of release "},
		"old runs":       {func(s *Status) { s.Hosts[1].Release.Running = "0123" }, "problem web1: release 0123 runs while "},
		"open":           {func(s *Status) { s.Hosts[1].Firewall.Policy4 = "ACCEPT" }, "problem web1: the firewall is open: the kernel's policy is ACCEPT for IPv4 and DROP for IPv6 | foobar deploy site.toml"},
		"no rules":       {func(s *Status) { s.Hosts[1].Firewall.Active6 = false }, "problem web1: the firewall is open: the kernel's policy is DROP for IPv4 and DROP for IPv6 without ufw's rules | foobar deploy site.toml"},
		"collector":      {func(s *Status) { c := s.Hosts[1].Collector; c.Healthy, c.Answer = false, "HTTP 503" }, "problem web1: the collector is not healthy: HTTP 503 | foobar logs site.toml otelcol-sumo -l web1"},
		"disk":           {func(s *Status) { s.Hosts[1].System.Disks[0].UsedPct = 97 }, "problem web1: / is 97 % full | foobar exec site.toml -b -l web1 -- du -xh --max-depth=2 /"},
		"inodes":         {func(s *Status) { s.Hosts[1].System.Disks[0].InodesUsed = 90 }, "notice web1: / is 90 % out of inodes | "},
		"memory":         {func(s *Status) { s.Hosts[1].System.MemoryTotal, s.Hosts[1].System.MemoryAvailable = 1<<30, 1<<24 }, "notice web1: only 16M of 1.0G memory are available | "},
		"clock":          {func(s *Status) { s.Hosts[1].System.ClockOffset = -40 }, "problem web1: its clock is off by -40.0 s | foobar exec site.toml -b -l web1 -- timedatectl"},
		"says it is the primary": {func(s *Status) {
			server(s, 1).ReadOnly = true
			*server(s, 3) = database.State{}
		}, "problem : web3 says that it accepts writes, but the other databases follow web1 | if the primary was moved to web3, let the others follow it: foobar db switchover site.toml --to web3; "},
		"reboot": {func(s *Status) {
			y := s.Hosts[1].System
			y.RebootPending, y.RebootFor = true, []string{"linux-image-amd64"}
		}, "notice web1: needs a reboot for linux-image-amd64 | "},
		"kernel": {func(s *Status) {
			y := s.Hosts[1].System
			y.RebootPending, y.Kernel, y.NewerKernel = true, "6.12.57+deb13-amd64", "6.12.63+deb13-amd64"
		}, "notice web1: needs a reboot: kernel 6.12.57+deb13-amd64 runs, 6.12.63+deb13-amd64 is installed | foobar exec site.toml -b -l web1 -- systemctl reboot"},
		"failed unit":  {func(s *Status) { s.Hosts[1].System.FailedUnits = []string{"foo.service"} }, "notice web1: foo.service has failed | foobar exec site.toml -b -l web1 -- systemctl status foo.service"},
		"lag":          {func(s *Status) { replica(s, 2).Behind = 120 }, "problem web2: its database is 120 s behind | foobar logs site.toml mariadb -l web2"},
		"thread":       {func(s *Status) { c := replica(s, 2); c.Reading, c.ReadError = "Connecting", "Access denied" }, "problem web2: replication has stopped (io Connecting, sql Yes): Access denied | foobar logs site.toml mariadb -l web2"},
		"writable":     {func(s *Status) { server(s, 2).ReadOnly = false }, "problem web2: its database replicates from web1 but accepts writes, too | foobar deploy site.toml"},
		"alone":        {func(s *Status) { server(s, 2).Sources = nil }, "problem web2: its database neither accepts writes nor replicates from web1 | foobar db rejoin site.toml web2"},
		"two":          {func(s *Status) { *server(s, 2) = database.State{} }, "problem : web1, web2 all accept writes, so their data diverges; choose one, and make the others its replicas | foobar db rejoin site.toml HOST"},
		"none":         {func(s *Status) { server(s, 1).ReadOnly = true }, "problem : no database server accepts writes | foobar deploy site.toml"},
		"wrong source": {func(s *Status) { replica(s, 2).Host = "10.77.0.14" }, "problem web2: its database replicates from web3, but web1 is the primary | foobar db switchover site.toml --to web1"},
		"errant":       {func(s *Status) { server(s, 2).Log += ",0-172818445-29" }, "problem web2: its database holds transactions that web1 never got: up to 0-172818445-29 | look at them with mariadb-binlog"},
		"purged": {func(s *Status) {
			c := replica(s, 2)
			c.Reading, c.ReadErrno, c.ReadError = "No", 1236, "required binlog files have been purged"
		}, "problem web2: its database needs logs that web1 has purged; the next deploy fills it with a copy | foobar deploy site.toml"},
		"number": {func(s *Status) { server(s, 2).Number = "7" }, "problem web2: its database runs with server_id 7 instead of 172818445 | foobar deploy site.toml"},
		"server down": {func(s *Status) {
			v := &s.Hosts[0].Balancer.Servers[0]
			v.Status, v.Check, v.CheckText, v.Since = "DOWN", "L4CON in 0ms", "Connection refused", 30
		}, "problem web1: DOWN at the balancer (L4CON in 0ms Connection refused), since 30s | foobar logs site.toml nginx -l web1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := whole(t, nil)
			c.do(&s)
			Judge(site(), &s)
			if len(s.Findings) != 1 {
				t.Fatalf("findings: %+v", s.Findings)
			}
			f := s.Findings[0]
			if got := f.Severity + " " + f.Host + ": " + f.Text + " | " + f.Next; !strings.HasPrefix(got, c.want) {
				t.Errorf("got\n%s, want\n%s", got, c.want)
			}
			if s.Healthy == (f.Severity == Problem) {
				t.Errorf("healthy is %v with a %s", s.Healthy, f.Severity)
			}
		})
	}
}

func bare(s *Status) {
	h := &s.Hosts[2]
	for i := range h.Services {
		if h.Services[i].Unit != "ufw.service" {
			h.Services[i] = Service{Unit: h.Services[i].Unit, Load: "not-found"}
		}
	}
	*h.Release, *h.Database, *h.Firewall = Release{}, Database{}, firewall.State{}
}

func life(s *Status, days, left int) {
	c := s.Hosts[0].Certificate
	c.Until = s.Taken.Add(time.Duration(left)*day + time.Hour)
	c.From = c.Until.Add(-time.Duration(days) * day)
}

// TestUnreachable: what cannot be known is not called wrong. That the primary cannot
// be asked leaves nobody who takes writes.
func TestUnreachable(t *testing.T) {
	inv := site()
	for host, want := range map[int]string{3: "", 1: "no database server that answers accepts writes | foobar db failover site.toml"} {
		s := whole(t, nil)
		s.Hosts[host] = lost(inv.Hosts[host], &advised{inv.Hosts[host].Name + ": no route", "is it up?"})
		Judge(inv, &s)
		f := append(s.Findings, Finding{})
		if len(f) < 2 || f[0].Text != "cannot be asked: no route" || f[0].Next != "is it up?" || strings.Trim(f[1].Text+" | "+f[1].Next, " |") != want {
			t.Errorf("findings: %+v", s.Findings)
		}
	}
}

// TestPartial: with only a replica asked, nothing says that there is no primary.
func TestPartial(t *testing.T) {
	s := whole(t, nil)
	s.Hosts, s.Partial = s.Hosts[2:3], true
	Judge(site(), &s)
	if !s.Healthy {
		t.Errorf("findings: %+v", s.Findings)
	}
}

// TestEveryFindingHasACode: by the words that a finding is made of.
func TestEveryFindingHasACode(t *testing.T) {
	for words, want := range map[string]fault.Code{
		"the certificate expires in %s": "TLS05", "its certificate for the other hosts expired %s ago": "TLS05", "%d of %d connections are in use": "SVC08",
		"the firewall is open: %s": "FW06", "needs a reboot%s": "HOST10", "no release is in use": "RUN13", "%s at the balancer%s, since %s": "SVC05",
		"%s is %s%s": "SVC03", "%s is %d %% %s": "HOST02", "its clock is off by %.1f s": "HOST03", "the last backup of the databases failed": "DB20",
	} {
		if got := codeOf(words); got != want {
			t.Errorf("%q: %s, not %s", words, got, want)
		}
	}
}
