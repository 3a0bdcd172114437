package sshtest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"golang.org/x/crypto/ssh"
)

// NewKey makes a signer, of the kind ed25519.
func NewKey(t testing.TB) ssh.Signer {
	t.Helper()
	return NewKeyOf(t, ssh.KeyAlgoED25519)
}

// NewKeyOf makes a signer of a kind: ssh-ed25519, ecdsa-sha2-nistp256 or ssh-rsa.
func NewKeyOf(t testing.TB, kind string) ssh.Signer {
	t.Helper()
	var private crypto.Signer
	var err error
	switch kind {
	case ssh.KeyAlgoED25519:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case ssh.KeyAlgoECDSA256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case ssh.KeyAlgoRSA:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	default:
		t.Fatalf("no keys of the kind %s are made here", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// Certify signs a key as that of hosts with some names, for all time unless change
// says otherwise.
func Certify(t testing.TB, authority, key ssh.Signer, change func(*ssh.Certificate), names ...string) ssh.Signer {
	t.Helper()
	cert := &ssh.Certificate{Key: key.PublicKey(), CertType: ssh.HostCert, KeyId: "test", ValidPrincipals: names, ValidBefore: ssh.CertTimeInfinity}
	if change != nil {
		change(cert)
	}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// offer tells of the server's keys, as sshd does after every login.
func (s *Server) offer(conn ssh.Conn) {
	if len(s.conf.Offers) == 0 {
		return
	}
	var blobs [][]byte
	for _, key := range s.conf.Offers {
		blobs = append(blobs, key.PublicKey().Marshal())
	}
	_, _, _ = conn.SendRequest("hostkeys-00@openssh.com", false, join(blobs))
}

// answerGlobal proves the keys, and answers keepalives as sshd does: with a failure.
func (s *Server) answerGlobal(conn ssh.Conn, requests <-chan *ssh.Request) {
	for r := range requests {
		ok, reply := false, []byte(nil)
		if r.Type == "hostkeys-prove-00@openssh.com" {
			ok, reply = true, s.prove(conn.SessionID(), r.Payload)
		}
		if r.WantReply {
			_ = r.Reply(ok, reply)
		}
	}
}

// prove signs for each key that was asked for. Source: sshd's server_input_hostkeys_prove.
func (s *Server) prove(session, asked []byte) []byte {
	var signatures [][]byte
	for len(asked) > 0 {
		var next struct {
			Key  []byte
			Rest []byte `ssh:"rest"`
		}
		if ssh.Unmarshal(asked, &next) != nil {
			return nil
		}
		asked = next.Rest
		for _, key := range s.conf.Offers {
			if !bytes.Equal(key.PublicKey().Marshal(), next.Key) {
				continue
			}
			signed := ssh.Marshal(struct {
				Purpose      string
				Session, Key []byte
			}{"hostkeys-prove-00@openssh.com", session, next.Key})
			algorithm := ""
			if key.PublicKey().Type() == ssh.KeyAlgoRSA {
				algorithm = ssh.KeyAlgoRSASHA512
			}
			signature, err := key.(ssh.AlgorithmSigner).SignWithAlgorithm(rand.Reader, signed, algorithm)
			if err != nil {
				return nil
			}
			signatures = append(signatures, ssh.Marshal(signature))
		}
	}
	if s.conf.Proves != nil {
		signatures = s.conf.Proves(signatures)
	}
	return join(signatures)
}

func join(list [][]byte) []byte {
	var all []byte
	for _, text := range list {
		all = append(all, ssh.Marshal(struct{ Text []byte }{text})...)
	}
	return all
}
