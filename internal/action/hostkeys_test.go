package action

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"foobar/internal/engine"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// TestWhatMakesAnotherKeyKnown: a host that is known by its ECDSA key alone offers its
// others, and people are told which line to write.
func TestWhatMakesAnotherKeyKnown(t *testing.T) {
	weak, good := sshtest.NewKeyOf(t, ssh.KeyAlgoECDSA256), sshtest.NewKey(t)
	s := sshtest.Start(t, sshtest.Config{HostKey: weak, MoreKeys: []ssh.Signer{good}, Offers: []ssh.Signer{weak, sshtest.NewKeyOf(t, ssh.KeyAlgoRSA), good}})
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(good.PublicKey())))
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte(knownhosts.Line([]string{s.Addr()}, weak.PublicKey())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for pin, want := range map[string]string{
		"":                                      "add to " + file + ": " + knownhosts.Normalize(s.Addr()) + " " + line,
		ssh.FingerprintSHA256(weak.PublicKey()): "write into [hosts.web1]: host_key = \"" + line + "\"",
	} {
		h, err := remote.Dial(t.Context(), remote.Options{Name: "web1", Address: s.Host, Port: s.Port, User: "alice", NoConfig: true,
			Identities: []string{s.ClientKeyFile}, KnownHosts: []string{file}, HostKey: pin, RunDir: s.RunDir})
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		var known engine.Acquaintance = target{h}
		if got := known.HostKeys(); !got.OnlyECDSA() || got.More != want {
			t.Errorf("pin %q: %+v, want %s", pin, got, want)
		}
	}
}
