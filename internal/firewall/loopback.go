package firewall

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/resource"
)

// Loopback is what the processes of a host may reach on the host itself.
type Loopback struct {
	// Strict refuses new TCP connections to other ports than Ports, and to 53 of a
	// local resolver. UDP, ICMP and connections that exist pass.
	Strict bool
	Ports  []int
	// Extra are those of Ports that the inventory names for loopback alone.
	Extra []int
}

// rules are the lines of before.rules about what comes in over loopback; "" where
// it is open.
func (l Loopback) rules(before []byte) string {
	if !l.Strict {
		return ""
	}
	var b strings.Builder
	for line := range strings.Lines(string(before)) {
		if strings.Contains(line, "-input -i lo ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// Listener is a program that waits for TCP connections.
type Listener struct {
	At      netip.AddrPort // the unspecified address means all
	Program string         // "" when it is not known
}

var firstUser = regexp.MustCompile(`users:\(\("([^"]*)"`)

// ReadListeners reads the answer of ss -ltnpH; names are printable. Source: ss(8).
func ReadListeners(text string) []Listener {
	var all []Listener
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] != "LISTEN" {
			continue
		}
		at, ok := Endpoint(f[3])
		if !ok {
			continue
		}
		l := Listener{At: at}
		if m := firstUser.FindStringSubmatch(line); m != nil {
			l.Program = ask.Printable(m[1], 60)
		}
		all = append(all, l)
	}
	return all
}

// Endpoint reads an address and a port as ss prints them: "0.0.0.0:22", "[::]:22",
// "*:22", "127.0.0.53%lo:53".
func Endpoint(s string) (netip.AddrPort, bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return netip.AddrPort{}, false
	}
	port, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil {
		return netip.AddrPort{}, false
	}
	host, _, _ := strings.Cut(strings.Trim(s[:i], "[]"), "%")
	if host == "*" {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(port)), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(host, "]"))
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), err == nil
}

// CutOff are the listeners that the host's processes reach over loopback as long as it is
// open, and not when it is strict: one a port, by port. What listens on an address of the
// host's own is reached over loopback, too.
func (l Loopback) CutOff(all []Listener) []Listener {
	var cut []Listener
	for _, one := range all {
		port := int(one.At.Port())
		if l.Strict && port != 53 && !slices.Contains(l.Ports, port) {
			cut = append(cut, one)
		}
	}
	slices.SortStableFunc(cut, func(a, b Listener) int { return int(a.At.Port()) - int(b.At.Port()) })
	return slices.CompactFunc(cut, func(a, b Listener) bool { return a.At.Port() == b.At.Port() })
}

// mostNamed and mostPorts bound what a host can make people read.
const mostNamed, mostPorts = 10, 100

// Name lists listeners for people.
func Name(cut []Listener) string {
	var names []string
	for i, l := range cut {
		if i == mostNamed {
			names = append(names, fmt.Sprintf("%d more", len(cut)-i))
			break
		}
		names = append(names, strings.TrimSpace(l.Program+" ("+l.At.String()+")"))
	}
	return strings.Join(names, ", ")
}

// Keep is the line of the inventory that leaves the ports of these listeners open.
func (l Loopback) Keep(cut []Listener) string {
	ports := slices.Clone(l.Extra)
	for _, one := range cut[:min(len(cut), mostPorts)] {
		ports = append(ports, int(one.At.Port()))
	}
	slices.Sort(ports)
	return "loopback_ports = " + strings.Join(strings.Fields(fmt.Sprint(slices.Compact(ports))), ", ")
}

// reason says what a change of the rules does to who uses loopback, where anything.
func (l Loopback) reason(o resource.Observed) string {
	text, asked := o.Attrs["listening"]
	if !l.Strict || !asked {
		return ""
	}
	was, seen := liveLoopback(o.Get("live4"))
	cut := slices.DeleteFunc(l.CutOff(ReadListeners(text)), func(one Listener) bool {
		return was.Strict && !slices.Contains(was.Ports, int(one.At.Port()))
	})
	why := ""
	if seen && !was.Strict {
		why = `loopback becomes strict, the default (firewall.loopback = "off" keeps it open): new TCP connections over it reach only the ports in use`
	}
	if len(cut) == 0 {
		return why
	}
	return joined(why, "over loopback nothing will reach "+Name(cut)+" any more; to keep that, write in [firewall]: "+l.Keep(cut))
}

// liveLoopback is what the kernel's rules let through on loopback, where it has any.
func liveLoopback(save string) (l Loopback, seen bool) {
	for _, r := range parseTable(save).rules {
		if r.chain != "ufw-before-input" || r.words.head["-i"] != "-i lo" {
			continue
		}
		seen = true
		l.Strict = l.Strict || r.words.target == "REJECT"
		for _, option := range r.words.options {
			if list, ok := strings.CutPrefix(option, "--dports "); ok {
				for _, p := range strings.Split(list, ",") {
					if n, err := strconv.Atoi(p); err == nil {
						l.Ports = append(l.Ports, n)
					}
				}
			}
		}
	}
	return l, seen
}

// joined are the texts that are not empty.
func joined(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "; ")
}
