package remote_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// threeKeys is a server as Debian installs it, with keys of three kinds, all of which
// it offers after a login.
func threeKeys(t *testing.T, proves func([][]byte) [][]byte) (*sshtest.Server, map[string]ssh.Signer) {
	t.Helper()
	keys := map[string]ssh.Signer{}
	conf := sshtest.Config{Proves: proves}
	for _, k := range []string{ssh.KeyAlgoRSA, ssh.KeyAlgoECDSA256, ssh.KeyAlgoED25519} {
		keys[k] = sshtest.NewKeyOf(t, k)
		conf.MoreKeys = append(conf.MoreKeys, keys[k])
	}
	conf.HostKey, conf.Offers = keys[ssh.KeyAlgoED25519], conf.MoreKeys
	return sshtest.Start(t, conf), keys
}

// athome leaves known_hosts to the defaults, in a home of its own.
func athome(t *testing.T, s *sshtest.Server, o *remote.Options, lines ...string) (file string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	file = filepath.Join(home, ".ssh", "known_hosts")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.Join(lines, "\n")+"\n", "NAME", knownhosts.Normalize(s.Addr()))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.KnownHosts = nil
	return file
}

// hasConfig has the host's settings come from an ssh_config, which names known_hosts:
// ssh itself takes the home from the machine's list of users.
func hasConfig(t *testing.T, o *remote.Options, known, text string) {
	t.Helper()
	o.NoConfig, o.ConfigFile = false, filepath.Join(t.TempDir(), "config")
	text = "UserKnownHostsFile " + known + "\nGlobalKnownHostsFile none\n" + text + "\n"
	if err := os.WriteFile(o.ConfigFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func textOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func kinds(keys []ssh.PublicKey) (list []string) {
	for _, k := range keys {
		list = append(list, k.Type())
	}
	return list
}

func TestOtherKeysAreLearnedThroughAKnownOne(t *testing.T) {
	s, keys := threeKeys(t, nil)
	o := options(s)
	file := athome(t, s, &o, "NAME "+line(keys[ssh.KeyAlgoECDSA256]))
	before := textOf(t, file)
	trust := dial(t, o).Trust()
	if want := []string{ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSA, ssh.KeyAlgoED25519}; !slices.Equal(trust.Kinds, want) || !trust.Learned {
		t.Errorf("%+v", trust)
	}
	name := knownhosts.Normalize(s.Addr()) + " "
	if want := before + name + line(keys[ssh.KeyAlgoRSA]) + "\n" + name + line(keys[ssh.KeyAlgoED25519]) + "\n"; textOf(t, file) != want {
		t.Errorf("known_hosts is\n%s\nand not\n%s", textOf(t, file), want)
	}
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	hasConfig(t, &o, file, "UpdateHostKeys yes")
	if trust := dial(t, o).Trust(); len(trust.Kinds) != 3 || !trust.Learned || !strings.HasPrefix(textOf(t, file), before) {
		t.Errorf("where ssh_config asks for it: %+v", trust)
	}
	// From now on it is known by the better one, and nothing more is written.
	after := textOf(t, file)
	if trust := dial(t, o).Trust(); fmt.Sprint(trust.Kinds) != "[ssh-ed25519]" || trust.Learned || textOf(t, file) != after {
		t.Errorf("the second time: %+v", trust)
	}
}

// TestOtherKeysAreOnlyNamed where ssh would not write them either.
func TestOtherKeysAreOnlyNamed(t *testing.T) {
	s, keys := threeKeys(t, nil)
	ca, ecdsa := sshtest.NewKey(t), keys[ssh.KeyAlgoECDSA256]
	config := func(text string) func(*testing.T, *remote.Options) {
		return func(t *testing.T, o *remote.Options) {
			hasConfig(t, o, filepath.Join(os.Getenv("HOME"), ".ssh", "known_hosts"), text)
		}
	}
	for name, c := range map[string]struct {
		lines  []string
		change func(*testing.T, *remote.Options)
	}{
		"switched off":                 {[]string{"NAME " + line(ecdsa)}, config("UpdateHostKeys no")},
		"to be asked for":              {[]string{"NAME " + line(ecdsa)}, config("UpdateHostKeys ask")},
		"a file that ssh_config names": {[]string{"NAME " + line(ecdsa)}, config("")},
		"a pattern":                    {[]string{"* " + line(ecdsa)}, nil},
		"a file of somebody's":         {nil, func(t *testing.T, o *remote.Options) { knows(t, s, o, "NAME "+line(ecdsa)) }},
		"a pin":                        {nil, func(_ *testing.T, o *remote.Options) { o.HostKey = line(ecdsa) }},
		"a pinned fingerprint":         {nil, func(_ *testing.T, o *remote.Options) { o.HostKey = ssh.FingerprintSHA256(ecdsa.PublicKey()) }},
		"a file made read-only": {[]string{"NAME " + line(ecdsa)}, func(t *testing.T, o *remote.Options) {
			readOnly(t, filepath.Join(os.Getenv("HOME"), ".ssh", "known_hosts"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(s)
			file := athome(t, s, &o, append(c.lines, "@cert-authority web9 "+line(ca))...)
			if c.change != nil {
				c.change(t, &o)
			}
			before := textOf(t, file)
			trust := dial(t, o).Trust()
			if trust.Learned || fmt.Sprint(trust.Kinds) != "[ecdsa-sha2-nistp256]" || fmt.Sprint(kinds(trust.Offered)) != "[ssh-rsa ssh-ed25519]" {
				t.Errorf("%+v", trust)
			}
			if textOf(t, file) != before {
				t.Errorf("written: %s", textOf(t, file))
			}
			if (trust.File == "") != (o.HostKey != "") || trust.File != "" && trust.Name != knownhosts.Normalize(s.Addr()) {
				t.Errorf("to be added to %q as %q", trust.File, trust.Name)
			}
		})
	}
}

func readOnly(t *testing.T, file string) {
	t.Helper()
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
}

// TestKindsThatAreNotAskedFor: a key that ssh_config's HostKeyAlgorithms leaves out will
// never be looked at, so it makes no host better known.
func TestKindsThatAreNotAskedFor(t *testing.T) {
	s, keys := threeKeys(t, nil)
	o := options(s)
	file := athome(t, s, &o, "NAME "+line(keys[ssh.KeyAlgoECDSA256]), "NAME "+line(keys[ssh.KeyAlgoED25519]))
	hasConfig(t, &o, file, "UpdateHostKeys yes\nHostKeyAlgorithms ecdsa-sha2-nistp256")
	if trust := dial(t, o).Trust(); fmt.Sprint(trust.Kinds) != "[ecdsa-sha2-nistp256]" || len(trust.Offered) > 0 {
		t.Errorf("%+v", trust)
	}
}

// TestRevokedKeysAreNotLearned, though the host has them.
func TestRevokedKeysAreNotLearned(t *testing.T) {
	s, keys := threeKeys(t, nil)
	o := options(s)
	athome(t, s, &o, "NAME "+line(keys[ssh.KeyAlgoECDSA256]), "@revoked * "+line(keys[ssh.KeyAlgoED25519]))
	if trust := dial(t, o).Trust(); fmt.Sprint(trust.Kinds) != "[ecdsa-sha2-nistp256 ssh-rsa]" || fmt.Sprint(kinds(trust.Offered)) != "[ssh-rsa]" {
		t.Errorf("%+v", trust)
	}
}

// TestWhatIsNotProvedIsNotBelieved: a host cannot make others' keys known as its own.
func TestWhatIsNotProvedIsNotBelieved(t *testing.T) {
	for name, proves := range map[string]func([][]byte) [][]byte{
		"in the wrong order": func(s [][]byte) [][]byte { slices.Reverse(s); return s },
		"one is missing":     func(s [][]byte) [][]byte { return s[:1] },
		"none":               func([][]byte) [][]byte { return nil },
		"no signatures":      func(s [][]byte) [][]byte { return [][]byte{[]byte("x"), {}} },
		"another's":          func(s [][]byte) [][]byte { return [][]byte{s[0], s[0]} },
	} {
		t.Run(name, func(t *testing.T) {
			s, keys := threeKeys(t, proves)
			o := options(s)
			file := athome(t, s, &o, "NAME "+line(keys[ssh.KeyAlgoECDSA256]))
			before := textOf(t, file)
			trust := dial(t, o).Trust()
			if len(trust.Offered) > 0 || trust.Learned || len(trust.Kinds) != 1 || textOf(t, file) != before {
				t.Errorf("believed: %+v", trust)
			}
		})
	}
	// A server that offers nothing, as other programs than sshd.
	key := sshtest.NewKeyOf(t, ssh.KeyAlgoECDSA256)
	s := sshtest.Start(t, sshtest.Config{HostKey: key})
	o := options(s)
	if trust := dial(t, o).Trust(); len(trust.Offered) > 0 || fmt.Sprint(trust.Kinds) != "[ecdsa-sha2-nistp256]" {
		t.Errorf("%+v", trust)
	}
}
