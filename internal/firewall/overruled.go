package firewall

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// overruled says which rules of others, kept before foobar's, shut or limit all that these
// let in: of ufw's rules the first that fits counts. A rule for some addresses, as for a
// client that is shut out, or for one interface is none of them. rules is the text of a user.rules file.
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
		first := slices.IndexFunc(before, func(other tuple) bool { return half.covers(strings.Fields(other.rule), own) })
		if first < 0 {
			continue
		}
		action, _, _ := strings.Cut(before[first].rule, " ")
		if harm := harms(action); harm != "" {
			said = append(said, fmt.Sprintf("%s stands before foobar's rule for %s/%s, and %s", half.describe(before[first]), own[2], own[1], harm))
		}
	}
	return said
}

// covers reports whether a rule fits all that one of foobar's lets in.
func (f family) covers(other, own []string) bool {
	return len(other) >= 7 && !strings.Contains(other[0], ":") && (other[1] == "any" || other[1] == own[1]) && holdsPort(other[2], own[2]) &&
		other[3] == f.any && other[4] == "any" && holdsSource(other[5], own[5]) && other[len(other)-1] == "in"
}

// harms is what the action of a rule, such as deny or deny_log, does to connections.
func harms(action string) string {
	switch action, _, _ := strings.Cut(action, "_"); action {
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
