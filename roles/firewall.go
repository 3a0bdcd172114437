package roles

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/firewall"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/inventory"
)

// Firewall closes a host but for what its roles need, with ufw.
type Firewall struct{}

// Name is "firewall".
func (Firewall) Name() string { return "firewall" }

// Resources are ufw and its exact rules; none where the inventory switches the
// firewall off.
func (role Firewall) Resources(s *play.Site, h *inventory.Host) ([]resource.Resource, error) {
	if !s.Inv.Firewall.Enabled {
		return nil, nil
	}
	ssh := s.Facts[h.Name].Ways(h.SSHPort())
	f := firewall.UFW{Rules: role.openings(s, h, ssh), PurgeAll: s.Inv.Firewall.Purge == "all",
		SSHPorts: ssh, SSHFrom: s.Inv.Firewall.SSHFrom, Confirm: s.Inv.Deploy.ConfirmTimeout}
	seen := s.Facts[h.Name]
	f.Client, f.Tunnel, f.TunnelPort = seen.SSHClient, seen.Tunnel, seen.TunnelPort
	f.Loopback = firewall.Loopback{Strict: s.Inv.Firewall.Loopback == inventory.Strict, Ports: LoopbackPorts(s.Inv, s.Services[h.Name], h, ssh), Extra: s.Inv.Firewall.LoopbackPorts}
	lo := beforeRules(f.Loopback)
	var t texts
	f.Before, f.Before6 = t.of("firewall/before.rules.tmpl", lo), t.of("firewall/before6.rules.tmpl", lo)
	f.After = t.of("firewall/after.rules.tmpl", afterRules{Prefix: "ufw"})
	f.After6 = t.of("firewall/after.rules.tmpl", afterRules{Prefix: "ufw6", Six: true})
	f.Defaults, f.Conf = t.of("firewall/default.tmpl", nil), t.of("firewall/ufw.conf.tmpl", nil)
	return []resource.Resource{
		resource.Packages{For: "firewall", Names: []string{"iptables", "ufw"}},
		f,
	}, t.err
}

// Services are ufw, with the journal of which packets are dropped.
func (Firewall) Services(inv *inventory.Inventory, _ *inventory.Host) []play.Service {
	return []play.Service{{
		Name: "ufw", Layer: play.System, Off: !inv.Firewall.Enabled, Units: []string{"ufw.service"}, Packages: []play.Package{{Name: "ufw"}},
		Rivals: []play.Rival{
			{Packages: []string{"firewalld"}, Boot: true, Fatal: true,
				Why: "it closes the ports that a deploy opens with ufw", Fix: "systemctl disable --now %s"},
			{Packages: []string{"nftables"}, Boot: true,
				Why: "its rules would flush ufw's: a deploy disables it, and does not take over its rules", Fix: "nft list ruleset"},
			{Packages: []string{"ferm", "shorewall", "shorewall6", "firehol", "arno-iptables-firewall", "csf"}, Boot: true,
				Why: "when the host starts it may put its own rules in the place of ufw's", Fix: "systemctl disable %s && reboot"},
			{Packages: []string{"iptables-persistent", "netfilter-persistent"},
				Why: "ufw cannot be installed with it: apt removes it", Fix: "cat /etc/iptables/rules.v4 /etc/iptables/rules.v6"},
			{Packages: []string{"docker.io", "docker-ce"}, Why: "ports that its containers publish bypass ufw", Fix: "docker ps"},
		},
		// What it drops is said by the kernel.
		Journal: play.Journal{Unit: "ufw", Also: []string{"_TRANSPORT=kernel"}, Grep: "ufw"},
	}}
}

// openings are the ports that others may reach on the host, each with why.
func (f Firewall) openings(s *play.Site, h *inventory.Host, ssh []int) []firewall.Opening {
	var rules []firewall.Opening
	open := func(port int, proto string, from []netip.Prefix, comment string) {
		if len(from) == 0 {
			from = []netip.Prefix{{}} // anyone
		}
		for _, p := range from {
			rules = append(rules, firewall.Opening{Port: port, Proto: proto, From: p, Comment: comment})
		}
	}
	for _, port := range ssh {
		open(port, "", s.Inv.Firewall.SSHFrom, "ssh")
	}
	for _, service := range s.Services.On(h.Name) {
		for _, p := range service.Ports {
			for _, way := range p.Open {
				for _, from := range way.From { // which may be nobody
					rules = append(rules, firewall.Opening{Port: p.Number, From: from, Comment: way.Comment})
				}
			}
		}
	}
	for _, r := range f.extra(s.Inv, h) {
		open(r.Port, r.Proto, r.From, cmp.Or(r.Comment, "extra"))
	}
	return rules
}

// extra are the rules of the inventory for this host.
func (Firewall) extra(inv *inventory.Inventory, h *inventory.Host) []inventory.Rule {
	var rules []inventory.Rule
	for _, r := range inv.Firewall.Extra {
		if len(r.Hosts) == 0 || slices.Contains(r.Hosts, h.Name) {
			rules = append(rules, r)
		}
	}
	return rules
}

// before is what before.rules and before6.rules are rendered from.
type before struct {
	// Strict says that loopback is not open as a whole.
	Strict bool
	// Lists are the ports open on it, comma-separated, at most 15 each: the most
	// that one rule of multiport holds.
	Lists []string
	// The chains and the ICMP types they let through: errors and ping, then
	// what only the link may send. Sources: RFC 792, RFC 4890.
	Both, Every, Ends     []string
	ICMP                  []int
	ICMP6, Link6, Listen6 []int
}

type afterRules struct {
	Prefix string
	Six    bool
}

// LoopbackPorts are the TCP ports that the host's own processes may open where
// loopback is strict: those of its services, sshd's and those that the inventory names.
func LoopbackPorts(inv *inventory.Inventory, services []play.Service, h *inventory.Host, ssh []int) []int {
	ports := slices.Concat(ssh, inv.Firewall.LoopbackPorts) // foobar may run on a host of the site
	for _, service := range services {
		for _, p := range service.Ports {
			ports = append(ports, p.Number)
		}
	}
	for _, r := range (Firewall{}).extra(inv, h) {
		if r.Proto != "udp" {
			ports = append(ports, r.Port)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

func beforeRules(lo firewall.Loopback) before {
	return before{Strict: lo.Strict, Lists: portLists(lo.Ports),
		Both:  []string{"input", "forward"},
		Every: []string{"input", "output", "forward"},
		Ends:  []string{"input", "output"},
		ICMP:  []int{3, 11, 12, 8},
		// unreachable, too big, time exceeded, parameter problem, ping and its answer
		ICMP6: []int{1, 2, 3, 4, 128, 129},
		// router and neighbour discovery, inverse discovery, SEND
		Link6: []int{133, 134, 135, 136, 141, 142, 148, 149},
		// multicast listener discovery, versions 1 and 2
		Listen6: []int{130, 131, 132, 143}}
}

// portLists splits sorted ports into lists of at most 15.
func portLists(ports []int) []string {
	var lists []string
	for chunk := range slices.Chunk(ports, 15) {
		var words []string
		for _, p := range chunk {
			words = append(words, strconv.Itoa(p))
		}
		lists = append(lists, strings.Join(words, ","))
	}
	return lists
}
