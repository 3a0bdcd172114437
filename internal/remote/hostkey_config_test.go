package remote_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

func TestStrictHostKeyChecking(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	other := sshtest.NewKey(t)
	for _, c := range []struct {
		value             string
		accepted, changed remote.Kind // for a new host, and for one with another key
		asked             bool
	}{
		{"ask", remote.ErrHostKeyUnknown, remote.ErrHostKeyChanged, true},
		{"yes", remote.ErrHostKeyUnknown, remote.ErrHostKeyChanged, false},
		{"accept-new", "", remote.ErrHostKeyChanged, false},
		{"no", "", remote.ErrHostKeyChanged, false},
		{"off", "", remote.ErrHostKeyChanged, false},
	} {
		t.Run(c.value, func(t *testing.T) {
			o := options(s)
			file := athome(t, s, &o)
			hasConfig(t, &o, file, "StrictHostKeyChecking "+c.value)
			asked := false
			o.UnknownKey = func(string, ssh.PublicKey) (bool, error) { asked = true; return false, nil }
			if c.accepted == "" {
				dial(t, o).Close()
			} else {
				refused(t, o, c.accepted)
			}
			if asked != c.asked || strings.Contains(textOf(t, file), line(other)) {
				t.Errorf("asked: %v", asked)
			}
			if written := strings.Contains(textOf(t, file), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.Key)))); written != (c.accepted == "") {
				t.Errorf("written: %v", written)
			}
			if err := os.WriteFile(file, []byte(knownhosts.Normalize(s.Addr())+" "+line(other)+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			e := refused(t, o, c.changed)
			if said := strings.Contains(e.Hint, "StrictHostKeyChecking no does not help"); said != (c.value == "no" || c.value == "off") {
				t.Errorf("the hint: %s", e.Hint)
			}
		})
	}
}

// TestAcceptedIsRememberedForTheRun: the file is one that forgets.
func TestAcceptedIsRememberedForTheRun(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	athome(t, s, &o)
	o.Cache = &remote.Cache{}
	hasConfig(t, &o, "/dev/null", "StrictHostKeyChecking no\nHostKeyAlias same")
	dial(t, o).Close()
	dial(t, o).Close()
	other := sshtest.Start(t, sshtest.Config{})
	o.Port, o.Identities = other.Port, []string{other.ClientKeyFile}
	refused(t, o, remote.ErrHostKeyChanged, "what this run accepted before")
}

func TestKnownHostsCommand(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	for name, c := range map[string]struct {
		script string
		kind   remote.Kind
		words  []string
	}{
		"knows":         {`echo "$1 ` + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.Key))) + `"`, "", nil},
		"has the key":   {`[ "$2" = ORDER ] || echo "$1 $3 $4"`, "", nil},
		"knows nothing": {`echo "web9 nonsense"`, remote.ErrHostKeyUnknown, nil},
		"has another":   {`echo "$1 ` + line(sshtest.NewKey(t)) + `"`, remote.ErrHostKeyChanged, []string{"the answer of KnownHostsCommand"}},
		"fails":         {`echo out of order >&2; exit 3`, remote.ErrConfig, []string{"KnownHostsCommand failed", "out of order"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(s)
			known := athome(t, s, &o)
			dir := t.TempDir()
			program := filepath.Join(dir, "known hosts")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+c.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			hasConfig(t, &o, known, "KnownHostsCommand \""+program+"\" %H %I %t %K")
			if c.kind == "" {
				dial(t, o).Close()
			} else {
				refused(t, o, c.kind, c.words...)
			}
		})
	}
}

func TestRevokedHostKeys(t *testing.T) {
	key, other, ca := sshtest.NewKey(t), sshtest.NewKey(t), sshtest.NewKey(t)
	s := sshtest.Start(t, sshtest.Config{HostKey: key, MoreKeys: []ssh.Signer{sshtest.Certify(t, ca, key, nil, "127.0.0.1")}})
	for name, c := range map[string]struct {
		text  string
		krl   bool
		kind  remote.Kind
		words []string
	}{
		"another":                    {line(other), false, "", nil},
		"the key":                    {"# stolen\n" + line(other) + "\n" + line(key), false, remote.ErrHostKeyChanged, []string{"is revoked by ", "RevokedHostKeys"}},
		"its authority":              {line(ca), false, remote.ErrHostKeyChanged, nil},
		"a list with another":        {line(other), true, "", nil},
		"a list with the key":        {line(key), true, remote.ErrHostKeyChanged, []string{"is revoked by "}},
		"a damaged list":             {"SSHKRL\n\x00nonsense", false, remote.ErrConfig, []string{"cannot tell from RevokedHostKeys"}},
		"a file that cannot be read": {"", false, remote.ErrConfig, []string{"no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(s)
			dir := t.TempDir()
			known, file := athome(t, s, &o, "NAME "+line(key), "@cert-authority * "+line(ca)), filepath.Join(dir, "revoked")
			if c.text != "" {
				if err := os.WriteFile(file, []byte(c.text+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if c.krl || strings.HasPrefix(c.text, "SSHKRL") {
				keygen, err := exec.LookPath("ssh-keygen")
				if err != nil {
					t.Skip("there is no ssh-keygen here")
				}
				if c.krl {
					if out, err := exec.Command(keygen, "-q", "-k", "-f", file+".krl", file).CombinedOutput(); err != nil {
						t.Fatalf("%v: %s", err, out)
					}
					file += ".krl"
				}
			}
			hasConfig(t, &o, known, "RevokedHostKeys "+file)
			if c.kind == "" {
				dial(t, o).Close()
			} else {
				refused(t, o, c.kind, c.words...)
			}
		})
	}
}

// TestNewSessionKeysAskNothingAgain: a connection that carries much gets new keys, and
// the host's key was checked when it began.
func TestNewSessionKeysAskNothingAgain(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	known, dir := athome(t, s, &o), t.TempDir()
	program, log := filepath.Join(dir, "known"), filepath.Join(dir, "log")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$2\" >>"+log+"\n[ \"$2\" = ORDER ] || echo \"$1 $3 $4\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	hasConfig(t, &o, known, "RekeyLimit 64K\nKnownHostsCommand "+program+" %H %I %t %K")
	h := dial(t, o)
	for range 4 {
		if out := run(t, h, "seq 1 40000"); !strings.HasSuffix(out, "\n40000") {
			t.Fatalf("%d bytes", len(out))
		}
	}
	if said := textOf(t, log); said != "ORDER\nHOSTNAME\n" {
		t.Errorf("asked: %q", said)
	}
}
