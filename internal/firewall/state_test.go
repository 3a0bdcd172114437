package firewall

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// asked runs the question on a machine whose kernel has the given tables; what
// begins with ! fails and says so.
func asked(t *testing.T, v4, v6 string) []string {
	dir := t.TempDir()
	for name, table := range map[string]string{"iptables-save": v4, "ip6tables-save": v6} {
		text := "#!/bin/sh\ncat <<'E'\n" + table + "\nE\n"
		if said, fails := strings.CutPrefix(table, "!"); fails {
			text = "#!/bin/sh\necho '" + said + "' >&2\nexit 4\n"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("sh", "-c", StateScript())
	cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.Split(string(out), "\n")
}

func TestStateOfTheKernel(t *testing.T) {
	v4, v6 := fixture(t, "kernel4.txt"), fixture(t, "kernel6.txt")
	const open = "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT"
	for name, c := range map[string]struct {
		v4, v6 string
		want   State
		open   string
	}{
		"as foobar made it": {v4, v6, State{Active4: true, Active6: true, Policy4: "DROP", Policy6: "DROP", Rules4: 5, Rules6: 4}, ""},
		"let in": {strings.Replace(v4, ":INPUT DROP", ":INPUT ACCEPT", 1), v6,
			State{Active4: true, Active6: true, Policy4: "ACCEPT", Policy6: "DROP", Rules4: 5, Rules6: 4}, "the kernel's policy is ACCEPT for IPv4 and DROP for IPv6"},
		"passed by under a condition": {strings.Replace(v4, "-A INPUT -j ufw-before-input", "-A INPUT -i eth0 -j ufw-before-input", 1), v6,
			State{Active6: true, Policy4: "DROP", Policy6: "DROP", Rules4: 5, Rules6: 4}, "the kernel's policy is DROP for IPv4 without ufw's rules and DROP for IPv6"},
		"never loaded": {open, "", State{Policy4: "ACCEPT", Policy6: "ACCEPT"}, "the kernel's policy is ACCEPT for IPv4 without ufw's rules and ACCEPT for IPv6 without ufw's rules"},
		"no answer": {v4, "!Permission\x1b[2J denied", State{Active4: true, Policy4: "DROP", Rules4: 5, Error: "Permission[2J denied"},
			"the kernel's policy is DROP for IPv4 and unknown for IPv6 without ufw's rules"},
	} {
		got := *ReadState(asked(t, c.v4, c.v6))
		if strings.Contains(got.Error, "\x1b") {
			t.Errorf("%s: %q reaches a terminal", name, got.Error)
		}
		if c.want.Error != "" && got.Error != "" {
			got.Error = c.want.Error
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, not %+v", name, got, c.want)
		}
		if got.Closed() != (c.open == "") || !got.Closed() && got.Open() != c.open {
			t.Errorf("%s: %s", name, got.Open())
		}
	}
	told := append(asked(t, v4, v6), `ledger {"version":1,`, `ledger  "found":{"dir:/x":["y"],"firewall:ufw":["ufw rule (IPv4): allow\u001b[2J"]}}`)
	if s := ReadState(told); !s.Closed() || len(s.Kept) != 1 || s.Kept[0] != "ufw rule (IPv4): allow" {
		t.Errorf("with a ledger: %+v", s)
	}
	if s := ReadState(append(told, "ledger }")); !s.Closed() || s.Kept != nil {
		t.Errorf("with a damaged ledger: %+v", s)
	}
	if s := ReadState(nil); s.Closed() || s.Policy4 != "" {
		t.Errorf("nothing heard: %+v", s)
	}
}
