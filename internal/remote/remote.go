// Package remote reaches one host over SSH and holds one root shell on it.
//
// Dial opens one connection and, with one request, one long-lived "sh" as root
// (through sudo where the login is not root). Run sends scripts to that shell;
// Upload writes files as root over SFTP on the same connection, or on one of its own
// where the host allows no further session. Host keys are
// always checked. The package never asks a person anything itself: passwords,
// passphrases and decisions about unknown keys come from functions in Options.
package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// Options say where a host is and how to get in. Only Address is required;
// what is empty comes from ssh_config, then from OpenSSH's defaults.
type Options struct {
	Name    string // the inventory's name, for messages; default Address
	Address string // IP address, DNS name, or an alias of ssh_config
	Port    int
	User    string
	// Also are further addresses of the same host, with the same host key, for
	// when nothing answers at Address: its IPv4 rules may be broken and its
	// IPv6 rules not.
	Also []string

	// Identities are private key files, tried in order; an agent is then only
	// asked for these. Empty means the agent's keys, ssh_config's IdentityFile,
	// or ~/.ssh/id_*.
	Identities []string
	// KnownHosts are the files with known host keys. The first is the one that
	// accepted keys are appended to.
	KnownHosts []string
	// HostKey pins the host's key: "ssh-ed25519 AAAA…", or "SHA256:…", the
	// fingerprint of any of its keys, which are then asked for one after the other.
	// It wins over KnownHosts.
	HostKey string

	// ProxyCommand and ProxyJump win over ssh_config; "none" switches it off.
	// ProxyCommand knows %h, %p, %r, %n and %%, and runs in ProxyDir where that is given.
	ProxyCommand, ProxyJump, ProxyDir string

	// ConfigFile replaces ~/.ssh/config and /etc/ssh/ssh_config; NoConfig reads none.
	// Where there is OpenSSH's ssh it says what they come to (ssh -G).
	ConfigFile string
	NoConfig   bool
	// Cache, where several hosts share one, asks ssh and reads these files once for all.
	Cache *Cache

	// Become is "sudo" (default unless the login is root) or "none".
	Become string
	// SudoPassword is asked when sudo wants a password; nil means "sudo -n".
	// It may be called again for each further session, so it should remember.
	SudoPassword func() (string, error)
	// Passphrase opens an encrypted key, and is only asked when the server
	// would take that key; nil means such keys are skipped. ErrNoPassphrase leaves the
	// key for the next one; any other error gives up the login.
	Passphrase func(keyfile string) (string, error)
	// Questions answers what a host asks of whoever logs in (keyboard-interactive), such
	// as for a one-time password; nil answers nothing. About is what the host says of
	// them, host the name for messages.
	Questions func(host, about string, questions []Question) ([]string, error)
	// UnknownKey decides about a key no file knows; nil refuses it. What it
	// accepts is appended to the first of KnownHosts. It is called from Dial,
	// so from several goroutines when several hosts are dialed.
	UnknownKey func(host string, key ssh.PublicKey) (accept bool, err error)

	// AddKey decides, where AddKeysToAgent is "ask", whether a key that was opened is
	// given to the agent; nil gives none.
	AddKey func(keyfile string) (bool, error)
	// Warn is told what is passed over and why, once for all hosts that share a Cache;
	// nil keeps it quiet.
	Warn func(text string)

	// ConnectTimeout covers proxy, connection, handshake and sudo, without the
	// time a person takes to answer. Default: ssh_config, then 10 s.
	ConnectTimeout time.Duration
	// Keepalive is the interval of keepalive messages. A host that is silent for three
	// of them counts as gone. Default: ssh_config's ServerAliveInterval, with its
	// ServerAliveCountMax, then 5 s.
	Keepalive time.Duration

	// Stall is how long the copying of files may make no progress worth the name;
	// default twelve times ConnectTimeout, at least two minutes.
	Stall time.Duration
	// Grace is how long a host may take to close what it was told to close; then
	// the connection is cut. Default 5 s.
	Grace time.Duration

	// RunDir is the folder on the host, writable by root alone, that holds the
	// scripts' private folders and the lock; default /run.
	RunDir string
}

// ErrNoPassphrase says that nobody knows the passphrase of a key.
var ErrNoPassphrase = errors.New("no passphrase that opens it was given")

// warn tells what is passed over, once.
func (o Options) warn(format string, args ...any) {
	if text := clean(fmt.Sprintf(format, args...)); o.Warn != nil && o.Cache.news(text) {
		o.Warn(text)
	}
}

// Stats counts what was done with a host.
type Stats struct {
	Connections int // SSH connections opened to the host itself
	Sessions    int // channels on them
	Scripts     int // calls of Run that reached the long-lived root shell
}

// Host is a connected host. Its methods may be called from several goroutines;
// scripts run one after another.
type Host struct {
	opts     Options
	settings *settings
	keys     *keyring
	counter  counter
	conn     *connection
	shell    *shell

	files files

	closeOnce sync.Once
}

type counter struct{ connections, sessions, scripts atomic.Int64 }

// Dial opens the one SSH connection and the one root shell on it. Failures are
// of type *Error, except the context's own.
func Dial(ctx context.Context, o Options) (*Host, error) {
	s, err := resolve(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(o.Also) == 0 {
		return dial(ctx, o, s)
	}
	return dialAny(ctx, o, s)
}

func dial(ctx context.Context, o Options, s *settings) (h *Host, err error) {
	h = &Host{opts: o, settings: s, keys: newKeyring(o, s), files: files{turn: make(chan struct{}, 1)}}
	if h.conn, err = h.connect(ctx); err != nil {
		return nil, err
	}
	if h.shell, err = h.openShell(ctx, h.conn); err != nil {
		h.conn.Close()
		return nil, err
	}
	go h.conn.keepalive(s)
	return h, nil
}

// Prove makes a connection to the host from scratch: TCP (or the proxy), handshake,
// login and the command "true"; then closes it. Connections that stand survive many
// a mistake in a firewall or in sshd's settings, so they prove nothing.
func (h *Host) Prove(ctx context.Context) error {
	c, err := h.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(ctx, h.settings.timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	session, err := c.client.NewSession()
	if err == nil {
		h.counter.sessions.Add(1)
		err = session.Run("true")
	}
	if err != nil {
		return h.settings.fail(ErrTransport, err, "", "a new connection was accepted but ran no command: %s", reason(err))
	}
	return nil
}

// connect makes one more connection with the host's settings.
func (h *Host) connect(ctx context.Context) (*connection, error) {
	c, err := connect(ctx, h.settings, h.keys, 0)
	if err != nil {
		return nil, err
	}
	h.counter.connections.Add(1)
	return c, nil
}

// Stats returns the counts so far.
func (h *Host) Stats() Stats {
	c := &h.counter
	return Stats{Connections: int(c.connections.Load()), Sessions: int(c.sessions.Load()), Scripts: int(c.scripts.Load())}
}

// Address is where the host answered: address:port.
func (h *Host) Address() string { return h.settings.hostPort() }

// Name is the name given in Options, or the address.
func (h *Host) Name() string { return h.settings.name }

// User is who logged in.
func (h *Host) User() string { return clean(h.settings.user) }

// Sudo reports whether the login became root by way of sudo.
func (h *Host) Sudo() bool { return h.settings.becomeRoot }

// Close ends the connection, whatever the host does, and with it the root shell, for
// whose end, and that of its lock, it does not wait: see lockEnding. A script that still
// runs loses its output; use Kill first to end it.
func (h *Host) Close() error {
	h.closeOnce.Do(func() {
		h.files.close()
		h.conn.Close()
	})
	return nil
}

func (s *settings) hostPort() string { return net.JoinHostPort(s.host, strconv.Itoa(s.port)) }
