package remote

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault"
)

// connection is one SSH connection, with the jump host's beneath it if any.
type connection struct {
	client *ssh.Client
	wire   *wire
	via    *connection
	grace  time.Duration // how long the host may take to close a session

	once   sync.Once
	closed chan struct{}
	silent atomic.Bool // closed because the host no longer answered
	trust  Trust       // how the host proved who it is
}

// Close ends the connection and those beneath it. It may be called again.
func (c *connection) Close() {
	c.once.Do(func() {
		close(c.closed)
		// The wire first: closing the client may wait for a host that is gone. A
		// wire through a jump host is no better than that one's.
		if c.via != nil {
			go c.wire.Close()
			c.via.Close()
		} else {
			c.wire.Close()
		}
		c.client.Close()
	})
}

// insist ends a session that something waits for, and returns when that waiting is
// over, which closes done. A host that does not close its side in time loses the
// connection: nothing else would end the waiting.
func (c *connection) insist(session *ssh.Session, done <-chan struct{}) {
	go session.Close() // its message waits for a host that reads nothing
	patience := time.NewTimer(c.grace)
	defer patience.Stop()
	select {
	case <-done:
		return
	case <-c.closed:
	case <-patience.C:
		c.Close()
	}
	<-done
}

// wire counts the bytes that come in on a connection.
type wire struct {
	net.Conn
	in     atomic.Int64
	broken atomic.Bool // nothing more will come
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.in.Add(int64(n))
	if err != nil {
		w.broken.Store(true)
	}
	return n, err
}

// connect dials, shakes hands and logs in. depth counts the jump hosts on the way.
func connect(ctx context.Context, s *settings, keys *keyring, depth int) (*connection, error) {
	// The jump hosts come before the clock starts: they have clocks of their own.
	via, err := jump(ctx, s, keys.opts, depth)
	if err != nil {
		return nil, err
	}
	clock := newPatience(ctx, s.dialing)
	defer clock.stop()
	c, err := s.open(clock, via, keys)
	if err == nil {
		return c, nil
	}
	if via != nil {
		via.Close()
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, err
}

// open dials, shakes hands and logs in, once more for each kind of key that a pinned
// fingerprint may be of.
func (s *settings) open(clock *patience, via *connection, keys *keyring) (*connection, error) {
	var without []string
	var first error // what the first key in vain means
	for {
		raw, err := s.dial(clock, via)
		if err != nil {
			return nil, cmp.Or(first, err)
		}
		c := &connection{wire: &wire{Conn: raw}, via: via, grace: s.grace, closed: make(chan struct{})}
		hk, err := newHostKeys(clock, s, keys.opts, without)
		if err == nil {
			if err = s.handshake(clock, c, hk, keys); err == nil {
				return c, nil
			}
		}
		if via == nil {
			raw.Close()
		} else {
			go raw.Close() // its message waits for the jump host
		}
		if hk == nil || hk.accepted {
			return nil, err
		}
		first = cmp.Or(first, err)
		if without = hk.further(); without == nil {
			return nil, first
		}
	}
}

// dial opens the byte stream to the host.
func (s *settings) dial(clock *patience, via *connection) (net.Conn, error) {
	switch {
	case via != nil:
		conn, err := via.client.DialContext(clock, "tcp", s.hostPort())
		if err != nil {
			return nil, s.unreachable(clock, err, "the jump host cannot reach it: check that from there").as(fault.JumpFailed)
		}
		return conn, nil
	case s.proxyCommand != "":
		return s.dialCommand()
	}
	conn, err := s.dialDirect(clock)
	if err != nil {
		hint, code := s.dialHint(err)
		return nil, s.unreachable(clock, err, hint).as(code)
	}
	return conn, nil
}

// unreachable is the error for a host that no SSH server answered for.
func (s *settings) unreachable(clock *patience, err error, hint string) *Error {
	why := reason(err)
	if clock.ranOut() {
		why = "no answer within " + clock.whole.String()
	}
	return s.fail(ErrUnreachable, err, hint, "cannot reach %s: %s", s.hostPort(), why)
}

// handshake does the key exchange, checks the host and logs in.
func (s *settings) handshake(clock *patience, c *connection, hk *hostKeys, keys *keyring) error {
	if ask := hk.ask; ask != nil {
		hk.ask = func(host string, key ssh.PublicKey) (ok bool, err error) {
			clock.ask(func() { ok, err = ask(host, key) })
			return ok, err
		}
	}
	login := &login{keys: keys, clock: clock, wire: c.wire}
	defer login.close()
	// A stream may know no deadlines (a proxy command), so time is kept by closing
	// it; that of a jump host closes only with the jump host's.
	defer context.AfterFunc(clock, func() {
		if c.via != nil {
			c.via.Close()
			return
		}
		c.wire.Close()
	})()
	conn, channels, requests, err := ssh.NewClientConn(c.wire, s.hostPort(), &ssh.ClientConfig{
		Config:         ssh.Config{Ciphers: s.ciphers, MACs: s.macs, KeyExchanges: s.kex, RekeyThreshold: s.rekeyBytes},
		User:           s.user,
		AuthCallback:   login.way,
		BannerCallback: login.hear,
		HostKeyCallback: func(name string, from net.Addr, key ssh.PublicKey) error {
			again := hk.accepted
			err := hk.callback(name, from, key)
			if err == nil && !again {
				clock.more(s.timeout - s.dialing)
			}
			return err
		},
		HostKeyAlgorithms: hk.algorithms,
		ClientVersion:     "SSH-2.0-foobar",
	})
	if err != nil {
		return s.handshakeError(clock, err, c.wire, hk, login)
	}
	c.trust = hk.trusted(conn, requests)
	c.client = ssh.NewClient(conn, channels, requests)
	return nil
}

func (s *settings) handshakeError(clock *patience, err error, w *wire, hk *hostKeys, login *login) error {
	var none *ssh.AlgorithmNegotiationError
	text := err.Error()
	p, proxied := w.Conn.(*proxyConn)
	switch {
	case hk.verdict != nil:
		return hk.verdict
	case login.gone != nil:
		return s.fail(ErrAuth, login.gone, "", "the login of %q at %s was given up: %s", clean(s.user), s.hostPort(), clean(login.gone.Error())).as(fault.KeyLocked)
	case login.err != nil:
		return s.fail(ErrAuth, login.err, login.unsigned(), "cannot use a key for %s@%s: %s", s.user, s.hostPort(), clean(login.err.Error())).as(fault.KeyLocked)
	case clock.ranOut() && proxied && !hk.accepted:
		e := s.unreachable(clock, err, "run the proxy command by hand to see what it does; here it has no terminal to ask at").as(fault.ProxyFailed)
		e.Msg += quoteSaid(p.said.String())
		return e
	case clock.ranOut():
		return s.unreachable(clock, err, "something listens there but speaks no SSH, or the host is overloaded").as(fault.NotSSH)
	case errors.As(err, &none) && hk.known && strings.Contains(text, "host key"):
		return s.fail(ErrHostKeyChanged, err, "if the host was reinstalled, replace its key in known_hosts or the inventory",
			"%s no longer has a host key of the known kind (%s)", s.hostPort(), strings.Join(hk.algorithms, ", "))
	case hk.accepted:
		return login.refused(err, login.cut || strings.Contains(text, "ssh: disconnect"))
	case errors.As(err, &none):
		return s.noneInCommon(none)
	}
	if proxied {
		return s.fail(ErrUnreachable, err, "run the proxy command by hand to see what it does",
			"the proxy command gave no SSH connection: %s", p.complaint(reason(err))).as(fault.ProxyFailed)
	}
	return s.unreachable(clock, err, "the server closed the connection: see its log, MaxStartups and fail2ban there").as(fault.NotSSH)
}

// jump connects to the jump host that leads to s, or returns nil. Where there
// is a list, the last one is connected to through the ones before it.
func jump(ctx context.Context, s *settings, o Options, depth int) (*connection, error) {
	if s.proxyJump == "" {
		return nil, nil
	}
	if depth >= 8 {
		return nil, s.fail(ErrConfig, nil, "look for a loop of ProxyJump in ssh_config", "more than 8 jump hosts on the way")
	}
	before, last := "", s.proxyJump
	if i := strings.LastIndexByte(last, ','); i >= 0 {
		before, last = last[:i], last[i+1:]
	}
	jo, err := s.jumpOptions(strings.TrimSpace(last), o)
	if err != nil {
		return nil, err
	}
	jo.ProxyJump = before
	js, err := resolve(ctx, jo)
	if err != nil {
		return nil, err
	}
	if js.defaultsForKey && len(o.Identities) > 0 {
		jo.Identities = o.Identities
		if js, err = resolve(ctx, jo); err != nil {
			return nil, err
		}
	}
	c, err := connect(ctx, js, newKeyring(jo, js), depth+1)
	if err == nil {
		go c.keepalive(js)
		return c, nil
	}
	var e *Error
	if errors.As(err, &e) && e.Kind == ErrUnreachable {
		e.Code = fault.JumpFailed
	}
	return nil, err
}

// jumpOptions are the options of a jump host. It has settings of its own; with the
// host behind it it shares the files and the functions that ask a person.
func (s *settings) jumpOptions(spec string, o Options) (Options, error) {
	user, host, port := SplitHop(spec)
	jo := Options{Name: s.name + " via " + clean(strings.TrimSuffix(strings.TrimPrefix(spec, "ssh://"), "/")), Address: host, User: user, Become: "none", ConfigFile: o.ConfigFile, NoConfig: o.NoConfig,
		KnownHosts: o.KnownHosts, Cache: o.Cache, Passphrase: o.Passphrase, UnknownKey: o.UnknownKey, Questions: o.Questions, AddKey: o.AddKey, Warn: o.Warn,
		ConnectTimeout: o.ConnectTimeout, Keepalive: o.Keepalive, Grace: o.Grace}
	if port != "" {
		n, err := net.LookupPort("tcp", port)
		if err != nil {
			return jo, s.fail(ErrConfig, err, "write it as user@host:port", "wrong port in the jump host %q", clean(spec))
		}
		jo.Port = n
	}
	return jo, nil
}

// SplitHop reads a jump host, [ssh://][user@]host[:port]; what is not there is "".
func SplitHop(spec string) (user, host, port string) {
	host = strings.TrimSuffix(strings.TrimPrefix(spec, "ssh://"), "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		user, host = host[:i], host[i+1:]
	}
	if h, p, err := net.SplitHostPort(host); err == nil {
		host, port = h, p
	}
	return user, strings.Trim(host, "[]"), port
}

// keepalive closes the connection when nothing came from the host during so many
// intervals although it was asked.
func (c *connection) keepalive(s *settings) {
	tick := time.NewTicker(s.keepalive)
	defer tick.Stop()
	gone := make(chan error, 1)
	go func() { gone <- c.client.Wait() }()
	pending := make(chan struct{}, 1)
	quiet, last := 0, c.wire.in.Load()
	for {
		select {
		case <-c.closed:
			return
		case <-gone:
			c.Close()
			return
		case <-tick.C:
		}
		quiet++
		if now := c.wire.in.Load(); now != last {
			quiet, last = 0, now
		}
		if quiet > s.aliveMax { // the first of them was before the first question
			c.silent.Store(true)
			c.Close()
			return
		}
		select {
		case pending <- struct{}{}:
			go func() {
				_, _, _ = c.client.SendRequest("keepalive@openssh.com", true, nil)
				<-pending
			}()
		default: // the last one is still without answer
		}
	}
}

// silent is the error for a host that let us wait too long for something.
func (h *Host) silent(doing string, waited time.Duration) *Error {
	return h.settings.fail(ErrTransport, errSlow, "see what keeps it busy: its load, its disk, a hanging login script; --timeout gives it longer",
		"the host did not answer for more than %s while %s", waited, doing).as(fault.HostSilent)
}

// lost is the error for a connection that broke while doing something.
func (h *Host) lost(doing string, err error) *Error {
	why := "the connection ended"
	switch {
	case h.conn.silent.Load():
		why = "the host has not answered for " + (time.Duration(h.settings.aliveMax) * h.settings.keepalive).String()
	case err != nil && !errors.Is(err, io.EOF):
		why = reason(err)
	}
	return h.settings.fail(ErrTransport, err, "run it again: what was done is recognised and the rest is finished", "lost the host while %s: %s", doing, why)
}
