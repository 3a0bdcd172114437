package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentTime is how long an agent may take to sign: it may have to ask a person, or
// wait for a security key to be touched. sshd waits as long for a login.
const agentTime = 2 * time.Minute

var errAgent = errors.New("the agent did not sign")

// agentConn is a connection to an agent.
type agentConn struct {
	conn   net.Conn
	client agent.ExtendedAgent
}

func (a *agentConn) close() {
	if a != nil {
		a.conn.Close()
	}
}

// agentKeys asks the agent; without one there are none.
func (l *login) agentKeys() []*agentKey {
	socket := l.keys.s.agentSocket
	if socket == "" {
		return nil
	}
	failed := func(err error) {
		l.skipped = append(l.skipped, "the agent at "+clean(socket)+" ("+reason(err)+")")
	}
	conn, err := (&net.Dialer{}).DialContext(l.clock, "unix", socket)
	if err != nil {
		failed(err)
		return nil
	}
	context.AfterFunc(l.clock, func() { conn.Close() }) // an agent may hang, too
	l.agent = &agentConn{conn, agent.NewClient(conn)}
	list, err := l.agent.client.List()
	if err != nil {
		failed(err)
	}
	keys := make([]*agentKey, len(list))
	for i, k := range list {
		keys[i] = &agentKey{key: k, l: l}
	}
	return keys
}

// agentKey signs with a key of the agent.
type agentKey struct {
	key *agent.Key
	l   *login
}

func (k *agentKey) PublicKey() ssh.PublicKey { return k.key }

// called is what messages call a key that no file names.
func (k *agentKey) called() string {
	if k.key.Comment == "" {
		return "agent's key"
	}
	return fmt.Sprintf("agent's key %q", clean(k.key.Comment))
}

func (k *agentKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return k.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm has the agent sign. For RSA keys the algorithm says with which
// hash; source: draft-miller-ssh-agent, SSH_AGENT_RSA_SHA2_256.
func (k *agentKey) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	var flags agent.SignatureFlags
	switch algorithm {
	case ssh.KeyAlgoRSASHA256:
		flags = agent.SignatureFlagRsaSha256
	case ssh.KeyAlgoRSASHA512:
		flags = agent.SignatureFlagRsaSha512
	}
	var (
		sig *ssh.Signature
		err error
	)
	k.l.clock.ask(func() {
		limit := time.AfterFunc(agentTime, k.l.agent.close)
		defer limit.Stop()
		sig, err = k.l.agent.client.SignWithFlags(k.key, data, flags)
	})
	if err != nil {
		k.l.err = fmt.Errorf("%w with %s: %s", errAgent, k.called(), reason(err))
	}
	return sig, err
}
