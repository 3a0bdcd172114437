package facts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTLSScriptPrintsNoKey: certificates and key may be in one file.
func TestTLSScriptPrintsNoKey(t *testing.T) {
	dir := t.TempDir()
	look := func() TLS {
		t.Helper()
		out, err := exec.Command("sh", "-c", strings.ReplaceAll(tlsScript, "/etc/foobar/tls", dir)).Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "secret") {
			t.Errorf("it prints a private key:\n%s", out)
		}
		f, err := Read(answer(strings.Split(string(out), "\n")...))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return f.TLS
	}
	if got := look(); got != (TLS{}) {
		t.Errorf("without files: %+v", got)
	}
	block := func(word string) string {
		return "-----BEGIN CERTIFICATE-----\n" + word + "\n-----END CERTIFICATE-----\n"
	}
	key := "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----\n"
	for name, text := range map[string]string{"host.key": key + block("own") + block("issuer") + key, "ca.crt": "# why\n" + block("one") + block("two")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("host.key", filepath.Join(dir, "host.crt")); err != nil {
		t.Fatal(err)
	}
	if got, want := look(), (TLS{Chain: block("own") + block("issuer"), Trusted: block("one") + block("two")}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var f Facts
	for n := 0; ; n++ {
		if err := f.set("tls-chain", strings.Repeat("A", 64)); err != nil {
			break
		}
		if n > 2000 {
			t.Fatal("there is no bound")
		}
	}
}
