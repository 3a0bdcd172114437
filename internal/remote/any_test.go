package remote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// TestAnotherAddressAnswers: a host that is deaf at its first address is
// reached at another, with the host key known for the first, and stays so after
// Dial has returned.
func TestAnotherAddressAnswers(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	known, err := os.ReadFile(s.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(known), s.Host, "127.0.0.2")), 0o600); err != nil {
		t.Fatal(err)
	}
	o.KnownHosts, o.Address, o.Also = []string{file}, "127.0.0.2", []string{"127.0.0.3", s.Host}
	h := dial(t, o)
	if !strings.HasPrefix(h.Address(), s.Host+":") {
		t.Errorf("reached at %s", h.Address())
	}
	if got := run(t, h, "echo there"); got != "there" {
		t.Errorf("it said %q", got)
	}
	if err := h.Prove(t.Context()); err != nil {
		t.Error(err)
	}
	o.Also = []string{"127.0.0.3"}
	refused(t, o, remote.ErrUnreachable, "127.0.0.2")
	o.Also, o.KnownHosts = []string{s.Host}, []string{os.DevNull}
	refused(t, o, remote.ErrUnreachable) // nothing vouches for whoever answers elsewhere
}
