package remote_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"foobar/internal/fault/faulttest"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// needsSSH skips where OpenSSH's client is not installed.
func needsSSH(t *testing.T) {
	t.Helper()
	if said, err := exec.Command("ssh", "-V").CombinedOutput(); err != nil || !strings.HasPrefix(string(said), "OpenSSH") {
		t.Skip("OpenSSH's client is not on this machine")
	}
}

// configured are options of which ssh_config says nearly everything.
func configured(t *testing.T, s *sshtest.Server, address, config string) remote.Options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return remote.Options{Name: "web1", Address: address, ConfigFile: file, RunDir: s.RunDir, ConnectTimeout: 5 * time.Second, Cache: &remote.Cache{},
		Warn: func(text string) { t.Errorf("warned: %s", text) }}
}

// TestMatchAsSSHReadsIt: every criterion is ssh's own to judge, below a Match that
// holds and one that does not.
func TestMatchAsSSHReadsIt(t *testing.T) {
	needsSSH(t)
	s := sshtest.Start(t, sshtest.Config{})
	way := fmt.Sprintf("  Port %d\n  IdentityFile %s\n  UserKnownHostsFile %s\nHost *\n  HostName %s\n", s.Port, s.ClientKeyFile, s.KnownHosts, s.Host)
	for match, holds := range map[string]bool{
		"Match final all": true, `Match exec "true"`: true, "Match user alice": true, "Match originalhost w*": true, "Match host=web": true,
		"Match canonical all": false, `Match host web exec "false"`: false, "Match host web user bob": false, "Match host=nothere": false,
	} {
		config := match + "\n" + way
		if !holds {
			config += "  Port 1\n"
		}
		o := configured(t, s, "web", config)
		o.User = "alice"
		if !holds {
			refused(t, o, remote.ErrUnreachable, "127.0.0.1:1: connection refused")
			continue
		}
		if got := run(t, dial(t, o), "echo in"); got != "in" {
			t.Errorf("%s: got %q", match, got)
		}
	}
}

// TestJumpHostsOfSSHConfig: each hop has its own settings, chosen by a command.
func TestJumpHostsOfSSHConfig(t *testing.T) {
	needsSSH(t)
	target, first, second := sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})
	var config strings.Builder
	for name, s := range map[string]*sshtest.Server{"web": target, "first": first, "second": second} {
		fmt.Fprintf(&config, "Match originalhost %s exec \"test %%p = %d\"\n  HostName %s\n  IdentityFile %s\n  UserKnownHostsFile %s\n  User user-of-%s\n",
			name, s.Port, s.Host, s.ClientKeyFile, s.KnownHosts, name)
	}
	fmt.Fprintf(&config, "Host web\n  ProxyJump first:%d,ssh://second:%d\n", first.Port, second.Port)
	o := configured(t, target, "web", config.String())
	o.Port = target.Port
	h := dial(t, o)
	if got := run(t, h, "echo through"); got != "through" || first.Accepted() != 1 || second.Accepted() != 1 {
		t.Errorf("got %q, %d and %d connections at the jump hosts", got, first.Accepted(), second.Accepted())
	}
}

// TestKeyExchanges: foobar asks for all that the library has and is sound, as ssh does, and
// says what is missing where that is not enough.
func TestKeyExchanges(t *testing.T) {
	for _, kex := range ssh.SupportedAlgorithms().KeyExchanges {
		s := sshtest.Start(t, sshtest.Config{Login: func(c *ssh.ServerConfig) { c.KeyExchanges = []string{kex} }})
		if got := run(t, dial(t, options(s)), "echo "+kex); got != kex {
			t.Errorf("%s: got %q", kex, got)
		}
	}
	s := sshtest.Start(t, sshtest.Config{Login: func(c *ssh.ServerConfig) {
		c.Ciphers, c.MACs = []string{ssh.CipherAES256CTR}, []string{ssh.HMACSHA512}
	}})
	config := fmt.Sprintf("Host web\n  HostName %s\n  Port %d\n  UserKnownHostsFile %s\n", s.Host, s.Port, s.KnownHosts)
	for line, want := range map[string]string{
		"MACs hmac-sha2-256\n  Ciphers aes256-ctr": "shares no MAC with foobar: it has only hmac-sha2-512; have MACs in sshd_config",
		"Ciphers aes128-ctr":                       "shares no cipher with foobar: it has only aes256-ctr; have Ciphers in sshd_config",
	} {
		e := refused(t, configured(t, s, "web", config+"  "+line+"\n"), remote.ErrUnreachable, want)
		faulttest.Wants(t, e, "SSH20")
	}
}

// TestShortConnectTimeoutOfSSHConfig: it is over once the keys are exchanged, as in ssh,
// so that a slow login and a slow shell have the usual time.
func TestShortConnectTimeoutOfSSHConfig(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{Shell: loginShell(t, "sleep 2.2"), Login: func(c *ssh.ServerConfig) {
		admit := c.PublicKeyCallback
		c.PublicKeyCallback = func(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			time.Sleep(2200 * time.Millisecond)
			return admit(m, key)
		}
	}})
	o := configured(t, s, "web", fmt.Sprintf("Host web\n  HostName %s\n  Port %d\n  User alice\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n  ConnectTimeout 2\n",
		s.Host, s.Port, s.ClientKeyFile, s.KnownHosts))
	o.ConnectTimeout = 0
	if got := run(t, dial(t, o), "echo slow"); got != "slow" {
		t.Errorf("got %q", got)
	}
}

// TestSSHRefusesItsConfig: the words are ssh's own.
func TestSSHRefusesItsConfig(t *testing.T) {
	needsSSH(t)
	s := sshtest.Start(t, sshtest.Config{})
	o := configured(t, s, "web", "Host web\n  Frobnicate yes\n")
	refused(t, o, remote.ErrConfig, "web1: ssh_config: ", "line 2: Bad configuration option: frobnicate", `config = "none" in [ssh]`)
	o = configured(t, s, "web", "Match exec \"sleep 30\"\n")
	o.ConnectTimeout = 300 * time.Millisecond
	began := time.Now()
	refused(t, o, remote.ErrConfig, "no answer within 300ms")
	if time.Since(began) > 5*time.Second {
		t.Errorf("a hanging Match exec took %v", time.Since(began))
	}
}

// TestAddressesAsSSHDialsThem: families, the address to come from, names that only the
// machine's name service knows, and a refusal that ends.
func TestAddressesAsSSHDialsThem(t *testing.T) {
	needsSSH(t)
	s := sshtest.Start(t, sshtest.Config{})
	known := fmt.Sprintf("[localhost]:%d %s", s.Port, strings.SplitN(read(t, s.KnownHosts), " ", 2)[1])
	file := filepath.Join(t.TempDir(), "known_hosts")
	for _, name := range []string{"localhost", "box.example", "::1", "127.0.0.1"} {
		known += strings.Replace(known, "localhost", name, 1)
	}
	if err := os.WriteFile(file, []byte(known), 0o600); err != nil {
		t.Fatal(err)
	}
	config := func(more string) string {
		return fmt.Sprintf("Host *\n  Port %d\n  User alice\n  IdentityFile %s\n  UserKnownHostsFile %s\n  %s\n", s.Port, s.ClientKeyFile, file, more)
	}
	dial(t, configured(t, s, "localhost", config(""))).Close() // it may be ::1 as well, where nobody listens
	dial(t, configured(t, s, "localhost", config("AddressFamily inet"))).Close()
	dial(t, configured(t, s, "127.0.0.1", config("BindAddress 127.0.0.1\n  TCPKeepAlive no"))).Close()
	dial(t, configured(t, s, "127.0.0.1", config("BindInterface lo"))).Close()
	dial(t, configured(t, s, "127.0.0.1", config("Ciphers aes256-ctr\n  MACs hmac-sha2-256\n  KexAlgorithms curve25519-sha256\n  RekeyLimit 1K"))).Close()
	for more, want := range map[string]string{"AddressFamily inet6": "AddressFamily", "BindInterface nowhere0": "BindInterface nowhere0", "BindAddress 192.0.2.1": "BindAddress and BindInterface"} {
		e := refused(t, configured(t, s, "127.0.0.1", config(more)), remote.ErrUnreachable, want)
		if e.Code != "SSH15" {
			t.Errorf("%s: code %s", more, e.Code)
		}
	}
	o := configured(t, s, "127.0.0.1", "Host *\n  Port 1\n  ConnectionAttempts 2\n")
	began := time.Now()
	refused(t, o, remote.ErrUnreachable, "refused")
	if time.Since(began) < time.Second {
		t.Error("one attempt, not two a second apart")
	}

	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "getent"), []byte("#!/bin/sh\n[ \"$*\" = 'ahosts -- box.example' ] && printf '127.0.0.9 STREAM box\\n127.0.0.9 DGRAM\\n127.0.0.1 STREAM\\n'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	h := dial(t, configured(t, s, "box.example", config("")))
	if got := run(t, h, "echo there"); got != "there" {
		t.Errorf("got %q", got)
	}
}

// TestIPv6Only: a literal address, bare and in brackets, with the host behind it.
func TestIPv6Only(t *testing.T) {
	ln, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6")
	}
	defer ln.Close()
	s := sshtest.Start(t, sshtest.Config{})
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				there, err := net.Dial("tcp", s.Addr())
				if err != nil {
					return
				}
				go func() { _, _ = io.Copy(there, c); there.Close() }()
				_, _ = io.Copy(c, there)
			}()
		}
	}()
	o := options(s)
	o.Port = ln.Addr().(*net.TCPAddr).Port
	o.KnownHosts = []string{filepath.Join(t.TempDir(), "known_hosts")}
	if err := remote.AppendKnownHost(o.KnownHosts[0], ln.Addr().String(), s.Key); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"::1", "[::1]"} {
		for _, none := range []bool{true, false} {
			o.Address, o.NoConfig, o.ConfigFile = address, none, os.DevNull
			if h := dial(t, o); h.Address() != ln.Addr().String() {
				t.Errorf("%s is reached at %s", address, h.Address())
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
