package remote_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

func TestAuthRefusedListsWhatWasTried(t *testing.T) {
	unknown := sshtest.NewKey(t).PublicKey()
	s := sshtest.Start(t, sshtest.Config{OnlyKey: unknown})
	o := options(s)
	locked, _ := sshtest.WriteKey(t, "word")
	o.Identities = append(o.Identities, locked, "/nonexistent/key")
	refused(t, o, remote.ErrAuth, `the login of "alice"`, "offered "+s.ClientKeyFile+" (ssh-ed25519 SHA256:",
		"not used: "+locked+" (encrypted", "/nonexistent/key (no such file", "authorized_keys")
	o.Identities = []string{"/nonexistent/key"}
	refused(t, o, remote.ErrAuth, "no key was offered", "ssh-add")
}

func TestEncryptedKey(t *testing.T) {
	t.Parallel()
	file, public := sshtest.WriteKey(t, "open sesame")
	s := sshtest.Start(t, sshtest.Config{OnlyKey: public})
	o := options(s)
	unwanted, _ := sshtest.WriteKey(t, "never asked for")
	o.Identities = []string{unwanted, file}
	var asked []string
	o.Passphrase = func(keyfile string) (string, error) {
		asked = append(asked, keyfile)
		return []string{"wrong", "open sesame"}[min(len(asked)-1, 1)], nil
	}
	h := dial(t, o)
	if err := h.Prove(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 2 || asked[0] != file || asked[1] != file {
		t.Errorf("asked for %q; want the wanted key, twice in all", asked)
	}
	o.Passphrase = func(string) (string, error) { return "wrong", nil }
	refused(t, o, remote.ErrAuth, file, "wrong passphrase")
	o.Passphrase = nil
	refused(t, o, remote.ErrAuth, file+" (encrypted")
}

// startAgent serves an agent with fresh keys at $SSH_AUTH_SOCK.
func startAgent(t *testing.T, n int) []ssh.PublicKey {
	t.Helper()
	ring := serveAgent(t)
	for range n {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err == nil {
			err = ring.Add(agent.AddedKey{PrivateKey: private})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	keys, err := ring.List()
	if err != nil {
		t.Fatal(err)
	}
	var public []ssh.PublicKey
	for _, k := range keys {
		p, err := ssh.ParsePublicKey(k.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		public = append(public, p)
	}
	return public
}

func TestAgent(t *testing.T) {
	held := startAgent(t, 2)
	s := sshtest.Start(t, sshtest.Config{OnlyKey: held[1]})
	t.Setenv("HOME", t.TempDir())
	o := options(s)

	o.Identities = nil
	dial(t, o).Close()

	o.Identities = []string{s.ClientKeyFile}
	e := refused(t, o, remote.ErrAuth, s.ClientKeyFile)
	if strings.Contains(e.Error(), "agent") {
		t.Errorf("named identities are the only ones, in the agent too: %v", e)
	}

	pub := filepath.Join(t.TempDir(), "id.pub")
	if err := os.WriteFile(pub, ssh.MarshalAuthorizedKey(held[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Identities = []string{pub} // the public half picks the agent's key
	dial(t, o).Close()

	t.Setenv("SSH_AUTH_SOCK", "/nonexistent/agent")
	refused(t, o, remote.ErrAuth, "the agent at /nonexistent/agent")
}

func TestDefaultKeys(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	home := t.TempDir()
	t.Setenv("HOME", home)
	o := options(s)
	o.Identities = nil
	e := refused(t, o, remote.ErrAuth, "no key was offered")
	if strings.Contains(e.Error(), "id_ed25519") {
		t.Errorf("a key that is only a guess is not missed: %v", e)
	}
	data, err := os.ReadFile(s.ClientKeyFile)
	if err == nil {
		err = os.MkdirAll(home+"/.ssh", 0o700)
	}
	if err == nil {
		err = os.WriteFile(home+"/.ssh/id_ed25519", data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	dial(t, o)
}
