package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"foobar/internal/sh"
)

// hostKeys checks the key a host shows, as OpenSSH's check_host_key does. One is made
// for each handshake, so that a key accepted a moment ago counts.
//
// The address that the connection goes to plays no part: CheckHostIP, which OpenSSH
// itself has off by default, warns where many hosts change their addresses and says
// nothing behind a proxy. Where ssh would go on with a changed or revoked key
// (StrictHostKeyChecking no), foobar stops: it brings secrets to the host.
type hostKeys struct {
	s          *settings
	o          Options
	ctx        context.Context // of the handshake
	names      []string        // under which known_hosts may have the host
	algorithms []string        // to ask for, in this order
	pin        *pin            // what the inventory pins, or nil
	without    []string        // kinds of key that it did not fit
	ask        func(host string, key ssh.PublicKey) (bool, error)
	known      bool          // something vouches for a key of the host
	accepted   bool          // the handshake got past the host key
	first      ssh.PublicKey // what the host showed then
	shown      ssh.PublicKey // the key or certificate of it that counted
	by         *knownLine    // the line that vouched for it
	verdict    *Error        // why the key was refused
	refused    string        // the kind of a key that a pin did not fit
}

// newHostKeys reads the pin, or asks the known_hosts files, and decides which kinds of
// key are asked for. Without are kinds that the host has shown before and that the
// pinned fingerprint does not fit.
func newHostKeys(ctx context.Context, s *settings, o Options, without []string) (*hostKeys, error) {
	k := &hostKeys{s: s, o: o, ctx: ctx, without: without, names: s.knownNames(), ask: o.UnknownKey}
	if o.HostKey != "" {
		p, err := readPin(o.HostKey)
		if err != nil {
			return nil, s.fail(ErrConfig, err, `give "ssh-ed25519 AAAA…" or "SHA256:…"`, "host_key is not a public key")
		}
		k.pin, k.known = p, true
		k.algorithms = p.algorithms(s.algorithms(), without)
		return k, nil
	}
	var vouching []knownLine
	for _, name := range k.names {
		lines, err := k.lines(name, nil)
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			if l.marker != markerRevoked {
				vouching = append(vouching, l)
			}
		}
	}
	k.algorithms, k.known = order(s.algorithms(), vouching), len(vouching) > 0
	return k, nil
}

// knownNames are the names under which known_hosts may have the host: [name]:port and
// then, as OpenSSH does, the name alone. HostKeyAlias stands for itself.
func (s *settings) knownNames() []string {
	name, port := s.knownAs()
	all := []string{knownhosts.Normalize(net.JoinHostPort(name, port))}
	if port != "22" {
		all = append(all, name)
	}
	return all
}

// knownAs is the host's name in known_hosts and certificates, and its port.
func (s *settings) knownAs() (name, port string) {
	name, port, err := net.SplitHostPort(s.keyAddr)
	if err != nil {
		name, port = s.keyAddr, "22"
	}
	if s.hostKeyAlias != "" {
		return name, "22"
	}
	return strings.ToLower(name), port
}

// lines are those that are about a name, from the files, from what this run has
// accepted, and from KnownHostsCommand, which is told the key that was shown.
func (k *hostKeys) lines(name string, key ssh.PublicKey) ([]knownLine, error) {
	var all []knownLine
	add := func(f *knownFile) {
		for _, l := range f.lines {
			if l.matches(name) {
				all = append(all, l)
			}
		}
	}
	for _, path := range k.s.knownHosts {
		f, err := k.s.cache.knownFile(path)
		if err != nil {
			// As OpenSSH: what a file that cannot be read might say is not known.
			k.o.warn("%s cannot be read and is ignored: %s", path, reason(err))
			continue
		}
		if text := f.complaint(path); text != "" {
			k.o.warn("%s", text)
		}
		add(f)
	}
	if name == k.names[0] {
		f, err := k.command(name, key)
		if err != nil {
			return nil, err
		}
		add(f)
	}
	return append(all, k.s.cache.accepted(name)...), nil
}

// callback is the ssh.HostKeyCallback. It is called again when the connection gets new
// session keys: then the host shows the same key once more.
func (k *hostKeys) callback(_ string, _ net.Addr, key ssh.PublicKey) error {
	if k.accepted {
		if !sameKey(key, k.first) {
			return errors.New("the host showed another host key in the middle of the connection")
		}
		return nil
	}
	k.first = key
	return k.check(key)
}

// check accepts a key or says why not.
func (k *hostKeys) check(key ssh.PublicKey) error {
	switch revoked, err := k.s.revoked(k.ctx, key); {
	case err != nil:
		k.verdict = k.s.fail(ErrConfig, err, "repair it, or write RevokedHostKeys none into ssh_config",
			"foobar cannot tell from RevokedHostKeys %s whether the host key is revoked: %s", k.s.revokedHostKeys, reason(err))
		return k.verdict
	case revoked:
		k.verdict = k.revoked(key, k.s.revokedHostKeys+" (RevokedHostKeys)")
		return k.verdict
	}
	if k.pin != nil {
		if !k.pin.fits(key) {
			k.verdict, k.refused = k.changed(key, nil, "the inventory's host_key", ""), key.Type()
			return k.verdict
		}
		k.accepted, k.shown = true, key
		return nil
	}
	f, err := k.judge(key)
	if err != nil {
		return err
	}
	switch f.is {
	case isKnown:
		k.accepted, k.shown, k.by = true, f.key, f.line
		return nil
	case isUnknown:
		return k.decide(f)
	case isRevoked:
		k.verdict = k.revoked(f.key, f.line.where)
	case isChanged:
		where := f.line.where
		if kind := f.line.key.Type(); kind != f.key.Type() {
			where += fmt.Sprintf(" (%s, a kind of key that the host does not show)", kind)
		}
		k.verdict = k.changed(f.key, f.line, where, f.note)
	}
	return k.verdict
}

// decide is about an unknown key: it asks, unless StrictHostKeyChecking has decided.
func (k *hostKeys) decide(f finding) error {
	unknown := k.unknown(f)
	unasked := k.s.strictHostKeys == "accept-new" || k.s.strictHostKeys == "no"
	ok, err := unasked, error(nil)
	if !unasked && k.s.strictHostKeys != "yes" && k.ask != nil {
		ok, err = k.ask(k.s.name, f.key)
	}
	if err == nil && ok {
		err = appendKnown(k.s.knownHosts[0], []string{k.recorded(f.key)})
		if err != nil && unasked { // as ssh goes on then
			k.o.warn("the host key of %s is not remembered: %s", k.s.name, reason(err))
			err = nil
		}
		if err == nil {
			k.s.cache.accept(k.names[0], f.key)
			k.accepted, k.shown = true, f.key
			return nil
		}
		err = fmt.Errorf("remember the host key: %w", err)
	}
	k.verdict, unknown.Err = unknown, err
	if err != nil {
		unknown.Hint = clean(err.Error())
	}
	return unknown
}

func (k *hostKeys) unknown(f finding) *Error {
	// The line of the key that was compared: ssh-keyscan would take whatever
	// answers then.
	accept := "run: echo " + sh.Quote(k.line(f.key)) + " >> " + sh.Quote(k.s.knownHosts[0])
	if k.s.knownHosts[0] == os.DevNull {
		accept = "write it into the inventory: host_key = \"" + marshalled(f.key) + "\""
	}
	return k.s.fail(ErrHostKeyUnknown, nil,
		"compare the fingerprint with the host's own (ssh-keygen -lf "+publicFile(f.key.Type())+" there), then "+accept,
		"the host key of %s is not known: %s %s%s", k.s.hostPort(), f.key.Type(), ssh.FingerprintSHA256(f.key), f.note)
}

// line is what known_hosts would say of a key.
func (k *hostKeys) line(key ssh.PublicKey) string { return k.names[0] + " " + marshalled(key) }

// publicFile is where sshd keeps the public half of a host key of a kind.
func publicFile(kind string) string {
	for _, k := range []string{"ecdsa", "rsa"} {
		if strings.Contains(kind, k) {
			return "/etc/ssh/ssh_host_" + k + "_key.pub"
		}
	}
	return "/etc/ssh/ssh_host_ed25519_key.pub"
}

// revoked refuses a key that somebody has taken back.
func (k *hostKeys) revoked(key ssh.PublicKey, where string) *Error {
	return k.s.fail(ErrHostKeyChanged, nil, "give the host a new key and make that one known; whoever has this one can pass for the host",
		"the host key of %s is revoked by %s: it showed %s %s", k.s.hostPort(), where, key.Type(), ssh.FingerprintSHA256(key))
}

// changed refuses a key that is not the expected one. Old is the line with the expected
// one, or nil for a pin.
func (k *hostKeys) changed(key ssh.PublicKey, old *knownLine, where, note string) *Error {
	why := "if the host was reinstalled"
	if old != nil && old.key.Type() != key.Type() {
		why += ", or its sshd was told to use no keys of the known kind, as foobar does with ECDSA"
	}
	hint := why + ", put its new key there"
	if old != nil && old.file != "" {
		hint = why + ", remove the old key: ssh-keygen -R " + sh.Quote(k.names[0]) + " -f " + sh.Quote(old.file)
	}
	hint += "; if not, someone may be listening in"
	if k.s.strictHostKeys == "no" {
		hint += "; StrictHostKeyChecking no does not help: foobar brings secrets, and none to a host with such a key"
	}
	return k.s.fail(ErrHostKeyChanged, nil, hint, "the host key of %s is not the one in %s: it showed %s %s%s",
		k.s.hostPort(), where, key.Type(), ssh.FingerprintSHA256(key), note)
}

// AppendKnownHost writes a line for a key to a known_hosts file, which it
// creates, private, when there is none. The address is host:port.
func AppendKnownHost(file, address string, key ssh.PublicKey) error {
	return appendKnown(file, []string{knownhosts.Line([]string{address}, key)})
}

// appendKnown writes lines to a known_hosts file.
func appendKnown(file string, lines []string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	text := strings.Join(lines, "\n") + "\n"
	last := []byte{'\n'}
	if end, err := f.Seek(0, 2); err == nil && end > 0 {
		_, _ = f.ReadAt(last, end-1)
	}
	if last[0] != '\n' {
		text = "\n" + text
	}
	// One write, so that hosts accepted side by side do not mix their lines.
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// recorded is the line to write for a key, with the name hashed where HashKnownHosts
// says so.
func (k *hostKeys) recorded(key ssh.PublicKey) string {
	name := k.names[0]
	if k.s.hashKnownHosts {
		name = knownhosts.HashHostname(name)
	}
	return name + " " + marshalled(key)
}

func marshalled(key ssh.PublicKey) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
}
