package remote

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"

	"foobar/internal/fault"
)

// locals are the addresses to come from; nil stands for any.
func (s *settings) locals(ctx context.Context) ([]net.Addr, error) {
	if s.bindAddress == "" && s.bindDevice == "" {
		return []net.Addr{nil}, nil
	}
	var found []net.Addr
	if s.bindAddress != "" {
		list, err := net.DefaultResolver.LookupIPAddr(ctx, s.bindAddress)
		if err != nil {
			return nil, errFrom("BindAddress " + clean(s.bindAddress) + ": " + reason(err))
		}
		for _, a := range list {
			found = append(found, &net.TCPAddr{IP: a.IP, Zone: a.Zone})
		}
		return found, nil
	}
	device, err := net.InterfaceByName(s.bindDevice)
	if err != nil {
		return nil, errFrom("BindInterface " + clean(s.bindDevice) + ": " + reason(err))
	}
	list, err := device.Addrs()
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLinkLocalUnicast() {
			found = append(found, &net.TCPAddr{IP: n.IP})
		}
	}
	if err != nil || len(found) == 0 {
		return nil, errFrom("BindInterface " + clean(s.bindDevice) + " has no address")
	}
	return found, nil
}

// errFrom is why there is no address to come from.
type errFrom string

func (e errFrom) Error() string { return string(e) }

// getent asks the machine's name service for the addresses of the host.
func (s *settings) getent(ctx context.Context) []string {
	program, err := exec.LookPath("getent")
	if err != nil {
		return nil
	}
	out, _, err := output(ctx, program, "ahosts", "--", s.host)
	if err != nil {
		return nil
	}
	var list []string
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == "STREAM" && len(list) < 16 {
			list = append(list, f[0])
		}
	}
	return list
}

// noneFits reports whether an address was of another family than the one asked for.
func noneFits(err error) bool {
	var address *net.AddrError
	return errors.As(err, &address)
}

func (s *settings) dialHint(err error) (string, fault.Code) {
	var dns *net.DNSError
	var from errFrom
	switch {
	case errors.As(err, &from), errors.Is(err, syscall.EADDRNOTAVAIL):
		return "BindAddress and BindInterface in ssh_config must name what this machine has", fault.SSHSettings
	case noneFits(err):
		return "AddressFamily, BindAddress or BindInterface in ssh_config leaves no address of it", fault.SSHSettings
	case errors.As(err, &dns) && !dns.IsNotFound: // the answer is none, or a server's failure
		return "the name service of this machine does not answer: see /etc/resolv.conf, or write the IP address", fault.AddressUnknown
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "this machine has no route there: is a VPN down, or is the host behind a jump host (-J)?", fault.Unreachable
	case errors.As(err, &dns):
		return "check the address, or name the host in ssh_config", fault.AddressUnknown
	case errors.Is(err, syscall.ECONNREFUSED):
		return "check that sshd runs there and listens on this port", fault.PortClosed
	}
	return "check the address, the port and the firewalls on the way", fault.Unreachable
}
