package remote_test

import (
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// testAgent is an agent that can be told not to sign.
type testAgent struct {
	agent.ExtendedAgent
	refuse bool
}

func (a *testAgent) SignWithFlags(key ssh.PublicKey, data []byte, flags agent.SignatureFlags) (*ssh.Signature, error) {
	if a.refuse {
		return nil, errors.New("nobody touched it")
	}
	return a.ExtendedAgent.SignWithFlags(key, data, flags)
}

func (a *testAgent) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	return a.SignWithFlags(key, data, 0)
}

// serveAgent serves an agent without keys at $SSH_AUTH_SOCK.
func serveAgent(t *testing.T) *testAgent {
	t.Helper()
	ring := &testAgent{ExtendedAgent: agent.NewKeyring().(agent.ExtendedAgent)}
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	ln, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, c); c.Close() }()
		}
	}()
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(dir, "s"))
	return ring
}

// openSSHFile is a private key in OpenSSH's form whose private half nobody can read.
func openSSHFile(public []byte) []byte {
	body := append([]byte("openssh-key-v1\x00"), ssh.Marshal(struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public, Private      []byte
	}{"none", "none", "", 1, public, []byte("unreadable")})...)
	return pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: body})
}
