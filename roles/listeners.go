package roles

import (
	"net/netip"
	"slices"

	"foobar/inventory"
)

// Listener is a TCP port on which a role's service listens.
type Listener struct {
	Port int
	// On are the addresses it listens on; empty means all.
	On []netip.Addr
	// Units are the systemd units that may hold the port; the first is the one to name.
	Units []string
	// Package is the Debian package that brings the program.
	Package string
}

// Clashes reports whether a program that listens on the given address and the
// same port keeps the service from starting. The unspecified address means all.
func (l Listener) Clashes(on netip.Addr) bool {
	on = on.Unmap().WithZone("")
	// Without IPV6_V6ONLY a socket on :: takes IPv4, too: it is not told apart here.
	return len(l.On) == 0 || !on.IsValid() || on.IsUnspecified() || slices.Contains(l.On, on)
}

// Listeners are the ports that the roles of a host need for themselves.
func Listeners(inv *inventory.Inventory, h *inventory.Host) []Listener {
	loopback := []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	var all []Listener
	add := func(on []netip.Addr, pkg string, units []string, ports ...int) {
		for _, p := range ports {
			all = append(all, Listener{Port: p, On: on, Units: units, Package: pkg})
		}
	}
	if h.Has(inventory.LB) {
		haproxy := []string{haproxyUnit}
		add(nil, "haproxy", haproxy, 80, 443)
		add(loopback, "haproxy", haproxy, portStats)
	}
	if h.Has(inventory.Web) {
		nginx := []string{"nginx.service"}
		add(nil, "nginx", nginx, 443)
		add(loopback, "nginx", nginx, portNginx)
	}
	if h.Has(inventory.App) {
		var on []netip.Addr
		for _, at := range appListen(inv, h) {
			on = append(on, netip.MustParseAddrPort(at).Addr())
		}
		add(on, "python3-gunicorn", []string{"app.service", "app.socket"}, inv.App.Port)
	}
	if h.Has(inventory.DB) {
		on := loopback
		if h.IP().Unmap().Is6() {
			on = []netip.Addr{netip.IPv6Loopback()}
		}
		add(append(on, h.IP().Unmap()), inv.DB.Engine+"-server", []string{inv.DB.Unit()}, inv.DB.Port)
	}
	if inv.Monitoring.Enabled {
		add(loopback, "otelcol-sumo", []string{collectorUnit}, portHealth, portTelemetry)
	}
	return all
}

// Need is a port of another host that a host must be able to reach.
type Need struct {
	To   *inventory.Host
	Port int
}

// Needs are what the roles of a host reach on the others: the counterpart of
// what their firewalls let in.
func Needs(inv *inventory.Inventory, h *inventory.Host) []Need {
	var all []Need
	for _, to := range inv.Hosts {
		if to == h {
			continue
		}
		for _, o := range (Firewall{}).served(inv, to) {
			mine := o.From.IsValid() && o.From.IsSingleIP() && slices.Contains(sources(h), o.From)
			if n := (Need{To: to, Port: o.Port}); mine && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// BufferPool is the size of the database's buffer pool, in bytes, on a host
// with so much memory.
func BufferPool(inv *inventory.Inventory, memory int64) int64 { return databaseBufferPool(inv, memory) }

// DatabaseOurs reports whether a host's ledger says that foobar configured the
// database server there.
func DatabaseOurs(inv *inventory.Inventory, owned []string) bool {
	e, err := databaseEngineOf(inv)
	return err == nil && slices.Contains(owned, "file:"+e.conf)
}

// Contained reports whether systemd-detect-virt names a container, whose clock
// is its machine's.
func Contained(virt string) bool { return isContainer(virt) }
