package remote

import (
	"slices"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestWays: PreferredAuthentications orders and leaves out, the switches leave out, and
// a password is never among them.
func TestWays(t *testing.T) {
	for _, c := range []struct {
		s    settings
		want []string
	}{
		{settings{}, []string{"publickey", "keyboard-interactive"}},
		{settings{preferredAuth: []string{"gssapi-with-mic", "keyboard-interactive", "publickey", "password"}}, []string{"keyboard-interactive", "publickey"}},
		{settings{preferredAuth: []string{"publickey"}}, []string{"publickey"}},
		{settings{preferredAuth: []string{"password"}}, nil},
		{settings{noKeyboard: true}, []string{"publickey"}},
		{settings{noPublicKey: true}, []string{"keyboard-interactive"}},
	} {
		if got := c.s.ways(); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.s, got, c.want)
		}
	}
}

// kind is a key of a kind.
type kind string

func (k kind) Type() string                        { return string(k) }
func (k kind) Marshal() []byte                     { return []byte(k) }
func (k kind) Verify([]byte, *ssh.Signature) error { return nil }

// TestAccepts: an RSA key goes under the names of its signatures.
func TestAccepts(t *testing.T) {
	s := settings{pubkeyAlgorithms: []string{"rsa-sha2-512", "ssh-ed25519-cert-v01@openssh.com"}}
	for k, want := range map[kind]bool{"ssh-rsa": true, "ssh-ed25519": false, "ssh-ed25519-cert-v01@openssh.com": true, "ssh-rsa-cert-v01@openssh.com": false} {
		if s.accepts(k) != want || !(&settings{}).accepts(k) {
			t.Errorf("%s: %v", k, !want)
		}
	}
}
