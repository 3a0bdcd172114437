package remote

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha1"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// keyText is a public key of our own, for lines.
func keyText(t testing.TB, seed byte) (ssh.PublicKey, string) {
	t.Helper()
	key, err := ssh.NewPublicKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)).Public())
	if err != nil {
		t.Fatal(err)
	}
	return key, marshalled(key)
}

func TestDamagedLinesArePassedOver(t *testing.T) {
	_, key := keyText(t, 1)
	for name, line := range map[string]string{
		"a key of SSH 1":          "old.example.com 1024 37 1594871239871923",
		"base64 that is none":     "broken.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO!!",
		"a conflict of a merge":   "<<<<<<< HEAD",
		"a name alone":            "lonely.example.com",
		"a kind alone":            "half.example.com ssh-ed25519",
		"a key of another kind":   "h " + strings.Replace(key, "ssh-ed25519", "ssh-rsa", 1),
		"a cut key":               "h " + key[:40],
		"an unknown marker":       "@trusted h " + key,
		"two markers":             "@cert-authority @revoked h " + key,
		"a marker alone":          "@revoked",
		"a hash of another kind":  "|2|AAAA|BBBB " + key,
		"a hash with a bad salt":  "|1|!!|BBBB " + key,
		"a hash with a short one": "|1|AAAA|BBBB " + key,
		"bytes":                   "\x00\xff\xfe",
		"a kind nobody knows":     "h ssh-new AAAAB3NzaC1uZXc=",
	} {
		k := parseKnown([]byte("# comment\n\n"+line+"\nweb1 "+key+" me@here\r\n"), "/k")
		if len(k.lines) != 1 || k.lines[0].where != "/k:4" || !k.lines[0].matches("web1") {
			t.Errorf("%s: lines %+v", name, k.lines)
		}
		if text := k.complaint("/k"); len(k.damaged) != 1 || !strings.HasPrefix(text, "/k:3: this line cannot be read (") {
			t.Errorf("%s: %q", name, text)
		}
	}
	k := parseKnown([]byte("a\nb\nc\n"), "/k")
	if text := k.complaint("/k"); !strings.HasSuffix(text, "and is ignored, and 2 more, the next of them line 2") {
		t.Errorf("several: %q", text)
	}
	if text := parseKnown([]byte("web1 "+key), "/k").complaint("/k"); text != "" {
		t.Errorf("nothing is damaged: %q", text)
	}
}

func TestNamesOfALine(t *testing.T) {
	_, key := keyText(t, 1)
	for names, c := range map[string]struct{ yes, no string }{
		"web1":                                 {"web1", "web11 [web1]:2222 web"},
		"web1,10.0.0.1":                        {"web1 10.0.0.1", "10.0.0.11"},
		"[web1]:2222":                          {"[web1]:2222", "web1 [web1]:222"},
		"*":                                    {"web1 [web1]:2222 ::1", ""},
		"*.example.com,!db.example.com":        {"web.example.com", "db.example.com example.com"},
		"!db*,*":                               {"web", "db1 db"},
		"10.0.?.1*":                            {"10.0.0.1 10.0.9.17", "10.0.10.1"},
		"[*.example.com]:22??":                 {"[a.example.com]:2201", "a.example.com [a.example.com]:22"},
		"WEB1":                                 {"web1 Web1", ""},
		"2001:db8::1,[2001:db8::1]:24":         {"2001:db8::1 [2001:db8::1]:24", "2001:db8::11"},
		"!web1":                                {"", "web1 web2"},
		"*a*a*a*a*a*a*a*a*a*a*a*a*a*b":         {"", strings.Repeat("a", 200)},
		knownhosts.HashHostname("web1"):        {"web1", "web2 WEB1"},
		knownhosts.HashHostname("[web1]:2222"): {"[web1]:2222", "web1"},
	} {
		for _, marker := range []string{"", "@revoked ", "@cert-authority\t"} {
			k := parseKnown([]byte(marker+names+" "+key), "/k")
			if len(k.lines) != 1 || k.lines[0].marker != strings.Trim(marker, "@ \t") {
				t.Fatalf("%s: %+v", names, k)
			}
			for _, name := range strings.Fields(c.yes) {
				if !k.lines[0].matches(name) {
					t.Errorf("%s does not match %s", names, name)
				}
			}
			for _, name := range strings.Fields(c.no) {
				if k.lines[0].matches(name) {
					t.Errorf("%s matches %s", names, name)
				}
			}
		}
	}
}

// TestKeygenFindsTheSameLines compares with OpenSSH's own reading.
func TestKeygenFindsTheSameLines(t *testing.T) {
	keygen, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("there is no ssh-keygen here")
	}
	_, key := keyText(t, 1)
	file := filepath.Join(t.TempDir(), "known_hosts")
	var text strings.Builder
	for _, names := range []string{"web1", "web1,web2", "*", "web?,!web1", "[web1]:2222", "[web1]:*", knownhosts.HashHostname("web1"), "WEB1", "<<<", "!web2,web*"} {
		fmt.Fprintf(&text, "%s %s\n", names, key)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := readKnownFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"web1", "web2", "web3", "[web1]:2222", "db"} {
		out, _ := exec.Command(keygen, "-F", name, "-f", file).Output() // 1: not found
		var want, got []string
		for line := range strings.Lines(string(out)) {
			if rest, ok := strings.CutPrefix(line, "# Host "+name+" found: line "); ok {
				want = append(want, file+":"+strings.Fields(rest)[0])
			}
		}
		for _, l := range k.lines {
			if l.matches(name) {
				got = append(got, l.where)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: found %v, ssh-keygen %v", name, got, want)
		}
	}
}

func TestOrderOfKinds(t *testing.T) {
	all := new(settings).algorithms()
	line := func(marker string, kind string) knownLine { return knownLine{marker: marker, key: kindOnly(kind)} }
	for name, c := range map[string]struct {
		known []knownLine
		first []string
	}{
		"nothing":        {nil, all[:1]},
		"ed25519":        {[]knownLine{line("", ssh.KeyAlgoED25519), line("", ssh.KeyAlgoECDSA256)}, all[:1]},
		"ecdsa":          {[]knownLine{line("", ssh.KeyAlgoECDSA384)}, []string{ssh.CertAlgoECDSA384v01, ssh.KeyAlgoECDSA384}},
		"rsa":            {[]knownLine{line("", ssh.KeyAlgoRSA)}, []string{ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}},
		"an authority":   {[]knownLine{line(markerAuthority, ssh.KeyAlgoRSA)}, all[:6]},
		"that and ecdsa": {[]knownLine{line(markerAuthority, ssh.KeyAlgoRSA), line("", ssh.KeyAlgoECDSA256)}, append(append([]string{}, all[:6]...), ssh.KeyAlgoECDSA256)},
	} {
		got := order(all, c.known)
		if len(got) != len(all) || !reflect.DeepEqual(got[:len(c.first)], c.first) {
			t.Errorf("%s: %v", name, got)
		}
	}
	only := &settings{hostKeyAlgorithms: []string{ssh.KeyAlgoRSASHA512, "ssh-rsa", "sk-new@example.com", ssh.KeyAlgoED25519}}
	if got := only.algorithms(); !reflect.DeepEqual(got, []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoED25519}) {
		t.Errorf("as ssh_config says: %v", got)
	}
}

// kindOnly is a key of which only the kind is asked.
type kindOnly string

func (k kindOnly) Type() string                        { return string(k) }
func (k kindOnly) Marshal() []byte                     { return []byte(k) }
func (k kindOnly) Verify([]byte, *ssh.Signature) error { return nil }

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                    nil,
		"a b\tc":              {"a", "b", "c"},
		`"/a b/c" 'd "e' f\"`: {"/a b/c", `d "e`, `f"`},
		`a\ b ""`:             {"a b", ""},
		`a "b`:                nil,
	} {
		got, err := splitWords(line)
		if !reflect.DeepEqual(got, want) || (err != nil) != (line == `a "b`) {
			t.Errorf("%q: %q, %v", line, got, err)
		}
	}
}

func FuzzKnownHosts(f *testing.F) {
	_, key := keyText(f, 1)
	for _, s := range []string{"web1 " + key, "@revoked *,!a " + key, "|1|" + strings.Repeat("A", 28) + "|BBBB " + key, "@cert-authority", "a 1 2 3", "\x00", "[::1]:22,*?* " + key} {
		f.Add(s, "web1")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		k := parseKnown([]byte(text), "/k")
		for _, l := range k.lines {
			l.matches(name)
			if l.key == nil || l.marker != "" && l.marker != markerAuthority && l.marker != markerRevoked {
				t.Errorf("%q: %+v", text, l)
			}
			if l.hashed() {
				if salt, err := l.salt(); err != nil || len(salt) != sha1.Size {
					t.Errorf("%q: a hashed name without a salt", text)
				}
			}
		}
		if n := bytes.Count([]byte(text), []byte("\n")) + 1; len(k.lines)+len(k.damaged) > n {
			t.Errorf("%d lines of %d", len(k.lines)+len(k.damaged), n)
		}
		// A good line after it is read whatever stands before.
		if after := parseKnown([]byte(text+"\nlast "+key+"\n"), "/k").lines; len(after) == 0 || !after[len(after)-1].matches("last") {
			t.Errorf("%q hides the line after it", text)
		}
	})
}
