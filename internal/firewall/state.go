package firewall

import (
	"cmp"
	_ "embed" // the question
	"encoding/json"
	"fmt"
	"strings"

	"foobar/internal/ask"
)

// State is what the kernel has, not what files say. Active means that packets
// coming in pass ufw's rules.
type State struct {
	Active4 bool   `json:"active_ipv4"`
	Active6 bool   `json:"active_ipv6"`
	Policy4 string `json:"policy_ipv4"` // of INPUT: DROP, ACCEPT
	Policy6 string `json:"policy_ipv6"`
	Rules4  int    `json:"rules_ipv4"`
	Rules6  int    `json:"rules_ipv6"`
	Error   string `json:"error,omitempty"`
	// Kept names what was there before foobar and stays, by the host's ledger, at most
	// mostNamed.
	Kept []string `json:"kept,omitempty"`
}

//go:embed state.sh
var stateScript string

// StateScript is the question that ReadState understands the answer of. It
// changes nothing and bounds its time and its output. Source: iptables(8).
func StateScript() string { return stateScript }

// ReadState reads the answer to StateScript; its texts are printable.
func ReadState(lines []string) *State {
	s, failure := &State{}, ""
	s.Policy4, s.Active4, s.Rules4, failure = ipv4().input(lines)
	s.Policy6, s.Active6, s.Rules6, s.Error = ipv6().input(lines)
	s.Error = cmp.Or(s.Error, failure)
	s.Kept = kept(lines)
	return s
}

// kept reads the ledger, which facts describes.
func kept(lines []string) []string {
	var text strings.Builder
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, "ledger "); ok {
			text.WriteString(rest + "\n")
		}
	}
	var ledger struct{ Found map[string][]string }
	if json.Unmarshal([]byte(text.String()), &ledger) != nil {
		return nil // a deploy says what is wrong with it
	}
	var names []string
	for i, name := range ledger.Found[string(UFW{}.ID())] {
		if i == mostNamed {
			names = append(names, fmt.Sprintf("and %d more", len(ledger.Found[string(UFW{}.ID())])-i))
			break
		}
		names = append(names, ask.Printable(name, mostText))
	}
	return names
}

// input is what happens to packets that come in: the policy, whether they pass
// ufw's chains first, and how many rules of ufw's command line there are.
func (f family) input(lines []string) (policy string, active bool, rules int, failure string) {
	var text strings.Builder
	asked, inside := false, false
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, "family "):
			inside = l == "family "+f.name
			asked = asked || inside
		case !inside || strings.TrimSpace(l) == "":
		case l[0] == '*' || l[0] == ':' || l[0] == '-':
			text.WriteString(l + "\n")
		default:
			failure = strings.TrimSpace(ask.Printable(l, mostText))
		}
	}
	t := parseTable(text.String())
	for _, r := range t.rules {
		switch r.chain {
		case "INPUT":
			active = active || r.words.String() == " -j "+f.prefix+"-before-input"
		case f.prefix + "-user-input":
			rules++
		}
	}
	// A kernel without a table accepts everything; of one that did not answer nothing is known.
	if text.Len() > 0 || asked && failure == "" {
		policy = ask.Printable(t.policy["INPUT"], mostText)
	}
	return policy, active, rules, failure
}

// mostText is how many characters of what a host says people are shown.
const mostText = 300

// Closed reports whether all that no rule lets in is dropped.
func (s State) Closed() bool {
	return s.Active4 && s.Active6 && s.Policy4 == "DROP" && s.Policy6 == "DROP"
}

// Open says why it is not Closed.
func (s State) Open() string {
	inactive := func(active bool) string {
		if active {
			return ""
		}
		return " without ufw's rules"
	}
	return fmt.Sprintf("the kernel's policy is %s for IPv4%s and %s for IPv6%s",
		cmp.Or(s.Policy4, "unknown"), inactive(s.Active4), cmp.Or(s.Policy6, "unknown"), inactive(s.Active6))
}
