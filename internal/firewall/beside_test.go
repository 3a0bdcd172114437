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
	for name, c := range map[string]struct{ version, tables, policy, want string }{
		"the newer one alone": {"iptables v1.8.9 (nf_tables)", "", "DROP", "forwarding 1 rules"},
		"both":                {"iptables v1.8.9 (nf_tables)", "filter\n", "DROP", "forwarding 1 rules old"},
		"the older one":       {"iptables v1.8.9 (legacy)", "filter\n", "DROP", "forwarding 1 rules"},
		"forwarding stays":    {"iptables v1.8.9 (legacy)", "", "ACCEPT", "rules"},
	} {
		dir := t.TempDir()
		for program, text := range map[string]string{"nft": "echo rules", "iptables": "echo '" + c.version + "'", "iptables-legacy-save": "echo old"} {
			if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for file, text := range map[string]string{"ip_tables_names": c.tables, "ip_forward": "1\n", "ufw": "DEFAULT_FORWARD_POLICY=\"" + c.policy + "\"\n"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		out, err := exec.Command("sh", "-euc", strings.NewReplacer("/usr/sbin/", dir+"/", "/proc/net/", dir+"/", "/proc/sys/net/ipv4/", dir+"/", "/etc/default/", dir+"/").Replace(BesideScript)).CombinedOutput()
		if got := strings.Join(strings.Fields(string(out)), " "); err != nil || got != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestRouters: what containers and virtual machines forward by chains of iptables is no reason.
func TestRouters(t *testing.T) {
	const masks = "table ip nat {\n\tchain POSTROUTING {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n\t\toifname "
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"a way out":        {"forwarding 1\n" + masks + "\"eth0\" counter packets 0 bytes 0 masquerade\n", true},
		"with snat":        {"forwarding 1\n" + masks + "\"eth1\" ip saddr 10.0.0.0/24 counter packets 0 bytes 0 snat to 192.0.2.1\n", true},
		"no forwarding":    {"forwarding 0\n" + masks + "\"eth0\" counter packets 0 bytes 0 masquerade\n", false},
		"docker":           {"forwarding 1\n" + masks + "!= \"docker0\" ip saddr 172.17.0.0/16 counter packets 0 bytes 0 masquerade\n", false},
		"a published port": {"forwarding 1\n" + masks[:len(masks)-len("oifname ")] + "ip saddr 172.17.0.2 ip daddr 172.17.0.2 tcp dport 80 counter packets 0 bytes 0 masquerade\n", false},
		"marked":           {"forwarding 1\n" + masks[:len(masks)-len("oifname ")] + "meta mark & 0x00ff0000 == 0x00040000 counter packets 0 bytes 0 masquerade\n", false},
		"incus":            {"forwarding 1\ntable inet incus {\n\tchain pstrt.incusbr0 {\n\t\tip saddr 10.1.2.0/24 ip daddr != 10.1.2.0/24 masquerade\n", true},
		"netavark":         {"forwarding 1\ntable ip nat {\n}\ntable inet netavark {\n\tchain nv_x {\n\t\tip daddr != 224.0.0.0/4 masquerade\n", true},
		"then iptables":    {"forwarding 1\ntable inet netavark {\n}\n" + masks + "!= \"docker0\" ip saddr 172.17.0.0/16 counter packets 0 bytes 0 masquerade\n", false},
		"libvirt":          {"forwarding 1\n" + masks + "\"eth0\" ip saddr 192.168.122.0/24 ip daddr != 192.168.122.0/24 counter packets 0 bytes 0 masquerade\n", false},
	} {
		f := sample(t)
		for _, state := range []resource.State{resource.Absent, resource.Present} {
			o := sampleSeen(t, f)
			o.State = state
			o.Set("beside", c.text)
			o.Set("live4", "")
			if _, change := diff(t, f, o); strings.Contains(change.Reason, Stranded) != c.want || Routes(c.text) != c.want {
				t.Errorf("%s, %v: %q", name, state, change.Reason)
			}
		}
	}
}
