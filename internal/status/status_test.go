package status

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/inventory"
	"foobar/playbooks"
)

var (
	update  = flag.Bool("update", false, "write the golden files anew")
	scripts = flag.String("scripts", "", "write the questions of the recorded site into this folder, HOST.sh each, to be run as root on the hosts of a deployed lab")
)

// The answers in testdata were recorded from a deployed lab, with asktest.Token.

func TestMain(m *testing.M) {
	flag.Parse()
	if *scripts != "" {
		inv := site()
		for _, h := range inv.Hosts {
			if err := os.WriteFile(filepath.Join(*scripts, h.Name+".sh"), []byte(ask.Script(asktest.Token, askOf(inv, playbooks.Services(inv), h).script())), 0o644); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}

func site() *inventory.Inventory {
	inv := &inventory.Inventory{Path: "site.toml",
		Site:       inventory.Site{Name: "foobar", Domain: "www.foobar.com"},
		App:        inventory.Application{Source: "/srv/app"},
		Firewall:   inventory.Firewall{Enabled: true},
		Monitoring: inventory.Monitoring{Enabled: true, Package: inventory.Package{Name: "otelcol-sumo"}},
		DB:         inventory.Database{Engine: "mariadb"},
	}
	for i, name := range []string{"lb1", "web1", "web2", "web3"} {
		a := netip.AddrFrom4([4]byte{10, 77, 0, byte(11 + i)})
		h := &inventory.Host{Name: name, Weight: 100, Address: a.String(), Private: []netip.Addr{a}, Roles: []string{inventory.Web, inventory.App, inventory.DB}}
		if name == "lb1" {
			h.Roles = []string{inventory.LB}
		}
		inv.Hosts = append(inv.Hosts, h)
	}
	return inv
}

// heard is the recorded answer of a host, with replacements made in it.
func heard(t testing.TB, host string, replace ...string) []string {
	t.Helper()
	return asktest.Recording(t, filepath.Join("testdata", host+".answer"), replace...)
}

// whole is the status of the recorded site, with replacements by host.
func whole(t *testing.T, replace map[string][]string) Status {
	t.Helper()
	inv := site()
	s := Status{V: Version, Site: inv.Site.Name, Domain: inv.Site.Domain, Inventory: inv.Path, programs: programs(playbooks.Services(inv))}
	for _, h := range inv.Hosts {
		answer := asktest.Answer(heard(t, h.Name, replace[h.Name]...)...)
		s.Taken = answer.Heard.UTC()
		s.Hosts = append(s.Hosts, Read(inv, playbooks.Services(inv), h, answer))
	}
	Judge(inv, &s)
	return s
}

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

func plain(t testing.TB, s Status) string {
	t.Helper()
	var b strings.Builder
	if err := Plain(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func document(t *testing.T, s Status) []byte {
	t.Helper()
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, '\n')
}

// TestHealthy: a site that is well, as people and programs see it.
func TestHealthy(t *testing.T) {
	s := whole(t, nil)
	if !s.Healthy || s.Unreachable() {
		t.Error("a healthy site is called unhealthy")
	}
	golden(t, "healthy.txt", []byte(plain(t, s)))
	golden(t, "healthy.json", document(t, s))
}

// TestBroken: several things wrong at once, findings first.
func TestBroken(t *testing.T) {
	inv := site()
	s := whole(t, map[string][]string{
		"lb1": {"web,web2,0,0,0,1,400,2,206,3544,,0,,0,0,0,0,UP,100,1,0,0,0,33,0,200,1,4,2,,2,,2,2,,2,L7OK,200,2,",
			"web,web2,0,0,7,1,400,2,206,3544,,0,,0,0,0,0,DOWN,100,1,0,0,0,33,0,200,1,4,2,,2,,2,2,,2,L7STS,500,2,",
			",Layer7 check passed,,2,3,4,,,,10.77.0.13", `,"said ""no"", twice",,2,3,4,,,,10.77.0.13`, ":INPUT DROP [0:0]", ":INPUT ACCEPT [0:0]"},
		"web2": {"\tYes\tYes\t", "\tYes\tNo\t", "\t0\t\t\t172818444\t", "\t1062\tError 'Duplicate entry '7' for key 'PRIMARY'' on query. Default database: ''. Query: 'INSERT INTO a.t VALUES(7)'\t\t172818444\t"},
	})
	s.Hosts[3] = lost(inv.Hosts[3], &advised{"web3: no answer from 10.77.0.14:22", "is it up?"})
	s.Hosts[1].Release.Current = "0123456789ab"
	Judge(inv, &s)
	if s.Healthy || !s.Unreachable() {
		t.Error("a broken site is called healthy")
	}
	golden(t, "broken.txt", []byte(plain(t, s)))
}

// TestPlainFits: the tables stay within 80 columns with names of common length.
func TestPlainFits(t *testing.T) {
	for _, line := range strings.Split(plain(t, whole(t, nil)), "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// TestHostileAnswers: whatever a host says, nothing of it reaches a terminal
// that could change what is on it, and nothing panics.
func TestHostileAnswers(t *testing.T) {
	inv := site()
	evil := "\x1b]0;title\x07\x1b[2J\u202e" + strings.Repeat("w", 5000)
	for _, h := range inv.Hosts {
		answer := heard(t, h.Name)
		for i, l := range answer {
			if strings.HasPrefix(l, asktest.Token+" ") {
				continue
			}
			bad := slices.Clone(answer)
			for _, with := range []string{evil, strings.ReplaceAll(l, " ", " "+evil), l + "\t" + evil, "", "=", ",,,,", l[:len(l)/2]} {
				bad[i] = with
				a := asktest.Answer(bad...)
				s := Status{Domain: "x", Inventory: "i", Taken: a.Heard, Hosts: []Host{Read(inv, playbooks.Services(inv), h, a)}}
				Judge(inv, &s)
				text := plain(t, s)
				document(t, s)
				if strings.ContainsAny(text, "\x1b\x07\u202e") || strings.Contains(text, strings.Repeat("w", 1000)) {
					t.Fatalf("%s, line %d: it comes through:\n%.3000q", h.Name, i, text)
				}
			}
		}
	}
}

// TestCutAnswer: an answer without its end is no answer.
func TestCutAnswer(t *testing.T) {
	inv := site()
	answer := heard(t, "web1")
	for _, n := range []int{0, 1, len(answer) / 2, len(answer) - 3} {
		if h := Read(inv, playbooks.Services(inv), inv.Hosts[1], asktest.Answer(answer[:n]...)); h.Reached || h.Error == "" {
			t.Errorf("%d lines: it counts as an answer", n)
		}
	}
}
