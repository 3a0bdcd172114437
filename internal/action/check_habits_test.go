package action

import (
	"strings"
	"testing"

	"foobar/internal/preflight"
	"foobar/inventory"
)

// TestHabits: what is accepted and still worth a word, and that ordinary inventories
// get none.
func TestHabits(t *testing.T) {
	workIn(t)
	const plain = "[site]\ndomain = \"www.foobar.com\"\nemail = \"ops@foobar.com\"\n[app]\nsource = \"app\"\n[hosts.lb1]\naddress = \"203.0.113.10\"\nroles = [\"lb\"]\n" +
		"[hosts.web1]\naddress = \"10.0.0.11\"\n[hosts.web2]\naddress = \"10.0.0.12\"\n"
	for _, c := range []struct{ old, new, want string }{
		{"", "", ""},
		{"", "roles = [\"web\", \"app\"]\n", "web1 is the only host with the role db"},
		{"", "[app.env]\nAWS_SECRET_ACCESS_KEY = \"x\"\n", "app.env.AWS_SECRET_ACCESS_KEY looks like a secret"},
		{"", "[app.env]\nPUBLIC_URL = \"x\"\nKEYBOARD = \"de\"\n", ""},
		{"", "[hosts.web2.ssh]\nport = 443\n", "web2: ssh.port 443 is the port of nginx there"},
		{"", "[[firewall.extra]]\nport = 443\n", "opens port 443 of web1 to anyone"},
		{"", "[[firewall.extra]]\nport = 443\nfrom = \"198.51.100.7\"\n", ""},
		{"", "[[firewall.extra]]\nport = 3306\n", "opens the database's port 3306 of web1 to anyone"},
		{"", "[[firewall.extra]]\nport = 3306\nhosts = [\"lb1\"]\n", ""},
		{"", "[firewall]\nssh_from = \"198.51.100.7\"\n[[firewall.extra]]\nport = 22\n", "opens the ssh port 22 of lb1 to anyone"},
		{"", "[[firewall.extra]]\nport = 22\n", ""},
		{"ops@foobar.com", "ops@example.com", "Let's Encrypt refuses example.com"},
		{"www.foobar.com", "www.foobar.local", "Let's Encrypt refuses www.foobar.local"},
	} {
		text := strings.Replace(plain, c.old, c.new, 1)
		if c.old == "" {
			text = plain + c.new
		}
		inv, err := inventory.Parse("site.toml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		h := &hereCheck{inv: inv}
		h.habits()
		said := ""
		for _, f := range h.list {
			if said += f.Seen + "\n"; f.Level != preflight.Warn || f.Fix == "" || f.Code == "" {
				t.Errorf("%+v", f)
			}
		}
		if c.want == "" && said != "" || !strings.Contains(said, c.want) {
			t.Errorf("%q: %q, want %q", c.new, said, c.want)
		}
	}
}
