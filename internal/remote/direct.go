package remote

import (
	"context"
	"errors"
	"net"
	"strconv"
	"time"
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
	conn, err := s.dialName(ctx, s.host, s.dialing)
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return conn, err
	}
	list := s.getent(ctx)
	for _, address := range list {
		if conn, err = s.dialName(ctx, address, s.dialing/time.Duration(len(list))); err == nil {
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
