package remote_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"foobar/internal/fault/faulttest"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// certify signs a certificate for a user's key.
func certify(t *testing.T, ca ssh.Signer, key ssh.PublicKey, change func(*ssh.Certificate)) *ssh.Certificate {
	t.Helper()
	now := time.Now()
	cert := &ssh.Certificate{Key: key, CertType: ssh.UserCert, KeyId: "alice@laptop", ValidPrincipals: []string{"alice"},
		ValidAfter: uint64(now.Add(-time.Hour).Unix()), ValidBefore: uint64(now.Add(time.Hour).Unix())}
	if change != nil {
		change(cert)
	}
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	return cert
}

// onlyCA lets in who has a certificate of the CA, as TrustedUserCAKeys does.
func onlyCA(ca ssh.PublicKey) func(*ssh.ServerConfig) {
	return func(c *ssh.ServerConfig) {
		checker := &ssh.CertChecker{IsUserAuthority: func(key ssh.PublicKey) bool { return bytes.Equal(key.Marshal(), ca.Marshal()) },
			UserKeyFallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, os.ErrPermission }}
		c.PublicKeyCallback = checker.Authenticate
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// addTo gives a key to the agent at $SSH_AUTH_SOCK.
func addTo(t *testing.T, ring agent.Agent, key agent.AddedKey) {
	t.Helper()
	if err := ring.Add(key); err != nil {
		t.Fatal(err)
	}
}

func rawKey(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParseRawPrivateKey(data)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestUserCertificates: a certificate is found beside its key, where CertificateFile
// names it, as an identity itself, and in the agent.
func TestUserCertificates(t *testing.T) {
	ca := sshtest.NewKey(t)
	s := sshtest.Start(t, sshtest.Config{Login: onlyCA(ca.PublicKey())})
	t.Setenv("HOME", t.TempDir())
	key, pub := sshtest.WriteKey(t, "")
	cert := certify(t, ca, pub, nil)
	line := ssh.MarshalAuthorizedKey(cert)
	o := options(s)
	o.Identities = []string{key}
	refused(t, o, remote.ErrAuth, key+" (ssh-ed25519 ")

	write(t, key+"-cert.pub", line)
	dial(t, o).Close()
	if err := os.Remove(key + "-cert.pub"); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "mine.pub")
	write(t, elsewhere, line)
	o.Identities = []string{elsewhere, key} // IdentityFile may name a certificate
	dial(t, o).Close()

	ring := serveAgent(t)
	addTo(t, ring, agent.AddedKey{PrivateKey: rawKey(t, key)})
	o.Identities = []string{elsewhere} // the agent has the private half
	dial(t, o).Close()
	addTo(t, ring, agent.AddedKey{PrivateKey: rawKey(t, key), Certificate: cert})
	o.Identities = []string{key} // the agent has the certificate of a key that is named
	dial(t, o).Close()
	o.Identities = nil
	dial(t, o).Close()
}

func TestEncryptedKeyWithCertificate(t *testing.T) {
	ca := sshtest.NewKey(t)
	s := sshtest.Start(t, sshtest.Config{Login: onlyCA(ca.PublicKey())})
	key, pub := sshtest.WriteKey(t, "open sesame")
	write(t, key+"-cert.pub", ssh.MarshalAuthorizedKey(certify(t, ca, pub, nil)))
	o := options(s)
	o.Identities = []string{key}
	asked := 0
	o.Passphrase = func(string) (string, error) { asked++; return "open sesame", nil }
	dial(t, o)
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

// TestCertificatesThatDoNotHelp: the message says which certificate it was and what is
// wrong with it.
func TestCertificatesThatDoNotHelp(t *testing.T) {
	ca := sshtest.NewKey(t)
	s := sshtest.Start(t, sshtest.Config{Login: onlyCA(ca.PublicKey())})
	key, pub := sshtest.WriteKey(t, "")
	o := options(s)
	o.Identities = []string{key}
	for words, change := range map[string]func(*ssh.Certificate){
		"which expired on 2020-01-31": func(c *ssh.Certificate) { c.ValidAfter, c.ValidBefore = 1, 1580460000 },
		"which is valid only from ": func(c *ssh.Certificate) {
			c.ValidAfter, c.ValidBefore = uint64(time.Now().Add(time.Hour).Unix()), ssh.CertTimeInfinity
		},
	} {
		write(t, key+"-cert.pub", ssh.MarshalAuthorizedKey(certify(t, ca, pub, change)))
		refused(t, o, remote.ErrAuth, key+"-cert.pub (ssh-ed25519-cert-v01@openssh.com SHA256:", `certificate "alice@laptop"`, words, "replace the certificate")
	}
	other, _ := sshtest.WriteKey(t, "")
	write(t, other+"-cert.pub", ssh.MarshalAuthorizedKey(certify(t, ca, pub, nil)))
	o.Identities = []string{other}
	refused(t, o, remote.ErrAuth, other+"-cert.pub (its private key is not among the identities and not in the agent)")
}

// TestKeysOnlyAnAgentOpens: the files of such keys cannot be read here, and their
// public halves find them in the agent, also where only identities count.
func TestKeysOnlyAnAgentOpens(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("there is no ssh-keygen")
	}
	plain, pub := sshtest.WriteKey(t, "")
	s := sshtest.Start(t, sshtest.Config{OnlyKey: pub})
	rsa := filepath.Join(t.TempDir(), "id_rsa")
	keygen := exec.Command("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", "open sesame", "-f", rsa)
	if out, err := keygen.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	o := options(s)
	o.Identities = []string{rsa}
	o.Passphrase = func(string) (string, error) { return "open sesame", nil }
	e := refused(t, o, remote.ErrAuth, rsa+" (encrypted as PKCS #8", "ssh-add")
	faulttest.Wants(t, e, "SSH07")

	// As if the encrypted file were that of the key that the server takes.
	write(t, rsa+".pub", ssh.MarshalAuthorizedKey(pub))
	ring := serveAgent(t)
	_, other, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	addTo(t, ring, agent.AddedKey{PrivateKey: other})
	addTo(t, ring, agent.AddedKey{PrivateKey: rawKey(t, plain)})
	dial(t, o).Close()

	// FIDO: the public half stands in the file, and need not lie beside it.
	blob := ssh.Marshal(struct {
		Kind        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, make([]byte, 32), "ssh:"})
	fido := filepath.Join(t.TempDir(), "id_ed25519_sk")
	write(t, fido, openSSHFile(blob))
	o.Identities = []string{fido}
	refused(t, o, remote.ErrAuth, fido+" (a key of a security key (FIDO)", "ssh-add")
	write(t, fido, openSSHFile(pub.Marshal()))
	dial(t, o).Close()
}

// TestRSAKeysOfAnAgent: signed with SHA-2, the only way that servers take.
func TestRSAKeysOfAnAgent(t *testing.T) {
	if _, err := exec.LookPath("ssh-agent"); err != nil {
		t.Skip("there is no ssh-agent")
	}
	dir := t.TempDir()
	key := filepath.Join(dir, "id_rsa")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	pub, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		t.Fatal(err)
	}
	addTo(t, serveAgent(t), agent.AddedKey{PrivateKey: rawKey(t, key)})
	s := sshtest.Start(t, sshtest.Config{OnlyKey: pub})
	o := options(s)
	o.Identities = []string{key + ".pub"}
	dial(t, o).Close()
	t.Setenv("SSH_AUTH_SOCK", "")
	o.Identities = []string{key}
	dial(t, o)
}

// TestAgentThatDoesNotSign keeps no other key from being tried.
func TestAgentThatDoesNotSign(t *testing.T) {
	first, one := sshtest.WriteKey(t, "")
	_ = first
	s := sshtest.Start(t, sshtest.Config{Login: func(c *ssh.ServerConfig) {
		c.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }
	}})
	ring := serveAgent(t)
	addTo(t, ring, agent.AddedKey{PrivateKey: rawKey(t, first)})
	ring.refuse = true
	o := options(s)
	pub := filepath.Join(t.TempDir(), "id.pub")
	write(t, pub, ssh.MarshalAuthorizedKey(one))
	o.Identities = []string{pub, s.ClientKeyFile}
	dial(t, o).Close()
	o.Identities = []string{pub}
	e := refused(t, o, remote.ErrAuth, "the agent did not sign with agent's key", "touch the security key")
	if errors.Is(e, remote.ErrUnreachable) || strings.Contains(e.Error(), "broke off") {
		t.Error(e)
	}
}
