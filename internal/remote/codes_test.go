package remote_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// dialCode dials in vain and expects a code.
func dialCode(t *testing.T, o remote.Options, code fault.Code) {
	t.Helper()
	h, err := remote.Dial(within(t, 10*time.Second), o)
	if err == nil {
		h.Close()
	}
	faulttest.Wants(t, err, code)
}

func TestCodesOfTheWayThere(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s := sshtest.Start(t, sshtest.Config{})
	base := options(s)
	base.ConnectTimeout = 2 * time.Second
	change := func(do func(*remote.Options)) remote.Options {
		o := base
		do(&o)
		return o
	}
	closed := sshtest.Start(t, sshtest.Config{})
	closed.Close()
	for _, c := range []struct {
		code fault.Code
		o    remote.Options
	}{
		// A group of hosts, to which the kernel knows no way for a connection.
		{"SSH01", change(func(o *remote.Options) { o.Address = "224.0.0.1" })},
		{"SSH02", change(func(o *remote.Options) { o.Port = closed.Port })},
		{"SSH03", change(func(o *remote.Options) { o.Address = "no-such-host.invalid" })},
		{"SSH10", change(func(o *remote.Options) { o.ProxyJump = "alice@" + closed.Addr() })},
		{"SSH11", change(func(o *remote.Options) { o.ProxyCommand = "echo no way >&2; exit 1" })},
		{"SSH12", change(func(o *remote.Options) {
			o.Port, o.ConnectTimeout = silent.Addr().(*net.TCPAddr).Port, 300*time.Millisecond
		})},
		{"SSH15", change(func(o *remote.Options) { o.HostKey = "nonsense" })},
	} {
		dialCode(t, c.o, c.code)
	}
	// The jump host is there, and the host behind it is not.
	o := options(closed)
	if err := remote.AppendKnownHost(o.KnownHosts[0], s.Addr(), s.Key); err != nil {
		t.Fatal(err)
	}
	o.Identities, o.ProxyJump = []string{s.ClientKeyFile}, "alice@"+s.Addr()
	dialCode(t, o, "SSH10")
}

func TestCodesOfKeys(t *testing.T) {
	unknown := sshtest.NewKey(t).PublicKey()
	s := sshtest.Start(t, sshtest.Config{OnlyKey: unknown})
	o := options(s)
	dialCode(t, o, "SSH04")
	o.Identities = []string{"/nonexistent/key"}
	dialCode(t, o, "SSH06")
	locked, _ := sshtest.WriteKey(t, "word")
	o.Identities = []string{locked}
	dialCode(t, o, "SSH07") // and nobody to ask
	file, public := sshtest.WriteKey(t, "word")
	opened := options(sshtest.Start(t, sshtest.Config{OnlyKey: public}))
	opened.Identities, opened.Passphrase = []string{file}, func(string) (string, error) { return "wrong", nil }
	dialCode(t, opened, "SSH07")

	startAgent(t, 8)
	t.Setenv("HOME", t.TempDir())
	o.Identities = nil
	dialCode(t, o, "SSH05")

	o = options(sshtest.Start(t, sshtest.Config{}))
	o.KnownHosts = []string{filepath.Join(t.TempDir(), "none")}
	dialCode(t, o, "SSH08")
	o.HostKey = ssh.FingerprintSHA256(unknown)
	dialCode(t, o, "SSH09")
}

func TestCodesOfRoot(t *testing.T) {
	word := func() (string, error) { return "wrong", nil }
	for _, c := range []struct {
		code fault.Code
		conf sshtest.Config
		ask  func() (string, error)
	}{
		{"SUDO01", sshtest.Config{Sudo: sshtest.SudoMissing}, nil},
		{"SUDO02", sshtest.Config{Sudo: sshtest.SudoAsks, Password: "x"}, nil},
		{"SUDO03", sshtest.Config{Sudo: sshtest.SudoAsks, Password: "x"}, word},
		{"SUDO04", sshtest.Config{Sudo: sshtest.SudoRefuses}, nil},
	} {
		o := options(sshtest.Start(t, c.conf))
		o.SudoPassword = c.ask
		dialCode(t, o, c.code)
	}
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	o.Become = "none"
	dialCode(t, o, "SUDO05")
	text := "#!/bin/sh\necho 'sudo: error in /etc/sudoers.d/x, line 1' >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(s.Bin, "sudo"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	dialCode(t, options(s), "SUDO06")

	shell := filepath.Join(t.TempDir(), "nologin")
	if err := os.WriteFile(shell, []byte("#!/bin/sh\necho 'This account is currently not available.'\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	o = options(sshtest.Start(t, sshtest.Config{Shell: shell}))
	o.User = "root"
	dialCode(t, o, "SSH13")
}

func TestCodesOfTheWork(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	h := dial(t, options(s))
	_, err := h.Run(within(t, 10*time.Second), fmt.Sprintf("head -c %d /dev/zero | tr '\\0' x; echo", remote.MaxLine+1), nil)
	faulttest.Wants(t, err, "SSH17")

	other := dial(t, options(s))
	if err := other.Lock(within(t, 5*time.Second), 0, "somebody"); err != nil {
		t.Fatal(err)
	}
	err = h.Lock(within(t, 5*time.Second), 0, "me")
	faulttest.Wants(t, err, "RUN01")
	other.Close()

	if _, err := os.Stat("/usr/lib/openssh/sftp-server"); err != nil { // else this machine has one
		if err := os.Remove(filepath.Join(s.Bin, "sftp-server")); err != nil {
			t.Fatal(err)
		}
		err = dial(t, options(s)).Upload(within(t, 5*time.Second), filepath.Join(s.RunDir, "x"), 0o600, 1, strings.NewReader("x"))
		faulttest.Wants(t, err, "SSH16")
	}

	_, err = h.Run(within(t, 10*time.Second), "echo up; sleep 2", func(string) { s.Drop() })
	faulttest.Wants(t, err, "SSH14")
}
