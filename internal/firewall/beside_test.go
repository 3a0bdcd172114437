package firewall

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// What nft -t list ruleset (1.0.6) and iptables-legacy-save (1.8.9) print.
const (
	nftInput  = "\t\ttype filter hook input priority filter; policy "
	besideUFW = "table ip filter {\n\tchain INPUT {\n" + nftInput + "drop;\n\t\tcounter packets 0 bytes 0 jump ufw-before-input\n\t}\n\n\tchain ufw-x {\n\t\tcounter packets 0 bytes 0 drop\n\t}\n}\n"
)

// TestOtherChainsThatDrop: ufw's own, bans and what is forwarded are none of them.
func TestOtherChainsThatDrop(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"ufw alone":       {besideUFW, ""},
		"a workstation":   {besideUFW + "table inet filter {\n\tset bad {\n\t\ttype ipv4_addr\n\t}\n\n\tchain input {\n" + nftInput + "drop;\n\t\ttcp dport 22 accept\n\t}\n\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}\n", "chain input of nftables' table inet filter"},
		"in ufw's table":  {"table ip filter {\n\tchain input {\n" + nftInput + "drop;\n\t}\n\n\tchain INPUT {\n" + nftInput + "drop;\n\t}\n}\n", "chain input of nftables' table ip filter"},
		"a last rule":     {"table inet fw {\n\tchain in {\n" + nftInput + "accept;\n\t\ttcp dport 22 accept\n\t\tlog prefix \"a b\" counter packets 7 bytes 420 reject with icmpx admin-prohibited comment \"x\"\n\t}\n}\n", "chain in of nftables' table inet fw"},
		"bans":            {"table inet f2b-table {\n\tchain f2b-chain {\n\t\ttype filter hook input priority filter - 1; policy accept;\n\t\ttcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable\n\t\tct state invalid drop\n\t}\n\n\tchain other {\n\t\tdrop\n\t}\n}\n", ""},
		"only routed":     {"table inet r {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t\tdrop\n\t}\n}\n", ""},
		"iptables-legacy": {besideUFW + "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT -j DROP\nCOMMIT\n", "chain INPUT of iptables-legacy"},
		"legacy, open":    {"*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 192.0.2.1/32 -j DROP\nCOMMIT\n", ""},
	} {
		names, ends := Beside(c.text)
		if want := slices.DeleteFunc([]string{c.want}, func(s string) bool { return s == "" }); !slices.Equal(names, want) || len(ends) != len(want) {
			t.Errorf("%s: %q, %q", name, names, ends)
		}
		for _, state := range []resource.State{resource.Absent, resource.Present} {
			f := sample(t)
			o := sampleSeen(t, f)
			o.State = state
			o.Set("beside", c.text)
			if _, err := f.Diff(o); (fault.Of(err) == "FW05") != (c.want != "") {
				t.Errorf("%s, %v: %v", name, state, err)
			}
		}
	}
}

// TestAsksBesideUFW: iptables-legacy only where it has loaded tables and is not in use itself.
func TestAsksBesideUFW(t *testing.T) {
	for name, c := range map[string]struct{ version, tables, want string }{
		"the newer one alone": {"iptables v1.8.9 (nf_tables)", "", "rules"},
		"both":                {"iptables v1.8.9 (nf_tables)", "filter\n", "rules old"},
		"the older one":       {"iptables v1.8.9 (legacy)", "filter\n", "rules"},
	} {
		dir := t.TempDir()
		for program, text := range map[string]string{"nft": "echo rules", "iptables": "echo '" + c.version + "'", "iptables-legacy-save": "echo old"} {
			if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "ip_tables_names"), []byte(c.tables), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-euc", strings.NewReplacer("/usr/sbin/", dir+"/", "/proc/net/", dir+"/").Replace(BesideScript)).CombinedOutput()
		if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
