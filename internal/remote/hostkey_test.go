package remote_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
)

// knows writes a known_hosts file; NAME stands for the server's name in it.
func knows(t *testing.T, s *sshtest.Server, o *remote.Options, lines ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	text := strings.ReplaceAll(strings.Join(lines, "\n")+"\n", "NAME", knownhosts.Normalize(s.Addr()))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o.KnownHosts = []string{file}
}

// line is a key as known_hosts has it, without the names.
func line(key ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key.PublicKey())))
}

func TestDamagedLinesHinderNoHost(t *testing.T) {
	s := sshtest.Start(t, sshtest.Config{})
	o := options(s)
	for _, damaged := range []string{"old.example.com 1024 37 1594871239871923", "b.example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO!!", "<<<<<<< HEAD", "lonely.example.com"} {
		var told []string
		o.Warn, o.Cache = func(text string) { told = append(told, text) }, &remote.Cache{}
		knows(t, s, &o, damaged, "NAME "+string(ssh.MarshalAuthorizedKey(s.Key)))
		dial(t, o).Close()
		dial(t, o).Close()
		if len(told) != 1 || !strings.HasPrefix(told[0], o.KnownHosts[0]+":1: this line cannot be read") {
			t.Errorf("%s: told %q", damaged, told)
		}
	}
	var told []string
	o.Warn, o.Cache = func(text string) { told = append(told, text) }, &remote.Cache{}
	o.KnownHosts = append([]string{t.TempDir()}, o.KnownHosts...)
	dial(t, o).Close()
	if len(told) != 2 || !strings.Contains(told[0], o.KnownHosts[0]+" cannot be read and is ignored") {
		t.Errorf("a folder in place of a file: told %q", told)
	}
}

// TestStandingOfAKey goes through what known_hosts can say of a host that shows a plain
// key.
func TestStandingOfAKey(t *testing.T) {
	key, other, ca := sshtest.NewKey(t), sshtest.NewKeyOf(t, ssh.KeyAlgoECDSA256), sshtest.NewKey(t)
	s := sshtest.Start(t, sshtest.Config{HostKey: key})
	for name, c := range map[string]struct {
		lines []string
		kind  remote.Kind // "": known
		words []string
	}{
		"nothing":                     {nil, remote.ErrHostKeyUnknown, nil},
		"an authority":                {[]string{"@cert-authority * " + line(ca)}, remote.ErrHostKeyUnknown, []string{"is not known: "}},
		"an authority of its key":     {[]string{"@cert-authority * " + line(key)}, remote.ErrHostKeyUnknown, nil},
		"known":                       {[]string{"@cert-authority * " + line(ca), "NAME " + line(key)}, "", nil},
		"hashed":                      {[]string{knownhosts.HashHostname(knownhosts.Normalize(s.Addr())) + " " + line(key)}, "", nil},
		"without its port":            {[]string{s.Host + " " + line(key)}, "", nil},
		"another without its port":    {[]string{s.Host + " " + line(other)}, remote.ErrHostKeyUnknown, nil},
		"another with its port":       {[]string{"NAME " + line(other), s.Host + " " + line(key)}, remote.ErrHostKeyChanged, []string{":1 "}},
		"a pattern":                   {[]string{"127.0.?.* " + line(key)}, "", nil},
		"all hosts":                   {[]string{"* " + line(key)}, "", nil},
		"not this one":                {[]string{"*,!" + s.Host + ",!NAME " + line(key)}, remote.ErrHostKeyUnknown, nil},
		"another host's":              {[]string{"web9 " + line(key)}, remote.ErrHostKeyUnknown, nil},
		"another of the kind":         {[]string{"NAME " + line(ca)}, remote.ErrHostKeyChanged, []string{":1: it showed", "ssh-keygen -R "}},
		"another kind":                {[]string{"", "NAME " + line(other)}, remote.ErrHostKeyChanged, []string{":2 (ecdsa-sha2-nistp256, a kind of key that the host does not show)"}},
		"two, one of them right":      {[]string{"NAME " + line(ca), "NAME " + line(key)}, "", nil},
		"revoked":                     {[]string{"NAME " + line(key), "@revoked * " + line(key)}, remote.ErrHostKeyChanged, []string{"is revoked by ", ":2: it showed"}},
		"revoked for another host":    {[]string{"NAME " + line(key), "@revoked web9 " + line(key)}, "", nil},
		"another one revoked":         {[]string{"NAME " + line(key), "@revoked * " + line(ca)}, "", nil},
		"only that another is not it": {[]string{"@revoked * " + line(ca)}, remote.ErrHostKeyUnknown, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(s)
			knows(t, s, &o, c.lines...)
			if c.kind == "" {
				dial(t, o).Close()
				return
			}
			refused(t, o, c.kind, c.words...)
		})
	}
}

func TestHostCertificates(t *testing.T) {
	key, ca, stranger := sshtest.NewKey(t), sshtest.NewKeyOf(t, ssh.KeyAlgoECDSA256), sshtest.NewKey(t)
	past, future := uint64(time.Now().Add(-time.Hour).Unix()), uint64(time.Now().Add(time.Hour).Unix())
	authority := "@cert-authority 127.* " + line(ca)
	for name, c := range map[string]struct {
		signer ssh.Signer // of the certificate
		change func(*ssh.Certificate)
		names  []string
		lines  []string
		kind   remote.Kind
		words  []string
	}{
		"good":                     {ca, nil, []string{"127.0.0.1"}, []string{authority}, "", nil},
		"a pattern":                {ca, nil, []string{"web", "127.0.0.?"}, []string{authority}, "", nil},
		"for every host":           {ca, nil, nil, []string{authority}, "", nil},
		"valid now":                {ca, func(c *ssh.Certificate) { c.ValidAfter, c.ValidBefore = past, future }, nil, []string{authority}, "", nil},
		"of two authorities":       {ca, nil, nil, []string{"@cert-authority * " + line(stranger), authority}, "", nil},
		"another host's":           {ca, nil, []string{"web9"}, []string{authority}, remote.ErrHostKeyUnknown, []string{"it is for web9, not for 127.0.0.1"}},
		"run out":                  {ca, func(c *ssh.Certificate) { c.ValidBefore = past }, nil, []string{authority}, remote.ErrHostKeyUnknown, []string{"its certificate does not count: cert has expired"}},
		"not yet valid":            {ca, func(c *ssh.Certificate) { c.ValidAfter = future }, nil, []string{authority}, remote.ErrHostKeyUnknown, []string{"not yet valid"}},
		"a user's":                 {ca, func(c *ssh.Certificate) { c.CertType = ssh.UserCert }, nil, []string{authority}, remote.ErrHostKeyUnknown, []string{"one for users"}},
		"by a stranger":            {stranger, nil, nil, []string{authority}, remote.ErrHostKeyUnknown, []string{"no @cert-authority line for the host"}},
		"authority of other hosts": {ca, nil, nil, []string{"@cert-authority *.example.com " + line(ca)}, remote.ErrHostKeyUnknown, nil},
		"its plain key known":      {ca, func(c *ssh.Certificate) { c.ValidBefore = past }, nil, []string{authority, "NAME " + line(key)}, "", nil},
		"no authority, but known":  {ca, nil, nil, []string{"NAME " + line(key)}, "", nil},
		"another plain key known":  {stranger, nil, nil, []string{authority, "NAME " + line(stranger)}, remote.ErrHostKeyChanged, nil},
		"authority revoked":        {ca, nil, nil, []string{authority, "NAME " + line(key), "@revoked * " + line(ca)}, remote.ErrHostKeyChanged, []string{"is revoked by "}},
		"key revoked":              {ca, nil, nil, []string{authority, "@revoked * " + line(key)}, remote.ErrHostKeyChanged, []string{"is revoked by "}},
		"a critical option":        {ca, func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"x@y": ""} }, nil, []string{authority}, remote.ErrHostKeyUnknown, []string{"critical option"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t, sshtest.Config{HostKey: key, MoreKeys: []ssh.Signer{sshtest.Certify(t, c.signer, key, c.change, c.names...)}})
			o := options(s)
			knows(t, s, &o, c.lines...)
			if c.kind == "" {
				dial(t, o).Close()
				return
			}
			e := refused(t, o, c.kind, c.words...)
			if strings.Contains(e.Hint, "cert-v01") {
				t.Errorf("a certificate is no line of known_hosts: %s", e.Hint)
			}
		})
	}
}

// TestAKnownKindIsAskedFor: the host has keys of three kinds, and one is known.
func TestAKnownKindIsAskedFor(t *testing.T) {
	for _, kind := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSA} {
		keys := map[string]ssh.Signer{}
		conf := sshtest.Config{}
		for _, k := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSA} {
			keys[k] = sshtest.NewKeyOf(t, k)
			conf.MoreKeys = append(conf.MoreKeys, keys[k])
		}
		conf.HostKey = keys[ssh.KeyAlgoED25519]
		s := sshtest.Start(t, conf)
		o := options(s)
		knows(t, s, &o, "@cert-authority * "+line(sshtest.NewKey(t)), "NAME "+line(keys[kind]))
		if got := dial(t, o).Trust().Kinds; fmt.Sprint(got) != fmt.Sprint([]string{kind}) {
			t.Errorf("%s is known, and the host showed %v", kind, got)
		}
		knows(t, s, &o)
		for _, pin := range []string{line(keys[kind]), ssh.FingerprintSHA256(keys[kind].PublicKey())} {
			o.HostKey = pin
			if got := dial(t, o).Trust().Kinds; len(got) != 1 || got[0] != kind {
				t.Errorf("%s is pinned, and the host showed %v", pin, got)
			}
		}
		before := s.Accepted()
		o.HostKey = ssh.FingerprintSHA256(sshtest.NewKey(t).PublicKey())
		refused(t, o, remote.ErrHostKeyChanged, "the inventory's host_key", ssh.KeyAlgoED25519)
		if n := s.Accepted() - before; n > 7 {
			t.Errorf("%d connections for a fingerprint that fits none", n)
		}
	}
}
