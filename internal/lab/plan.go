package lab

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// The lab's addresses. Every lab lies in a namespace of its own, so all use the same.
const (
	// Gateway is the bridge: where the lab's own services listen.
	Gateway   = "10.77.0.1"
	gateway6  = "fd77::1"
	bits4     = 24
	bits6     = 64
	firstHost = 11
	maxHosts  = 100
)

// The services on the gateway.
const (
	aptPort    = 3142
	filesPort  = 80
	intakePort = 8088
	indexPort  = 8089
	acmePort   = 14000
	mailPort   = 587
)

// Domain is the site the lab's inventory describes; in the lab it resolves to the
// first host that balances.
const Domain = "www.foobar.com"

// Host is one throw-away server.
type Host struct {
	Name string     `json:"name"`
	V4   netip.Addr `json:"v4"`
	V6   netip.Addr `json:"v6"`
}

// Roles are the roles that the host's name suggests for the inventory; nil means
// the inventory's default.
func (h Host) Roles() []string {
	kind := strings.TrimRight(h.Name, "0123456789")
	switch kind {
	case "lb", "app", "db":
		return []string{kind}
	case "static", "www":
		return []string{"web"}
	}
	return nil
}

var hostName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// plan numbers the hosts in the order given: 10.77.0.11, fd77::11 and so on.
func plan(names []string) ([]Host, error) {
	if len(names) == 0 {
		names = DefaultHosts()
	}
	if len(names) > maxHosts {
		return nil, fmt.Errorf("%d hosts: a lab has at most %d", len(names), maxHosts)
	}
	seen := map[string]bool{}
	hosts := make([]Host, 0, len(names))
	for i, name := range names {
		switch {
		case !hostName.MatchString(name) || strings.HasSuffix(name, "-"):
			return nil, fmt.Errorf("host name %q; use lower-case letters, digits and dashes, a letter first, at most 31", name)
		case seen[name]:
			return nil, fmt.Errorf("host name %q is given twice", name)
		}
		seen[name] = true
		n := strconv.Itoa(firstHost + i)
		// The same digits in both families, so that an address is read at a glance.
		v4, err4 := netip.ParseAddr("10.77.0." + n)
		v6, err6 := netip.ParseAddr("fd77::" + n)
		if err4 != nil || err6 != nil {
			return nil, fmt.Errorf("host %s: no address for number %s", name, n)
		}
		hosts = append(hosts, Host{Name: name, V4: v4, V6: v6})
	}
	return hosts, nil
}

// front is the host that the site's name resolves to: the first balancer, else the first host.
func front(hosts []Host) Host {
	for _, h := range hosts {
		if strings.HasPrefix(h.Name, "lb") {
			return h
		}
	}
	return hosts[0]
}
