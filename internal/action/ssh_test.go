package action

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"foobar/internal/remote/sshtest"
	"foobar/inventory"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

func TestSSHArgs(t *testing.T) {
	h := &inventory.Host{Name: "web1", Address: "10.0.0.11"}
	toA := func(argv []string) bool { return argv[len(argv)-1] == "a" }
	for name, c := range map[string]struct {
		s     inventory.SSH
		words []string
		want  string
	}{
		"nothing said": {inventory.SSH{}, nil, "ssh -- 10.0.0.11"},
		"everything": {inventory.SSH{User: "admin", Port: 2222, Identity: []string{"/k/a b", "/k/100%"}, KnownHosts: []string{"/k/kh", `/k/q"x`},
			Config: "none", ConnectTimeout: 1500 * time.Millisecond, ProxyCommand: "nc %h %p"}, nil,
			`ssh -F none -o IdentityFile="/k/a b" -o IdentityFile=/k/100%% -o IdentitiesOnly=yes -o UserKnownHostsFile=/k/kh "/k/q\"x" -p 2222 -l admin -o ConnectTimeout=2 -o ProxyCommand=nc %h %p -- 10.0.0.11`},
		"a command line": {inventory.SSH{}, []string{"df -h | wc"}, "ssh -o RemoteCommand=none -- 10.0.0.11 df -h | wc"},
		"words":          {inventory.SSH{}, []string{"echo", "a b", "$x"}, "ssh -o RemoteCommand=none -- 10.0.0.11 echo 'a b' '$x'"},
		"no jump":        {inventory.SSH{Jump: "none"}, nil, "ssh -o ProxyJump=none -- 10.0.0.11"},
		"a jump": {inventory.SSH{Jump: "ssh://op@[fd00::1]:2200", Identity: []string{"/k/5%"}}, nil,
			"ssh -o IdentityFile=/k/5%% -o IdentitiesOnly=yes -o ProxyCommand=ssh -o IdentityFile=/k/5%%%% -o IdentitiesOnly=yes -p 2200 -l op -W '[%h]:%p' -- fd00::1 -- 10.0.0.11"},
		"two jumps": {inventory.SSH{Jump: "a,b:22"}, nil,
			`ssh -o ProxyCommand=ssh -p 22 -o 'ProxyCommand=ssh -o ProxyJump=none -W '"'"'[%%h]:%%p'"'"' -- a' -W '[%h]:%p' -- b -- 10.0.0.11`},
	} {
		if got := strings.Join(sshArgs(h, c.s, "/bin/foobar", c.words, false, toA), " "); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, c.want)
		}
	}
	if got := sshArgs(h, inventory.SSH{}, "/bin/foobar", nil, true, nil); !slices.Contains(got, "-t") {
		t.Errorf("no terminal: %q", got)
	}
}

func TestOptionsWinOverTheInventory(t *testing.T) {
	c := &Common{Identity: "/k/mine", Jump: "bastion", Timeout: time.Second}
	got := c.overlay(inventory.SSH{Identity: []string{"/k/site"}, ProxyCommand: "nc", User: "admin", ConnectTimeout: time.Minute})
	if !slices.Equal(got.Identity, []string{"/k/mine"}) || got.Jump != "bastion" || got.ProxyCommand != "" || got.User != "admin" || got.ConnectTimeout != time.Second {
		t.Errorf("%+v", got)
	}
}

// runSSH runs the machine's own ssh.
func runSSH(t *testing.T, h *inventory.Host, s inventory.SSH, words ...string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Skip("there is no ssh on this machine")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{"-o", "BatchMode=yes"}, sshArgs(h, s, self, words, false, loops)[1:]...)...)
	// An ssh that goes through itself starts ever more of them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// through are the settings that lead to a server of the test.
func through(s *sshtest.Server) (*inventory.Host, inventory.SSH) {
	return &inventory.Host{Name: "web1", Address: s.Host}, inventory.SSH{User: "alice", Port: s.Port, Config: "none",
		Identity: []string{s.ClientKeyFile}, KnownHosts: []string{s.KnownHosts}, ConnectTimeout: 10 * time.Second}
}

// TestOpenSSHUnderstands has the real client log in with the arguments.
func TestOpenSSHUnderstands(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	h, settings := through(s)
	odd := filepath.Join(t.TempDir(), `a "b" 100%h`)
	if err := os.Rename(s.KnownHosts, odd); err != nil {
		t.Fatal(err)
	}
	settings.KnownHosts = []string{odd}
	out, err := runSSH(t, h, settings, "printf", "%s.", "a  b", "$HOME;")
	if err != nil || out != "a  b.$HOME;." {
		t.Errorf("%v: %q", err, out)
	}
	settings.KnownHosts = []string{filepath.Join(t.TempDir(), "none")}
	if out, err := runSSH(t, h, settings, "true"); err == nil || !strings.Contains(out, "Host key verification failed") {
		t.Errorf("a host that no file knows: %v: %s", err, out)
	}
}

func TestOpenSSHGoesThroughJumpHosts(t *testing.T) {
	s, first, second := sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{}), sshtest.Start(t, sshtest.Config{})
	h, settings := through(s)
	settings.Identity = []string{s.ClientKeyFile, first.ClientKeyFile, second.ClientKeyFile}
	settings.KnownHosts = []string{s.KnownHosts, first.KnownHosts, second.KnownHosts}
	settings.Jump = fmt.Sprintf("alice@127.0.0.1:%d,bob@127.0.0.1:%d", first.Port, second.Port)
	out, err := runSSH(t, h, settings, "echo here")
	if err != nil || out != "here\n" {
		t.Errorf("%v: %q", err, out)
	}
	if first.Accepted() != 1 || second.Accepted() != 1 {
		t.Errorf("connections to the jump hosts: %d and %d", first.Accepted(), second.Accepted())
	}

	// ssh_config says how to reach the first of them, whose own way it may be for all hosts.
	settings.Config, settings.Jump = filepath.Join(t.TempDir(), "config"), "inner"
	all := fmt.Sprintf("Host *\n  HostName 127.0.0.1\n  User alice\n  UserKnownHostsFile %s\n  IdentityFile %s\n  IdentityFile %s\n", strings.Join(settings.KnownHosts, " "), settings.Identity[1], settings.Identity[2])
	for _, way := range []string{"  ProxyJump outer\n", ""} {
		config := fmt.Sprintf("Host outer\n  Port %d\n  ProxyJump none\nHost inner\n  Port %d\n%sHost * !%s\n  ProxyJump inner\n", first.Port, second.Port, way, s.Host) + all
		if err := os.WriteFile(settings.Config, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := runSSH(t, h, settings, "echo here"); err != nil || out != "here\n" {
			t.Errorf("%q: %v: %q", way, err, out)
		}
	}
	if first.Accepted() != 2 || second.Accepted() != 3 {
		t.Errorf("connections to the jump hosts: %d and %d", first.Accepted(), second.Accepted())
	}
}

func TestOpenSSHHonoursPinnedKeys(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	h, settings := through(s)
	other := sshtest.NewKey(t).PublicKey()
	// What known_hosts says does not count beside a pin.
	if err := os.WriteFile(s.KnownHosts, []byte(knownhosts.Line([]string{s.Addr()}, other)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for pin, good := range map[string]bool{
		ssh.FingerprintSHA256(s.Key): true, string(ssh.MarshalAuthorizedKey(s.Key)): true,
		ssh.FingerprintSHA256(other): false, string(ssh.MarshalAuthorizedKey(other)): false,
	} {
		h.HostKey = strings.TrimSpace(pin)
		if out, err := runSSH(t, h, settings, "true"); (err == nil) != good {
			t.Errorf("%s: %v: %s", pin, err, out)
		}
	}
}
