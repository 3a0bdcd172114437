package resource_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/pki"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/templates"
)

func testCA(t *testing.T, fill byte) *pki.CA {
	t.Helper()
	ca, err := pki.New(bytes.Repeat([]byte{fill}, 32), "foobar", int(fill))
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// certificateHost is a folder with all that a host's certificate needs.
type certificateHost struct {
	t   *testing.T
	dir string
}

func newCertificateHost(t *testing.T) certificateHost {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil || os.Getuid() != 0 {
		t.Skip("needs root and openssl")
	}
	return certificateHost{t, t.TempDir()}
}

func (h certificateHost) path(name string) string { return filepath.Join(h.dir, name) }

func (h certificateHost) read(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(h.path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// certificate is what is wanted; the other CAs will do for now. The file of
// those that are trusted and the script are written as a deploy does before.
func (h certificateHost) certificate(ca *pki.CA, others ...*pki.CA) resource.Certificate {
	h.t.Helper()
	who := pki.Host{Names: []string{"web1.internal"}, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.11"), netip.MustParseAddr("fd00::11")}}
	c := resource.Certificate{Dir: h.dir, Script: h.path("script"), Names: who.Names, Addresses: who.Addresses, CA: ca.PEM(),
		Sign: func(request []byte) ([]byte, error) { return ca.SignIssuer(request, who, time.Now()) }}
	for _, o := range others {
		c.Others = append(c.Others, o.PEM()...)
	}
	h.write("ca.crt", string(ca.PEM())+string(c.Others), 0o644)
	h.script(c, 90)
	return c
}

func (h certificateHost) script(c resource.Certificate, days int) {
	h.t.Helper()
	text, err := templates.Render("tls/certificate.sh.tmpl", map[string]any{"Dir": sh.Quote(h.dir), "Group": "root", "Name": sh.Quote(c.Names[0]),
		"SANs": c.SANs(), "Files": sh.Files, "Loads": []string{"echo loads\n"}, "Days": days, "RenewDays": 30, "RenewBefore": 30 * 86400})
	if err != nil {
		h.t.Fatal(err)
	}
	h.write("script", string(text), 0o700)
}

func (h certificateHost) write(name, text string, mode os.FileMode) {
	h.t.Helper()
	if err := os.WriteFile(h.path(name), []byte(text), mode); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Chmod(h.path(name), mode); err != nil {
		h.t.Fatal(err)
	}
}

// look asks the host's question of this machine, with a shell of its own.
func look(t *testing.T, r resource.Resource) resource.Observed {
	t.Helper()
	set := resource.Compile([]resource.Probe{r.Probe()})
	cmd := exec.Command("sh")
	cmd.Stdin = strings.NewReader(ask.Script(asktest.Token, set.Script()))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(out), "PRIVATE") {
		t.Fatal("a private key left the host")
	}
	seen, err := set.Read(asktest.Answer(strings.Split(string(out), "\n")...))
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range seen[0].Attrs {
		if strings.Contains(value, "PRIVATE") {
			t.Fatalf("a private key left the host as %s", key)
		}
	}
	return seen[0]
}

// apply runs the steps of a change on this machine.
func apply(t *testing.T, c resource.Change) (said string) {
	t.Helper()
	for _, s := range c.Steps {
		switch s := s.(type) {
		case resource.Exchange:
			more, err := s.Reply(shell(t, s.Script, nil))
			if err != nil {
				t.Fatal(err)
			}
			said += apply(t, resource.Change{Steps: more})
		case resource.Run:
			said += string(shell(t, s.Script, s.Input))
		default:
			t.Fatalf("a step of another kind: %T", s)
		}
	}
	return said
}

func shell(t *testing.T, script string, input []byte) []byte {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command("sh", "-c", "set -eu\n"+sh.Files+script)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s%s\n%s", err, out, errs.String(), script)
	}
	return out
}

// converge wants a change of these fields, and none after it.
func converge(t *testing.T, when string, r resource.Resource, want ...string) (said string) {
	t.Helper()
	change, err := r.Diff(look(t, r))
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	var got []string
	for _, f := range change.Fields {
		got = append(got, f.Name)
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Fatalf("%s: fields %q, want %q (%+v)", when, got, want, change.Fields)
	}
	if len(want) == 0 {
		return ""
	}
	said = apply(t, change)
	if change, err = r.Diff(look(t, r)); err != nil || !change.Empty() {
		t.Fatalf("%s: did not converge: %+v %v", when, change.Fields, err)
	}
	return said
}

func TestCertificateConverges(t *testing.T) {
	h := newCertificateHost(t)
	c := h.certificate(testCA(t, 1))
	converge(t, "nothing there", c, "key", "names")
	converge(t, "as wanted", c)
	for name, mode := range map[string]os.FileMode{"host.key": 0o640, "issuer.pem": 0o600} {
		if info, err := os.Lstat(h.path(name)); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if to, err := os.Readlink(h.path("host.crt")); err != nil || to != "host.key" {
		t.Errorf("host.crt: %q, %v", to, err)
	}
	if chain := pki.Certificates([]byte(h.read("host.crt"))); len(chain) != 3 || !chain[2].Equal(testCA(t, 1).Certificate()) {
		t.Errorf("%d certificates are shown; the last must be the CA's", len(chain))
	}
	left, _ := filepath.Glob(h.path(".[^.]*"))
	if len(left) != 1 || left[0] != h.path(".lock") {
		t.Errorf("left behind: %q", left)
	}

	issuer := h.read("issuer.pem")
	os.Remove(h.path("host.crt"))
	converge(t, "link removed", c, "names")
	os.Remove(h.path("host.crt"))
	h.write("host.crt", h.read("host.key"), 0o644)
	converge(t, "a file for the link", c, "host.crt")
	os.Chmod(h.path("host.key"), 0o644)
	converge(t, "key readable by all", c, "host.key")
	os.Chmod(h.path("issuer.pem"), 0o640)
	converge(t, "issuing key readable by a group", c, "issuer.pem")
	h.write("host.key", "damaged", 0o640)
	converge(t, "key damaged", c, "key")
	if h.read("issuer.pem") != issuer {
		t.Error("the issuing key was made anew although it was fine")
	}

	h.write("issuer.pem", "damaged", 0o600)
	converge(t, "issuing key damaged", c, "issuing key")
	if h.read("issuer.pem") == issuer {
		t.Error("the issuing key is the old one")
	}
	h.write("issuer.pem", issuer, 0o600)
	converge(t, "another issuing certificate", c, "certificate")
	h.write("issuer.pem", issuer[:strings.Index(issuer, "-----END CERT")+26]+issuer[strings.Index(issuer, "-----BEGIN PRIV"):], 0o600)
	converge(t, "the CA's is lost", c, "issuing certificate")
	issuer = h.read("issuer.pem")
	c.Names = []string{"db1.internal"}
	c.Sign = func(request []byte) ([]byte, error) {
		return testCA(t, 1).SignIssuer(request, pki.Host{Names: c.Names, Addresses: c.Addresses}, time.Now())
	}
	h.script(c, 90)
	converge(t, "another name", c, "may vouch for", "names")
	if h.read("issuer.pem") == issuer {
		t.Error("a key was certified twice")
	}
}

// TestCertificateSaysWhatOpenSSLAccepts: strict, as Python is, and for the host
// alone even when the issuing key is stolen.
func TestCertificateSaysWhatOpenSSLAccepts(t *testing.T) {
	h := newCertificateHost(t)
	c := h.certificate(testCA(t, 1))
	converge(t, "nothing there", c, "key", "names")
	verify := func(args ...string) error {
		out, err := exec.Command("openssl", append(append([]string{"verify", "-x509_strict", "-CAfile", h.path("ca.crt"), "-no-CApath",
			"-untrusted", h.path("issuer.pem")}, args...), h.path("host.crt"))...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	for _, args := range [][]string{{"-verify_hostname", "web1.internal"}, {"-verify_ip", "10.0.0.11"}, {"-verify_ip", "fd00::11"}, {"-purpose", "sslclient"}} {
		if err := verify(args...); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	if verify("-verify_hostname", "web2.internal") == nil {
		t.Error("good for another name")
	}
	other := c
	other.Names = []string{"web2.internal"}
	h.script(other, 90)
	said, err := exec.Command(h.path("script"), "sign").CombinedOutput()
	if err == nil || !strings.Contains(string(said), "permitted subtree violation") {
		t.Errorf("signed for another host: %v\n%s", err, said)
	}
	if err := verify("-verify_hostname", "web1.internal"); err != nil {
		t.Errorf("the good one was replaced: %v", err)
	}
}

// TestCertificateRenewsItself has no controller.
func TestCertificateRenewsItself(t *testing.T) {
	h := newCertificateHost(t)
	ca := testCA(t, 1)
	c := h.certificate(ca)
	h.script(c, 29)
	converge(t, "nothing there", c, "key", "names")
	renew := func() string {
		t.Helper()
		out, err := exec.Command(h.path("script"), "renew").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	short, issuer := h.read("host.key"), h.read("issuer.pem")
	h.script(c, 90)
	if said := renew(); !strings.Contains(said, "less than 30 days") || !strings.Contains(said, "loads") {
		t.Errorf("renewal says %q", said)
	}
	long := h.read("host.key")
	key := func(text string) string { return text[strings.Index(text, "-----BEGIN PRIVATE"):] }
	if key(long) == key(short) {
		t.Error("the key is the old one")
	}
	if h.read("issuer.pem") != issuer {
		t.Error("the issuing key is another one")
	}
	converge(t, "renewed", c)
	if said := renew(); said != "loads\n" || h.read("host.key") != long {
		t.Errorf("renewed although nothing was due: %q", said)
	}
	os.Remove(h.path("host.key"))
	if said := renew(); !strings.Contains(said, "there is none") {
		t.Errorf("says %q", said)
	}
	converge(t, "made again", c)
	script := h.read("script") // and the same on a host whose clock is ahead
	h.write("script", strings.NewReplacer("'1 day ago'", "'2 days'", "  openssl verify", "  : openssl verify").Replace(script), 0o700)
	if out, err := exec.Command(h.path("script"), "sign").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	h.write("script", script, 0o700)
	if change, err := c.Diff(look(t, c)); err != nil || len(change.Fields) != 1 || change.Fields[0].Name != "valid from" {
		t.Errorf("not valid yet: %+v, %v", change.Fields, err)
	}
	if said := renew(); !strings.Contains(said, "it is not valid yet") {
		t.Errorf("says %q", said)
	}
	converge(t, "valid again", c)
	seen := look(t, c)
	for want, now := range map[string]time.Time{
		"":                               time.Now().Add(pki.LeafLife - pki.LeafOverdue - time.Hour),
		"ends":                           time.Now().Add(pki.LeafLife - pki.LeafOverdue + time.Hour),
		"issuing certificate ends, ends": time.Now().Add(pki.IssuerLife - pki.IssuerRenewBefore + time.Hour),
	} {
		c.Now = func() time.Time { return now }
		change, err := c.Diff(seen)
		var got []string
		for _, f := range change.Fields {
			got = append(got, f.Name)
		}
		if err != nil || strings.Join(got, ", ") != want {
			t.Errorf("at %s: fields %q (%v), want %q", now.Format(time.DateOnly), got, err, want)
		}
	}
	os.Remove(h.path("issuer.pem"))
	os.Remove(h.path("host.key"))
	if out, err := exec.Command(h.path("script"), "renew").CombinedOutput(); err == nil || !strings.Contains(string(out), "foobar deploy makes it") {
		t.Errorf("without an issuing key: %v, %s", err, out)
	}
}

// TestCertificateOfAnotherCA: it stays while both are trusted, and is replaced
// with its key by Reissue.
func TestCertificateOfAnotherCA(t *testing.T) {
	h := newCertificateHost(t)
	first, second := testCA(t, 1), testCA(t, 2)
	converge(t, "nothing there", h.certificate(first), "key", "names")
	old, issuer := h.read("host.key"), h.read("issuer.pem")

	c := h.certificate(second, first)
	converge(t, "both trusted", c)
	if h.read("host.key") != old {
		t.Error("it was replaced before its time")
	}
	if out, err := exec.Command(h.path("script"), "renew").CombinedOutput(); err != nil || h.read("host.key") != old {
		t.Errorf("the timer replaced it: %v, %s", err, out)
	}
	if said := converge(t, "replaced", resource.Reissue{Certificate: c}, "signed by"); !strings.Contains(said, "loads") {
		t.Errorf("not loaded: %q", said)
	}
	if h.read("host.key") == old || h.read("issuer.pem")[:200] == issuer[:200] {
		t.Error("it is still there")
	}
	converge(t, "after it", resource.Reissue{Certificate: c})
	converge(t, "one trusted", h.certificate(second))

	c = h.certificate(first)
	converge(t, "another CA that is trusted nowhere", resource.Certificate{Dir: c.Dir, Script: c.Script, Names: c.Names, Addresses: c.Addresses, CA: c.CA, Sign: c.Sign}, "signed by")
}

// TestCertificateOfAnEarlierVersion: key and certificate were two files, and the
// CA itself had signed. At no moment do they not fit.
func TestCertificateOfAnEarlierVersion(t *testing.T) {
	h := newCertificateHost(t)
	v1, err := pki.NewV1(bytes.Repeat([]byte{1}, 32), "foobar")
	if err != nil {
		t.Fatal(err)
	}
	c := h.certificate(testCA(t, 1), v1)
	key, cert := earlierLeaf(t, bytes.Repeat([]byte{1}, 32), v1, c)
	h.write("host.key", key, 0o640)
	h.write("host.crt", cert, 0o644)
	converge(t, "as an earlier version left it", c)
	if h.read("host.crt") != cert {
		t.Error("it was replaced before its time")
	}
	converge(t, "replaced", resource.Reissue{Certificate: c}, "signed by")
	if to, err := os.Readlink(h.path("host.crt")); err != nil || to != "host.key" {
		t.Errorf("host.crt: %q, %v", to, err)
	}
	converge(t, "one trusted", h.certificate(testCA(t, 1)))
}

func TestCertificateUnknownIsNotAbsent(t *testing.T) {
	c := resource.Certificate{Dir: "/etc/foobar/tls", Names: []string{"web1.internal"}, CA: testCA(t, 1).PEM()}
	for _, r := range []resource.Resource{c, resource.Reissue{Certificate: c}} {
		change, err := r.Diff(resource.Observed{Reason: "openssl is not installed"})
		if err != nil || !change.Provisional || len(change.Steps) > 0 {
			t.Errorf("unknown gave %+v, %v; want another look and no step", change, err)
		}
	}
	if _, err := c.Diff(resource.Observed{State: resource.Absent}); err != nil {
		t.Error(err)
	}
}
