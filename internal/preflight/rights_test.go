package preflight

import (
	"regexp"
	"strings"
	"testing"

	"foobar/inventory"
	"foobar/playbooks"
)

// TestNothingOfOthersIsReadAsRoot: whatever speaks with a server outside, and
// whatever opens what it left, runs as apt's own user.
func TestNothingOfOthersIsReadAsRoot(t *testing.T) {
	inv, err := inventory.Load("../../examples/inventories/minimal.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range inv.Hosts {
		script := Script(inv, playbooks.Services(inv), h, Files{"tls.acme_ca": "a CA"})
		if strings.Contains(script, "APT::Sandbox::User") {
			t.Error("apt's helper is told to stay root")
		}
		for _, call := range []string{`\$helper -q`, `getent -A`, `head -c \d+ "\$d/net/`, `rm -f "\$d/net/`} {
			for _, line := range regexp.MustCompile(`.*`+call).FindAllString(script, -1) {
				if !strings.Contains(line, "$as ") {
					t.Errorf("%s: as root: %s", h.Name, line)
				}
			}
		}
		if strings.Contains(script, `"$d/net/`) && !strings.Contains(script, "chown _apt:nogroup") {
			t.Errorf("%s: the folder belongs to root", h.Name)
		}
	}
}
