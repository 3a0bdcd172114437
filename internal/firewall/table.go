package firewall

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
)

// table is a filter table, as wanted or as a kernel has it.
type table struct {
	policy map[string]string // of INPUT, FORWARD and OUTPUT
	chains []string          // all others
	has    map[string]bool   // chains
	rules  []tableRule
}

type tableRule struct {
	chain, raw string
	first      bool // inserted (-I), not appended
	words      ruleWords
}

// builtins are the chains that packets enter.
func builtins() []string { return []string{"INPUT", "FORWARD", "OUTPUT"} }

// parseTable reads the filter tables of iptables-save, or of files for
// iptables-restore; several in a row add up, as loading them does.
func parseTable(text string) table {
	t := table{policy: map[string]string{"INPUT": "ACCEPT", "FORWARD": "ACCEPT", "OUTPUT": "ACCEPT"}, has: map[string]bool{}}
	filter := false
	for _, line := range strings.Split(text, "\n") {
		word := strings.Fields(line)
		switch {
		case len(word) == 0 || line[0] == '#':
		case line[0] == '*':
			filter = line == "*filter"
		case !filter:
		case line[0] == ':' && len(word) > 1:
			name := word[0][1:]
			if _, builtin := t.policy[name]; builtin {
				t.policy[name] = word[1]
			} else if !t.has[name] {
				t.chains, t.has[name] = append(t.chains, name), true
			}
		case (word[0] == "-A" || word[0] == "-I") && len(word) > 2:
			t.rules = append(t.rules, tableRule{chain: word[1], raw: line, first: word[0] == "-I", words: parseRule(line)})
		}
	}
	return t
}

// ufwTable is what ufw loads from its files when it starts: its frame of
// chains, the files, and the jumps it adds. Source: ufw-init-functions.
// Forward is the policy for what the host passes on.
func ufwTable(f family, before, after, user, forward string) table {
	var b strings.Builder
	b.WriteString("*filter\n")
	for _, kind := range []string{"before-logging", "before", "after", "after-logging", "reject", "track", "user", "user-logging", "skip-to-policy"} {
		for _, way := range []string{"input", "output", "forward"} {
			b.WriteString(":" + f.prefix + "-" + kind + "-" + way + " -\n")
		}
	}
	for _, kind := range []string{"logging-deny", "logging-allow", "user-limit", "user-limit-accept"} {
		b.WriteString(":" + f.prefix + "-" + kind + " -\n")
	}
	for _, chain := range builtins() {
		for _, kind := range []string{"before-logging", "before", "after", "after-logging", "reject", "track"} {
			b.WriteString("-A " + chain + " -j " + f.prefix + "-" + kind + "-" + strings.ToLower(chain) + "\n")
		}
	}
	b.WriteString(strings.ReplaceAll(`-A UFW-track-output -p tcp -m conntrack --ctstate NEW -j ACCEPT
-A UFW-track-output -p udp -m conntrack --ctstate NEW -j ACCEPT
-A UFW-skip-to-policy-input -j DROP
-A UFW-skip-to-policy-output -j ACCEPT
-A UFW-skip-to-policy-forward -j `+forward+`
`, "UFW", f.prefix))
	policy := forward
	switch forward {
	case "ACCEPT":
		for _, proto := range []string{"tcp", "udp"} {
			b.WriteString("-A " + f.prefix + "-track-forward -p " + proto + " -m conntrack --ctstate NEW -j ACCEPT\n")
		}
	case "REJECT":
		b.WriteString("-A " + f.prefix + "-reject-forward -j REJECT\n")
		policy = "DROP"
	}
	// ufw sets the policies last, whatever the files say of them.
	jumps := strings.ReplaceAll(`*filter
:INPUT DROP
:FORWARD `+policy+`
:OUTPUT ACCEPT
-A UFW-before-input -j UFW-user-input
-A UFW-before-output -j UFW-user-output
-A UFW-before-forward -j UFW-user-forward
`, "UFW", f.prefix)
	return parseTable(b.String() + before + "\n" + after + "\n" + user + "\n" + jumps)
}

// canonical writes the part of the table that is ufw's so that equal rules are equal
// text: the rules of ufw's chains and of the builtin ones, and the policies. Empty
// chains do not matter. Chains of others (Docker, libvirt, fail2ban), and jumps to
// them, are left out.
func (t table) canonical() string {
	byChain, inserted := map[string][]string{}, map[string][]string{}
	for _, r := range t.rules {
		if t.unmanaged(r) {
			continue
		}
		line := "-A " + r.chain + r.words.String()
		if r.first {
			inserted[r.chain] = append(inserted[r.chain], line)
		} else {
			byChain[r.chain] = append(byChain[r.chain], line)
		}
	}
	for chain, lines := range inserted { // the last one comes first
		slices.Reverse(lines)
		byChain[chain] = append(lines, byChain[chain]...)
	}
	var b strings.Builder
	for _, chain := range builtins() {
		b.WriteString(":" + chain + " " + t.policy[chain] + "\n")
	}
	for _, name := range slices.Sorted(maps.Keys(byChain)) {
		b.WriteString(strings.Join(byChain[name], "\n") + "\n")
	}
	return b.String()
}

func ufwChain(name string) bool {
	return strings.HasPrefix(name, "ufw-") || strings.HasPrefix(name, "ufw6-")
}

// unmanaged reports whether the rule is not ufw's: it stands in a chain of another
// program, jumps from a builtin chain to one, shuts out a set of addresses, or forwards
// between interfaces, as container engines do.
func (t table) unmanaged(r tableRule) bool {
	if !slices.Contains(builtins(), r.chain) {
		return !ufwChain(r.chain)
	}
	if ufwChain(r.words.target) {
		return false
	}
	if r.chain == "FORWARD" && r.words.hasInterface() || r.words.bans() {
		return true
	}
	return t.has[r.words.target]
}

// restore is the text that turns a table seen in a kernel into this one, in one
// transaction, for iptables-restore with --noflush. Naming a chain empties it.
func (t table) restore(seen table) string {
	var b strings.Builder
	b.WriteString("*filter\n")
	for _, chain := range builtins() {
		b.WriteString(":" + chain + " " + t.policy[chain] + " [0:0]\n")
	}
	for _, name := range t.chains {
		b.WriteString(":" + name + " - [0:0]\n")
	}
	for _, name := range seen.chains {
		if ufwChain(name) && !t.has[name] {
			b.WriteString(":" + name + " - [0:0]\n")
		}
	}
	own := map[string]bool{} // by this table's rules, which may be the same as those of others
	for _, r := range t.rules {
		own[r.chain+r.words.String()] = true
	}
	for _, chain := range builtins() {
		b.WriteString("-F " + chain + "\n")
		for _, r := range seen.rules {
			if r.chain == chain && seen.unmanaged(r) && !own[r.chain+r.words.String()] {
				b.WriteString(r.raw + "\n")
			}
		}
	}
	for _, r := range t.rules {
		b.WriteString(r.raw + "\n")
	}
	b.WriteString("COMMIT\n")
	return b.String()
}

// ruleWords is one rule taken apart, its defaults left out.
type ruleWords struct {
	head    map[string]string // -s -d -i -o -p, with ! where negated
	modules []string
	options []string
	jump    string // -j or -g
	target  string
}

func (r ruleWords) hasInterface() bool { return r.head["-i"] != "" || r.head["-o"] != "" }

// bans reports a rule that lets nobody in and shuts out a set of addresses, which
// fail2ban, CrowdSec or a list of bad networks fills. Source: ipset(8).
func (r ruleWords) bans() bool {
	return (r.target == "DROP" || r.target == "REJECT") && slices.ContainsFunc(r.options, func(o string) bool { return strings.HasPrefix(o, "--match-set ") })
}

func (r ruleWords) String() string {
	var b strings.Builder
	for _, key := range []string{"-s", "-d", "-i", "-o", "-p"} {
		if v := r.head[key]; v != "" {
			b.WriteString(" " + v)
		}
	}
	for _, m := range r.modules {
		b.WriteString(" -m " + m)
	}
	for _, o := range r.options {
		b.WriteString(" " + o)
	}
	if r.target != "" {
		b.WriteString(" " + r.jump + " " + r.target)
	}
	return b.String()
}

// parseRule takes a rule apart, and brings the many ways to write it into one form:
// iptables-save prints another than people and ufw write.
func parseRule(line string) ruleWords {
	r := ruleWords{head: map[string]string{}}
	words := splitRule(line)
	words = words[min(2, len(words)):] // a host may write a tab, which does not end a word here
	for i := 0; i < len(words); {
		not := ""
		if words[i] == "!" {
			not = "! "
			i++
			if i == len(words) {
				break
			}
		}
		option := words[i]
		i++
		var args []string
		for i < len(words) && words[i] != "!" && !strings.HasPrefix(words[i], "-") {
			args = append(args, words[i])
			i++
		}
		r.add(not, option, strings.Join(args, " "))
	}
	slices.Sort(r.options)
	slices.Sort(r.modules)
	r.modules = slices.Compact(r.modules)
	return r
}

// perTime writes times of limits as the kernel prints them.
var perTime = strings.NewReplacer("/minute", "/min", "/second", "/sec")

// short is an option as iptables-save prints it. Source: iptables(8), iptables-extensions(8).
func short(option string) string {
	switch option {
	case "--source", "--src":
		return "-s"
	case "--destination", "--dst":
		return "-d"
	case "--in-interface":
		return "-i"
	case "--out-interface":
		return "-o"
	case "--protocol", "--proto":
		return "-p"
	case "--jump":
		return "-j"
	case "--goto":
		return "-g"
	case "--match":
		return "-m"
	case "--destination-port":
		return "--dport"
	case "--source-port":
		return "--sport"
	case "--destination-ports":
		return "--dports"
	case "--source-ports":
		return "--sports"
	}
	return option
}

func (r *ruleWords) add(not, option, arg string) {
	if option == "--syn" {
		option, arg = "--tcp-flags", "FIN,SYN,RST,ACK SYN"
	}
	switch option = short(option); option {
	case "-s", "-d":
		r.head[option] = not + option + " " + plainPrefix(arg)
	case "-i", "-o":
		r.head[option] = not + option + " " + arg
	case "-p":
		if arg == "icmpv6" {
			arg = "ipv6-icmp"
		}
		r.head[option] = not + option + " " + arg
	case "-j", "-g":
		r.jump, r.target = option, arg
	case "-m":
		// -p implies the module of the protocol.
		if !slices.Contains([]string{"tcp", "udp", "icmp", "icmp6", "icmpv6", "ipv6-icmp"}, arg) {
			r.modules = append(r.modules, arg)
		}
	case "--icmp-type", "--icmpv6-type":
		r.options = append(r.options, not+option+" "+cmp.Or(icmpTypes()[strings.TrimLeft(option, "-")[:5]+arg], arg))
	default:
		arg = perTime.Replace(arg)
		if option == "--ctstate" {
			states := strings.Split(arg, ",")
			slices.Sort(states)
			arg = strings.Join(states, ",")
		}
		text := strings.TrimSpace(not + option + " " + arg)
		if !impliedOption(text) {
			r.options = append(r.options, text)
		}
	}
}

// icmpTypes are the numbers of the names that ufw's own files use: "icmp-" and a name for
// IPv4, "icmpv" for IPv6. Sources: RFC 792, RFC 4443, RFC 4861.
func icmpTypes() map[string]string {
	return map[string]string{"icmp-echo-reply": "0", "icmp-destination-unreachable": "3", "icmp-source-quench": "4", "icmp-redirect": "5",
		"icmp-echo-request": "8", "icmp-ping": "8", "icmp-time-exceeded": "11", "icmp-ttl-exceeded": "11", "icmp-parameter-problem": "12",
		"icmpvdestination-unreachable": "1", "icmpvpacket-too-big": "2", "icmpvtime-exceeded": "3", "icmpvttl-exceeded": "3", "icmpvparameter-problem": "4",
		"icmpvecho-request": "128", "icmpvping": "128", "icmpvecho-reply": "129", "icmpvrouter-solicitation": "133", "icmpvrouter-advertisement": "134",
		"icmpvneighbor-solicitation": "135", "icmpvneighbour-solicitation": "135", "icmpvneighbor-advertisement": "136", "icmpvneighbour-advertisement": "136"}
}

// impliedOption reports an option that iptables-save spells out although no one set it.
func impliedOption(text string) bool {
	switch text {
	case "--limit-burst 5", "--log-level 4", "--log-level warning",
		"--reject-with icmp-port-unreachable", "--reject-with icmp6-port-unreachable",
		"--name DEFAULT", "--rsource", "--mask 255.255.255.255",
		"--mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff":
		return true
	}
	return false
}

// plainPrefix writes a single address without a length, and a network by its first
// address.
func plainPrefix(s string) string {
	if p, err := netip.ParsePrefix(s); err == nil {
		if p.IsSingleIP() {
			return p.Addr().String()
		}
		return p.Masked().String()
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String()
	}
	return s
}

// splitRule splits at blanks outside double quotes. Quotes, and the backslashes
// and single quotes that iptables-save adds or escapes, are dropped.
func splitRule(line string) []string {
	if !strings.ContainsAny(line, `"'\`) { // as nearly all are
		return strings.FieldsFunc(line, func(c rune) bool { return c == ' ' })
	}
	var words []string
	var word strings.Builder
	inside, open := false, false
	for _, c := range line {
		switch {
		case c == '"':
			inside, open = !inside, true
		case c == '\\' || c == '\'':
			open = true
		case c == ' ' && !inside:
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteRune(c)
			open = true
		}
	}
	if open {
		words = append(words, word.String())
	}
	return words
}
