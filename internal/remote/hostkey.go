package remote

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"foobar/internal/sh"
)

// hostKeys checks the key a host shows. One is made for each handshake, so that
// a key accepted a moment ago counts.
type hostKeys struct {
	s          *settings
	algorithms []string // to ask for, in this order
	check      ssh.HostKeyCallback
	pinned     string // the pin, or empty
	files      []string
	ask        func(host string, key ssh.PublicKey) (bool, error)
	known      bool   // the host was in a file before
	accepted   bool   // the handshake got past the host key
	verdict    *Error // why the key was refused
}

// newHostKeys reads the pin or the known_hosts files.
func newHostKeys(s *settings, pin string, ask func(string, ssh.PublicKey) (bool, error)) (*hostKeys, error) {
	k := &hostKeys{s: s, ask: ask, pinned: pin, algorithms: preferredAlgorithms()}
	if pin != "" {
		return k, k.usePin(pin)
	}
	for _, f := range s.knownHosts {
		if _, err := os.Stat(f); err == nil {
			k.files = append(k.files, f)
		}
	}
	db, err := s.cache.knownHosts(k.files)
	if err != nil {
		return nil, s.fail(ErrConfig, err, "repair or remove that line", "cannot read known_hosts: %s", clean(err.Error()))
	}
	k.check = db.HostKeyCallback()
	if known := db.HostKeyAlgorithms(k.addr()); len(known) > 0 {
		k.algorithms, k.known = known, true
	}
	return k, nil
}

// preferredAlgorithms puts ed25519 first, as people and ssh-keyscan do, and
// leaves out SHA-1.
func preferredAlgorithms() []string {
	return []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
}

func (k *hostKeys) usePin(pin string) error {
	fits := func(key ssh.PublicKey) bool { return ssh.FingerprintSHA256(key) == pin }
	if !strings.HasPrefix(pin, "SHA256:") {
		want, _, _, _, err := ssh.ParseAuthorizedKey([]byte(pin))
		if err != nil {
			return k.s.fail(ErrConfig, err, `give "ssh-ed25519 AAAA…" or "SHA256:…"`, "host_key is not a public key")
		}
		k.algorithms, k.known = []string{want.Type()}, true
		if want.Type() == ssh.KeyAlgoRSA {
			k.algorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		}
		fits = func(key ssh.PublicKey) bool { return bytes.Equal(key.Marshal(), want.Marshal()) }
	}
	k.check = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		if !fits(key) {
			return k.changed(key, "the inventory's host_key")
		}
		return nil
	}
	return nil
}

// addr is the host as known_hosts has it, before normalising.
func (k *hostKeys) addr() string { return k.s.keyAddr }

// callback is the ssh.HostKeyCallback. The real remote address plays no part,
// as in OpenSSH (CheckHostIP no), and there may be none behind a proxy.
func (k *hostKeys) callback(_ string, _ net.Addr, key ssh.PublicKey) error {
	err := k.check(k.addr(), &net.TCPAddr{}, key)
	if err == nil {
		k.accepted = true
		return nil
	}
	var (
		mine    *Error
		unknown *xknownhosts.KeyError
		revoked *xknownhosts.RevokedError
	)
	switch {
	case errors.As(err, &mine):
		k.verdict = mine
	case errors.As(err, &revoked):
		k.verdict = k.changed(key, fmt.Sprintf("%s:%d, which revokes it", revoked.Revoked.Filename, revoked.Revoked.Line))
	case errors.As(err, &unknown) && len(unknown.Want) > 0:
		k.verdict = k.changed(key, fmt.Sprintf("%s:%d", unknown.Want[0].Filename, unknown.Want[0].Line))
	case errors.As(err, &unknown):
		return k.decide(key)
	default: // such as a certificate that has run out
		k.verdict = k.changed(key, "known_hosts ("+reason(err)+")")
	}
	return k.verdict
}

// decide asks about an unknown key.
func (k *hostKeys) decide(key ssh.PublicKey) error {
	unknown := k.unknown(key)
	if k.ask == nil {
		k.verdict = unknown
		return unknown
	}
	ok, err := k.ask(k.s.name, key)
	if err == nil && ok {
		if err = AppendKnownHost(k.s.knownHosts[0], k.addr(), key); err == nil {
			k.accepted = true
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

func (k *hostKeys) unknown(key ssh.PublicKey) *Error {
	// The line of the key that was compared: ssh-keyscan would take whatever
	// answers then.
	accept := "echo " + sh.Quote(knownhosts.Line([]string{k.addr()}, key)) + " >> " + sh.Quote(k.s.knownHosts[0])
	return k.s.fail(ErrHostKeyUnknown, nil,
		"compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then run: "+accept,
		"nothing vouches for the host key of %s: %s %s", k.s.hostPort(), key.Type(), ssh.FingerprintSHA256(key))
}

func (k *hostKeys) changed(key ssh.PublicKey, where string) *Error {
	hint := "if the host was reinstalled, remove the old key: ssh-keygen -R '" + knownhosts.Normalize(k.addr()) + "'; if not, someone may be listening in"
	if k.pinned != "" {
		hint = "if the host was reinstalled, put its new key there; if not, someone may be listening in"
	}
	return k.s.fail(ErrHostKeyChanged, nil, hint, "the host key of %s is not the one in %s: it showed %s %s",
		k.s.hostPort(), where, key.Type(), ssh.FingerprintSHA256(key))
}

// AppendKnownHost writes a line for a key to a known_hosts file, which it
// creates, private, when there is none. The address is host:port.
func AppendKnownHost(file, address string, key ssh.PublicKey) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	line := knownhosts.Line([]string{address}, key) + "\n"
	last := []byte{'\n'}
	if end, err := f.Seek(0, 2); err == nil && end > 0 {
		_, _ = f.ReadAt(last, end-1)
	}
	if last[0] != '\n' {
		line = "\n" + line
	}
	// One write, so that hosts accepted side by side do not mix their lines.
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// KnownLine is the line of known_hosts that a pin stands for, as ssh asks for it
// (KnownHostsCommand in ssh_config(5), with %H %t %K). With a fingerprint there is
// none until the host has shown a key that it fits; before that ssh names "NONE".
func KnownLine(pin, host, kind, key string) (string, error) {
	if !strings.HasPrefix(pin, "SHA256:") {
		public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(pin))
		if err != nil {
			return "", fmt.Errorf("host_key is not a host key: %w", err)
		}
		return host + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(public))) + "\n", nil
	}
	if key == "NONE" {
		return "", nil
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey([]byte(kind + " " + key))
	if err != nil {
		return "", fmt.Errorf("the host's key: %w", err)
	}
	if got := ssh.FingerprintSHA256(public); got != pin {
		return "", fmt.Errorf("the host showed a key with the fingerprint %s, and the inventory pins %s", got, pin)
	}
	return host + " " + kind + " " + key + "\n", nil
}
