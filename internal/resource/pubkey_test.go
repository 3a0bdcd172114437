package resource

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/pki"
)

// TestPubkeySaysWhatOpenSSLSays: of every key the shell's function says what openssl would,
// and nothing where openssl takes the file for no key; of the usual one without openssl.
func TestPubkeySaysWhatOpenSSLSays(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	openssl := func(args ...string) string {
		out, err := exec.Command("openssl", args...).Output()
		if err != nil {
			t.Fatal(args, err)
		}
		return string(out)
	}
	usual := openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
	line := strings.Split(usual, "\n")
	change := func(n, from, to int, by string) string {
		l := append([]string(nil), line...)
		l[n] = l[n][:from] + by + l[n][to:]
		return strings.Join(l, "\n")
	}
	certificate := "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
	for name, c := range map[string]struct {
		text  string
		quick bool
	}{
		"usual":                    {usual, true},
		"certificate before it":    {certificate + usual, true},
		"certificate after it":     {usual + certificate, true},
		"of the curve's old form":  {openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"), false},
		"old form before it":       {openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout") + usual, false},
		"of another curve":         {openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"), false},
		"Ed25519":                  {openssl("genpkey", "-algorithm", "ED25519"), false},
		"RSA":                      {openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"), false},
		"cut off":                  {strings.Join(line[:3], "\n"), false},
		"without its end":          {strings.Join(line[:4], "\n") + "\n", false},
		"a damaged head":           {change(1, 0, 1, "N"), false},
		"a letter of no base64":    {change(1, 50, 51, "*"), false},
		"a letter less":            {change(3, 10, 11, ""), false},
		"a point off the curve":    {change(3, 10, 14, "AAAA"), true},
		"ends of lines of Windows": {strings.ReplaceAll(usual, "\n", "\r\n"), false},
		"empty":                    {"", false},
	} {
		file := filepath.Join(dir, "key")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		said, err := exec.Command("sh", "-c", "t() { :; }\ne() { :; }\n"+pubkeyScript+"pubkey 0 pub \"$1\"", "sh", file).Output()
		if err != nil && len(said) > 0 {
			t.Errorf("%s: %v", name, err)
		}
		if quick := strings.HasPrefix(string(said), "P-256 "); quick != c.quick {
			t.Errorf("%s: without openssl: %t", name, quick)
		}
		var want []byte
		out, _ := exec.Command("openssl", "pkey", "-in", file, "-passin", "pass:", "-pubout").Output()
		if block, _ := pem.Decode(out); block != nil {
			want = block.Bytes
		}
		if got := pki.PublicKey(string(said)); !bytes.Equal(got, want) {
			t.Errorf("%s: the key is %x, openssl says %x", name, got, want)
		}
	}
	for _, text := range []string{"P-256 ", "P-256 AA", "P-256 *", "P-256 AAAA"} {
		if pki.PublicKey(text) != nil {
			t.Errorf("%q is no key", text)
		}
	}
}
