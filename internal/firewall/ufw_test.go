package firewall

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// The files in testdata are a host's: the rule files as foobar wrote
// them, and what iptables-save printed (1.8.9, nf_tables) once they were loaded.
func fixture(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func sample(t testing.TB) UFW {
	from := func(s string) netip.Prefix { return netip.MustParsePrefix(s) }
	f := UFW{Before: []byte(fixture(t, "before.rules")), Before6: []byte(fixture(t, "before6.rules")),
		After: []byte(fixture(t, "after.rules")), After6: []byte(fixture(t, "after6.rules")),
		Defaults: []byte("IPV6=yes\n"), Conf: []byte("ENABLED=yes\n")}
	f.Rules = []Opening{{Port: 22, Comment: "ssh"},
		{Port: 443, From: from("198.51.100.0/24"), Comment: "https from monitoring"},
		{Port: 443, From: from("10.77.0.10/32"), Comment: "https from lb1"}, {Port: 443, From: from("fd77::10/128"), Comment: "https from lb1"}}
	for _, n := range []string{"2", "3"} {
		f.Rules = append(f.Rules, Opening{Port: 3306, From: from("10.77.0.1" + n + "/32"), Comment: "database from web" + n},
			Opening{Port: 3306, From: from("fd77::1" + n + "/128"), Comment: "database from web" + n})
	}
	return f
}

// sampleSeen is the converged host of the fixtures.
func sampleSeen(t testing.TB, f UFW) resource.Observed {
	o := resource.Observed{State: resource.Present, Attrs: map[string]string{
		"text " + ufwUser: fixture(t, "user.rules"), "text " + ufwUser6: fixture(t, "user6.rules"),
		"live4": fixture(t, "kernel4.txt"), "live6": fixture(t, "kernel6.txt"),
		"ufw load": "loaded", "ufw active": "active", "ufw enabled": "enabled", "nftables enabled": "disabled"}}
	for _, file := range f.wanted(o).files {
		o.Set("sum "+file.path, resource.Digest([]byte(file.content)))
		o.Set("mode "+file.path, fmt.Sprintf("%04o", file.mode))
	}
	o.Set("sum "+ufwUser, resource.Digest([]byte(o.Get("text "+ufwUser))))
	o.Set("sum "+ufwUser6, resource.Digest([]byte(o.Get("text "+ufwUser6))))
	return o
}

func diff(t *testing.T, f UFW, o resource.Observed) (names string, c resource.Change) {
	t.Helper()
	c, err := f.Diff(o)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, field := range c.Fields {
		list = append(list, field.Name)
	}
	return strings.Join(list, ", "), c
}

func TestSeesEveryDrift(t *testing.T) {
	const k4, k6 = "IPv4 rules in the kernel", "IPv6 rules in the kernel"
	replace := func(key, old, new string) func(*testing.T, resource.Observed) {
		return func(t *testing.T, o resource.Observed) {
			if !strings.Contains(o.Get(key), old) {
				t.Fatalf("%s has no %q", key, old)
			}
			o.Set(key, strings.Replace(o.Get(key), old, new, 1))
		}
	}
	set := func(key, value string) func(*testing.T, resource.Observed) {
		return func(_ *testing.T, o resource.Observed) { o.Set(key, value) }
	}
	const first = "-A INPUT -j ufw-before-logging-input\n"
	for name, c := range map[string]struct {
		change func(*testing.T, resource.Observed)
		want   string
	}{
		"converged":            {func(*testing.T, resource.Observed) {}, ""},
		"flushed":              {set("live4", "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"), k4},
		"never loaded":         {set("live6", ""), k6},
		"stray accept":         {replace("live4", first, "-A INPUT -j ACCEPT\n"+first), k4},
		"stray accept of one":  {replace("live6", "-A INPUT", "-A INPUT -s fd00::7/128 -j ACCEPT\n-A INPUT"), k6},
		"stray forward":        {replace("live4", "-A FORWARD", "-A FORWARD -j ACCEPT\n-A FORWARD"), k4},
		"rule gone":            {replace("live4", "-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT\n", ""), k4},
		"rule widened":         {replace("live4", "-s 10.77.0.12/32 ", ""), k4},
		"policy":               {replace("live4", ":INPUT DROP", ":INPUT ACCEPT"), k4},
		"order":                {replace("live4", first+"-A INPUT -j ufw-before-input\n", "-A INPUT -j ufw-before-input\n"+first), k4},
		"new chain of ufw":     {replace("live4", first, first+"-A ufw-evil -j ACCEPT\n"), k4},
		"switched off":         {set("sum "+ufwConf, resource.Digest([]byte("ENABLED=no\n"))), ufwConf},
		"world-writable":       {set("mode "+ufwBefore, "0666"), "mode of " + ufwBefore},
		"masked":               {set("ufw load", "masked"), "ufw.service"},
		"disabled":             {set("ufw enabled", "disabled"), "ufw.service"},
		"stopped":              {set("ufw active", "inactive"), "ufw.service state"},
		"nftables":             {set("nftables enabled", "enabled"), "nftables.service"},
		"cut off before proof": {set("unproved", "yes"), "way in"},
		"docker": {replace("live4", "-A FORWARD", ":DOCKER-USER - [0:0]\n:DOCKER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A FORWARD -o docker0 -j DOCKER\n"+
			"-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n-A DOCKER-USER -j RETURN\n-A FORWARD"), ""},
		"fail2ban":           {replace("live4", first, ":f2b-sshd - [0:0]\n-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd\n-A f2b-sshd -s 9.9.9.9/32 -j REJECT\n"+first), ""},
		"a set shut out":     {replace("live4", first, "-A INPUT -p tcp -m multiport --dports 22 -m set --match-set f2b-sshd src -j REJECT --reject-with icmp-port-unreachable\n-A INPUT -m set --match-set crowdsec-blacklists src -j DROP\n"+first), ""},
		"a set let in":       {replace("live4", first, "-A INPUT -m set --match-set office src -j ACCEPT\n"+first), k4},
		"all but a set shut": {replace("live4", first, "-A INPUT -m set ! --match-set office src -j DROP\n"+first), k4},
	} {
		t.Run(name, func(t *testing.T) {
			f := sample(t)
			o := sampleSeen(t, f)
			c.change(t, o)
			got, change := diff(t, f, o)
			if got != c.want {
				t.Fatalf("differs: %q, want %q", got, c.want)
			}
			proves := false
			for _, s := range change.Steps {
				if p, ok := s.(resource.Prove); ok {
					proves = p.Undo != "" && p.Code == fault.FirewallReverted
				}
			}
			if loads := strings.Contains(got, "kernel") || got == "way in"; proves != loads {
				t.Errorf("proves a new connection: %v, loads rules: %v", proves, loads)
			}
		})
	}
}

// TestRefusesBesideFirewalld: whether ufw is there yet or not.
func TestRefusesBesideFirewalld(t *testing.T) {
	f := sample(t)
	for _, attr := range []string{"firewalld active=active", "firewalld enabled=enabled"} {
		for _, state := range []resource.State{resource.Absent, resource.Present} {
			o := sampleSeen(t, f)
			key, value, _ := strings.Cut(attr, "=")
			o.State = state
			o.Set(key, value)
			if _, err := f.Diff(o); fault.Of(err) != "FW05" || !strings.Contains(err.Error(), "systemctl disable --now firewalld") {
				t.Errorf("%s, %v: %v", attr, state, err)
			}
		}
	}
	o := sampleSeen(t, f)
	o.Set("firewalld active", "inactive")
	if _, err := f.Diff(o); err != nil {
		t.Errorf("not there: %v", err)
	}
}

// TestRefusesToShutItsTunnel: a tunnel that is in use passes the proof, and not an hour later.
func TestRefusesToShutItsTunnel(t *testing.T) {
	const open = "### RULES ###\n\n### tuple ### allow udp 51820 0.0.0.0/0 any 0.0.0.0/0 in\n-A ufw-user-input -p udp --dport 51820 -j ACCEPT\n"
	for name, c := range map[string]struct {
		state resource.State
		live  string // "" is the host of the fixtures, whose ufw shuts the port
		rule  string
		extra bool
		shuts bool
	}{
		"bare":                        {state: resource.Absent, live: "*filter\n-A INPUT -p udp -m udp --dport 51820 -j ACCEPT\nCOMMIT\n", shuts: true},
		"bare, named":                 {state: resource.Absent, live: "*filter\nCOMMIT\n", extra: true},
		"ufw is off":                  {state: resource.Present, live: "*filter\nCOMMIT\n", shuts: true},
		"ufw is off, named":           {state: resource.Present, live: "*filter\nCOMMIT\n", extra: true},
		"a rule of theirs":            {state: resource.Present, live: "*filter\nCOMMIT\n", rule: open},
		"with others":                 {state: resource.Present, live: "*filter\nCOMMIT\n", rule: strings.Replace(open, "-p udp --dport 51820", "-p udp -m multiport --dports 1194,51000:52000", 1)},
		"one for TCP":                 {state: resource.Present, live: "*filter\nCOMMIT\n", rule: strings.ReplaceAll(open, "udp", "tcp"), shuts: true},
		"what comes out of it":        {state: resource.Present, live: "*filter\nCOMMIT\n", rule: strings.Replace(open, "-p udp --dport 51820", "-i wg0", 1), shuts: true},
		"all of an interface":         {state: resource.Present, live: "*filter\nCOMMIT\n", rule: strings.Replace(open, "-p udp --dport 51820", "-i eth0", 1)},
		"shut before, and nothing to": {state: resource.Present},
		"shut before":                 {state: resource.Present, live: "*filter\n:INPUT DROP [0:0]\n:ufw-user-input - [0:0]\nCOMMIT\n"},
	} {
		f := sample(t)
		o := sampleSeen(t, f)
		f.Tunnel, f.TunnelPort = "wg0", 51820
		if c.extra {
			f.Rules = append(f.Rules, Opening{Port: 51820, Proto: "udp"})
		}
		if o.State = c.state; c.live != "" {
			o.Set("live4", c.live)
		}
		if c.rule != "" {
			o.Set("text "+ufwUser, strings.Replace(o.Get("text "+ufwUser), "### RULES ###\n", c.rule, 1))
		}
		if _, err := f.Diff(o); (fault.Of(err) == "FW07") != c.shuts || !c.shuts && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestListsTheRulesThatGo: those of a host without ufw; what containers and fail2ban
// have stays.
func TestListsTheRulesThatGo(t *testing.T) {
	f := sample(t)
	f.SSHPorts = []int{22, 2222}
	o := resource.Observed{State: resource.Absent}
	o.Attrs = map[string]string{"live4": "*filter\n:INPUT DROP [0:0]\n:f2b-sshd - [0:0]\n:DOCKER - [0:0]\n-A INPUT -p tcp -j f2b-sshd\n-A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT\n-A f2b-sshd -j RETURN\n" +
		"-A FORWARD -o docker0 -j DOCKER\nCOMMIT\n*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n", "live6": "*filter\n-A OUTPUT -p udp -j DROP\nCOMMIT\n"}
	_, c := diff(t, f, o)
	var goes []string
	for _, field := range c.Fields {
		if field.New == "removed" {
			goes = append(goes, field.Name+": "+field.Old)
		}
	}
	if got := strings.Join(goes, "\n"); got != "IPv4 rule in the kernel: -A INPUT -p tcp -m tcp --dport 8080 -j ACCEPT\nIPv6 rule in the kernel: -A OUTPUT -p udp -j DROP" {
		t.Errorf("lists\n%s", got)
	}
	if !strings.Contains(c.Reason, "sshd listens on the ports 22, 2222: all stay open") {
		t.Errorf("the reason is %q", c.Reason)
	}
}

// TestIptablesPersistent: apt takes it away for ufw, and the plan says which rules end with it.
func TestIptablesPersistent(t *testing.T) {
	_, script, _ := strings.Cut(probeScript, "  # ufw comes in the place")
	script, _, _ = strings.Cut(script, "else\n")
	dir := t.TempDir()
	for name, text := range map[string]string{"15-ip4tables": "", "rules.v4": "# x\n*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE\nCOMMIT\n*filter\n-A INPUT -j DROP\nCOMMIT\n", "rules.v6": "*mangle\n-A PREROUTING -j MARK\nCOMMIT\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	script = strings.NewReplacer("/usr/share/netfilter-persistent/plugins.d", dir, "/etc/iptables", dir).Replace("t(){ :; }\ne(){ :; }\n#" + script)
	saved, err := exec.Command("sh", "-euc", script).Output()
	const nat, mark = "nat: -A POSTROUTING -s 10.8.0.0/24 -o eth0 -j MASQUERADE", "mangle: -A PREROUTING -j MARK"
	if err != nil || string(saved) != nat+"\n"+mark+"\n" {
		t.Fatalf("%v: %q", err, saved)
	}
	_, c := diff(t, sample(t), resource.Observed{State: resource.Absent, Attrs: map[string]string{"saved": string(saved)}})
	var gone []string
	for _, field := range c.Fields {
		if field.New == "gone after the next start" {
			gone = append(gone, field.Old)
		}
	}
	if strings.Join(gone, "\n") != nat+"\n"+mark || !strings.Contains(c.Reason, "apt takes iptables-persistent away") {
		t.Errorf("%q, %q", gone, c.Reason)
	}
}

func TestNeverTakesSilenceForAnAnswer(t *testing.T) {
	f := sample(t)
	if _, c := diff(t, f, resource.Observed{}); !c.Provisional {
		t.Error("unknown is not provisional")
	}
	if names, c := diff(t, f, resource.Observed{State: resource.Absent}); !c.Provisional || !strings.Contains(names, "open 22/tcp") {
		t.Errorf("absent: %q %+v", names, c)
	}
	for _, answer := range []string{"==> /x <==\n==> end <==\n@live4\n", "==> end <==\n@live4\n@failed\n@end\n"} {
		o := resource.Observed{State: resource.Present}
		parts(&o, answer)
		if o.State != resource.Unknown {
			t.Errorf("%q counts as an answer", answer)
		}
	}
}

const unmanagedRules = `
### tuple ### allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in comment=6d696e65
-A ufw-user-input -p tcp --dport 8080 -j ACCEPT

### tuple ### allow tcp 9999 0.0.0.0/0 any 0.0.0.0/0 in comment=666f6f6261723a206f6c64
-A ufw-user-input -p tcp --dport 9999 -j ACCEPT

### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
-A INPUT -j ACCEPT

### END RULES ###`

func TestKeepsAndListsUnmanagedRules(t *testing.T) {
	f := sample(t)
	o := sampleSeen(t, f)
	deny := "### RULES ###\n\n### tuple ### deny any any 0.0.0.0/0 any 5.5.5.5 in\n-A ufw-user-input -s 5.5.5.5 -j DROP\n"
	o.Set("text "+ufwUser, strings.Replace(strings.Replace(o.Get("text "+ufwUser), "\n### END RULES ###", unmanagedRules, 1), "### RULES ###\n", deny, 1))
	text, kept := f.userRules(ipv4(), o.Get("text "+ufwUser), logging{"low", "DROP"}, o.Strange)
	if len(kept) != 2 {
		t.Fatalf("kept %v", kept)
	}
	if strings.Contains(text, "9999") {
		t.Error("a rule that foobar once wrote is still there")
	}
	if strings.Count(text, "--dport 22 ") != 1 || strings.Contains(text, "-A INPUT") {
		t.Errorf("a rule of its own is there twice, or a line was smuggled in:\n%s", text)
	}
	if at := strings.Index(text, "5.5.5.5"); at < 0 || at > strings.Index(text, "--dport 22") {
		t.Error("a rule put before foobar's has moved behind them")
	}
	if strings.Index(text, "8080") < strings.Index(text, "3306") {
		t.Error("a rule added behind foobar's has moved before them")
	}
	if again, _ := f.userRules(ipv4(), text, logging{"low", "DROP"}, o.Strange); again != text {
		t.Error("rendering again gives another file")
	}
	if list := f.Unmanaged(o); len(list) != 2 || list[1] != "ufw rule (IPv4): allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in # mine" {
		t.Errorf("listed %q", list)
	}
	later := o.With(func(name string) bool { return strings.Contains(name, "8080") })
	if text, kept := f.userRules(ipv4(), o.Get("text "+ufwUser), logging{"low", "DROP"}, later.Strange); len(kept) != 1 || strings.Contains(text, "8080") || !strings.Contains(text, "5.5.5.5") {
		t.Errorf("of a rule from before foobar and one from after it are kept: %v", kept)
	}
	f.PurgeAll = true
	if text, kept := f.userRules(ipv4(), o.Get("text "+ufwUser), logging{"low", "DROP"}, o.Strange); len(kept) != 0 || strings.Contains(text, "8080") || f.Unmanaged(o) != nil {
		t.Errorf("purge keeps %v", kept)
	}
}

// TestBansStay: what fail2ban inserts comes and goes by itself; under its name nobody is let in.
func TestBansStay(t *testing.T) {
	const comment = " comment=6279204661696c3242616e206166746572203520617474656d70747320616761696e73742073736864\n" // by Fail2Ban after 5 attempts against sshd
	f := sample(t)
	o := sampleSeen(t, f).With(func(string) bool { return true })
	bans := "### RULES ###\n\n### tuple ### reject any any 0.0.0.0/0 any 5.5.5.5 in" + comment + "-A ufw-user-input -s 5.5.5.5 -j REJECT\n" +
		"\n### tuple ### reject any any 0.0.0.0/0 any 6.6.6.6 in" + comment + "-A ufw-user-input -s 6.6.6.6 -j ACCEPT\n"
	o.Set("text "+ufwUser, strings.Replace(o.Get("text "+ufwUser), "### RULES ###\n", bans, 1))
	w := f.wanted(o)
	if !strings.Contains(w.rules[0], "5.5.5.5 -j REJECT") || strings.Contains(w.rules[0], "6.6.6.6") {
		t.Errorf("wanted is\n%s", w.rules[0])
	}
	if got := strings.Join(f.Unmanaged(o), "; "); got != "ufw rules of fail2ban: 1" {
		t.Errorf("lists %q", got)
	}
	if names, ok := f.Found(o); !ok || len(names) > 0 {
		t.Errorf("the ledger would name %q", names)
	}
}

func TestLoadKeepsTheChainsOfOthers(t *testing.T) {
	f := sample(t)
	o := sampleSeen(t, f)
	o.Set("live4", "*filter\n:INPUT ACCEPT [0:0]\n:f2b-sshd - [0:0]\n:ufw-evil - [0:0]\n-A INPUT -p tcp -j f2b-sshd\n-A INPUT -m set --match-set bad src -j DROP\n-A INPUT -j ACCEPT\nCOMMIT\n")
	_, c := diff(t, f, o)
	script := c.Steps[0].(resource.Run).Script
	for _, want := range []string{":INPUT DROP [0:0]\n", "-F INPUT\n-A INPUT -p tcp -j f2b-sshd\n-A INPUT -m set --match-set bad src -j DROP\n-F FORWARD\n", ":ufw-evil - [0:0]\n", "iptables-restore -w 10 -n <<'END_OF_RULES'"} {
		if !strings.Contains(script, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Contains(script, ":f2b-sshd") || strings.Contains(script, "-A INPUT -j ACCEPT") {
		t.Error("empties a chain of someone else, or keeps a stray rule")
	}
}

func TestFallsBackOnTheRecordedTable(t *testing.T) {
	f := sample(t)
	o := sampleSeen(t, f)
	// A later iptables may word a rule in yet another way.
	worded := strings.ReplaceAll(o.Get("live4"), "--limit 3/min", "--limit 180/hour")
	o.Set("live4", worded)
	if names, _ := diff(t, f, o); names == "" {
		t.Fatal("the new wording is not seen as different at all")
	}
	o.Set("recorded4", worded)
	o.Set("key", f.wanted(o).key)
	if names, _ := diff(t, f, o); names != "" {
		t.Errorf("differs from what was recorded: %s", names)
	}
	o.Set("live4", strings.Replace(worded, "-A INPUT", "-A INPUT -j ACCEPT\n-A INPUT", 1))
	if names, _ := diff(t, f, o); names == "" {
		t.Error("a stray rule hides behind the record")
	}
}

func TestSaysWhenItWillLockOut(t *testing.T) {
	f := sample(t)
	f.SSHFrom = []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}
	o := sampleSeen(t, f)
	o.Set("live4", "")
	for source, warns := range map[string]bool{"": false, "203.0.113.9": false, "192.0.2.1": true} {
		f.Client, _ = netip.ParseAddr(source)
		for _, o.State = range []resource.State{resource.Present, resource.Absent} {
			if _, c := diff(t, f, o); strings.Contains(c.Reason, "firewall.ssh_from does not contain") != warns {
				t.Errorf("from %q, %v: %q", source, o.State, c.Reason)
			}
		}
	}
}

func TestRulesThatMeanTheSameAreWordedTheSame(t *testing.T) {
	for _, c := range [][2]string{
		{"-A x -p tcp --dport 22 -s 10.0.0.1 -j ACCEPT", "-A x -s 10.0.0.1/32 -p tcp -m tcp --dport 22 -j ACCEPT"},
		{"-A x -j LOG --log-prefix \"[UFW BLOCK] \" -m limit --limit 3/minute", "-A x -m limit --limit 3/min -j LOG --log-prefix \"[UFW BLOCK] \""},
		{"-A x -j REJECT", "-A x -j REJECT --reject-with icmp-port-unreachable"},
		{"-A x --in-interface wg0 --protocol tcp --syn --source 10.0.0.1 --destination-port 80 --jump ACCEPT", "-A x -s 10.0.0.1/32 -i wg0 -p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT"},
		{"-A x -p tcp -m comment --comment 'dapp_DNS' -j ACCEPT", "-A x -p tcp -m comment --comment \"\\'dapp_DNS\\'\" -j ACCEPT"},
		{"-A x ! -s fd00:0::1 -j DROP", "-A x ! -s fd00::1/128 -j DROP"},
	} {
		if a, b := parseRule(c[0]).String(), parseRule(c[1]).String(); a != b {
			t.Errorf("%s\n%s", a, b)
		}
	}
	for _, c := range [][2]string{
		{"-A x -s 10.0.0.1 -j ACCEPT", "-A x ! -s 10.0.0.1 -j ACCEPT"},
		{"-A x -s 10.0.0.1 -j ACCEPT", "-A x -d 10.0.0.1 -j ACCEPT"},
		{"-A x -p tcp --dport 22 -j ACCEPT", "-A x -p tcp --sport 22 -j ACCEPT"},
		{"-A x -j ACCEPT", "-A x -g ACCEPT"},
	} {
		if a, b := parseRule(c[0]).String(), parseRule(c[1]).String(); a == b {
			t.Errorf("%q and %q are both %q", c[0], c[1], a)
		}
	}
}
