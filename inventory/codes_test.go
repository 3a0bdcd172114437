package inventory

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/internal/fault/faulttest"
)

// TestCodes: what is wrong with an inventory has a code for its way of being wrong.
func TestCodes(t *testing.T) {
	good := "[site]\ndomain = \"www.example.com\"\nemail = \"ops@example.com\"\n[app]\nsource = \"app\"\n" +
		"[hosts.lb1]\naddress = \"203.0.113.10\"\nroles = [\"lb\"]\n[hosts.web1]\naddress = \"10.0.0.11\"\n[hosts.web2]\naddress = \"10.0.0.12\"\n"
	dir := t.TempDir()
	path := filepath.Join(dir, "site.toml")
	if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	inv, err := Parse(path, []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if key, at := inv.Where("hosts.web1.ssh.user", "hosts.web1.address", "site.domain"); key != "hosts.web1.address" || at != path+":10" {
		t.Errorf("%s at %s", key, at)
	}
	for _, c := range []struct {
		code     fault.Code
		old, new string
	}{
		{"INV02", "[site]", "[site"},
		{"INV03", "email", "emial"},
		{"INV04", "[app]", "[app]\nport = \"9000\""},
		{"INV05", "[app]", "[app]\nport = 80"},
		{"INV05", "203.0.113.10", "203.0.113.256"},
		{"INV06", "domain = \"www.example.com\"\n", ""},
		{"INV06", "roles = [\"lb\"]\n", ""},
		{"INV07", "source = \"app\"", "source = \"nowhere\""},
		{"INV07", "[app]", "[ssh]\nidentity = \"nowhere\"\n[app]"},
		{"INV08", "10.0.0.12", "10.0.0.11"},
		{"INV08", "[app]", "[db]\nprimary = \"lb1\"\n[app]"},
		{"INV08", "[app]", "[db.backup]\npath = \"/srv/example/backups\"\n[app]"},
	} {
		_, err := Parse(path, []byte(strings.Replace(good, c.old, c.new, 1)))
		var all *Errors
		if !errors.As(err, &all) {
			t.Errorf("%s: %v", c.new, err)
			continue
		}
		// A misspelt key is also missing under its right name.
		faulttest.Wants(t, all.List[0], all.List[0].Code)
		if codes := fault.All(err); codes[0] != c.code && codes[len(codes)-1] != c.code {
			t.Errorf("%q: %v, not %s: %v", c.new, codes, c.code, err)
		}
	}
	_, err = Load(filepath.Join(t.TempDir(), "none.toml"))
	faulttest.Wants(t, err, "INV01")
}
