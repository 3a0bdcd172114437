package remote_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault/faulttest"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// wantsCode lets in who has a key and then knows a code, as AuthenticationMethods
// "publickey,keyboard-interactive" does.
func wantsCode(code string) func(*ssh.ServerConfig) {
	return func(c *ssh.ServerConfig) {
		admit := c.PublicKeyCallback
		ask := func(_ ssh.ConnMetadata, put ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := put("\x1b[2J", "Two factors\x1b]0;owned\x07", []string{"Verification code: \x1b[31m", "Account: "}, []bool{false, true})
			if err == nil && (len(answers) != 2 || answers[0] != code) {
				err = errors.New("wrong code")
			}
			return nil, err
		}
		c.PublicKeyCallback = func(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if _, err := admit(m, key); err != nil {
				return nil, err
			}
			return nil, &ssh.PartialSuccessError{Next: ssh.ServerAuthCallbacks{KeyboardInteractiveCallback: ask}}
		}
	}
}

// TestOneTimePasswords: what the host asks comes to the person as plain text, with the
// name of the host, and a wrong answer may be mended.
func TestOneTimePasswords(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{Login: wantsCode("123456")})
	o := options(s)
	o.ConnectTimeout = brief(t) // a person takes longer
	asked := 0
	o.Questions = func(host, about string, questions []remote.Question) ([]string, error) {
		asked++
		want := []remote.Question{{Text: "Verification code:"}, {Text: "Account:", Echo: true}}
		if host != "web1" || about != "Two factors" || !slices.Equal(questions, want) {
			t.Errorf("%q asks, about %q: %+v", host, about, questions)
		}
		time.Sleep(o.ConnectTimeout + 100*time.Millisecond)
		return []string{[]string{"000000", "123456"}[min(asked-1, 1)], "alice"}, nil
	}
	dial(t, o).Close()
	if asked != 2 {
		t.Errorf("asked %d times, want twice", asked)
	}
	o.Questions = func(string, string, []remote.Question) ([]string, error) { return []string{"0", "0"}, nil }
	faulttest.Wants(t, refused(t, o, remote.ErrAuth, "accepted a key", "answer its questions once more"), "SSH19")

	o.Questions = func(string, string, []remote.Question) ([]string, error) { return nil, errors.New("the person left") }
	refused(t, o, remote.ErrAuth, "given up: the person left")

	o.Questions = nil
	e := refused(t, o, remote.ErrAuth, `accepted a key of "alice"`, "keyboard-interactive", "run foobar on a terminal", "AuthenticationMethods")
	faulttest.Wants(t, e, "SSH19")
	if strings.Contains(e.Error(), "authorized_keys") {
		t.Errorf("the key is not to blame: %v", e)
	}
}

// TestOnlyPasswords: where a server takes no keys the message says so, and no password
// is sent.
func TestOnlyPasswords(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{Login: func(c *ssh.ServerConfig) {
		c.PublicKeyCallback = nil
		c.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
			t.Error("a password was sent")
			return nil, errors.New("no")
		}
	}})
	faulttest.Wants(t, refused(t, options(s), remote.ErrAuth, "takes no keys", "only password", "ssh-copy-id"), "SSH19")
}

// TestTooManyFailures: a server that ends the login after some keys is not one that
// has refused them all.
func TestTooManyFailures(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{Login: func(c *ssh.ServerConfig) { c.MaxAuthTries = 3 }})
	o := options(s)
	o.Identities = nil
	for range 5 {
		file, _ := sshtest.WriteKey(t, "")
		o.Identities = append(o.Identities, file)
	}
	faulttest.Wants(t, refused(t, o, remote.ErrAuth, "ended the login", "IdentitiesOnly"), "SSH05")
}

// TestWhatTheServerSaysOfALogin: PAM's word on an account comes after the key and is told,
// the words for everybody come before it and are not.
func TestWhatTheServerSaysOfALogin(t *testing.T) {
	legal := func(ssh.ConnMetadata) string { return "Authorised use only" }
	s := sshtest.Start(t, sshtest.Config{Login: func(c *ssh.ServerConfig) {
		c.MaxAuthTries, c.BannerCallback = 2, legal
		c.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
			return nil, &ssh.BannerError{Err: os.ErrPermission, Message: "Your account has expired\x1b[2J\n"}
		}
	}})
	o := options(s)
	for range 2 {
		file, _ := sshtest.WriteKey(t, "")
		o.Identities = append(o.Identities, file)
	}
	e := refused(t, o, remote.ErrAuth, "it said: Your account has expired", "do what it says")
	if strings.ContainsAny(e.Error(), "\x1b\n") || strings.Contains(e.Error(), "Authorised") {
		t.Errorf("%q", e.Error())
	}
	faulttest.Wants(t, e, "SSH04")
	s = sshtest.Start(t, sshtest.Config{OnlyKey: sshtest.NewKey(t).PublicKey(), Login: func(c *ssh.ServerConfig) { c.BannerCallback = legal }})
	if e := refused(t, options(s), remote.ErrAuth, "authorized_keys"); strings.Contains(e.Error(), "Authorised") {
		t.Errorf("%q", e.Error())
	}
}
