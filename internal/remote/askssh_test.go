package remote

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// fakeSSH puts a program of that name in front of $PATH, which says what version it is
// and notes with what else it was called.
func fakeSSH(t *testing.T, version, script string) (log func() []string) {
	t.Helper()
	dir := t.TempDir()
	text := "#!/bin/sh\nif [ \"$1\" = -V ]; then echo '" + version + "' >&2; exit 0; fi\necho \"$*\" >>'" + dir + "/log'\n" +
		"for last; do :; done\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() []string {
		raw, err := os.ReadFile(filepath.Join(dir, "log"))
		if err != nil {
			return nil
		}
		return strings.Split(strings.TrimSpace(string(raw)), "\n")
	}
}

// recorded is a program that prints what a release of ssh -G printed of testdata/ssh-G/config.
func recorded(t *testing.T, release string) (log func() []string) {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", "ssh-G", release))
	if err != nil {
		t.Fatal(err)
	}
	return fakeSSH(t, "OpenSSH_"+release, "exec cat '"+dir+"'/$last.txt")
}

// TestWhatSSHPrints: the settings are those that two releases of OpenSSH print for one
// file of settings, with what they leave to be expanded.
func TestWhatSSHPrints(t *testing.T) {
	t.Setenv("MY_AGENT", "/run/mine")
	t.Setenv("SSH_AUTH_SOCK", "/run/usual")
	home := sshHome()
	for _, release := range []string{"9.2", "10.0"} {
		recorded(t, release)
		web := settled(t, Options{Address: "web"})
		wants(t, map[string][2]any{
			"host": {web.host, "web.example.net"}, "port": {web.port, 2222}, "user": {web.user, "deploy"},
			"keyAddr":           {web.keyAddr, "web.alias:22"},
			"identities":        {web.identities, []string{home + "/.ssh/my key-web.example.net", "/keys/deploy@web:2222"}},
			"certificates":      {web.certificates, []string{home + "/.ssh/web.alias-cert.pub"}},
			"explicit":          {web.explicit, true},
			"agentSocket":       {web.agentSocket, "/run/agent-2222"},
			"knownHosts":        {web.knownHosts, []string{"/etc/known hosts", "/srv/web.alias"}},
			"knownHostsCommand": {web.knownHostsCommand, "/bin/keys %H %h"},
			"proxyCommand":      {web.proxyCommand, "nc -X 5 %h %p"},
			"hostKeyAlgorithms": {web.hostKeyAlgorithms, []string{"ssh-ed25519", "rsa-sha2-512"}},
			"addKeysToAgent":    {web.addKeysToAgent, addKeys{"confirm", time.Hour}},
			"rekeyBytes":        {web.rekeyBytes, uint64(512 << 20)},
			"strictHostKeys":    {web.strictHostKeys, "accept-new"},
			"timeout":           {web.dialing, 7 * time.Second},
			"attempts":          {web.attempts, 3},
			"keepalive":         {web.keepalive, 20 * time.Second}, "aliveMax": {web.aliveMax, 4},
			"bindAddress": {web.bindAddress, "192.0.2.1"}, "network": {web.network, "tcp6"}, "noKeepAlive": {web.noKeepAlive, true},
			"preferredAuth": {web.preferredAuth, []string{"publickey", "keyboard-interactive"}},
			"noPassword":    {web.noPassword, true}, "noKeyboard": {web.noKeyboard, false}, "noPublicKey": {web.noPublicKey, false},
			"pubkeyAlgorithms": {web.pubkeyAlgorithms, []string{"ssh-ed25519"}},
			"ciphers":          {web.ciphers, []string{"aes256-ctr", "aes128-cbc"}},
			"macs":             {web.macs, []string{"hmac-sha2-256"}},
			"old kex":          {slices.Contains(web.kex, "diffie-hellman-group1-sha1"), true},
			"hashKnownHosts":   {web.hashKnownHosts, true},
		})
		behind := settled(t, Options{Address: "behind"})
		wants(t, map[string][2]any{
			"proxyJump": {behind.proxyJump, "bob@b1:22,carol@b2:2222"}, "proxyCommand": {behind.proxyCommand, ""},
			"agentSocket": {behind.agentSocket, "/run/mine"}, "identities": {len(behind.identities), 0}, "defaults": {behind.defaultsForKey, false},
			"knownHosts": {behind.knownHosts[0], os.DevNull}, "user's files": {len(behind.userKnownHosts), 0},
			"strictHostKeys": {behind.strictHostKeys, "no"}, "updateHostKeys": {behind.updateHostKeys, true},
			"addKeysToAgent": {behind.addKeysToAgent, addKeys{how: "yes"}},
		})
		plain := settled(t, Options{Address: "plain"})
		wants(t, map[string][2]any{
			"host": {plain.host, "plain"}, "port": {plain.port, 22}, "defaults": {plain.defaultsForKey, true},
			"agentSocket": {plain.agentSocket, "/run/usual"}, "ask": {plain.strictHostKeys, "ask"}, "network": {plain.network, "tcp"},
			"timeout": {[]time.Duration{plain.dialing, plain.timeout}, []time.Duration{10 * time.Second, 10 * time.Second}}, "keepalive": {plain.keepalive, 5 * time.Second}, "aliveMax": {plain.aliveMax, 3},
			"nobody chose a key exchange": {plain.kex, ssh.SupportedAlgorithms().KeyExchanges},
			"nobody chose":                {len(plain.ciphers) + len(plain.macs) + len(plain.hostKeyAlgorithms) + len(plain.pubkeyAlgorithms), 0},
			"global":                      {plain.globalKnownHosts[0], "/etc/ssh/ssh_known_hosts"},
		})
	}
}

func settled(t *testing.T, o Options) *settings {
	t.Helper()
	s, err := resolve(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wants compares pairs of what is and what should be.
func wants(t *testing.T, pairs map[string][2]any) {
	t.Helper()
	for name, p := range pairs {
		if !reflect.DeepEqual(p[0], p[1]) {
			t.Errorf("%s: got %#v, want %#v", name, p[0], p[1])
		}
	}
}

// TestInventoryOutranksSSHConfig: what the inventory says is asked of ssh, too, since
// Match depends on it, and wins over what ssh answers.
func TestInventoryOutranksSSHConfig(t *testing.T) {
	log := recorded(t, "9.2")
	s := settled(t, Options{Address: "web", Port: 22, User: "root", ConfigFile: "testdata/ssh-G/config", ProxyJump: "bastion", Identities: []string{"/k"},
		KnownHosts: []string{"/known"}, ConnectTimeout: time.Second, Keepalive: time.Minute})
	wants(t, map[string][2]any{
		"asked": {slices.Contains(log(), "-G -T -F testdata/ssh-G/config -p 22 -l root -o ProxyJump=bastion -- web"), true},
		"port":  {s.port, 22}, "user": {s.user, "root"}, "jump": {s.proxyJump, "bastion"}, "command": {s.proxyCommand, ""},
		"identities": {s.identities, []string{"/k"}}, "known": {s.knownHosts, []string{"/known"}}, "no command for keys": {s.knownHostsCommand, ""},
		"timeout": {[]time.Duration{s.dialing, s.timeout}, []time.Duration{time.Second, time.Second}}, "keepalive": {s.keepalive, time.Minute}, "aliveMax": {s.aliveMax, 3},
	})
	s = settled(t, Options{Address: "web", ProxyCommand: "none"})
	if s.proxyCommand != "" || s.proxyJump != "" {
		t.Errorf("the way is %q, %q, and not straight", s.proxyCommand, s.proxyJump)
	}
}

// TestAskedOnce: hosts that share a cache ask ssh once each, and again when the file
// has changed.
func TestAskedOnce(t *testing.T) {
	log := recorded(t, "9.2")
	file := filepath.Join(t.TempDir(), "config")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	var cache Cache
	done := make(chan bool)
	for range 4 {
		go func() {
			for _, name := range []string{"web", "behind"} {
				if _, err := resolve(t.Context(), Options{Address: name, ConfigFile: file, Cache: &cache}); err != nil {
					t.Error(err)
				}
			}
			done <- true
		}()
	}
	for range 4 {
		<-done
	}
	if got := log(); len(got) != 3 { // and once for what is usual
		t.Errorf("asked %d times: %q", len(got), got)
	}
	write("# longer\n")
	settled(t, Options{Address: "web", ConfigFile: file, Cache: &cache})
	if got := log(); len(got) != 4 {
		t.Errorf("asked %d times after a change: %q", len(got), got)
	}
}

// TestNotOpenSSH: another program of that name would connect.
func TestNotOpenSSH(t *testing.T) {
	log := fakeSSH(t, "Dropbear v2022.83", "echo hostname elsewhere")
	if s := settled(t, Options{Address: "web", ConfigFile: "testdata/ssh-G/config"}); s.host != "web.example.net" || log() != nil {
		t.Errorf("host %q, called with %q", s.host, log())
	}
}

func TestSSHRefuses(t *testing.T) {
	refused := func(script string, o Options, words ...string) {
		t.Helper()
		fakeSSH(t, "OpenSSH_9.2", script)
		began := time.Now()
		_, err := resolve(t.Context(), o)
		if !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", script, err)
			return
		}
		for _, w := range append(words, `config = "none" in [ssh]`) {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q is not in: %v", script, w, err)
			}
		}
		if strings.Contains(err.Error(), "terminating") || time.Since(began) > 5*time.Second {
			t.Errorf("%s: after %v: %v", script, time.Since(began), err)
		}
	}
	o := Options{Name: "web1", Address: "web", ConnectTimeout: 300 * time.Millisecond}
	refused("printf '/x: line 1: Bad configuration option: foo\n/x: terminating, 1 bad configuration options\n' >&2; exit 255", o, "web1: ssh_config: /x: line 1: Bad configuration option: foo;")
	refused("echo 'Bad owner or permissions on /x' >&2; exit 255", o, "Bad owner or permissions on /x")
	refused("sleep 60 & wait", o, "gave no answer within 300ms", "Match exec")
	refused("exit 0", o, "names no host and port")
	refused("head -c 2000000 /dev/zero | tr '\\0' x", o)

	fakeSSH(t, "OpenSSH_9.2", "sleep 60")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	if _, err := resolve(ctx, Options{Address: "web"}); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

// TestJumpHostCoversItself: "Host *" with ProxyJump, which ssh calls a loop.
func TestJumpHostCoversItself(t *testing.T) {
	log := fakeSSH(t, "OpenSSH_9.2", `case "$*" in *ProxyJump=none*|*localhost) ;; *) echo 'jumphost loop via bastion' >&2; exit 255;; esac; echo "hostname $last"; echo port 22`)
	if s := settled(t, Options{Address: "bastion"}); s.proxyJump != "" || len(log()) != 3 {
		t.Errorf("jump %q, asked %q", s.proxyJump, log())
	}
	log = fakeSSH(t, "OpenSSH_9.2", `echo "hostname 10.0.0.1"; echo port 22; case "$*" in *ProxyJump=none*|*localhost) ;; *) echo "proxyjump gate,op@bastion:22";; esac`)
	if s := settled(t, Options{Address: "bastion"}); s.proxyJump != "" || len(log()) != 3 {
		t.Errorf("with a HostName: jump %q, asked %q", s.proxyJump, log())
	}
	if s := settled(t, Options{Address: "web"}); s.proxyJump != "gate,op@bastion:22" {
		t.Errorf("a host behind it: jump %q", s.proxyJump)
	}
}

func TestWrongSettings(t *testing.T) {
	for text, want := range map[string]string{
		"hostname $(reboot)\nport 22":                                       "which is not an address",
		"hostname h\nport 99999":                                            "wrong port 99999",
		"hostname h\nport 22\nproxyjump gate-%q":                            "ProxyJump \"gate-%q\" has the unknown token",
		"hostname h\nport 22\nidentityfile ${NO_SUCH_VARIABLE}/k":           "${NO_SUCH_VARIABLE} has no value",
		"hostname h\nport 22\ncertificatefile /x/%q":                        "unknown token %q",
		"hostname h\nport 22\nmacs umac-64@openssh.com\nciphers aes256-ctr": "allows no macs but",
		"hostname h\nport 22\nciphers rot13@example.com":                    "allows no ciphers but rot13@example.com, and foobar has",
		"hostname h\nport 22\nproxycommand x\nproxyusefdpass yes":           "ProxyUseFdpass",
		"hostname h\nport 22\nrekeylimit 99999999999999999999 0":            "wrong RekeyLimit",
		"hostname h\nport 22\naddkeystoagent confirm 1h 2h":                 "wrong AddKeysToAgent",
		"hostname h\nport 22\nconnecttimeout soon\nproxyusefdpass no":       "wrong ConnectTimeout",
	} {
		fakeSSH(t, "OpenSSH_9.2", "[ $last = localhost ] && { echo hostname localhost; echo port 22; exit; }; cat <<'END'\n"+text+"\nEND")
		_, err := resolve(t.Context(), Options{Address: "web"})
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestSettingsAsSSHTakesThem: what ssh can do with, foobar can.
func TestSettingsAsSSHTakesThem(t *testing.T) {
	for text, well := range map[string]func(*settings) bool{
		"connecttimeout 0":              func(s *settings) bool { return s.timeout > time.Minute },
		"macs umac-128-etm@openssh.com": func(s *settings) bool { return len(s.ciphers) > 1 && slices.Equal(s.ciphers, onlyAEAD(s.ciphers)) },
		"macs umac-64@openssh.com\nciphers aes256-ctr,aes256-gcm@openssh.com": func(s *settings) bool {
			return slices.Equal(s.ciphers, []string{"aes256-gcm@openssh.com"})
		},
		"user bob\nproxyjump ssh://%r%%x@%h:%p,%r@gate-%n:2200": func(s *settings) bool { return s.proxyJump == "ssh://bob%x@h:22,bob@gate-web:2200" },
	} {
		fakeSSH(t, "OpenSSH_9.2", "[ $last = localhost ] && { echo hostname localhost; echo port 22; exit; }; cat <<'END'\nhostname h\nport 22\n"+text+"\nEND")
		if s, err := resolve(t.Context(), Options{Address: "web"}); err != nil || !well(s) {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}

func onlyAEAD(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(c string) bool { return !strings.Contains(c, "gcm") && !strings.Contains(c, "poly1305") })
}
