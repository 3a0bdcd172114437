package roles

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/inventory"
)

// hostText is a host as it stands in an inventory.
func hostText(name, address string, roles ...string) string {
	return fmt.Sprintf("[hosts.%s]\naddress = %q\nroles = [\"%s\"]\n", name, address, strings.Join(roles, `", "`))
}

// parsed is what a user gets from an inventory of that text, so that all that is
// shown by a test is what a user can have. Files that it may name are made. Roles
// that every site needs and no host of the text has get a host each, behind those
// of the text.
func parsed(t *testing.T, text string) *inventory.Inventory {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "app", "static"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"c.pem", "k.pem", "ca.pem", "c.deb", "k.asc"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, role := range []string{inventory.LB, inventory.Web, inventory.App, inventory.DB} {
		if !strings.Contains(text, `"`+role+`"`) {
			text += hostText("some-"+role, netip.AddrFrom4([4]byte{10, 99, 0, byte(1 + i)}).String(), role)
		}
	}
	inv, err := inventory.Parse(filepath.Join(dir, "site.toml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return inv
}
