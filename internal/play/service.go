package play

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"

	"foobar/internal/secret"
	"foobar/inventory"
)

// Service is what is true of a service that a role brings to a host, whatever
// verb asks.
type Service struct {
	// Name is what people call it, unique on a host.
	Name  string
	Layer Layer
	// Off says that the inventory switches it off: it keeps its ports, its logs
	// can be read, and nothing else is expected of it.
	Off bool
	// Units are the systemd units that should be active, in the order of their start.
	Units []string
	// Packages are Debian packages; the first brings the program.
	Packages []Package
	Ports    []Port
	// Journal is what it says to the journal; its Unit is "" where that is nothing.
	Journal Journal
	// Files are its logs outside the journal.
	Files []File
	// Main says that its logs are shown when nobody names a service.
	Main bool
	// Texts are files of lines, or patterns of such, that the collector sends as they are.
	Texts     []string
	Collected Collected
	// Health is a URL that the host itself asks: any answer but 200 means that it
	// does not do its work. "" where its units say all.
	Health string
}

// Package is the one that brings the program; "" where none does.
func (s Service) Package() string {
	if len(s.Packages) == 0 {
		return ""
	}
	return s.Packages[0].Name
}

// Package is a Debian package.
type Package struct {
	Name string
	// Called is what people call its program, where they want to know its version.
	Called string
}

// Journal chooses entries of the journal.
type Journal struct {
	// Unit is the unit that writes them, without ".service".
	Unit string
	// Also are other matches, as journalctl(1) takes them.
	Also []string
	// Grep is what an entry must contain.
	Grep string
	// Kept says that the collector does not send them.
	Kept bool
}

// File is a log outside the journal.
type File struct {
	Path string
	// As is the account that reads it, where its folder is not root's.
	As     string
	Format Format
	// Under is a name by which it is asked for, when that is not its service's.
	Under string
}

// Format is how lines of a log are read.
type Format int

// The formats.
const (
	Stamped     Format = iota // the time as in RFC 3339, a space, and the text
	NginxErrors               // as nginx writes its error_log
	Requests                  // an object of JSON for each request
)

// Compare orders services by their layers.
func (s Service) Compare(other Service) int { return cmp.Compare(s.Layer, other.Layer) }

// Collected is what the OpenTelemetry collector reads by receivers of a service's own.
type Collected struct {
	// Metrics and Logs name the receivers, by the pipeline they feed.
	Metrics, Logs []string
	// Config is what stands under "receivers:" for them, indented by two, and the
	// secrets that it names as variables of the environment; nil without receivers.
	Config func(*Site) (yaml []byte, secrets map[string]secret.String, err error)
}

// Layer is where a service stands on the way of a request.
type Layer int

// The layers, in the order in which services are named.
const (
	Edge   Layer = iota // faces the public
	Web                 // behind the balancer
	App                 // behind the web server
	Data                // behind the application
	System              // the host's own
	Watch               // looks at all the others
)

// Port is a TCP port on which a service listens.
type Port struct {
	Number int
	// On are the addresses it listens on; empty means all.
	On []netip.Addr
	// For is what it is for, where that is not the service itself.
	For string
	// Key is the inventory's, where that sets the number.
	Key string
	// Open says who else may reach it; without it only the host itself may.
	Open []Way
}

// Clashes reports whether a program that listens on the given address and the
// same port keeps the service from starting. The unspecified address means all.
func (p Port) Clashes(on netip.Addr) bool {
	on = on.Unmap().WithZone("")
	// Without IPV6_V6ONLY a socket on :: takes IPv4, too: it is not told apart here.
	return len(p.On) == 0 || !on.IsValid() || on.IsUnspecified() || slices.Contains(p.On, on)
}

// Loopback is where a service listens that only its own host may reach.
func Loopback() []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} }

// Way is who may reach a port, and why.
type Way struct {
	// Comment stands at the firewall's rules.
	Comment string
	// Peer is the host of the site that it is for; nil when it is for others.
	Peer *inventory.Host
	// From are its sources; the zero prefix means anyone.
	From []netip.Prefix
}

// Public lets anyone in.
func Public(comment string) Way { return Way{Comment: comment, From: []netip.Prefix{{}}} }

// FromHost lets in another host, by every address by which it may be seen as a
// source: its private ones, and the one the controller uses where that is an
// address. What is the service that it wants.
func FromHost(what string, h *inventory.Host) Way {
	all := slices.Clone(h.Private)
	if a, err := netip.ParseAddr(h.Address); err == nil && !slices.Contains(all, a.Unmap()) {
		all = append(all, a.Unmap())
	}
	w := Way{Comment: what + " from " + h.Name, Peer: h}
	for _, a := range all {
		a = a.WithZone("")
		w.From = append(w.From, netip.PrefixFrom(a, a.BitLen()))
	}
	return w
}

// Served is a Role that brings services.
type Served interface {
	// Services are those of a host of the role's. They depend on nothing that
	// only a host knows.
	Services(inv *inventory.Inventory, h *inventory.Host) []Service
}

// Services are those of all hosts of a site, by the name of the host, in the
// order of their layers.
type Services map[string][]Service

// ServicesOf asks the roles of all plays. Of several that bring a service of the
// same name the first counts.
func ServicesOf(inv *inventory.Inventory, plays []Play) Services {
	all := Services{}
	for _, p := range plays {
		role, ok := p.Role.(Served)
		if !ok {
			continue
		}
		for _, h := range p.Hosts {
			for _, s := range role.Services(inv, h) {
				if !slices.ContainsFunc(all[h.Name], func(o Service) bool { return o.Name == s.Name }) {
					all[h.Name] = append(all[h.Name], s)
				}
			}
		}
	}
	for _, list := range all {
		slices.SortStableFunc(list, Service.Compare)
	}
	return all
}

// Each has every service of the site once, as one of its hosts has it.
func (all Services) Each() []Service {
	var list []Service
	for _, host := range slices.Sorted(maps.Keys(all)) {
		for _, s := range all[host] {
			if !slices.ContainsFunc(list, func(o Service) bool { return o.Name == s.Name }) {
				list = append(list, s)
			}
		}
	}
	slices.SortStableFunc(list, Service.Compare)
	return list
}

// On are the services of a host that are not switched off.
func (all Services) On(host string) []Service {
	return slices.DeleteFunc(slices.Clone(all[host]), func(s Service) bool { return s.Off })
}

// Need is a port of another host that a host must be able to reach.
type Need struct {
	To   *inventory.Host
	Port int
}

// Needs are what a host reaches on the others: the counterpart of what their
// firewalls let in.
func (all Services) Needs(inv *inventory.Inventory, h *inventory.Host) []Need {
	var needs []Need
	for _, to := range inv.Hosts {
		for _, s := range all.On(to.Name) {
			for _, p := range s.Ports {
				mine := slices.ContainsFunc(p.Open, func(w Way) bool { return w.Peer == h })
				if n := (Need{To: to, Port: p.Number}); mine && to != h && !slices.Contains(needs, n) {
					needs = append(needs, n)
				}
			}
		}
	}
	return needs
}
