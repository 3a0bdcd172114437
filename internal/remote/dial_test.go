package remote_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

func TestUnreachable(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close() // it listens and says nothing
	base := remote.Options{Name: "web1", Address: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port, User: "alice", NoConfig: true,
		KnownHosts: []string{filepath.Join(t.TempDir(), "none")}, ConnectTimeout: 200 * time.Millisecond}
	began := time.Now()
	refused(t, base, remote.ErrUnreachable, "web1: ", "no answer within 200ms")
	if time.Since(began) > 2*time.Second {
		t.Errorf("a silent host took %v", time.Since(began))
	}
	ln.Close()
	refused(t, base, remote.ErrUnreachable, "refused", "check that sshd runs")
	nameless := base
	nameless.Address = "no-such-host.invalid"
	refused(t, nameless, remote.ErrUnreachable, "check the address")
	bad := base
	bad.Address = "$(reboot)"
	refused(t, bad, remote.ErrConfig, "is not an address")
}

func TestUnknownHostKey(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	o.KnownHosts = []string{filepath.Join(t.TempDir(), "ssh", "known_hosts")}
	e := refused(t, o, remote.ErrHostKeyUnknown, ssh.FingerprintSHA256(s.Key), "echo '["+s.Host+"]:", string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(s.Key)))+"' >> "+o.KnownHosts[0])
	if strings.Contains(e.Hint, "keyscan") {
		t.Errorf("the hint takes whatever answers later: %s", e.Hint)
	}

	asked := 0
	o.UnknownKey = func(host string, key ssh.PublicKey) (bool, error) {
		asked++
		time.Sleep(100 * time.Millisecond) // a person's time does not count
		return host == "web1" && asked > 1, nil
	}
	o.ConnectTimeout = 2 * time.Second
	refused(t, o, remote.ErrHostKeyUnknown)
	dial(t, o).Close()
	dial(t, o).Close()
	if asked != 2 {
		t.Errorf("asked %d times; an accepted key is remembered", asked)
	}
}

func TestChangedHostKey(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	other := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	address := fmt.Sprintf("[%s]:%d", s.Host, s.Port)
	o.KnownHosts = []string{filepath.Join(t.TempDir(), "known_hosts")}
	if err := remote.AppendKnownHost(o.KnownHosts[0], s.Addr(), other.Key); err != nil {
		t.Fatal(err)
	}
	o.UnknownKey = func(string, ssh.PublicKey) (bool, error) { t.Error("a changed key is no question"); return true, nil }
	refused(t, o, remote.ErrHostKeyChanged, o.KnownHosts[0]+":1", "ssh-keygen -R '"+address+"'", ssh.FingerprintSHA256(s.Key))

	line := "@revoked * " + string(ssh.MarshalAuthorizedKey(s.Key))
	if err := os.WriteFile(o.KnownHosts[0], []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, o, remote.ErrHostKeyChanged, "is revoked by "+o.KnownHosts[0]+":1: it showed")
}

func TestPinnedHostKey(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	other := sshtest.NewKey(t).PublicKey()
	o := options(s)
	o.KnownHosts = []string{filepath.Join(t.TempDir(), "none")}
	for _, pin := range []string{ssh.FingerprintSHA256(s.Key), string(ssh.MarshalAuthorizedKey(s.Key))} {
		o.HostKey = pin
		dial(t, o).Close()
	}
	for _, pin := range []string{ssh.FingerprintSHA256(other), string(ssh.MarshalAuthorizedKey(other))} {
		o.HostKey = pin
		refused(t, o, remote.ErrHostKeyChanged, "the inventory's host_key", "put its new key there")
	}
	o.HostKey = "nonsense"
	refused(t, o, remote.ErrConfig, "host_key is not a public key")
}

func TestSudo(t *testing.T) {
	word := func(w string) func() (string, error) { return func() (string, error) { return w, nil } }
	for name, c := range map[string]struct {
		conf  sshtest.Config
		ask   func() (string, error)
		words []string // none: it goes through
	}{
		"free":              {sshtest.Config{}, nil, nil},
		"free, though sent": {sshtest.Config{}, word("x"), nil},
		"asks":              {sshtest.Config{Sudo: sshtest.SudoAsks, Password: "o'pen $1"}, word("o'pen $1"), nil},
		"asks in vain":      {sshtest.Config{Sudo: sshtest.SudoAsks, Password: "x"}, nil, []string{"sudo wants a password", "-K", "NOPASSWD"}},
		"wrong password":    {sshtest.Config{Sudo: sshtest.SudoAsks, Password: "x"}, word("y"), []string{"does not take this password"}},
		"nobody there":      {sshtest.Config{Sudo: sshtest.SudoAsks, Password: "x"}, func() (string, error) { return "", errors.New("no terminal") }, []string{"no terminal"}},
		"refuses":           {sshtest.Config{Sudo: sshtest.SudoRefuses}, nil, []string{"alice", "does not allow it", "not in the sudoers", "/etc/sudoers.d"}},
		"asks and refuses":  {sshtest.Config{Sudo: sshtest.SudoRefuses}, word("x"), []string{"does not allow it: it said: We trust", "lecture. | alice is not in the sudoers"}},
		"missing":           {sshtest.Config{Sudo: sshtest.SudoMissing}, nil, []string{"there is no sudo", "apt-get install sudo"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t, c.conf)
			o := options(s)
			o.SudoPassword = c.ask
			if c.words != nil {
				refused(t, o, remote.ErrSudo, c.words...)
				return
			}
			h := dial(t, o)
			if got := run(t, h, "echo in"); got != "in" {
				t.Errorf("got %q", got)
			}
			if err := h.Signal(within(t, 5*time.Second), "exit 0"); err != nil {
				t.Errorf("a further session: %v", err)
			}
			for _, line := range s.Commands() {
				if c.conf.Password != "" && strings.Contains(line, c.conf.Password) {
					t.Error("the password stood on a command line")
				}
			}
		})
	}
}

func TestNotRoot(t *testing.T) {
	o := options(sshtest.Start(t, sshtest.Config{}))
	o.Become = "none"
	refused(t, o, remote.ErrSudo, "runs as user id 1000, not as root", "log in as root")
}

func TestNoShell(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"nologin": "#!/bin/sh\necho 'This account is currently not available.'\nexit 1\n",
		"forced":  "#!/bin/sh\necho 'menu: 1) mail 2) news'\n",
	} {
		t.Run(name, func(t *testing.T) {
			shell := filepath.Join(dir, name)
			if err := os.WriteFile(shell, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
			o := options(sshtest.Start(t, sshtest.Config{Shell: shell}))
			o.User = "root"
			said := strings.Split(strings.Split(text, "'")[1], "'")[0]
			refused(t, o, remote.ErrShell, "no root shell came up", said, "POSIX shell")
		})
	}
	t.Run("hangs", func(t *testing.T) {
		shell := filepath.Join(dir, "hangs")
		if err := os.WriteFile(shell, []byte("#!/bin/sh\necho waiting for the moon >&2\nexec sleep 3\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		o := options(sshtest.Start(t, sshtest.Config{Shell: shell}))
		o.ConnectTimeout = 300 * time.Millisecond
		refused(t, o, remote.ErrShell, "no root shell came up within", "waiting for the moon")
	})
}

func TestProve(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	h := dial(t, options(s))
	if err := h.Prove(within(t, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	if n := s.Accepted(); n != 2 {
		t.Errorf("%d connections, want one for the shell and one to prove", n)
	}
	if got := h.Stats().Connections; got != 2 {
		t.Errorf("counted %d", got)
	}
	s.Close()
	if err := h.Prove(within(t, 5*time.Second)); !errors.Is(err, remote.ErrUnreachable) {
		t.Errorf("nobody listens any more: %v", err)
	}
	if got := run(t, h, "echo still here"); got != "still here" {
		t.Errorf("the first connection gave %q", got)
	}
}
