package firewall

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const ownRules = `# Written by foobar: rules before those of ufw's command line (IPv4).
*filter
:ufw-before-input - [0:0]
:ufw-before-forward - [0:0]

# loopback
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
# ping
-A ufw-before-input -p icmp --icmp-type 8 -j ACCEPT
-A ufw-before-input -p udp --sport 67 --dport 68 -j ACCEPT
COMMIT
`

// packagedRules are worded as the distribution does it, with rules that foobar leaves out.
const packagedRules = `#
# rules.before
#
*filter
:ufw-before-input - [0:0]
:ufw-before-forward - [0:0]
# End required lines

-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -p icmp --icmp-type echo-request -j ACCEPT
-A ufw-before-input -p udp --sport 67 --dport 68 -j ACCEPT
-A ufw-before-input -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT

# don't delete the 'COMMIT' line or these rules won't be processed
COMMIT
`

const (
	natRules = "# my VPN\n*nat\n:POSTROUTING ACCEPT [0:0]\n# out\n-A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n"
	natName  = "/etc/ufw/before.rules, table nat: -A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE"
	natKept  = keptBegin + "\n*nat\n:POSTROUTING ACCEPT [0:0]\n# out\n-A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n" + keptEnd + "\n"
)

// ledger tells what came later, as the host's ledger does: nothing where there is none.
func ledger(names []string) func(string) bool {
	return func(name string) bool { return names != nil && !slices.Contains(names, name) }
}

// TestLinesOfOthersStayInTheirPlace: and a second look, with the ledger that the first
// one led to, changes nothing.
func TestLinesOfOthersStayInTheirPlace(t *testing.T) {
	const filter = "/etc/ufw/before.rules, table filter: "
	kept := func(lines ...string) string {
		return keptBegin + "\n" + strings.Join(lines, "\n") + "\n" + keptEnd + "\n"
	}
	const docker = "*filter\n:ufw-user-forward - [0:0]\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j ufw-user-forward\n\n-A DOCKER-USER -j RETURN\nCOMMIT\n"
	for name, c := range map[string]struct {
		seen, want string
		stay       []string
	}{
		"the distribution's": {packagedRules, ownRules, nil},
		"foobar's":           {ownRules, ownRules, nil},
		"empty":              {"", ownRules, nil},
		"NAT before it":      {natRules + packagedRules, ownRules + natKept, []string{natName}},
		"NAT behind it":      {packagedRules + natRules, ownRules + natKept, []string{natName}},
		"NAT without an end": {packagedRules + strings.TrimSuffix(natRules, "COMMIT\n"), ownRules + natKept, []string{natName}},
		"in the middle": {strings.Replace(packagedRules, "-A ufw-before-input -p icmp", "-A ufw-before-forward -i wg0 -j ACCEPT\n-A ufw-before-input -p icmp", 1),
			strings.Replace(ownRules, "# ping\n", kept("-A ufw-before-forward -i wg0 -j ACCEPT")+"# ping\n", 1), []string{filter + "-A ufw-before-forward -i wg0 -j ACCEPT"}},
		"instead of one of ufw's": {strings.Replace(packagedRules, "echo-request -j ACCEPT", "echo-request -j DROP", 1),
			strings.Replace(ownRules, "# ping\n", kept("-A ufw-before-input -p icmp --icmp-type echo-request -j DROP")+"# ping\n", 1), []string{filter + "-A ufw-before-input -p icmp --icmp-type echo-request -j DROP"}},
		"behind a rule that ufw words otherwise": {strings.Replace(packagedRules, "-A ufw-before-input -p udp --sport 67", "-A ufw-before-input -p icmp -j DROP\n-A ufw-before-input -p udp --sport 67", 1),
			strings.Replace(ownRules, "-A ufw-before-input -p udp", kept("-A ufw-before-input -p icmp -j DROP")+"-A ufw-before-input -p udp", 1), []string{filter + "-A ufw-before-input -p icmp -j DROP"}},
		"first, with a chain": {strings.Replace(packagedRules, "# End required lines\n", ":mine - [0:0]\n-A mine -s 10.0.0.0/8 -j ACCEPT\n-A ufw-before-input -j mine\n", 1),
			strings.Replace(ownRules, "-forward - [0:0]\n", "-forward - [0:0]\n"+kept(":mine - [0:0]", "-A mine -s 10.0.0.0/8 -j ACCEPT", "-A ufw-before-input -j mine"), 1),
			[]string{filter + ":mine - [0:0]", filter + "-A mine -s 10.0.0.0/8 -j ACCEPT", filter + "-A ufw-before-input -j mine"}},
		"a second filter table": {packagedRules + "# BEGIN\n" + docker + "# END\n", ownRules + kept(strings.TrimSuffix(docker, "\n")),
			[]string{filter + ":ufw-user-forward - [0:0]", filter + ":DOCKER-USER - [0:0]", filter + "-A DOCKER-USER -j ufw-user-forward", filter + "-A DOCKER-USER -j RETURN"}},
		"tables without rules": {"*raw\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n" + packagedRules, ownRules, nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := around{path: ufwBefore, own: ownRules, seen: c.seen, distribution: packagedRules}
			text, stay, gone := a.merge(false, ledger(nil))
			if text != c.want || !slices.Equal(stay, c.stay) || len(gone) > 0 {
				t.Fatalf("%q goes, %q stays\n%s", gone, stay, text)
			}
			a.seen, a.distribution = text, ""
			for _, known := range [][]string{nil, append([]string{}, stay...)} {
				if again, _, gone := a.merge(false, ledger(known)); again != text || len(gone) > 0 {
					t.Errorf("known are %q: %q goes\n%s", known, gone, again)
				}
			}
			if text, stay, gone := a.merge(true, ledger(nil)); text != ownRules || stay != nil || len(gone) != len(c.stay) {
				t.Errorf("purged: %q goes\n%s", gone, text)
			}
		})
	}
}

// TestWhatComesLaterGoes: also when foobar's own lines have changed since.
func TestWhatComesLaterGoes(t *testing.T) {
	known := []string{natName}
	later := strings.Replace(ownRules, "COMMIT\n", "-A ufw-before-input -j ACCEPT\nCOMMIT\n", 1) + natKept
	older := strings.Replace(ownRules, "# loopback\n", "-A ufw-before-input -i lo -p tcp -m multiport --dports 22,443 -j ACCEPT\n", 1)
	for name, c := range map[string]struct {
		seen, want string
		known      []string
		gone       int
	}{
		"a rule":                          {later, ownRules + natKept, known, 1},
		"a table":                         {ownRules + natKept + "*raw\n-A PREROUTING -j ACCEPT\nCOMMIT\n", ownRules + natKept, known, 1},
		"a rule in a table that stays":    {ownRules + strings.Replace(natKept, "COMMIT", "-A POSTROUTING -j ACCEPT\nCOMMIT", 1), ownRules + natKept, known, 1},
		"marked by hand":                  {ownRules + natKept + keptBegin + "\n*raw\n-A PREROUTING -j ACCEPT\nCOMMIT\n" + keptEnd + "\n", ownRules + natKept, known, 1},
		"foobar's own of before":          {older, ownRules, []string{}, 1},
		"the same after a broken-off run": {older + natKept, ownRules + natKept, nil, 1},
		"the marks alone are lost":        {ownRules + natRules, ownRules + natKept, known, 0},
		"in the inventory":                {later, strings.Replace(ownRules, "COMMIT\n", keptBegin+"\n-A ufw-before-input -j ACCEPT\n"+keptEnd+"\nCOMMIT\n", 1) + natKept, append(known, ufwBefore+", table filter: -A ufw-before-input -j ACCEPT"), 0},
	} {
		a := around{path: ufwBefore, own: ownRules, seen: c.seen}
		if text, _, gone := a.merge(false, ledger(c.known)); text != c.want || len(gone) != c.gone {
			t.Errorf("%s: %q goes\n%s", name, gone, text)
		}
	}
}

// TestManyLinesAreOneName: a list of thousands of addresses stays, and neither people nor
// the ledger read it.
func TestManyLinesAreOneName(t *testing.T) {
	var list strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&list, "-A ufw-before-input -s 10.%d.%d.0/24 -j DROP\n", i/250, i%250)
	}
	a := around{path: ufwBefore, own: ownRules, seen: strings.Replace(packagedRules, "# End required lines\n", list.String(), 1), distribution: packagedRules}
	text, stay, _ := a.merge(false, ledger(nil))
	if len(stay) != 1 || !strings.Contains(text, list.String()) {
		t.Fatalf("%d names", len(stay))
	}
	a.seen = text
	if again, names, _ := a.merge(false, ledger(stay)); again != text || !slices.Equal(names, stay) {
		t.Errorf("named %q", names)
	}
	own := strings.Replace(ownRules, "# loopback\n", "-A ufw-before-input -i lo -p tcp -m multiport --dports 22 -j ACCEPT\n", 1)
	a.seen = strings.Replace(text, "# loopback\n", "-A ufw-before-input -i lo -p tcp -m multiport --dports 22,443 -j ACCEPT\n", 1)
	a.own = own
	if text, _, gone := a.merge(false, ledger(stay)); len(gone) != 1 || strings.Contains(text, "22,443") || !strings.Contains(text, "--dports 22 ") {
		t.Errorf("foobar's own line of before stays: %q goes", gone)
	}
	a.own = ownRules
	// One that was short when it was noted and has grown is judged line by line.
	a.seen = strings.Replace(text, list.String(), list.String()+"-A ufw-before-input -j ACCEPT\n", 1)
	if text, names, gone := a.merge(false, ledger([]string{ufwBefore + ", table filter: -A ufw-before-input -s 10.0.0.0/24 -j DROP"})); len(names) != 1 || len(gone) != 3000 || strings.Contains(text, "10.0.1.0") {
		t.Errorf("%d stay, %d go", len(names), len(gone))
	}
}

// TestLoadsNoRuleTwice: one of a file's that goes into a builtin chain, where the kernel
// has it and others put theirs.
func TestLoadsNoRuleTwice(t *testing.T) {
	rules := strings.Replace(ownRules, "COMMIT\n", "-A FORWARD -i wg0 -j ACCEPT\nCOMMIT\n", 1)
	seen := parseTable("*filter\n:DOCKER - [0:0]\n-A FORWARD -i wg0 -j ACCEPT\n-A FORWARD -o docker0 -j DOCKER\nCOMMIT\n")
	got := ufwTable(ipv4(), rules, "", "", "DROP").restore(seen)
	if strings.Count(got, "-A FORWARD -i wg0 -j ACCEPT\n") != 1 || strings.Count(got, "-A FORWARD -o docker0 -j DOCKER\n") != 1 {
		t.Errorf("loads\n%s", got)
	}
}

// TestFilesDoNotSetThePolicy: ufw sets it last.
func TestFilesDoNotSetThePolicy(t *testing.T) {
	open := ownRules + "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
	for forward, want := range map[string]string{"DROP": "DROP", "ACCEPT": "ACCEPT", "REJECT": "DROP"} {
		got := ufwTable(ipv4(), open, "", "", forward)
		if got.policy["INPUT"] != "DROP" || got.policy["FORWARD"] != want {
			t.Errorf("%s: %v", forward, got.policy)
		}
		if text := got.canonical(); strings.Contains(text, "ufw-reject-forward -j REJECT") != (forward == "REJECT") ||
			strings.Contains(text, "ufw-track-forward -p tcp") != (forward == "ACCEPT") || !strings.Contains(text, "ufw-skip-to-policy-forward -j "+forward) {
			t.Errorf("%s:\n%s", forward, text)
		}
	}
}
