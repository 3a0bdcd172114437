package play

import (
	"net/netip"
	"slices"

	"foobar/inventory"
)

// Port is a TCP port on which a service listens.
type Port struct {
	Number int
	// On are the addresses it listens on; empty means all.
	On []netip.Addr
	// For says what the port is for, where that is not the service itself.
	For string
	// Key is the inventory's key that sets the number; "" for a fixed one.
	Key string
	// Open says who else may reach it; without it only the host itself may.
	Open []Way
}

// Clashes reports whether a program that listens on the given address and the
// same port keeps the service from starting. The unspecified address means all.
func (p Port) Clashes(on netip.Addr) bool {
	on = on.Unmap().WithZone("")
	// A socket on :: takes IPv4, too, unless it is IPV6_V6ONLY, which is not known here.
	return len(p.On) == 0 || !on.IsValid() || on.IsUnspecified() || slices.Contains(p.On, on)
}

// Loopback is where a service listens that only its own host may reach.
func Loopback() []netip.Addr { return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})} }

// Way is who may reach a port, and why.
type Way struct {
	// Comment is that of the firewall's rules.
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
// address. The comment begins with what it reaches.
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
