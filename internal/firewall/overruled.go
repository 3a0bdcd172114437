package firewall

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// overruled says which rules of others, kept before foobar's, decide over what these let
// in: of ufw's rules the first that fits counts. A rule for a part of those addresses, as
// for a client that is shut out, is none of them. rules is the text of a user.rules file.
// Source: ufw(8), "RULE SYNTAX"; ufw's backend_iptables.py for the words of a tuple.
func overruled(half family, rules string) []string {
	var said []string
	var before []tuple
	for _, t := range parseTuples(half, rules) {
		if !t.own() {
			before = append(before, t)
			continue
		}
		own := strings.Fields(t.rule) // allow PROTO PORT TO any FROM in
		for _, other := range before {
			if harm := half.harm(strings.Fields(other.rule), own); harm != "" {
				said = append(said, fmt.Sprintf("%s stands before foobar's rule for %s/%s, and %s", half.describe(other), own[2], own[1], harm))
				break
			}
		}
	}
	return said
}

// harm is what a rule does to all that one of foobar's lets in.
func (f family) harm(other, own []string) string {
	if len(other) < 7 || other[1] != "any" && other[1] != own[1] || !holdsPort(other[2], own[2]) || other[3] != f.any ||
		other[4] != "any" || !holdsSource(other[5], own[5]) || !strings.HasPrefix(other[len(other)-1], "in") {
		return ""
	}
	switch action, _, _ := strings.Cut(other[0], "_"); action {
	case "deny", "reject":
		return "lets nothing through"
	case "limit":
		return "refuses an address that connects six times in 30 seconds"
	}
	return ""
}

// holdsPort reports whether a list such as 80,1000:2000 has the port.
func holdsPort(list, port string) bool {
	n, _ := strconv.Atoi(port)
	for part := range strings.SplitSeq(list, ",") {
		low, high, span := strings.Cut(part, ":")
		from, _ := strconv.Atoi(low)
		to, _ := strconv.Atoi(high)
		if part == "any" || part == port || span && from <= n && n <= to {
			return true
		}
	}
	return false
}

// holdsSource reports whether a rule's addresses have all of an opening's.
func holdsSource(outer, inner string) bool {
	prefix := func(text string) netip.Prefix {
		if a, err := netip.ParseAddr(text); err == nil {
			return netip.PrefixFrom(a, a.BitLen())
		}
		p, _ := netip.ParsePrefix(text)
		return p
	}
	o, i := prefix(outer), prefix(inner)
	return o.IsValid() && i.IsValid() && o.Bits() <= i.Bits() && o.Contains(i.Addr())
}
