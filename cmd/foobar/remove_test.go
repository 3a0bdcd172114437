package main

import (
	"strings"
	"testing"

	"foobar/internal/remote/sshtest"
)

// TestRemoveRefusals: nothing goes that was not named twice, and nothing that the site
// cannot do without; no host is asked for it.
func TestRemoveRefusals(t *testing.T) {
	good := sshtest.Inventory(t, "", "")
	for _, c := range []struct{ args, code, want string }{
		{"remove INV", "CLI03", "--yes-remove foobar"},
		{"remove INV web2", "CLI03", "--yes-remove web2"},
		{"remove INV web2 --yes-remove web1", "CLI02", "what would go is called web2"},
		{"remove INV --yes-remove web2", "CLI02", "what would go is called foobar"},
		{"remove INV web9 --yes-remove web9", "CLI02", "foobar deploy"},
		{"remove INV lb1 --yes-remove lb1", "SVC13", "the only host with the role lb"},
		{"remove INV --data --yes-remove foobar", "CLI01", "--packages"},
		{"host drain INV", "CLI01", "name the host"},
		{"host drain INV lb1", "CLI02", "those are web1, web2"},
		{"host drain INV web1 -o xml", "CLI01", "plain or json"},
		{"host drain INV web1 --wait never", "CLI01", "such as 10s"},
		{"host INV", "CLI01", "it has drain, undrain"},
		{"cert renew INV --dry-run --force", "CLI01", "cannot be given together"},
		{"cert status INV -o xml", "CLI01", "plain or json"},
		{"cert renwe INV", "CLI01", "did you mean renew"},
		{"renew INV", "CLI01", "did you mean foobar cert renew"},
		{"history INV -n 0", "CLI01", "from 1 to"},
	} {
		out, said, code := foobar(t, strings.Fields(strings.ReplaceAll(c.args, "INV", good))...)
		if code != 64 || out != "" || !strings.Contains(said, c.want) || !strings.Contains(said, "["+c.code+"]") {
			t.Errorf("foobar %s: exit %d:\n%s%s", c.args, code, out, said)
		}
	}
}
