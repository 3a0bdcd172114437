package firewall

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"foobar/internal/resource"
)

// TestLogsAsUfwDoes compares with what ufw 0.36.2 wrote for each level and policy.
func TestLogsAsUfwDoes(t *testing.T) {
	cases := strings.Split(fixture(t, "logging.txt"), "== ")[1:]
	for _, c := range cases {
		head, want, _ := strings.Cut(c, "\n")
		level, forward, _ := strings.Cut(head, " ")
		if got := ipv4().logs(level, forward); got != want {
			t.Errorf("%s:\n%snot\n%s", head, got, want)
		}
	}
	if len(cases) != 10 {
		t.Fatalf("%d cases", len(cases))
	}
}

// TestLimitsWorkForIPv6: the chains that a rule jumps to are there, with their rules.
func TestLimitsWorkForIPv6(t *testing.T) {
	f := sample(t)
	f.Conf = []byte("ENABLED=yes\nLOGLEVEL=low\n")
	o := sampleSeen(t, f)
	o.Set("text "+ufwUser6, `### tuple ### limit tcp 22 ::/0 any ::/0 in
-A ufw6-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --set
-A ufw6-user-input -p tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 -j ufw6-user-limit
-A ufw6-user-input -p tcp --dport 22 -j ufw6-user-limit-accept
`)
	o.Set("text "+ufwConf, "LOGLEVEL=off\n")
	w := f.wanted(o)
	for _, want := range []string{":ufw6-user-limit-accept - [0:0]\n", "-A ufw6-user-limit -j REJECT\n-A ufw6-user-limit-accept -j ACCEPT\n### END RATE LIMITING ###\nCOMMIT\n"} {
		if !strings.Contains(w.rules[1], want) {
			t.Errorf("no %q in\n%s", want, w.rules[1])
		}
	}
	if strings.Contains(w.rules[0]+w.rules[1], "LIMIT BLOCK") {
		t.Error("it logs although logging is off")
	}
}

const ownDefaults = "# Written by foobar: defaults of ufw.\nIPV6=yes\nDEFAULT_FORWARD_POLICY=\"DROP\"\nIPT_SYSCTL=/etc/ufw/sysctl.conf\nIPT_MODULES=\"\"\n"

func TestSettingsThatStay(t *testing.T) {
	const accept = ufwDefaults + `: DEFAULT_FORWARD_POLICY="ACCEPT"`
	router := strings.Replace(ownDefaults, `"DROP"`, `"ACCEPT"`, 1)
	for name, c := range map[string]struct {
		seen  string
		known []string
		want  string
		stay  []string
	}{
		"the distribution's": {"# comment\nIPV6=yes\nDEFAULT_INPUT_POLICY=\"DROP\"\nDEFAULT_FORWARD_POLICY=\"DROP\"\nIPT_MODULES=\"\"\n", nil, ownDefaults, nil},
		"no file":            {"", nil, ownDefaults, nil},
		"a router":           {"IPV6=no\n#DEFAULT_FORWARD_POLICY=DROP\nDEFAULT_FORWARD_POLICY=ACCEPT # VPN\n", nil, router, []string{accept}},
		"known":              {router, []string{accept}, router, []string{accept}},
		"later":              {router, []string{}, ownDefaults, nil},
		"taken away later":   {ownDefaults, []string{accept}, router, []string{accept}},
		"changed later":      {strings.Replace(ownDefaults, "DROP", "REJECT", 1), []string{accept}, router, []string{accept}},
		"modules": {"IPT_MODULES='nf_conntrack_ftp nf_nat_ftp'\nIPT_SYSCTL=/etc/sysctl.conf\n", nil,
			strings.NewReplacer(`IPT_MODULES=""`, `IPT_MODULES="nf_conntrack_ftp nf_nat_ftp"`, "=/etc/ufw/sysctl.conf", `="/etc/sysctl.conf"`).Replace(ownDefaults),
			[]string{ufwDefaults + `: IPT_SYSCTL="/etc/sysctl.conf"`, ufwDefaults + `: IPT_MODULES="nf_conntrack_ftp nf_nat_ftp"`}},
		"a command": {"IPT_MODULES=\"$(touch /x)\"\nDEFAULT_FORWARD_POLICY=MAYBE\nIPT_SYSCTL='/x;y'\n", nil, ownDefaults, nil},
	} {
		text, stay := settle(ufwDefaults, ownDefaults, c.seen, false, ledger(c.known))
		if text != c.want || !slices.Equal(stay, c.stay) {
			t.Errorf("%s: %q\n%s", name, stay, text)
		}
		if text, stay := settle(ufwDefaults, ownDefaults, c.seen, true, ledger(c.known)); text != ownDefaults || stay != nil {
			t.Errorf("%s, purged: %q\n%s", name, stay, text)
		}
	}
}

// TestShowsWhatChangesInFilesOfOthers: settings by name, lines that go one by one, and
// not what the distribution says in them.
func TestShowsWhatChangesInFilesOfOthers(t *testing.T) {
	f := sample(t)
	f.Before, f.Defaults, f.Conf = []byte(ownRules), []byte(ownDefaults), []byte("ENABLED=yes\nLOGLEVEL=low\n")
	o := sampleSeen(t, f)
	see := func(path, text string) { o.Set("text "+path, text); o.Set("sum "+path, resource.Digest([]byte(text))) }
	see(ufwBefore, natRules+packagedRules)
	o.Set("text /usr/share/ufw/iptables/before.rules", packagedRules)
	see(ufwDefaults, "# many words\nIPV6=no\nDEFAULT_FORWARD_POLICY=\"ACCEPT\"\n")
	see(ufwConf, "# many words\nENABLED=no\nLOGLEVEL=high\n")
	show := func() (text string) {
		_, c := diff(t, f, o)
		for _, field := range c.Fields {
			if !strings.Contains(field.Name, "kernel") && !strings.Contains(field.Name, "user") {
				text += field.Name + ": " + field.Old + " -> " + field.New + "\n"
			}
		}
		return text
	}
	want := "/etc/ufw/before.rules: the distribution's, and 1 made by others -> foobar's, and 1 made by others\n" +
		"IPV6 in /etc/default/ufw: no -> yes\nIPT_SYSCTL in /etc/default/ufw: not set -> /etc/ufw/sysctl.conf\nENABLED in /etc/ufw/ufw.conf: no -> yes\n"
	if got := show(); got != want {
		t.Errorf("shows\n%s", got)
	}
	o.Set("live4", "")
	if _, c := diff(t, f, o); !strings.Contains(c.Reason, "takes effect at its next start") {
		t.Errorf("the reason is %q", c.Reason)
	}
	if got := f.Unmanaged(o); !slices.Equal(got, []string{natName, ufwDefaults + `: DEFAULT_FORWARD_POLICY="ACCEPT"`, ufwConf + `: LOGLEVEL="high"`}) {
		t.Errorf("lists %q", got)
	}
	f.PurgeAll = true
	if got := show(); !strings.Contains(got, "line: "+natName+" -> removed\n") || !strings.Contains(got, "LOGLEVEL in /etc/ufw/ufw.conf: high -> low\n") {
		t.Errorf("purged, it shows\n%s", got)
	}
}

func TestNamesWhatContainersPublish(t *testing.T) {
	const nat = "*nat\n:DOCKER - [0:0]\n-A DOCKER -i docker0 -j RETURN\n"
	for save, want := range map[string]string{
		"*filter\n:INPUT DROP [0:0]\n":            "",
		"*filter\n:DOCKER-USER - [0:0]\nCOMMIT\n": "Docker is there: ports that its containers publish bypass ufw",
		nat + "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n-A DOCKER -d 10.0.0.5/32 ! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.3:53\n": "ports that containers publish bypass ufw: 10.0.0.5:53/udp, 8080/tcp",
	} {
		f := sample(t)
		o := sampleSeen(t, f)
		o.Set("live4", save)
		if got := strings.Join(f.Unmanaged(o), "; "); got != want {
			t.Errorf("%q, not %q", got, want)
		}
		if names, _ := f.Found(o); len(names) > 0 {
			t.Errorf("the ledger would name %q", names)
		}
	}
	const podman = "*nat\n-A NETAVARK-DN-1D8721804F16F -s 10.88.0.0/16 -p tcp -m tcp --dport 8080 -j NETAVARK-HOSTPORT-SETMARK\n-A NETAVARK-DN-1D8721804F16F -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.88.0.5:80\n"
	for forward, want := range map[string]string{"DROP": "", "ACCEPT": "ports that containers publish bypass ufw: 8080/tcp"} {
		if got := strings.Join(published(podman, forward), "; "); got != want {
			t.Errorf("of Podman, where ufw's policy is %s: %q, not %q", forward, got, want)
		}
	}
}

// TestUfwIsEnabledForGood: neither a mask nor a start that last until the next boot stay.
func TestUfwIsEnabledForGood(t *testing.T) {
	fake := `systemctl(){ case $* in show*) echo LoadState=masked ;; "is-enabled ufw"*) echo enabled-runtime ;; is-enabled*) return 1 ;; is-active*) ;; *) echo "$*" ;; esac; }
`
	out, err := exec.Command("sh", "-euc", fake+unitsScript).CombinedOutput()
	if want := "unmask -q ufw.service\nunmask -q --runtime ufw.service\nenable -q ufw.service\n"; err != nil || string(out) != want {
		t.Errorf("systemctl was told %q, not %q (%v)", out, want, err)
	}
}
