package scale

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/examples"
)

const domain = "www.foobar.com"

// host is one of a site: what it is called, which recording it speaks from, and where
// it really is.
type host struct {
	name, like string
	address    netip.Addr
	port       int // on 127.0.0.1; 0 where the address is real
}

// fleet is a site of n hosts, of which the first four were recorded: a balancer, a
// database server, and web servers that are all alike.
func fleet(n int) []host {
	all := make([]host, n)
	at := netip.MustParseAddr("10.77.0.11")
	for i := range all {
		name := "web" + fmt.Sprint(i-1)
		like := "web1"
		switch i {
		case 0:
			name, like = "lb1", "lb1"
		case 1:
			name, like = "db1", "db1"
		}
		all[i] = host{name: name, like: like, address: at}
		at = at.Next()
	}
	return all
}

// roles are what a host of a kind serves.
var roles = map[string]string{"lb1": `["lb"]`, "db1": `["db"]`, "web1": `["web", "app"]`}

// master is a secret for this site alone, so that a recording fits another run, and
// holds nothing that is secret.
var master = base64.StdEncoding.EncodeToString([]byte("a test's own, that protects nothing"))

// writeSite writes an inventory of the hosts and returns its path. The ssh section's
// lines are the caller's.
func writeSite(t testing.TB, dir string, hosts []host, ssh string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "[site]\ndomain = \"%s\"\nemail = \"ops@foobar.com\"\n[ssh]\nuser = \"root\"\n%s\n", domain, ssh)
	b.WriteString("[app]\nsource = \"app\"\npackages = [\"python3-pymysql\"]\n[db]\nbuffer_pool = \"256MiB\"\n[tls]\ncert = \"site.pem\"\nkey = \"site-key.pem\"\n[monitoring]\nenabled = false\n[secrets]\nmaster = \"master\"\n")
	for _, h := range hosts {
		fmt.Fprintf(&b, "[hosts.%s]\naddress = \"%s\"\nroles = %s\n", h.name, h.address, roles[h.like])
	}
	write(t, filepath.Join(dir, "master"), master+"\n")
	certificate(t, dir)
	if err := os.CopyFS(dir, examples.App); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "site.toml")
	write(t, path, b.String())
	return path
}

// certificate writes the site's certificate and key: the same bytes each time.
func certificate(t testing.TB, dir string) {
	key := ed25519.NewKeyFromSeed([]byte("a test's own, that secures nothing.")[:ed25519.SeedSize])
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain, "foobar.com"},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2096, 1, 1, 0, 0, 0, 0, time.UTC),
		BasicConstraintsValid: true, IsCA: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(nil, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "site.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, filepath.Join(dir, "site-key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
