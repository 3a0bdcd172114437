package firewall

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Opening lets one port in.
type Opening struct {
	Port  int
	Proto string // tcp (default) or udp
	// From is who may come in; the zero prefix means anyone, over IPv4 and IPv6.
	From netip.Prefix
	// Comment says why, in `ufw status` too, where ownMark comes before it.
	Comment string
}

// ownMark begins the comment of every rule that foobar writes. It travels with
// the rule, so ownership needs no record that could be lost.
const ownMark = "foobar: "

func (r Opening) proto() string { return cmp.Or(r.Proto, "tcp") }

func (r Opening) from() string {
	switch {
	case !r.From.IsValid():
		return "anyone"
	case r.From.IsSingleIP():
		return r.From.Addr().String()
	}
	return r.From.Masked().String()
}

// family is one of the two halves that ufw keeps.
type family struct {
	prefix string // of the chains
	any    string // the prefix of every address, as ufw writes it
	name   string
	six    bool
}

func ipv4() family { return family{prefix: "ufw", any: "0.0.0.0/0", name: "IPv4"} }

func ipv6() family { return family{prefix: "ufw6", any: "::/0", name: "IPv6", six: true} }

// holds reports whether the opening belongs to this half.
func (f family) holds(r Opening) bool { return !r.From.IsValid() || r.From.Addr().Is6() == f.six }

// sortOpenings orders by port, protocol and source, the widest first, and drops
// what is there twice. All rules allow, so the order has no effect in the kernel.
func sortOpenings(rules []Opening) []Opening {
	sorted := slices.Clone(rules)
	for i := range sorted {
		sorted[i].Proto = sorted[i].proto()
		if sorted[i].From.IsValid() {
			sorted[i].From = sorted[i].From.Masked()
		}
	}
	slices.SortStableFunc(sorted, func(a, b Opening) int {
		return cmp.Or(a.Port-b.Port, strings.Compare(a.Proto, b.Proto), a.From.Addr().Compare(b.From.Addr()), a.From.Bits()-b.From.Bits())
	})
	return slices.CompactFunc(sorted, func(a, b Opening) bool {
		return a.Port == b.Port && a.Proto == b.Proto && a.From == b.From
	})
}

// tuple is one rule of ufw's command line: the comment that feeds `ufw status`
// and the lines that feed the kernel.
type tuple struct {
	rule    string // "allow tcp 443 0.0.0.0/0 any 10.0.0.10 in"
	comment string
	lines   []string
}

func (t tuple) own() bool { return strings.HasPrefix(t.comment, ownMark) }

// ban reports a rule of fail2ban's, which comes and goes by itself: it lets nobody in.
// Source: fail2ban, config/action.d/ufw.conf.
func (t tuple) ban() bool {
	shuts := func(line string) bool {
		target := parseRule(line).target
		return target == "DROP" || target == "REJECT"
	}
	return strings.HasPrefix(t.comment, "by Fail2Ban ") && !slices.ContainsFunc(t.lines, func(line string) bool { return !shuts(line) })
}

// tuple writes an opening as ufw does.
func (f family) tuple(r Opening) tuple {
	from, source := f.any, ""
	if r.From.IsValid() && r.From.Bits() > 0 {
		from = r.from()
		source = " -s " + from
	}
	return tuple{
		rule:    fmt.Sprintf("allow %s %d %s any %s in", r.proto(), r.Port, f.any, from),
		comment: ownMark + strings.ReplaceAll(r.Comment, "'", ""),
		lines:   []string{fmt.Sprintf("-A %s-user-input -p %s --dport %d%s -j ACCEPT", f.prefix, r.proto(), r.Port, source)},
	}
}

func (t tuple) String() string {
	head := "### tuple ### " + t.rule
	if t.comment != "" {
		head += " comment=" + hex.EncodeToString([]byte(t.comment))
	}
	return "\n" + head + "\n" + strings.Join(t.lines, "\n") + "\n"
}

// parseTuples reads the rules of a user.rules file. Lines that belong to no tuple, or
// to a chain that is not ufw's, were not written by ufw's command line and are left
// out.
func parseTuples(f family, text string) []tuple {
	var found []tuple
	open := false
	for _, line := range strings.Split(text, "\n") {
		if rest, ok := strings.CutPrefix(line, "### tuple ### "); ok {
			rule, comment, _ := strings.Cut(rest, " comment=")
			raw, err := hex.DecodeString(comment)
			if err != nil {
				raw = nil
			}
			found = append(found, tuple{rule: rule, comment: string(raw)})
			open = true
		} else if open && strings.HasPrefix(line, "-A "+f.prefix+"-") {
			last := &found[len(found)-1]
			last.lines = append(last.lines, line)
		} else {
			open = false
		}
	}
	return found
}

// Others are the rules of ufw's command line that foobar did not write, as plans call
// them; the texts are those of ufw's user.rules and user6.rules.
func Others(user4, user6 string) []string {
	var list []string
	for i, half := range []family{ipv4(), ipv6()} {
		for _, t := range parseTuples(half, []string{user4, user6}[i]) {
			if !t.own() && len(t.lines) > 0 {
				list = append(list, half.describe(t))
			}
		}
	}
	return list
}

// userRules renders a user.rules file in ufw's own format: foobar's rules, and
// around them, in their places, the ones kept. Those that an administrator put
// before foobar's stay before them: order decides between allow and deny.
// What strange names came after foobar, and goes.
func (f UFW) userRules(half family, seen string, how logging, strange func(string) bool) (text string, kept []tuple) {
	var own, before, after []tuple
	wanted := map[string]bool{}
	for _, r := range sortOpenings(f.Rules) {
		if half.holds(r) {
			t := half.tuple(r)
			own = append(own, t)
			wanted[t.rule] = true
		}
	}
	passed := false
	for _, t := range parseTuples(half, seen) {
		switch {
		case t.own() || wanted[t.rule]:
			passed = true
		case f.PurgeAll || len(t.lines) == 0 || !t.ban() && strange(half.describe(t)):
		case passed:
			after = append(after, t)
		default:
			before = append(before, t)
		}
	}
	if !passed {
		// There are none of foobar's yet: they come behind what is there.
		before, after = append(before, after...), nil
	}
	kept = append(before, after...)
	// ufw writes the chains of its limits for IPv6 too, where the kernel can; here they
	// come with the first rule that needs them.
	limits := !half.six || slices.ContainsFunc(kept, func(t tuple) bool {
		return slices.ContainsFunc(t.lines, func(line string) bool { return strings.Contains(line, "-j ufw6-user-limit") })
	})
	var b strings.Builder
	b.WriteString(half.head(limits))
	for _, t := range slices.Concat(before, own, after) {
		b.WriteString(t.String())
	}
	b.WriteString(half.foot(how, limits))
	return b.String(), kept
}

// logging is what decides which lines of user.rules log.
type logging struct{ level, forward string }

func (f family) describe(t tuple) string {
	line := "ufw rule (" + f.name + "): " + t.rule
	if t.comment != "" {
		line += " # " + t.comment
	}
	return line
}

// head and foot are what ufw itself writes around the rules.
func (f family) head(limits bool) string {
	var b strings.Builder
	b.WriteString("*filter\n")
	for _, kind := range []string{"user", "before-logging", "user-logging", "after-logging"} {
		for _, way := range []string{"input", "output", "forward"} {
			fmt.Fprintf(&b, ":%s-%s-%s - [0:0]\n", f.prefix, kind, way)
		}
	}
	fmt.Fprintf(&b, ":%[1]s-logging-deny - [0:0]\n:%[1]s-logging-allow - [0:0]\n", f.prefix)
	if limits {
		fmt.Fprintf(&b, ":%[1]s-user-limit - [0:0]\n:%[1]s-user-limit-accept - [0:0]\n", f.prefix)
	}
	b.WriteString("### RULES ###\n")
	return b.String()
}

func (f family) foot(how logging, limits bool) string {
	text := "\n### END RULES ###\n\n### LOGGING ###\n" + f.logs(how.level, how.forward) + "### END LOGGING ###\n"
	if limits {
		text += "\n### RATE LIMITING ###\n"
		if how.level != "off" {
			text += "-A " + f.prefix + `-user-limit -m limit --limit 3/minute -j LOG --log-prefix "[UFW LIMIT BLOCK] "` + "\n"
		}
		text += "-A " + f.prefix + "-user-limit -j REJECT\n-A " + f.prefix + "-user-limit-accept -j ACCEPT\n### END RATE LIMITING ###\n"
	}
	return text + "COMMIT\n"
}
