package playbooks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault/faulttest"
)

// TestLoadRefusesPortsOfOthers: the error names the line of the key that sets the port.
func TestLoadRefusesPortsOfOthers(t *testing.T) {
	for _, c := range []struct{ tables, want string }{
		{"port = 8081", ":7: app.port: 8081 is the port of nginx's statistics; take another"},
		{"[db]\nport = 8404", ":8: db.port: 8404 is the port of HAProxy's statistics; take another"},
		{"port = 13133\n[monitoring]\nenabled = false", ":7: app.port: 13133 is the port of the collector's health; take another"},
		{"port = 3306", ":7: app.port: app and database would both listen on 3306; give each its own"},
		{"[db]\nport = 9000", ":8: db.port: app and database would both listen on 9000; give each its own"},
		{"port = 8081\n[db]\nport = 8081", ":7: app.port: 8081 is the port of nginx's statistics; take another\n" +
			"PATH:7: app.port: app and database would both listen on 8081; give each its own\nPATH:9: db.port: 8081 is the port of nginx's statistics; take another"},
		{"port = 9100\n[db]\nport = 9101", ""},
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "app"), 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "inventory.toml")
		text := "[site]\nname = \"x\"\ndomain = \"www.example.com\"\nemail = \"ops@example.com\"\n[app]\nsource = \"app\"\n" + c.tables +
			"\n[hosts.a]\naddress = \"10.0.0.1\"\nroles = [\"lb\"]\n[hosts.b]\naddress = \"10.0.0.2\"\nroles = [\"db\"]\n[hosts.c]\naddress = \"10.0.0.3\"\nroles = [\"web\", \"app\"]\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if c.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if err == nil || err.Error() != path+strings.ReplaceAll(c.want, "PATH", path) {
			t.Errorf("%q: %v", c.tables, err)
			continue
		}
		faulttest.Wants(t, err, "INV08")
	}
}
