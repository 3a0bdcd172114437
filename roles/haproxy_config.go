package roles

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"foobar/internal/distro"
	"foobar/internal/facts"
	"foobar/internal/play"
	"foobar/inventory"
)

// haproxyData is what haproxy.cfg is rendered from. Durations are in HAProxy's
// own notation.
type haproxyData struct {
	MaxConn                                      int
	PerServer                                    int // requests and websockets at a time
	AdminSocket                                  string
	Curves                                       string
	TimeoutClient, TimeoutConnect, TimeoutServer string
	HardStop                                     string
	PEM, CA                                      string
	Names                                        [][]string // of the site, a list for each line: the first is the domain
	ACMEMap                                      string     // of the answers to the authority; "" when no certificate is requested
	RateLimit                                    int        // requests per 10 s; 0 for none
	HSTS                                         bool
	Backend, Balance, Checks                     string
	Inter, FastInter                             string
	Fall, Rise                                   int
	Servers                                      []haproxyServer
	StatsPort                                    int
	NoIPv6                                       bool   // the kernel opens no socket for IPv6
	Streams                                      bool   // the application may answer for as long as it likes
	Snippet                                      string // lines of the operator's own, or ""
}

// namesInLine are the names in one line: HAProxy takes 64 words.
const namesInLine = 50

type haproxyServer struct {
	Name     string
	Address  string // with the port
	Internal string // the name its certificate must carry
	Weight   int
	// Out is set where a person took the server out of the rotation.
	Out *facts.Drained
}

// haproxyConfig is all but how long HAProxy waits for an answer: see balancerConf.
func haproxyConfig(s *play.Site, h *inventory.Host) haproxyData {
	lb := s.Inv.LB
	d := haproxyData{
		MaxConn: haproxyMaxConn(s, h), AdminSocket: haproxyAdmin, Curves: haproxyCurves(s.Facts[h.Name].System()),
		TimeoutClient: haproxyTime(lb.TimeoutClient), TimeoutConnect: haproxyTime(lb.TimeoutConnect),
		PEM: publicCertificate(s), CA: leafCA, Names: slices.Collect(slices.Chunk(s.Inv.Site.Names(), namesInLine)),
		RateLimit: lb.RateLimit, HSTS: s.Inv.TLS.HSTS,
		Backend: haproxyBackend, Balance: lb.Balance, Checks: haproxyChecks,
		Inter:     haproxyTime(lb.HealthInterval),
		FastInter: haproxyTime(min(lb.HealthInterval, 500*time.Millisecond)),
		Fall:      lb.Fall, Rise: lb.Rise,
		NoIPv6:  s.Facts[h.Name].NoIPv6,
		Servers: serversOf(s), StatsPort: haproxyStats, Streams: s.Inv.App.Server == "asgi", Snippet: snippetOf(s, "lb.snippet"),
	}
	if d.PerServer = 400; d.Streams {
		d.PerServer = 2000 // websockets stay: as many as one process of nginx can pass on
	}
	if requestsCertificate(s) {
		d.ACMEMap = haproxyAnswers
	}
	return d
}

// haproxyServers are the web servers, in the order of the inventory.
func haproxyServers(inv *inventory.Inventory) []haproxyServer {
	var servers []haproxyServer
	for _, h := range inv.Group(inventory.Web) {
		address := h.IP()
		if i := slices.IndexFunc(h.Private, func(a netip.Addr) bool { return a.Unmap().Is4() }); i >= 0 {
			address = h.Private[i]
		}
		servers = append(servers, haproxyServer{Name: h.Name, Internal: h.Internal(), Weight: h.Weight,
			Address: netip.AddrPortFrom(address.Unmap(), 443).String()})
	}
	return servers
}

// haproxyCurves lists the groups for key exchange.
func haproxyCurves(system distro.Release) string {
	const classic = "X25519:prime256v1:secp384r1"
	if system.HybridTLS {
		return "X25519MLKEM768:" + classic
	}
	return classic
}

// haproxyMaxConn is lb.maxconn, or less where the host cannot open as many
// files: a connection takes two, and HAProxy refuses to start with more.
func haproxyMaxConn(s *play.Site, h *inventory.Host) int {
	want := s.Inv.LB.MaxConn
	if most := s.Facts[h.Name].OpenFiles; most > 0 {
		want = min(want, max(most-1000, 200)/2)
	}
	return want
}

// haproxyTime writes a duration as HAProxy reads it.
func haproxyTime(d time.Duration) string {
	return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
}
