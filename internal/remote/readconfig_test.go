package remote

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// alone has no ssh program to ask, and a home of its own with a file of settings.
func alone(t *testing.T, config string) (home string) {
	t.Helper()
	home = t.TempDir()
	t.Setenv("PATH", filepath.Join(home, "empty"))
	t.Setenv("HOME", home)
	lay(t, filepath.Join(home, ".ssh", "config"), config)
	return home
}

func lay(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// warned gathers what is passed over.
func warned(o *Options) *[]string {
	var list []string
	o.Warn = func(text string) { list = append(list, text) }
	return &list
}

// TestNothingBelowAMatchApplies: without ssh it cannot be told what a Match is about.
// The next Host ends it.
func TestNothingBelowAMatchApplies(t *testing.T) {
	for _, match := range []string{"Match all", "Match final all", `Match exec "true"`, "match user root", "Match originalhost *", "Match canonical all",
		"Match host=web", "Match=all", "Match\thost web", `Match host web exec "false"`, "MATCH host * user nobody", "Match"} {
		home := alone(t, "Port 2200\n"+match+"\n  Port 2222\n  HostName elsewhere\n  ProxyCommand reboot\nHost web\n  User deploy\n")
		o := Options{Address: "web", Cache: &Cache{}}
		warnings := warned(&o)
		s := settled(t, o)
		settled(t, o)
		wants(t, map[string][2]any{"host": {s.host, "web"}, "port": {s.port, 2200}, "user": {s.user, "deploy"}, "command": {s.proxyCommand, ""}})
		if len(*warnings) != 1 || !strings.Contains((*warnings)[0], home+"/.ssh/config:2: a Match needs the ssh program") {
			t.Errorf("%s: warned %q", match, *warnings)
		}
	}
}

// TestReadAlone: the forms of lines, files that include others, and what they expand.
func TestReadAlone(t *testing.T) {
	home := alone(t, `
# a comment
Include conf.d/* "~/more config"
Host web !db
	HostName = "%h.example.net" # a comment
	IdentityFile "~/my keys/%n" # another
	IdentityFile=/k/%r
	UserKnownHostsFile "~/known hosts" ${KNOWN}/second
	ProxyCommand nc -X 5 "%h" %p # as it stands
	IdentityAgent ~/agent
	AddKeysToAgent ask
	RekeyLimit 1G 1h
	ConnectTimeout 1m30s
	StrictHostKeyChecking no
	Ciphers +aes128-cbc
Host * "!web"
	Port 99
Host x"
	Port 98
Host *
	User nobody
	Port 97
`)
	t.Setenv("KNOWN", "/kn")
	lay(t, home+"/.ssh/conf.d/a", "Host db\n  Port 95\nHost *\n  User deploy\nMatch all\n  User mallory\n")
	lay(t, home+"/more config", "BindAddress 192.0.2.7\n")
	o := Options{Address: "web"}
	warnings := warned(&o)
	s := settled(t, o)
	wants(t, map[string][2]any{
		"host": {s.host, "web.example.net"}, "port": {s.port, 97}, "user": {s.user, "deploy"},
		"identities": {s.identities, []string{home + "/my keys/web", "/k/deploy"}},
		"known":      {s.userKnownHosts, []string{home + "/known hosts", "/kn/second"}},
		"command":    {s.proxyCommand, `nc -X 5 "%h" %p # as it stands`},
		"agent":      {s.agentSocket, home + "/agent"}, "add": {s.addKeysToAgent, addKeys{how: "ask"}},
		"rekey": {s.rekeyBytes, uint64(1 << 30)}, "timeout": {s.timeout, 90 * time.Second}, "strict": {s.strictHostKeys, "no"},
		"ciphers": {len(s.ciphers), 0}, "bind": {s.bindAddress, "192.0.2.7"},
	})
	said := strings.Join(*warnings, "\n")
	if len(*warnings) != 2 || !strings.Contains(said, "conf.d/a:5: a Match") || !strings.Contains(said, "config:18 is ignored: a quote is not closed") {
		t.Errorf("warned:\n%s", said)
	}
	lay(t, home+"/.ssh/config", "Include config\n")
	if _, err := resolve(t.Context(), o); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "include each other") {
		t.Errorf("a file that includes itself: %v", err)
	}
	if err := os.Chmod(home+"/.ssh/config", 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := resolve(t.Context(), o); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "others may write to it") {
		t.Errorf("a file of everybody: %v", err)
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{"90": 90 * time.Second, "10s": 10 * time.Second, "1m30s": 90 * time.Second, "1H": time.Hour, "2w": 14 * 24 * time.Hour} {
		if got, err := duration(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "s", "1x", "-1", "1.5", "99999999999"} {
		if got, err := duration(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzReadConfig: whatever stands in a file, nothing below a Match is applied.
func FuzzReadConfig(f *testing.F) {
	for _, seed := range []string{"Host web\nPort 22\n", "Host \"a b\" !c*\nUser=\"x\"#y\n", "Include /nonexistent/*\n", "\xff\x00", "Host [\nPort 1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range parseConfig([]byte(text + "\nMatch all\nPort 1")).lines {
			if l.key == "host" && l.why == "" {
				l.host.Matches("web")
			}
			list, _ := words(l.value)
			if len(list) == 0 && l.why == "" && l.key != "match" {
				t.Errorf("line %d of %q has no value and is read", l.number, text)
			}
		}
		parseAnswer(text)
	})
}
