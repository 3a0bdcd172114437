package action

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"

	"github.com/ProtonMail/go-crypto/openpgp"
)

func writeFile(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOnlyKey: a file of signing keys holds the one that was named, and no other.
func TestOnlyKey(t *testing.T) {
	var files [2]bytes.Buffer
	var prints [2]string
	for i := range files {
		key, err := openpgp.NewEntity("somebody", "", "a@b.example", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := key.Serialize(&files[i]); err != nil {
			t.Fatal(err)
		}
		prints[i] = strings.ToUpper(hex.EncodeToString(key.PrimaryKey.Fingerprint))
	}
	if err := onlyKey(files[0].Bytes(), prints[0]); err != nil {
		t.Error(err)
	}
	if err := onlyKey(files[0].Bytes(), prints[1]); err == nil || !strings.Contains(err.Error(), prints[0]) {
		t.Errorf("another key: %v", err)
	}
	both := append(bytes.Clone(files[0].Bytes()), files[1].Bytes()...)
	if err := onlyKey(both, prints[0]); err == nil {
		t.Error("a second key was taken along")
	}
	for _, bad := range []string{"", "nothing of the kind"} {
		if err := onlyKey([]byte(bad), prints[0]); err == nil {
			t.Errorf("%q was taken for a key", bad)
		}
	}
}

// pair makes a certificate for a name and its key.
func pair(t *testing.T, name string) (cert, key string) {
	t.Helper()
	return pairAt(t, name, time.Now())
}

// pairAt makes one that is good for an hour before and after a time.
func pairAt(t *testing.T, name string, at time.Time) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: at.Add(-time.Hour), NotAfter: at.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return writeFile(t, "cert.pem", text("CERTIFICATE", der), 0o644), writeFile(t, "key.pem", text("PRIVATE KEY", raw), 0o600)
}

func TestCodesOfCertificates(t *testing.T) {
	cert, key := pair(t, "www.foobar.com")
	other, otherKey := pair(t, "www.example.com")
	none := writeFile(t, "none", "no PEM at all\n", 0o600)
	for _, c := range []struct {
		code      fault.Code
		cert, key string
		line      int
	}{
		{"", cert, key, 0},
		{"TLS01", none, key, 7},
		{"TLS01", cert, none, 8},
		{"TLS01", key, cert, 7},
		{"TLS02", cert, otherKey, 8},
		{"TLS03", other, otherKey, 7},
	} {
		path := sshtest.Inventory(t, "[monitoring]", fmt.Sprintf("[tls]\ncert = %q\nkey = %q\n[monitoring]", c.cert, c.key))
		inv, err := inventory.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = publicPEM(inv)
		if c.code == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		faulttest.Wants(t, err, c.code)
		if want := fmt.Sprintf("%s:%d: tls.", path, c.line); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v does not begin with %s", err, want)
		}
	}
}

// TestCertificateThatIsNotValidNow: plan and deploy refuse it before they connect; what
// moves the databases does not depend on it.
func TestCertificateThatIsNotValidNow(t *testing.T) {
	t.Setenv(inventory.TokenEnv, "x")
	for words, at := range map[string]time.Time{
		"the certificate expired on 2020-02-01 01:00:00": time.Date(2020, 2, 1, 0, 0, 0, 0, time.UTC),
		"the certificate is valid only from ":            time.Now().Add(48 * time.Hour),
	} {
		cert, key := pairAt(t, "www.foobar.com", at)
		path := sshtest.Inventory(t, "[monitoring]", fmt.Sprintf("[tls]\ncert = %q\nkey = %q\n[monitoring]", cert, key))
		c := Common{Inventory: path, Console: Console{Err: io.Discard}}
		for _, verb := range []interface{ Run(context.Context) error }{&Plan{Common: c}, &Deploy{Common: c, Yes: true}} {
			err := verb.Run(t.Context())
			faulttest.Wants(t, err, "TLS04")
			if !strings.HasPrefix(err.Error(), path+":7: tls.cert: "+words) {
				t.Error(err)
			}
		}
		s, _, err := c.prepare(t.Context(), reload(t, path))
		if err != nil {
			t.Fatal(err)
		}
		s.App.Close()
	}
}

func TestCodeOfALocalFile(t *testing.T) {
	inv, err := inventory.Load(sshtest.Inventory(t, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	inv.TLS.ACMECA = "/nonexistent/ca.pem"
	_, _, err = (&Common{Console: Console{Err: io.Discard}}).prepare(t.Context(), inv)
	faulttest.Wants(t, err, "CLI04")
}
