package remote_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
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
	serve(t, ring)
	return ring
}

// serve serves an agent at $SSH_AUTH_SOCK.
func serve(t *testing.T, ring agent.Agent) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	sshtest.Accept(t, "unix", filepath.Join(dir, "s"), func(c net.Conn) { _ = agent.ServeAgent(ring, c) })
	t.Setenv("SSH_AUTH_SOCK", filepath.Join(dir, "s"))
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

// fido is an agent with the key of a security key. Source: OpenSSH's PROTOCOL.u2f.
type fido struct {
	*testAgent
	private ed25519.PrivateKey
	touched int
	waits   time.Duration // for each touch
}

func (f *fido) blob() []byte {
	return ssh.Marshal(struct {
		Kind        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, f.private.Public().(ed25519.PublicKey), "ssh:"})
}

func (f *fido) List() ([]*agent.Key, error) {
	return []*agent.Key{{Format: ssh.KeyAlgoSKED25519, Blob: f.blob(), Comment: "yubikey"}}, nil
}

func (f *fido) SignWithFlags(_ ssh.PublicKey, data []byte, _ agent.SignatureFlags) (*ssh.Signature, error) {
	f.touched++
	time.Sleep(f.waits) // until somebody touches it
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	about := []byte{1, 0, 0, 0, 7} // touched; the counter
	signed := slices.Concat(application[:], about, message[:])
	return &ssh.Signature{Format: ssh.KeyAlgoSKED25519, Blob: ed25519.Sign(f.private, signed), Rest: about}, nil
}

func (f *fido) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	return f.SignWithFlags(key, data, 0)
}

// TestDefaultKeysInTheAgent: of a default key only the public half and the certificate need
// be on this machine, as with a smart card.
func TestDefaultKeysInTheAgent(t *testing.T) {
	ca := sshtest.NewKey(t)
	s := sshtest.Start(t, sshtest.Config{Login: onlyCA(ca.PublicKey())})
	signer, err := ssh.NewSignerFromKey(rawKey(t, s.ClientKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.Mkdir(home+"/.ssh", 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("SSH_AUTH_SOCK", "")
	o := options(s)
	o.Identities = nil
	file := home + "/.ssh/id_ed25519"
	write(t, file+".pub", ssh.MarshalAuthorizedKey(signer.PublicKey()))
	refused(t, o, remote.ErrAuth, "not used: "+file+" (a public key, and the agent lacks")
	addTo(t, serveAgent(t), agent.AddedKey{PrivateKey: rawKey(t, s.ClientKeyFile)})
	refused(t, o, remote.ErrAuth, "offered agent's "+file)
	write(t, file+"-cert.pub", ssh.MarshalAuthorizedKey(certify(t, ca, signer.PublicKey(), nil)))
	dial(t, o).Close()
	if err := os.Remove(file + ".pub"); err != nil {
		t.Fatal(err)
	}
	dial(t, o).Close()
}

// TestProviderOfKeys: a library of keys is named where a login fails, with what gives them
// to the agent.
func TestProviderOfKeys(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{OnlyKey: sshtest.NewKey(t).PublicKey()})
	o := configured(t, s, s.Host, fmt.Sprintf("Host *\n  Port %d\n  User alice\n  IdentityFile %s\n  UserKnownHostsFile %s\n  PKCS11Provider /usr/lib/opensc-pkcs11.so\n", s.Port, s.ClientKeyFile, s.KnownHosts))
	refused(t, o, remote.ErrAuth, "PKCS11Provider /usr/lib/opensc-pkcs11.so that the agent lacks (ssh-add -s /usr/lib/opensc-pkcs11.so ")
}

// TestSecurityKey: a FIDO key logs in through the agent, also where only identities
// count, and the time that the touch takes is not the host's.
func TestSecurityKey(t *testing.T) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &fido{testAgent: &testAgent{ExtendedAgent: agent.NewKeyring().(agent.ExtendedAgent)}, private: private}
	pub, err := ssh.ParsePublicKey(f.blob())
	if err != nil {
		t.Fatal(err)
	}
	serve(t, f)
	s := sshtest.Start(t, sshtest.Config{OnlyKey: pub})
	o := options(s)
	o.ConnectTimeout = brief(t)
	f.waits = o.ConnectTimeout + 100*time.Millisecond
	file := filepath.Join(t.TempDir(), "id_ed25519_sk")
	write(t, file, openSSHFile(f.blob()))
	o.Identities = []string{file}
	dial(t, o).Close()
	t.Setenv("HOME", t.TempDir())
	o.Identities = nil
	dial(t, o).Close()
	if f.touched != 2 {
		t.Errorf("touched %d times", f.touched)
	}
}
