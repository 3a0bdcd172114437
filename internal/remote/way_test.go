package remote_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault/faulttest"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// relay is a program for a proxy command: the test binary copies its standard
// streams to and from an address.
func relay(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("the relay is written in bash")
	}
	file := filepath.Join(t.TempDir(), "relay")
	text := "#!/bin/bash\necho \"$*\" >>\"$0.log\"\nexec 3<>\"/dev/tcp/$1/$2\"\ncat <&3 &\ncat >&3\n"
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestProxyCommand(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	program := relay(t)
	o.ProxyCommand = program + " %h %p %r %n '100%%'"
	h := dial(t, o)
	if got := run(t, h, "echo through"); got != "through" {
		t.Errorf("got %q", got)
	}
	log, err := os.ReadFile(program + ".log")
	if want := fmt.Sprintf("%s %d alice %s 100%%\n", s.Host, s.Port, s.Host); err != nil || string(log) != want {
		t.Errorf("called as %q, want %q (%v)", log, want, err)
	}
	// A program beside the inventory, wherever foobar is started.
	o.ProxyCommand, o.ProxyDir = "./relay %h %p", filepath.Dir(program)
	if got := run(t, dial(t, o), "echo beside"); got != "beside" {
		t.Errorf("got %q", got)
	}
	o.ProxyCommand = "echo no way >&2; exit 1"
	refused(t, o, remote.ErrUnreachable, "the proxy command gave no SSH connection: no way")
	o.ProxyCommand, o.ConnectTimeout = "sleep 30", 200*time.Millisecond
	began := time.Now()
	refused(t, o, remote.ErrUnreachable, "no answer within")
	o.ProxyCommand = "sh -c 'echo Password: >&2; sleep 30'"
	faulttest.Wants(t, refused(t, o, remote.ErrUnreachable, "no answer within 200ms: it said: Password:", "no terminal"), "SSH11")
	if time.Since(began) > 3*time.Second {
		t.Errorf("a silent proxy took %v", time.Since(began))
	}
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		o.ConnectTimeout = brief(t)
		o.ProxyCommand = "sh -c 'read -r pid name state parent group session more </proc/$$/stat; [ $pid = $session ] && echo no terminal here >&2; exit 1'"
		refused(t, o, remote.ErrUnreachable, "no SSH connection: no terminal here")
	}
	o.ProxyCommand, o.User = program+" %h %p %r", "a;reboot"
	refused(t, o, remote.ErrConfig, "cannot be put into a proxy command")
}

// TestHostKeyAlias: known_hosts has an alias without a port, whatever port the host
// listens on, as OpenSSH writes and reads it.
func TestHostKeyAlias(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	dir := t.TempDir()
	o.Address, o.Port, o.NoConfig = "web", 0, false
	o.ConfigFile = filepath.Join(dir, "config")
	config := fmt.Sprintf("Host web\nHostName %s\nPort %d\nHostKeyAlias web.example\n", s.Host, s.Port)
	if err := os.WriteFile(o.ConfigFile, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	o.KnownHosts = []string{filepath.Join(dir, "known_hosts")}
	if err := os.WriteFile(o.KnownHosts[0], append([]byte("web.example "), ssh.MarshalAuthorizedKey(s.Key)...), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := run(t, dial(t, o), "echo known"); got != "known" {
		t.Errorf("got %q", got)
	}
	if err := os.WriteFile(o.KnownHosts[0], append([]byte("web.example "), ssh.MarshalAuthorizedKey(sshtest.NewKey(t).PublicKey())...), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, o, remote.ErrHostKeyChanged, "host key")
}

func TestProxyJump(t *testing.T) {
	target, first, second := sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})
	o := options(target)
	for _, s := range []*sshtest.Server{first, second} {
		if err := remote.AppendKnownHost(o.KnownHosts[0], s.Addr(), s.Key); err != nil {
			t.Fatal(err)
		}
		o.Identities = append(o.Identities, s.ClientKeyFile)
	}
	o.ProxyJump = fmt.Sprintf("bob@%s,ssh://carol@%s", first.Addr(), second.Addr())
	h := dial(t, o)
	if got := run(t, h, "echo through"); got != "through" {
		t.Errorf("got %q", got)
	}
	if a, b := first.Accepted(), second.Accepted(); a != 1 || b != 1 {
		t.Errorf("%d and %d connections at the jump hosts", a, b)
	}
	if got := h.Stats().Connections; got != 1 {
		t.Errorf("jump hosts are not the host: %d connections", got)
	}

	second.Close()
	second.Drop()
	refused(t, o, remote.ErrUnreachable, "web1 via carol@"+second.Addr(), "cannot reach it")
	o.ProxyJump = first.Addr()
	target.Close()
	refused(t, o, remote.ErrUnreachable, "web1: cannot reach "+target.Addr(), "the jump host")
	o.KnownHosts = []string{target.KnownHosts + ".none"}
	refused(t, o, remote.ErrHostKeyUnknown, "web1 via "+first.Addr())
}

func TestConfigFile(t *testing.T) {
	target, bastion := sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})
	dir := t.TempDir()
	known := filepath.Join(dir, "known")
	for _, s := range []*sshtest.Server{target, bastion} {
		if err := remote.AppendKnownHost(known, s.Addr(), s.Key); err != nil {
			t.Fatal(err)
		}
	}
	// "Host *" covers the bastion too, which must not jump through itself.
	text := fmt.Sprintf(`Host web
  HostName %s
  Port %d
  User alice
  IdentityFile %s
Host bastion
  HostName %s
  Port %d
  IdentityFile %s
Host *
  ProxyJump bastion
  UserKnownHostsFile %s
`, target.Host, target.Port, target.ClientKeyFile, bastion.Host, bastion.Port, bastion.ClientKeyFile, known)
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o := remote.Options{Address: "web", ConfigFile: file, RunDir: target.RunDir}
	h := dial(t, o)
	if got := run(t, h, "echo in"); got != "in" || h.Name() != "web" || bastion.Accepted() != 1 {
		t.Errorf("got %q from %q, %d connections at the bastion", got, h.Name(), bastion.Accepted())
	}
	circle := "Host a\n ProxyJump b\nHost b\n ProxyJump a\n"
	if err := os.WriteFile(file, []byte(circle), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, remote.Options{Address: "a", ConfigFile: file}, remote.ErrConfig, "jump hosts", "loop")
}
