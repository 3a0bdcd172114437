package remote

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"foobar/internal/fault"
)

// dialDirect opens a TCP connection as ssh does: the addresses of a name in turn, of
// the family and from the address that ssh_config gives, and again after a second as
// often as ConnectionAttempts says.
func (s *settings) dialDirect(clock *patience) (conn net.Conn, err error) {
	for attempt := range s.attempts {
		if attempt > 0 {
			select {
			case <-clock.Done():
				return nil, err
			case <-time.After(time.Second):
			}
		}
		if conn, err = s.dialOnce(clock); err == nil || clock.Err() != nil {
			return conn, err
		}
	}
	return nil, err
}

// dialOnce tries what the name stands for. Names that only the machine's own name
// service knows (nsswitch.conf: mDNS, containers, a directory) are asked of getent,
// since the resolver within this program reads no more than files and DNS.
func (s *settings) dialOnce(ctx context.Context) (net.Conn, error) {
	conn, err := s.dialName(ctx, s.host, s.timeout)
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return conn, err
	}
	list := s.getent(ctx)
	for _, address := range list {
		if conn, err = s.dialName(ctx, address, s.timeout/time.Duration(len(list))); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// dialName tries every address of a name within a time. Each gets its share, so that
// one from which nothing comes leaves some for the others.
func (s *settings) dialName(ctx context.Context, name string, limit time.Duration) (conn net.Conn, err error) {
	locals, err := s.locals(ctx)
	if err != nil {
		return nil, err
	}
	var first error
	for _, local := range locals {
		d := net.Dialer{Timeout: limit, LocalAddr: local}
		if s.noKeepAlive {
			d.KeepAlive = -1
		}
		if conn, err = d.DialContext(ctx, s.network, net.JoinHostPort(name, strconv.Itoa(s.port))); err == nil {
			return conn, nil
		}
		// One of the wrong family says least.
		if first == nil || noneFits(first) {
			first = err
		}
	}
	return nil, first
}

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
	case errors.As(err, &dns):
		return "check the address, or name the host in ssh_config", fault.AddressUnknown
	case errors.Is(err, syscall.ECONNREFUSED):
		return "check that sshd runs there and listens on this port", fault.PortClosed
	}
	return "check the address, the port and the firewalls in between", fault.Unreachable
}
