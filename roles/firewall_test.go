package roles

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/facts"
	"foobar/internal/firewall"
	"foobar/internal/play"
	"foobar/internal/resource"
)

var updateFirewall = flag.Bool("update-firewall", false, "rewrite testdata/firewall")

const firewallText = `[site]
domain = "www.foobar.com"
email = "ops@foobar.com"
[app]
source = "./app"
`

func firewallHost(name, n string, roles ...string) string {
	private := fmt.Sprintf("private_address = [%q, %q]\n", "10.77.0."+n, "fd77::"+n)
	return hostText(name, "10.77.0."+n, roles...) + private
}

func usualFirewallSite(t *testing.T) *play.Site {
	return &play.Site{Inv: parsed(t, firewallText+"[firewall]\nloopback = \"off\"\n[monitoring]\nallow_from = \"198.51.100.0/24\"\n"+
		firewallHost("lb1", "10", "lb")+firewallHost("web1", "11", "web", "app", "db")+
		firewallHost("web2", "12", "web", "app", "db")+firewallHost("web3", "13", "web", "app", "db"))}
}

func splitFirewallSite(t *testing.T) *play.Site {
	return &play.Site{Inv: parsed(t, firewallText+`[monitoring]
enabled = false
[firewall]
loopback_ports = [25]
ssh_from = ["203.0.113.7", "2001:db8::/32"]
[[firewall.extra]]
port = 60001
proto = "udp"
comment = "mosh, its said"
hosts = ["back"]
[[firewall.extra]]
port = 9100
from = "192.0.2.0/24"
`+firewallHost("edge", "10", "lb")+firewallHost("front", "11", "web")+
		firewallHost("back", "12", "app")+firewallHost("store", "13", "db")+firewallHost("spare", "14", "db"))}
}

func firewallOf(t *testing.T, s *play.Site, host string) firewall.UFW {
	t.Helper()
	s.Services = servicesOf(s.Inv)
	list, err := Firewall{}.Resources(s, s.Inv.Host(host))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if f, ok := r.(firewall.UFW); ok {
			return f
		}
	}
	t.Fatalf("no firewall on %s", host)
	return firewall.UFW{}
}

// puts are the files a bare host would get.
func firewallPuts(t *testing.T, f firewall.UFW) map[string][]byte {
	t.Helper()
	c, err := f.Diff(resource.Observed{State: resource.Present})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, step := range c.Steps {
		if p, ok := step.(resource.Put); ok {
			files[p.Path] = p.Content
		}
	}
	return files
}

func TestFirewallRendersItsFiles(t *testing.T) {
	for _, c := range []struct {
		site  *play.Site
		hosts []string
	}{
		{usualFirewallSite(t), []string{"lb1", "web1"}},
		{splitFirewallSite(t), []string{"front", "back", "store"}},
	} {
		for _, host := range c.hosts {
			files := firewallPuts(t, firewallOf(t, c.site, host))
			for _, name := range []string{"user.rules", "user6.rules", "before.rules", "before6.rules"} {
				golden := filepath.Join("testdata", "firewall", host+"."+name)
				got := files["/etc/ufw/"+name]
				if *updateFirewall {
					if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s differs from %s:\n%s", host, golden, got)
				}
			}
		}
	}
}

func TestFirewallOpensWhatTheRolesNeed(t *testing.T) {
	usual, split := usualFirewallSite(t), splitFirewallSite(t)
	for _, c := range []struct {
		site       *play.Site
		host       string
		open, shut []string
	}{
		{usual, "lb1", []string{"22 any", "80 any", "443 any"}, []string{"3306", "9000"}},
		{usual, "web1", []string{"22 any", "443 10.77.0.10/32", "443 fd77::10/128", "443 198.51.100.0/24", "3306 10.77.0.12/32", "3306 fd77::13/128"},
			[]string{"443 any", "80", "9000", "3306 10.77.0.10", "3306 10.77.0.11"}},
		{split, "front", []string{"22 203.0.113.7/32", "22 2001:db8::/32", "443 10.77.0.10/32", "9100 192.0.2.0/24"}, []string{"22 any", "3306", "9000", "60001"}},
		{split, "back", []string{"9000 10.77.0.11/32", "60001 any"}, []string{"443", "3306", "9000 10.77.0.10", "9000 any"}},
		{split, "store", []string{"3306 10.77.0.12/32", "3306 10.77.0.14/32"}, []string{"443", "3306 10.77.0.11", "3306 any"}},
	} {
		var rules []string
		for _, r := range firewallOf(t, c.site, c.host).Rules {
			from := "any"
			if r.From.IsValid() {
				from = r.From.Masked().String()
			}
			rules = append(rules, strings.Join([]string{itoaPort(r.Port), from}, " "))
		}
		all := "\n" + strings.Join(rules, "\n") + "\n"
		for _, want := range c.open {
			if !strings.Contains(all, "\n"+want+"\n") {
				t.Errorf("%s does not open %s:%s", c.host, want, all)
			}
		}
		for _, no := range c.shut {
			if strings.Contains(all, "\n"+no) {
				t.Errorf("%s opens %s:%s", c.host, no, all)
			}
		}
	}
}

func itoaPort(n int) string { return portLists([]int{n})[0] }

// TestStrictLoopback: it is the default, and refuses new TCP connections alone.
func TestStrictLoopback(t *testing.T) {
	f := firewallOf(t, splitFirewallSite(t), "back")
	for _, text := range []string{string(f.Before), string(f.Before6)} {
		var lines []string
		for line := range strings.Lines(text) {
			if strings.Contains(line, "-input -i lo ") {
				_, rest, _ := strings.Cut(strings.TrimSpace(line), " -i lo ")
				lines = append(lines, rest)
			}
		}
		if len(lines) != 4 || lines[0] != "-p tcp -m multiport --dports 22,25,9000,9100,13133,13134,13135 -j ACCEPT" ||
			lines[2] != "-p tcp --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with tcp-reset" || lines[3] != "-j ACCEPT" {
			t.Errorf("loopback is %q", lines)
		}
	}
}

// TestFirewallKeepsEveryPortOfSSHD: for the same sources, and on strict loopback.
func TestFirewallKeepsEveryPortOfSSHD(t *testing.T) {
	s := splitFirewallSite(t)
	s.Facts = map[string]facts.Facts{"back": {SSHPort: 2222, SSHPorts: []int{22, 2222}}}
	f := firewallOf(t, s, "back")
	var ssh []string
	for _, r := range f.Rules {
		if r.Comment == "ssh" {
			ssh = append(ssh, fmt.Sprint(r.Port, " ", r.From))
		}
	}
	if got := strings.Join(ssh, ", "); got != "22 203.0.113.7/32, 22 2001:db8::/32, 2222 203.0.113.7/32, 2222 2001:db8::/32" {
		t.Errorf("opens %s", got)
	}
	if !strings.Contains(string(f.Before), "--dports 22,25,2222,9000,") {
		t.Errorf("loopback is\n%s", f.Before)
	}
}

func TestFirewallCanBeSwitchedOff(t *testing.T) {
	s := usualFirewallSite(t)
	s.Inv.Firewall.Enabled = false
	if list, err := (Firewall{}).Resources(s, s.Inv.Hosts[0]); err != nil || len(list) != 0 {
		t.Errorf("got %v, %v", list, err)
	}
}

func TestPortListsHoldAtMostFifteen(t *testing.T) {
	var ports []int
	for p := 21; p <= 40; p++ {
		ports = append(ports, p)
	}
	lists := portLists(ports)
	if len(lists) != 2 || strings.Count(lists[0], ",") != 14 || !strings.HasPrefix(lists[1], "36,") {
		t.Errorf("got %q", lists)
	}
}
