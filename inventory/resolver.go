package inventory

import "net/netip"

// PublicResolver reports whether an address is that of a well-known public DNS
// service: a placeholder, where a server's own is meant.
func PublicResolver(a netip.Addr) bool { return resolver(a.Unmap()) }
