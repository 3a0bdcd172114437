package resource_test

import (
	"bytes"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/pki"
	"foobar/internal/resource"
)

func testCA(t *testing.T, fill byte) *pki.CA {
	t.Helper()
	ca, err := pki.New(bytes.Repeat([]byte{fill}, 32), "foobar")
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func testCertificate(ca *pki.CA, dir string) resource.Certificate {
	leaf := pki.Leaf{Names: []string{"web1.internal"}, Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.11"), netip.MustParseAddr("fd00::11")}}
	return resource.Certificate{Key: filepath.Join(dir, "host.key"), Cert: filepath.Join(dir, "host.crt"), Names: leaf.Names,
		Addresses: leaf.Addresses, CA: ca.PEM(), RenewBefore: pki.RenewBefore,
		Sign: func(request []byte) ([]byte, error) { return ca.Sign(request, leaf, time.Now()) }}
}

// look asks the host's question of this machine, with a shell of its own. The
// owner is reported as root, which the test need not be.
func look(t *testing.T, r resource.Resource) resource.Observed {
	t.Helper()
	set, err := resource.Compile("tok", []resource.Probe{r.Probe()})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh")
	cmd.Stdin = strings.NewReader(set.Script())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	seen, err := set.Parse(strings.Split(string(out), "\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"key", "cert"} {
		if f := strings.SplitN(seen[0].Get(k), " ", 3); len(f) == 3 {
			seen[0].Attrs[k] = f[0] + " root:root " + f[2]
		}
	}
	return seen[0]
}

// apply runs the steps of a change on this machine.
func apply(t *testing.T, c resource.Change) {
	t.Helper()
	for _, s := range c.Steps {
		switch s := s.(type) {
		case resource.Exchange:
			out := shell(t, s.Script)
			more, err := s.Reply(out)
			if err != nil {
				t.Fatal(err)
			}
			apply(t, resource.Change{Steps: more})
		case resource.Put:
			if err := os.WriteFile(s.Path, s.Content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(s.Path, os.FileMode(s.Mode)); err != nil {
				t.Fatal(err)
			}
		case resource.Run:
			shell(t, s.Script)
		}
	}
}

func shell(t *testing.T, script string) []byte {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.Command("sh", "-eu")
	// Only root may give files away; here they already belong to whoever tests.
	cmd.Stdin, cmd.Stderr = strings.NewReader("chown(){ :; }\n"+script), &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, errs.String(), script)
	}
	return out
}

func TestCertificateConverges(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("needs openssl")
	}
	dir := t.TempDir()
	c := testCertificate(testCA(t, 1), dir)
	check := func(when string, want ...string) {
		t.Helper()
		change, err := c.Diff(look(t, c))
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		var got []string
		for _, f := range change.Fields {
			got = append(got, f.Name)
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Fatalf("%s: fields %q, want %q (%+v)", when, got, want, change.Fields)
		}
		if len(want) == 0 {
			return
		}
		apply(t, change)
		if change, err = c.Diff(look(t, c)); err != nil || !change.Empty() {
			t.Fatalf("%s: did not converge: %+v %v", when, change.Fields, err)
		}
	}
	check("nothing there", "key", "names")
	check("as wanted")
	key, _ := os.ReadFile(c.Key)

	os.Remove(c.Cert)
	check("certificate removed", "names")
	os.Chmod(c.Key, 0o644)
	check("key readable by all", "host.key")
	os.Chmod(c.Cert, 0o600)
	check("certificate hidden", "host.crt")
	other := testCertificate(testCA(t, 2), dir)
	c.CA, c.Sign = other.CA, other.Sign
	check("another CA", "signed by")
	if now, _ := os.ReadFile(c.Key); !bytes.Equal(now, key) {
		t.Fatal("the key was made anew although it was fine")
	}
	os.WriteFile(c.Key, []byte("damaged"), 0o640)
	check("key damaged", "key")
	exec.Command("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", c.Key).Run()
	os.Chmod(c.Key, 0o640)
	check("another key", "certificate")
}

func TestCertificateRenewal(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("needs openssl")
	}
	c := testCertificate(testCA(t, 1), t.TempDir())
	change, err := c.Diff(resource.Observed{State: resource.Absent})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, change)
	seen := look(t, c)
	for _, tc := range []struct {
		name string
		edit func(*resource.Certificate)
		want string
	}{
		{"long to go", func(*resource.Certificate) {}, ""},
		{"less than a year left", func(c *resource.Certificate) {
			c.Now = func() time.Time { return time.Now().Add(pki.LeafLife - pki.RenewBefore + time.Hour) }
		}, "ends"},
		{"an address more", func(c *resource.Certificate) {
			c.Addresses = append(c.Addresses[:2:2], netip.MustParseAddr("10.0.0.99"))
		}, "names"},
		{"another name", func(c *resource.Certificate) { c.Names = []string{"db1.internal"} }, "names"},
	} {
		want := c
		tc.edit(&want)
		change, err := want.Diff(seen)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		got := ""
		for _, f := range change.Fields {
			got += f.Name
		}
		if got != tc.want || (got != "") != (len(change.Steps) == 1) {
			t.Errorf("%s: fields %q in %d steps, want %q", tc.name, got, len(change.Steps), tc.want)
		}
	}
}

func TestCertificateUnknownIsNotAbsent(t *testing.T) {
	c := testCertificate(testCA(t, 1), "/etc/foobar/tls")
	change, err := c.Diff(resource.Observed{Reason: "openssl is not installed"})
	if err != nil || !change.Provisional || len(change.Steps) > 0 {
		t.Errorf("unknown gave %+v, %v; want another look and no step", change, err)
	}
	if _, err := c.Diff(resource.Observed{State: resource.Absent}); err != nil {
		t.Error(err)
	}
}
