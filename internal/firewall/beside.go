package firewall

import (
	_ "embed" // the question
	"fmt"
	"regexp"
	"slices"
	"strings"

	"foobar/internal/ask"
	"foobar/internal/resource"
)

// BesideScript is the question that Beside understands the answer of. It changes nothing,
// and bounds its time and its output.
//
//go:embed beside.sh
var BesideScript string

// What of nftables' own words matters: the end of a chain for whatever no rule of it let in.
var (
	nftTable = regexp.MustCompile(`^table (\S+) (\S+) \{$`)
	nftChain = regexp.MustCompile(`^\tchain (\S+) \{$`)
	nftEnd   = regexp.MustCompile(`^\t\t(counter packets \d+ bytes \d+ |log (prefix "[^"]*" )?(level \w+ )?)*(drop|reject)( with .*)?( comment ".*")?$`)
)

// Beside names the chains that drop what no rule of their own lets in, each with what takes
// it away. A packet comes in only where all chains let it, so these shut what ufw opens. The
// chain of ufw itself, which nftables shows too, is none of them. Source: nft(8).
func Beside(text string) (names, ends []string) {
	table, chain, input := "", "", false
	add := func(name, end string) {
		if name = ask.Printable(name, mostText); !slices.Contains(names, name) && len(names) < mostNamed {
			names, ends = append(names, name), append(ends, ask.Printable(end, mostText))
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n ")
		if m := nftTable.FindStringSubmatch(line); m != nil {
			table, chain = m[1]+" "+m[2], ""
		} else if m := nftChain.FindStringSubmatch(line); m != nil {
			chain, input = m[1], false
		} else if strings.HasPrefix(line, "\t\ttype filter hook input ") {
			input = chain != "INPUT" || table != "ip filter" && table != "ip6 filter"
		}
		if input && (strings.HasPrefix(line, "\t\ttype ") && strings.HasSuffix(line, " policy drop;") || nftEnd.MatchString(line)) {
			add(fmt.Sprintf("chain %s of nftables' table %s", chain, table), "nft delete chain "+table+" "+chain)
		}
		if strings.HasPrefix(line, ":INPUT DROP") || line == "-A INPUT -j DROP" || strings.HasPrefix(line, "-A INPUT -j REJECT") {
			add("chain INPUT of iptables-legacy", "iptables-legacy -P INPUT ACCEPT; iptables-legacy -F INPUT")
		}
	}
	return names, ends
}

// nftMasks is a rule that gives what the host forwards an address of its own.
var nftMasks = regexp.MustCompile(`^\t\t.*\b(masquerade|snat to)\b`)

// Routes reports whether the host is the way out for others, such as servers without an
// address in the internet, or containers and virtual machines whose engine writes tables
// of nftables of its own: to accept there does not help where ufw drops. What engines
// forward by chains of iptables stays. Their rules leave something out (!=), are for one
// address that they publish, or for packets that they have marked.
func Routes(text string) bool {
	on, masks, chain, table := false, false, "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n ")
		if m := nftTable.FindStringSubmatch(line); m != nil {
			table = m[1] + " " + m[2]
		} else if m := nftChain.FindStringSubmatch(line); m != nil {
			chain = m[1]
		}
		on = on || line == "forwarding 1"
		if nftMasks.MatchString(line) {
			iptables := table == "ip nat" || table == "ip6 nat"
			stays := strings.Contains(line, "!") || strings.Contains(line, "mark ") || strings.Contains(line, " daddr ") || strings.HasPrefix(chain, "KUBE-")
			masks = masks || !iptables || !stays
		}
	}
	return on && masks
}

// Stranded says what becomes of what a host forwards that Routes.
const Stranded = "what it forwards for others is dropped, except by rules of FORWARD that name an interface"

// KeepRouting is what leaves it as it is.
const KeepRouting = `install ufw there first, and write DEFAULT_FORWARD_POLICY="ACCEPT" into its /etc/default/ufw, which stays; keep its NAT in /etc/ufw/before.rules; ` +
	`where containers or virtual machines are behind it, let them reach its DNS and DHCP, too: ufw allow in on BRIDGE`

// stranded says so before the first deploy.
func stranded(o resource.Observed) string {
	if !Routes(o.Get("beside")) {
		return ""
	}
	return "this host is the way out for others: " + Stranded + "; to go on: " + KeepRouting
}
