package preflight

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/planview"
	"foobar/inventory"
	"foobar/playbooks"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The answers in testdata were recorded in the lab, on bare hosts and on
// deployed ones, with asktest.Token.

func site() *inventory.Inventory {
	inv := &inventory.Inventory{Path: "site.toml",
		Site:       inventory.Site{Name: "foobar", Domain: "www.foobar.com"},
		TLS:        inventory.TLS{ACME: "https://10.77.0.1:14000/dir", ACMECA: "ca.pem"},
		App:        inventory.Application{Source: "app", Port: 9000},
		DB:         inventory.Database{Engine: "mariadb", Port: 3306, Primary: "web1", BufferPool: 256 << 20},
		Firewall:   inventory.Firewall{Enabled: true},
		Monitoring: inventory.Monitoring{Enabled: true, Endpoint: "https://10.77.0.1:8088", CA: "ca.pem"},
	}
	for i, name := range []string{"lb1", "web1", "web2", "web3"} {
		v4, v6 := netip.AddrFrom4([4]byte{10, 77, 0, byte(11 + i)}), netip.MustParseAddr("fd77::1"+string(rune('1'+i)))
		h := &inventory.Host{Name: name, Weight: 100, Address: v4.String(), Private: []netip.Addr{v4, v6}, Roles: []string{inventory.Web, inventory.App, inventory.DB}}
		if name == "lb1" {
			h.Roles = []string{inventory.LB}
		}
		inv.Hosts = append(inv.Hosts, h)
	}
	return inv
}

// heard is a recorded answer, with replacements made in it.
func heard(t testing.TB, state, host string, replace ...string) []string {
	t.Helper()
	return asktest.Recording(t, filepath.Join("testdata", state, host+".answer"), replace...)
}

// here is a controller that knows the site's name.
func here() Here {
	return Here{Findings: []Finding{{ID: "inventory", Level: OK, Seen: "site.toml: 4 hosts, no error"}},
		Names: map[string]Resolved{"www.foobar.com": {Addresses: []netip.Addr{netip.MustParseAddr("10.77.0.11")}}}}
}

// looks are those at all hosts, with replacements by host.
func looks(t testing.TB, inv *inventory.Inventory, state string, replace map[string][]string) []Look {
	t.Helper()
	var list []Look
	for _, h := range inv.Hosts {
		a, err := Read(asktest.Answer(heard(t, state, h.Name, replace[h.Name]...)...))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, Look{Host: h, Answer: a, Login: Login{Address: h.Address + ":22", User: "root"}})
	}
	return list
}

var taken = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update writes it anew); got\n%s", name, got)
	}
}

func plain(t testing.TB, r Report) string {
	t.Helper()
	var b strings.Builder
	if err := Plain(&b, r, Shown{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRecorded: bare and deployed hosts are ready, as people and programs see it.
func TestRecorded(t *testing.T) {
	for _, state := range []string{"bare", "deployed"} {
		inv := site()
		r := Judge(inv, playbooks.Services(inv), here(), looks(t, inv, state, nil), taken)
		if !r.Ready || r.Failures()+r.Warnings() > 0 {
			t.Errorf("%s: ready %v, %d failures, %d warnings", state, r.Ready, r.Failures(), r.Warnings())
		}
		golden(t, state+".txt", []byte(plain(t, r)))
		raw, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, state+".json", append(raw, '\n'))
	}
}

// TestBroken: several things at once, as people see them.
func TestBroken(t *testing.T) {
	inv := site()
	inv.Path = "my site.toml"
	list := looks(t, inv, "bare", map[string][]string{
		"lb1":  {"fd77::11        STREAM", "fd77::99        STREAM", "fd77::11        DGRAM", "fd77::99        DGRAM", "fd77::11        RAW", "fd77::99        RAW"},
		"web1": {`LISTEN 0      128    0.0.0.0:22`, "LISTEN 0 5 0.0.0.0:443 0.0.0.0:* users:((\"python3\",pid=553,fd=3))\npid 553 squatter.service\nLISTEN 0      128    0.0.0.0:22"},
	})
	list[3] = Look{Host: inv.Hosts[3], Refused: &Refusal{ID: Auth, Msg: "web3: 10.77.0.14:22 refused the login", Hint: "name a key"}}
	r := Judge(inv, playbooks.Services(inv), here(), list, taken)
	if r.Ready || !r.Unreachable() {
		t.Error("it counts as ready")
	}
	golden(t, "broken.txt", []byte(plain(t, r)))
}

// TestScript runs the script on this machine, against addresses of its own.
func TestScript(t *testing.T) {
	inv := site()
	for i, h := range inv.Hosts {
		h.Private = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, byte(11 + i)})}
	}
	inv.Site.Domain, inv.Site.Aliases = "localhost", nil
	inv.TLS.ACME, inv.Monitoring.Endpoint = "https://127.0.0.1:1/dir", "https://127.0.0.1:1"
	dir := t.TempDir()
	for _, h := range inv.Hosts[:2] {
		script := Script(inv, playbooks.Services(inv), h, Files{"tls.acme_ca": "it's one", "monitoring.ca": "two"})
		script = strings.ReplaceAll(script, "/run/foobar-check", dir+"/check")
		script = strings.ReplaceAll(script, "apt-get -q update --print-uris", "true") // no mirror is asked
		cmd := exec.Command("sh", "-c", ask.Script(asktest.Token, script))
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		a, err := Read(asktest.Answer(strings.Split(string(out), "\n")...))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if a.Init == "" || len(a.Disks) == 0 || a.Disks[0].unknown || a.Disks[0].size == 0 || a.Error == 0 {
			t.Errorf("%s: %+v", h.Name, a)
		}
		for to, got := range a.Reach {
			if got != "refused" && got != "open" {
				t.Errorf("%s: %s", to, got)
			}
		}
		if f := a.Fetched[intakeID]; f.ok || f.tcp != "refused" {
			t.Errorf("%s: the intake that is not there: %+v", h.Name, f)
		}
		if h.Has(inventory.LB) && len(a.Names["localhost"].Addresses) == 0 {
			t.Errorf("localhost does not resolve: %v", a.Names)
		}
		if left, _ := filepath.Glob(dir + "/*"); len(left) > 0 {
			t.Errorf("it leaves %v", left)
		}
	}
}

// TestHostileAnswers: whatever a host says, nothing of it reaches a terminal
// that could change what is on it, and nothing panics.
func TestHostileAnswers(t *testing.T) {
	inv := site()
	evil := "\x1b]0;title\x07\x1b[2J\u202e" + strings.Repeat("w", 5000)
	good := looks(t, inv, "bare", nil)
	for n, h := range inv.Hosts[:2] {
		answer := heard(t, "bare", h.Name)
		for i, l := range answer {
			if strings.HasPrefix(l, asktest.Token+" ") {
				continue
			}
			for _, with := range []string{evil, strings.ReplaceAll(l, " ", " "+evil), l + " " + evil, l + "\t" + evil, "", "rc", "/ kib", "users:((", l[:len(l)/2]} {
				bad := slices.Clone(answer)
				bad[i] = with
				list := append([]Look{}, good...)
				a, err := Read(asktest.Answer(bad...))
				if err != nil {
					list[n] = Look{Host: h, Refused: &Refusal{ID: Shell, Msg: err.Error()}}
				} else {
					list[n].Answer = a
				}
				text := plain(t, Judge(inv, playbooks.Services(inv), here(), list, taken))
				if strings.ContainsAny(text, "\x1b\x07\u202e") || strings.Contains(text, strings.Repeat("w", 1000)) {
					t.Fatalf("%s, line %d (%q): it comes through:\n%.3000q", h.Name, i, l, text)
				}
			}
		}
	}
}

// TestCutAnswer: an answer without its end is no answer.
func TestCutAnswer(t *testing.T) {
	answer := heard(t, "bare", "web1")
	for _, n := range []int{0, 1, len(answer) / 2, len(answer) - 3} {
		if _, err := Read(asktest.Answer(answer[:n]...)); err == nil {
			t.Errorf("%d lines: it counts as an answer", n)
		}
	}
}

// TestQuiet: failures alone, in colour where there is one, and nothing where all is well.
func TestQuiet(t *testing.T) {
	r := Report{Domain: "www.foobar.com", Findings: []Finding{
		{ID: "os", Host: "web1", Level: OK, Seen: "well"}, {ID: "dns", Level: Warn, Seen: "odd", Code: "ACME01"},
		{ID: "disk", Host: "web1", Level: Fail, Seen: "full \x1b[2J", Fix: "make room", Code: "HOST04"}, {ID: "secret", Level: Fail, Seen: "not set", Code: "SEC01"}}}
	for _, c := range []struct {
		how  Shown
		want string
	}{
		{Shown{Quiet: true}, "FAIL  web1: disk: full  [HOST04]\n      fix: make room\nFAIL  secret: not set [SEC01]\n"},
		{Shown{Quiet: true, Paint: planview.SGR}, "\x1b[1;31mFAIL\x1b[0m  web1: disk: full  [HOST04]\n      fix: make room\n\x1b[1;31mFAIL\x1b[0m  secret: not set [SEC01]\n"},
	} {
		var b strings.Builder
		if err := Plain(&b, r, c.how); err != nil || b.String() != c.want {
			t.Errorf("%v: %q, want %q", err, b.String(), c.want)
		}
	}
	var b strings.Builder
	r.Findings = r.Findings[:2]
	if err := Plain(&b, r, Shown{Quiet: true}); err != nil || b.Len() > 0 {
		t.Errorf("all is well, and it says %q", b.String())
	}
}
