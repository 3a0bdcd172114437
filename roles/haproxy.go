package roles

import (
	_ "embed" // scripts
	"fmt"
	"path"
	"time"

	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

const (
	haproxyConf    = "/etc/haproxy/haproxy.cfg"
	haproxyCerts   = "/etc/haproxy/certs"
	haproxyDropIn  = "/etc/systemd/system/haproxy.service.d/foobar.conf"
	haproxyRotate  = "/etc/logrotate.d/haproxy"
	haproxySyslog  = "/etc/rsyslog.d/49-haproxy.conf" // the package's own would take the socket
	haproxyLog     = "/var/log/haproxy-access.json"
	haproxyNotices = "/var/log/haproxy.log"
	haproxyLogSock = "/var/lib/haproxy/dev/log"
	haproxyAdmin   = "/run/haproxy/admin.sock"
	haproxyUnit    = "haproxy.service"
	haproxyStats   = 8404 // port of the statistics, on loopback
	haproxyBackend = "web"
	// haproxyAnswers is a map without entries: those that certbot's hook adds are
	// in HAProxy's memory alone.
	haproxyAnswers = "/etc/haproxy/acme.map"
)

// HAProxy is the balancer: the one host that the public reaches. It terminates the
// public's TLS, and speaks TLS with each web server, whose certificate it verifies.
type HAProxy struct{}

// Name is the role's name on the command line.
func (HAProxy) Name() string { return "haproxy" }

// Resources are what a host with the role lb needs, but for the certificate
// that the public trusts, which LetsEncrypt gets.
func (HAProxy) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	if s.Inv.TLS.Cert != "" && s.PublicPEM.Empty() {
		return nil, fmt.Errorf("tls.cert: %s was not read, or is empty", s.Inv.TLS.Cert)
	}
	want := []resource.Resource{
		resource.Packages{For: "openssl", Names: []string{"openssl"}, Early: true},
		trustFile(s, h),
		haproxyOptions(),
		resource.Dir{Path: haproxyCerts, Mode: 0o700},
		publicPEM(s),
	}
	if requestsCertificate(s) {
		want = append(want, resource.File{Path: haproxyAnswers, Content: []byte("# Written by foobar: certbot's hook adds entries while HAProxy runs.\n")})
	}
	want = append(want, checksFile(s)) // before the first haproxy.cfg that names it
	system := s.Facts[h.Name].System()
	data := struct {
		Files              int // open at a time
		Log, Socket, Owner string
	}{max(65536, 2*haproxyMaxConn(s, h)+8192), haproxyLog, haproxyLogSock, system.Syslog}
	var t texts
	conf, balancer := balancerConf(s, h, balancerPatience(s, h), &t)
	want = append(want,
		resource.File{Path: haproxyDropIn, Content: t.of("haproxy/hardening.conf.tmpl", data)},
		resource.File{Path: haproxySyslog, Content: t.of("haproxy/rsyslog.conf.tmpl", data)},
		resource.File{Path: haproxyRotate, Content: t.of("haproxy/logrotate.tmpl", data)})
	if !system.OpenLogs { // elsewhere rsyslog makes it, as itself
		want = append(want, accessLog(system, haproxyLog, system.Syslog))
	}
	return append(want,
		// After the files that it names, because the check reads them.
		conf,
		resource.Packages{For: "haproxy", Names: []string{"haproxy", "logrotate", "rsyslog", "socat"}},
		syslogService(),
		balancer,
	), t.err
}

// balancerConf is HAProxy's configuration, with which it waits so long for an answer, and
// the service that takes it in.
func balancerConf(s *play.Site, h *inventory.Host, patience time.Duration, t *texts) (resource.File, resource.Service) {
	data, balancer := haproxyConfig(s, h), haproxyService(s, h)
	data.TimeoutServer, data.HardStop = haproxyTime(patience), "10m"
	if patience > 10*time.Minute { // a request that an earlier worker has begun
		data.HardStop = haproxyTime(patience)
	}
	conf := t.of("haproxy/haproxy.cfg.tmpl", data)
	check := func(command string) string {
		return snippetCheck(command, "lb.snippet", s.Inv.LB.Snippet, conf, data.Snippet)
	}
	balancer.Check = check("haproxy -c -q -f " + haproxyConf)
	return resource.File{Path: haproxyConf, Content: conf, Check: check("haproxy -c -q -f %s"), Keep: haproxyKept}, balancer
}

// Services are HAProxy, which anyone may reach.
func (HAProxy) Services(*inventory.Inventory, *inventory.Host) []play.Service {
	return []play.Service{{
		Name: "haproxy", Layer: play.Edge, Main: true, Units: []string{haproxyUnit}, Packages: []play.Package{{Name: "haproxy", Called: "haproxy"}},
		Ports: []play.Port{
			{Number: 80, Open: []play.Way{play.Public("http")}},
			{Number: 443, Open: []play.Way{play.Public("https")}},
			{Number: haproxyStats, On: play.Loopback(), For: "HAProxy's statistics"},
		},
		Etc: path.Dir(haproxyConf),
		Rivals: append(otherServers(), play.Rival{Packages: []string{"syslog-ng", "inetutils-syslogd", "busybox-syslogd"}, Fatal: true,
			Why: "rsyslog, which writes HAProxy's log, cannot be installed with it, and a deploy does not take it away", Fix: "apt-get remove %s"}),
		Journal:   play.Journal{Unit: "haproxy"},
		Files:     []play.File{{Path: haproxyNotices}, {Path: haproxyLog, Format: play.Requests, Under: "access"}},
		Collected: requests("haproxy", haproxyStats, haproxyLog, "lb/haproxy"),
		Exporter:  play.Exporter{Name: "haproxy", Port: haproxyStats, Requests: `haproxy_frontend_http_requests_total{proxy="www"}`},
	}}
}
