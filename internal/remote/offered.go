package remote

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Trust is how a host proved who it is.
type Trust struct {
	// Kinds are the kinds of host key by which it is known here and that it has,
	// "ssh-ed25519", the one it showed first. A certificate's is its own:
	// "ssh-ed25519-cert-v01@openssh.com".
	Kinds []string
	// Offered are its other keys, which it proved to have and which are not known here.
	// They are looked for only where it is not known by its ed25519 key.
	Offered []ssh.PublicKey
	// File is the known_hosts file that would make them known, Name what to call the
	// host there; both are "" where the inventory pins the key, or no file is kept.
	File, Name string
	// Learned says that the Offered keys have been written to it and count from now on.
	Learned bool
}

// Trust is how the host proved who it is.
func (h *Host) Trust() Trust { return h.conn.trust }

// trusted says how the host proved who it is and, where that was not by an ed25519 key,
// asks it for its other keys: whoever hardens sshd must know them before. What it
// proves to have is remembered where ssh would do that (UpdateHostKeys): in the user's
// known_hosts, unless a certificate, a pin, a pattern or the machine's own file vouched
// for the host. Nothing is ever taken out of the file.
func (k *hostKeys) trusted(conn ssh.Conn, requests <-chan *ssh.Request) Trust {
	t := Trust{Kinds: []string{k.shown.Type()}}
	if k.pin == nil && k.s.knownHosts[0] != os.DevNull {
		t.File, t.Name = k.s.knownHosts[0], k.names[0]
	}
	if kindOf(k.shown.Type()) == ssh.KeyAlgoED25519 {
		return t
	}
	talk := &globalTalk{conn: conn, requests: requests}
	// The server offers its keys when the login is over; what answers this comes after.
	if _, _, err := talk.ask("keepalive@openssh.com", nil); err != nil {
		return t
	}
	var fresh []ssh.PublicKey
	for _, key := range talk.offered {
		if sameKey(key, k.shown) || !k.s.asksFor(key.Type()) {
			continue
		}
		switch k.knows(key) {
		case isKnown:
			if !slices.Contains(t.Kinds, key.Type()) {
				t.Kinds = append(t.Kinds, key.Type())
			}
		case isUnknown:
			fresh = append(fresh, key)
		}
	}
	if len(fresh) == 0 {
		return t
	}
	var err error
	if t.Offered, err = talk.prove(fresh); err != nil || !k.updates() || len(t.Offered) == 0 {
		return t
	}
	lines := make([]string, len(t.Offered))
	for i, key := range t.Offered {
		lines[i] = k.recorded(key)
	}
	if err := appendKnown(t.File, lines); err != nil {
		k.o.warn("the other host keys of %s are not remembered: %s", k.s.name, reason(err))
		return t
	}
	t.Learned = true
	for _, key := range t.Offered {
		t.Kinds = append(t.Kinds, key.Type())
	}
	return t
}

// knows is what a further key of the host counts for, by the same pin or files.
func (k *hostKeys) knows(key ssh.PublicKey) standing {
	if revoked, err := k.s.revoked(k.ctx, key); revoked || err != nil {
		return isRevoked
	}
	if k.pin != nil {
		return isUnknown // a pin fits one key
	}
	f, err := k.judge(key)
	switch {
	case err != nil:
		return isRevoked
	case f.is == isChanged: // only the other ones are known
		return isUnknown
	}
	return f.is
}

// asksFor reports whether a host may show keys of a kind.
func (s *settings) asksFor(kind string) bool {
	return slices.ContainsFunc(s.algorithms(), func(a string) bool { return kindOf(a) == kind && !strings.Contains(a, certSuffix) })
}

// updates reports whether known_hosts may learn further keys of the host.
func (k *hostKeys) updates() bool {
	_, certified := k.shown.(*ssh.Certificate)
	if certified || k.pin != nil || k.s.knownHosts[0] == os.DevNull || !k.s.updateHostKeys || len(k.o.KnownHosts) > 0 {
		return false // named files are somebody's, as UserKnownHostsFile is to ssh
	}
	l := k.by
	return l == nil || l.file != "" && !slices.Contains(k.s.globalKnownHosts, l.file) && !strings.ContainsAny(l.names, "*?!")
}

// globalTalk asks the host questions that belong to no channel, while the host may
// ask some of its own.
type globalTalk struct {
	conn     ssh.Conn
	requests <-chan *ssh.Request
	offered  []ssh.PublicKey
}

// The host's offer of its keys, and the question whether it has them. Source:
// draft-miller-sshm-hostkey-update.
const (
	offersKeys = "hostkeys-00@openssh.com"
	provesKeys = "hostkeys-prove-00@openssh.com"
)

// ask sends a request and hears what the host asks until the answer has come. It ends
// with the connection, which whoever counts the time closes.
func (t *globalTalk) ask(name string, payload []byte) (ok bool, reply []byte, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		ok, reply, err = t.conn.SendRequest(name, true, payload)
	}()
	for {
		select {
		case r := <-t.requests:
			t.hear(r)
		case <-done:
			for len(t.requests) > 0 { // what came before the answer
				t.hear(<-t.requests)
			}
			return ok, reply, err
		}
	}
}

// hear takes in a request of the host; nil says that the connection has ended.
func (t *globalTalk) hear(r *ssh.Request) {
	if r == nil {
		t.requests = nil
		return
	}
	if r.WantReply {
		_ = r.Reply(false, nil)
	}
	if r.Type != offersKeys {
		return
	}
	t.offered = nil
	for _, blob := range stringsIn(r.Payload) {
		key, err := ssh.ParsePublicKey(blob)
		if err != nil {
			continue // of a kind that is not known here
		}
		if _, certified := key.(*ssh.Certificate); certified || key.Type() == ssh.InsecureKeyAlgoDSA {
			continue
		}
		if !slices.ContainsFunc(t.offered, func(k ssh.PublicKey) bool { return sameKey(k, key) }) {
			t.offered = append(t.offered, key)
		}
	}
}

// prove has the host sign with the private halves of keys. Those for which it does are
// returned; an answer that is wrong in one place counts for nothing.
func (t *globalTalk) prove(keys []ssh.PublicKey) ([]ssh.PublicKey, error) {
	var payload []byte
	for _, key := range keys {
		payload = append(payload, ssh.Marshal(struct{ Key []byte }{key.Marshal()})...)
	}
	ok, reply, err := t.ask(provesKeys, payload)
	if err != nil || !ok {
		return nil, errors.Join(errors.New("the host proves none of its other keys"), err)
	}
	signatures := stringsIn(reply)
	if len(signatures) != len(keys) {
		return nil, fmt.Errorf("the host was asked to prove %d keys and proves %d", len(keys), len(signatures))
	}
	for i, key := range keys {
		var s ssh.Signature
		if err := ssh.Unmarshal(signatures[i], &s); err != nil || s.Format == ssh.KeyAlgoRSA {
			return nil, errors.New("the host's proof of a key cannot be read")
		}
		signed := ssh.Marshal(struct {
			Purpose      string
			Session, Key []byte
		}{provesKeys, t.conn.SessionID(), key.Marshal()})
		if err := key.Verify(signed, &s); err != nil {
			return nil, fmt.Errorf("the host does not have its %s key: %w", key.Type(), err)
		}
	}
	return keys, nil
}

// stringsIn splits what is a row of strings, each behind its length (RFC 4251, 5).
func stringsIn(data []byte) [][]byte {
	var all [][]byte
	for len(data) > 0 {
		var next struct {
			Text []byte
			Rest []byte `ssh:"rest"`
		}
		if ssh.Unmarshal(data, &next) != nil {
			return nil
		}
		all, data = append(all, next.Text), next.Rest
	}
	return all
}
