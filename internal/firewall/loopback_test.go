package firewall

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"foobar/internal/resource"
)

const listening = `LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))
LISTEN 0 511 127.0.0.1:6379 0.0.0.0:* users:(("redis-server",pid=7,fd=6),("redis-server",pid=8,fd=6))
LISTEN 0 511 [::1]:6379 [::]:* users:(("redis-server",pid=7,fd=7))
LISTEN 0 20 [::]:25 [::]:*
LISTEN 0 20 203.0.113.10:8080 0.0.0.0:* users:(("public",pid=9,fd=7))
LISTEN 0 20 127.0.0.53%lo:53 0.0.0.0:* users:(("systemd-resolve",pid=9,fd=7))
LISTEN 0 20 *:9999 *:* users:(("a` + "\x1b" + `[31mb",pid=10,fd=7))
LISTEN 0 20 nonsense users
ESTAB 0 0 127.0.0.1:7777 127.0.0.1:22
`

func TestNamesWhatStrictLoopbackCutsOff(t *testing.T) {
	l := Loopback{Strict: true, Ports: []int{22, 4000}, Extra: []int{4000}}
	cut := l.CutOff(ReadListeners(listening))
	if got := Name(cut); got != "([::]:25), redis-server (127.0.0.1:6379), public (203.0.113.10:8080), a.[31mb ([::]:9999)" && !strings.HasPrefix(got, "([::]:25), redis-server (127.0.0.1:6379), public (203.0.113.10:8080), a") || strings.Contains(got, "\x1b") {
		t.Errorf("cut off: %q", got)
	}
	if got := l.Keep(cut); got != "loopback_ports = [25, 4000, 6379, 8080, 9999]" {
		t.Errorf("the line is %q", got)
	}
	l.Strict = false
	if cut := l.CutOff(ReadListeners(listening)); len(cut) != 0 {
		t.Errorf("open loopback cuts off %v", cut)
	}
	var many strings.Builder
	for range 400 {
		many.WriteString("LISTEN 0 1 127.0.0.1:" + strings.Repeat("1", 1+many.Len()%4) + " 0.0.0.0:* users:((\"" + strings.Repeat("x", 300) + "\",pid=1,fd=1))\n")
	}
	if got := Name(Loopback{Strict: true}.CutOff(ReadListeners(many.String()))); len(got) > 1000 {
		t.Errorf("a host makes people read %d bytes", len(got))
	}
}

// TestSaysWhyLoopbackBecomesStrict: the change says it once, when it happens, and
// names only what the rules in force let through.
func TestSaysWhyLoopbackBecomesStrict(t *testing.T) {
	f := sample(t)
	f.Loopback = Loopback{Strict: true, Ports: []int{22, 443}}
	const open = "-A ufw-before-input -i lo -j ACCEPT\n"
	const strict = "-A ufw-before-input -i lo -p tcp -m multiport --dports 22,443,6379 -j ACCEPT\n" +
		"-A ufw-before-input -i lo -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with tcp-reset\n" + open
	for name, c := range map[string]struct {
		live      string
		listening string
		says, not []string
	}{
		"from open":       {open, listening, []string{"loopback becomes strict", "redis-server", "loopback_ports = [25, 6379, 8080, 9999]"}, nil},
		"nobody is there": {open, "", []string{"loopback becomes strict"}, []string{"loopback_ports"}},
		"a port less":     {strict, listening, []string{"redis-server", "[6379]"}, []string{"becomes strict", "9999"}},
	} {
		o := sampleSeen(t, f)
		o.Set("live4", "*filter\n:ufw-before-input - [0:0]\n"+c.live+"COMMIT\n")
		o.Set("listening", c.listening)
		_, change := diff(t, f, o)
		for _, part := range c.says {
			if !strings.Contains(change.Reason, part) {
				t.Errorf("%s: no %q in %q", name, part, change.Reason)
			}
		}
		for _, part := range c.not {
			if strings.Contains(change.Reason, part) {
				t.Errorf("%s: %q in %q", name, part, change.Reason)
			}
		}
	}
	if c, err := f.Diff(resource.Observed{State: resource.Absent, Attrs: map[string]string{"listening": listening}}); err != nil || !strings.Contains(c.Reason, "redis-server") {
		t.Errorf("on a bare host: %q %v", c.Reason, err)
	}
	if _, c := diff(t, f, sampleSeen(t, f)); c.Reason != "" {
		t.Errorf("a converged host: %q", c.Reason)
	}
}

// TestAsksWhoListensOnlyBeforeAChange: the probe's script starts ss only where
// before.rules is about to say something else of loopback.
func TestAsksWhoListensOnlyBeforeAChange(t *testing.T) {
	f := sample(t)
	head, _, _ := strings.Cut(probeScript, "if [ ! -x /usr/sbin/ufw ]")
	asks := func(wanted, before string) bool {
		cmd := exec.Command("sh", append([]string{"-euc", "t(){ :; }; e(){ :; }; beside(){ :; }; ss(){ echo asked; }\n" + head, "sh", wanted, "guard", "record"}, "user", "user6", before)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return slices.Contains(strings.Fields(string(out)), "asked")
	}
	f.Loopback.Strict = true
	own := f.Loopback.rules(f.Before)
	if strings.Count(own, "\n") < 3 {
		t.Fatalf("the rules are %q", own)
	}
	for name, c := range map[string]struct {
		wanted, before string
		want           bool
	}{
		"as wanted": {own, "testdata/before.rules", false}, "other rules": {own + "x\n", "testdata/before.rules", true},
		"no file": {own, "testdata/none", true}, "loopback is open": {Loopback{}.rules(f.Before), "testdata/before.rules", false},
	} {
		if asks(c.wanted, c.before) != c.want {
			t.Errorf("%s: asks %v", name, !c.want)
		}
	}
}

func TestSynRulesAreWordedTheSame(t *testing.T) {
	a := parseRule("-A x -i lo -p tcp --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with tcp-reset").String()
	b := parseRule("-A x -i lo -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with tcp-reset").String()
	if a != b {
		t.Errorf("%s\n%s", a, b)
	}
}
