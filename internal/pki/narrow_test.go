package pki_test

import (
	"crypto/x509"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/pki"
)

func leafOf(name, address string) pki.Leaf {
	return pki.Leaf{Names: []string{name + ".internal"}, Addresses: []netip.Addr{netip.MustParseAddr(address)}}
}

// TestNarrow: who checks with the narrow CA takes web1's certificate and no other
// one that the CA has signed, though no name is compared. Both Go and OpenSSL,
// which the database servers use, are asked.
func TestNarrow(t *testing.T) {
	ca, now := newCA(t, 7, "foobar"), time.Now()
	web1 := leafOf("web1", "10.0.0.11")
	narrow, err := ca.Narrow(web1)
	if err != nil {
		t.Fatal(err)
	}
	if !parseCert(t, narrow).PermittedDNSDomainsCritical {
		t.Error("a program that does not know the constraint would go on without it")
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(narrow)
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	root := write("root", narrow)
	openssl, noOpenSSL := exec.LookPath("openssl")
	csr, _ := request(t)
	for name, c := range map[string]struct {
		leaf pki.Leaf
		by   *pki.CA
		good bool
	}{
		"web1":                     {web1, ca, true},
		"web1 renewed":             {web1, ca, true},
		"web2":                     {leafOf("web2", "10.0.0.12"), ca, false},
		"web2 at the address":      {leafOf("web2", "10.0.0.11"), ca, false},
		"the name, another host":   {leafOf("web1", "10.0.0.12"), ca, false},
		"a name that ends like it": {leafOf("xweb1", "10.0.0.11"), ca, false},
		"another site's web1":      {web1, newCA(t, 8, "foobar"), false},
	} {
		cert, err := c.by.Sign(csr, c.leaf, now)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseCert(t, cert).Verify(x509.VerifyOptions{Roots: roots}); (err == nil) != c.good {
			t.Errorf("%s: Go says %v", name, err)
		}
		if noOpenSSL != nil {
			continue
		}
		out, err := exec.Command(openssl, "verify", "-no-CApath", "-no-CAstore", "-CAfile", root, write("leaf", cert)).CombinedOutput()
		if (err == nil) != c.good {
			t.Errorf("%s: OpenSSL says %s", name, out)
		}
		if err != nil && c.by == ca && !strings.Contains(string(out), "permitted subtree violation") {
			t.Errorf("%s is refused for another reason: %s", name, out)
		}
	}
	if _, err := ca.Narrow(pki.Leaf{Names: []string{"web1.internal"}}); err == nil {
		t.Error("a CA narrowed to no address lets every address pass")
	}
}
