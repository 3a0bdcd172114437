package remote

import (
	"context"
	"errors"
	"net"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault"
)

// Tunnel is a connection that runs nothing on the host: it reaches what listens there on
// loopback. It needs no root, and only the address of Options, not the others in Also.
type Tunnel struct {
	conn *connection
	host *Host // for messages
	// Ended is closed when the connection is over.
	Ended chan struct{}
}

// DialTunnel opens the connection. Failures are of type *Error, except the context's own.
func DialTunnel(ctx context.Context, o Options) (*Tunnel, error) {
	s, err := resolve(ctx, o)
	if err != nil {
		return nil, err
	}
	h := &Host{opts: o, settings: s, keys: newKeyring(o, s)}
	if h.conn, err = h.connect(ctx); err != nil {
		return nil, err
	}
	t := &Tunnel{conn: h.conn, host: h, Ended: make(chan struct{})}
	go h.conn.keepalive(s)
	go func() {
		_ = h.conn.client.Wait()
		h.conn.Close()
		close(t.Ended)
	}()
	return t, nil
}

// Dial connects to an address as the host's own processes reach it ("127.0.0.1:9090").
func (t *Tunnel) Dial(ctx context.Context, address string) (net.Conn, error) {
	c, err := t.conn.client.DialContext(ctx, "tcp", address)
	var refused *ssh.OpenChannelError
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &refused) && refused.Reason == ssh.Prohibited:
		return nil, t.host.settings.fail(ErrShell, err, "let this login forward: AllowTcpForwarding in sshd_config, or the options of its key in authorized_keys",
			"sshd on the host does not let %q forward to %s", t.host.User(), address)
	case errors.As(err, &refused):
		return nil, t.host.settings.fail(ErrTransport, err, "see whether it runs: foobar status", "nothing answers at %s of the host", address).as(fault.ServiceDead)
	}
	return nil, t.host.lost("forwarding to "+address, err)
}

// Lost is the error for a connection that ended.
func (t *Tunnel) Lost() error {
	err := t.host.lost("forwarding", nil)
	err.Hint = "start it again"
	return err
}

// Close ends the connection, and with it all that goes through it.
func (t *Tunnel) Close() { t.conn.Close() }
