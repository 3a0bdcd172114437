package preflight

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
)

// levels are those of a host's findings with an ID.
func levels(r Report, host, id string) string {
	var list []string
	for _, f := range r.Findings {
		if f.Host == host && f.ID == id {
			list = append(list, f.Level)
		}
	}
	return strings.Join(list, " ")
}

// TestVerdictBounds: the last number that is well, and the first that is not.
func TestVerdictBounds(t *testing.T) {
	inv := site()
	services := playbooks.Services(inv)
	recorded := looks(t, inv, "bare", nil)
	var need int64 // of web1's paths that lie on /
	for _, p := range placesOf(services.On("web1")) {
		if p.Path != "/tmp" {
			need += p.MiB
		}
	}
	offset := func(off, within time.Duration) func(*Answer) {
		return func(a *Answer) { a.Offset, a.Error = off, within }
	}
	onRoot := func(set func(*disk)) func(*Answer) {
		return func(a *Answer) {
			a.Disks = slices.Clone(a.Disks)
			for i := range a.Disks {
				if a.Disks[i].mount == "/" {
					set(&a.Disks[i])
				}
			}
		}
	}
	free := func(mib int64) func(*Answer) { return onRoot(func(d *disk) { d.free = mib }) }
	inodes := func(n int64) func(*Answer) { return onRoot(func(d *disk) { d.inodesFree = n }) }
	memory := func(bytes int64) func(*Answer) { return func(a *Answer) { a.Facts.Memory = bytes } }
	for _, c := range []struct {
		name, id string
		pool     int64 // db.buffer_pool
		set      func(*Answer)
		want     string // the levels
		says     string // in the finding
	}{
		{"two seconds", "clock", 0, offset(2*time.Second, 0), OK, "right"},
		{"more than two", "clock", 0, offset(2*time.Second+1, 0), Warn, "2.0 s ahead of this machine's"},
		{"two seconds behind", "clock", 0, offset(-2*time.Second, 0), OK, ""},
		{"more than two behind", "clock", 0, offset(-2*time.Second-1, 0), Warn, ""},
		{"within what is not known", "clock", 0, offset(3*time.Second, time.Second), OK, ""},
		{"beyond what is not known", "clock", 0, offset(3*time.Second+1, time.Second), Warn, ""},
		{"five minutes", "clock", 0, offset(5*time.Minute, 0), Warn, ""},
		{"more than five", "clock", 0, offset(5*time.Minute+1, 0), Fail, ""},
		{"more than five behind", "clock", 0, offset(-5*time.Minute-1, 0), Fail, "5 min behind this machine's: signatures of packages"},
		{"twice the space", "disk", 0, free(2 * need), OK, "free: /"},
		{"less than twice the space", "disk", 0, free(2*need - 1), Warn + " " + OK, "/ has 3.3G free"},
		{"just the space", "disk", 0, free(need), Warn + " " + OK, ""},
		{"less than the space", "disk", 0, free(need - 1), Fail + " " + OK, "need 1.7G"},
		{"no space", "disk", 0, free(0), Fail + " " + OK, ""},
		{"space that was not seen", "disk", 0, onRoot(func(d *disk) { d.unknown = true }), "warn warn warn warn ok", "not checked: how much is free at /"},
		{"no disk seen", "disk", 0, func(a *Answer) { a.Disks = nil }, "warn warn warn warn warn", ""},
		{"inodes enough", "inodes", 0, inodes(30000), "", ""},
		{"few inodes", "inodes", 0, inodes(29999), Warn, "/ has 29999 inodes free"},
		{"the fewest inodes", "inodes", 0, inodes(5000), Warn, ""},
		{"too few inodes", "inodes", 0, inodes(4999), Fail, ""},
		{"inodes that are not counted", "inodes", 0, onRoot(func(d *disk) { d.inodesFree, d.inodesUnlisted = 0, true }), "", ""},
		{"a pool of half", "memory", 1 << 30, memory(2 << 30), OK, ""},
		{"a pool of more than half", "memory", 1<<30 + 1, memory(2 << 30), Warn, "leaves little of 2.0G"},
		{"a pool of four fifths", "memory", 8000 << 20, memory(10000 << 20), Warn, ""},
		{"a pool of more than that", "memory", 8000<<20 + 1, memory(10000 << 20), Fail, "does not fit into the host's memory of 9.8G"},
		{"memory enough", "memory", 128 << 20, memory(900 << 20), OK, "900M, of which the database's buffer pool takes 128M"},
		{"little memory", "memory", 128 << 20, memory(900<<20 - 1), Warn, "899M is little for a database server"},
		{"no memory", "memory", 128 << 20, memory(0), Fail, ""},
	} {
		inv.DB.BufferPool = c.pool
		list := slices.Clone(recorded)
		c.set(&list[1].Answer)
		r := Judge(inv, services, here(), list, taken)
		if got := levels(r, "web1", c.id); got != c.want {
			t.Errorf("%s: %q, want %q\n%s", c.name, got, c.want, strings.Join(told(r), "\n"))
		}
		if c.says != "" && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Host == "web1" && f.ID == c.id && strings.Contains(f.Seen, c.says) }) {
			t.Errorf("%s: no %q in\n%s", c.name, c.says, strings.Join(told(r), "\n"))
		}
		if r.Ready == strings.Contains(c.want, Fail) {
			t.Errorf("%s: ready is %v", c.name, r.Ready)
		}
	}
}

// TestDeployedNeedsLessSpace: packages and their archives lie there already.
func TestDeployedNeedsLessSpace(t *testing.T) {
	inv := site()
	for _, c := range []struct {
		state string
		free  int64 // MiB, on a file system that is to hold 300 at first
		want  string
	}{{"bare", 299, "fail ok"}, {"bare", 300, "warn ok"}, {"deployed", 59, "fail ok"}, {"deployed", 60, "warn ok"}, {"deployed", 120, OK}} {
		list := looks(t, inv, c.state, nil)
		for i, d := range list[0].Answer.Disks {
			if d.mount == "/" {
				list[0].Answer.Disks[i].free = c.free
			}
		}
		if got := levels(Judge(inv, play.Services{}, here(), list, taken), "lb1", "disk"); got != c.want {
			t.Errorf("%s, %d MiB: %q, want %q", c.state, c.free, got, c.want)
		}
	}
}

// TestClocksAgree: when several hosts say that this machine is the wrong one.
func TestClocksAgree(t *testing.T) {
	for _, c := range []struct {
		name string
		off  []time.Duration
		same bool
	}{
		{"none", nil, false},
		{"one alone", []time.Duration{time.Hour}, false},
		{"at the bound", []time.Duration{4 * time.Second, 4 * time.Second}, false},
		{"beyond it", []time.Duration{4*time.Second + 1, 5 * time.Second}, true},
		{"behind, beyond it", []time.Duration{-4*time.Second - 1, -5 * time.Second}, true},
		{"too far apart", []time.Duration{time.Hour, time.Hour + 2*time.Second}, false},
		{"just together", []time.Duration{time.Hour, time.Hour + 2*time.Second - 1}, true},
		{"one each way", []time.Duration{time.Hour, -time.Hour}, false},
		{"as far as numbers go", []time.Duration{math.MaxInt64, math.MinInt64 + 1}, false},
	} {
		j := &judge{looks: []Look{{Refused: &Refusal{}}}}
		for _, off := range c.off {
			j.looks = append(j.looks, Look{Answer: Answer{Offset: off}})
		}
		if _, same := j.clocksAgree(); same != c.same {
			t.Errorf("%s: %v", c.name, same)
		}
	}
}

// TestWordsOfHosts: numbers as people are told them.
func TestWordsOfHosts(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0.0 s", -1500 * time.Millisecond: "1.5 s", 10 * time.Second: "10 s", 119 * time.Second: "119 s",
		2 * time.Minute: "2 min", 119 * time.Minute: "119 min", 2 * time.Hour: "2 h", 47 * time.Hour: "47 h", -48 * time.Hour: "2 days"} {
		if got := spanned(d); got != want {
			t.Errorf("%d: %s, want %s", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0M", 1023: "1023M", 1024: "1.0G", 10239: "10.0G", 10240: "10G", 1 << 40: "1073741824G"} {
		if got := mib(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

// TestHostileNumbers: what is no number, or an impossible one, never counts as space,
// memory or a free port.
func TestHostileNumbers(t *testing.T) {
	inv := site()
	recorded := looks(t, inv, "bare", nil)
	for _, n := range []string{"-1", "99999999999999999999999", "1e9", "0x7fffffff", "\x1b[1m9", "٣", strconv.Itoa(math.MinInt64)} {
		for what, line := range map[string]string{"disk": "/ kib overlay 1 1 " + n + " 1% /", "inodes": "/ inodes overlay 9 9 " + n + " 9% /"} {
			list := slices.Clone(recorded)
			a, err := Read(asktest.Answer(heard(t, "bare", "web1", "tok begin ports\n", line+"\ntok begin ports\nLISTEN 0 5 *:443 *:* users:((\"x\",pid="+n+",fd=3))\n")...))
			if err != nil {
				t.Fatal(err)
			}
			list[1].Answer = a
			r := Judge(inv, playbooks.Services(inv), here(), list, taken)
			if got := levels(r, "web1", what); !strings.HasPrefix(got, Fail) || levels(r, "web1", "port-443") != Fail {
				t.Errorf("%q as %s: %q\n%s", n, what, got, strings.Join(told(r), "\n"))
			}
			asktest.Document(t, r)
		}
		for _, key := range []string{"memory-kb 24684084", "cpus 2", "address 10.77.0.12/24"} {
			word, _, _ := strings.Cut(key, " ")
			a, err := Read(asktest.Answer(heard(t, "bare", "web1", key, word+" "+n)...))
			if err != nil {
				asktest.Shown(t, err.Error())
				continue
			}
			list := slices.Clone(recorded)
			list[1].Answer = a
			if r := Judge(inv, playbooks.Services(inv), here(), list, taken); word == "memory-kb" && levels(r, "web1", "memory") != Fail {
				t.Errorf("memory of %q: %s", n, levels(r, "web1", "memory"))
			}
		}
	}
}

// TestMissingSections: an answer that lacks one section is judged, and what was not
// seen is not called well.
func TestMissingSections(t *testing.T) {
	inv := site()
	recorded := looks(t, inv, "bare", nil)
	for section, want := range map[string]string{"system": "systemd fail", "disk": "disk warn warn warn warn warn", "ports": "ports warn",
		"sources": "apt-sources fail", "mirrors": "apt-mirror warn", "reach 10.77.0.14:3306": "reach warn ok", "intake": "intake fail"} {
		list := instead(t, recorded, "bare", "web1", "tok begin "+section+"\n", "tok begin nothing\n")
		id, want, _ := strings.Cut(want, " ")
		if got := levels(Judge(inv, playbooks.Services(inv), here(), list, taken), "web1", id); got != want {
			t.Errorf("without %s: %s is %q, want %q", section, id, got, want)
		}
	}
}

// TestOneHost: a site of a single host, as people see it, well and unwell.
func TestOneHost(t *testing.T) {
	inv := site()
	inv.Hosts = inv.Hosts[1:2]
	inv.Hosts[0].Roles = []string{inventory.LB, inventory.Web, inventory.App, inventory.DB}
	inv.TLS, inv.Monitoring = inventory.TLS{Cert: "c", Key: "k"}, inventory.Monitoring{}
	seen := here()
	seen.Findings[0].Seen = "site.toml: 1 host, no error"
	seen.Names["www.foobar.com"] = Resolved{Addresses: addrs("10.77.0.12")}
	for file, replace := range map[string][]string{
		"one.txt": {"tok done", "tok begin name www.foobar.com\n10.77.0.12 STREAM\n\ntok done"},
		"one_ill.txt": {"codename trixie", "codename bookworm", "pretty Debian GNU/Linux 13 (trixie)", "pretty Debian GNU/Linux 12 (bookworm)", "memory-kb 24684084", "memory-kb 300000", "virt systemd-nspawn", "virt kvm",
			"begin reboot\n", "begin reboot\npending\nlinux\n", "begin locks\n", "begin locks\nfoobar 9 \x1b[31mann\n",
			"0.0.0.0:22 0.0.0.0:*", "0.0.0.0:80 0.0.0.0:*", `"sshd"`, `"apache2"`, "pid 69 ssh.service", "pid 69 apache2.service", "begin dpkg\n", "begin dpkg\nhalf\n"},
	} {
		list := looks(t, inv, "bare", map[string][]string{"web1": replace})
		r := Judge(inv, playbooks.Services(inv), seen, list, taken)
		if r.Partial || r.Offline || r.Ready != (file == "one.txt") {
			t.Errorf("%s: ready %v, partial %v", file, r.Ready, r.Partial)
		}
		golden(t, file, []byte(plain(t, r)))
	}
	taken443 := looks(t, inv, "bare", map[string][]string{"web1": {"0.0.0.0:22 0.0.0.0:*", "0.0.0.0:443 0.0.0.0:*"}})
	if got := levels(Judge(inv, playbooks.Services(inv), seen, taken443, taken), "web1", "port-443"); got != Fail {
		t.Errorf("a port that two services are to have is named as %q", got)
	}
}

// TestDocument: the fields that programs rely on, when all is well and when not.
func TestDocument(t *testing.T) {
	keys := func(v any) string {
		m, _ := v.(map[string]any)
		return strings.Join(slices.Sorted(maps.Keys(m)), " ")
	}
	inv := site()
	list := looks(t, inv, "bare", nil)
	list[3] = Look{Host: inv.Hosts[3], Refused: &Refusal{ID: Auth, Msg: "no\x1b[2J\u202e", Hint: "a key"}}
	const top = "domain findings hosts inventory ready site taken v"
	for _, c := range []struct {
		name, top  string
		looks      []Look
		last       string // of the findings
		hosts      int
		reachedAll bool
	}{
		{"offline", "domain findings hosts inventory offline ready site taken v", nil, "id level seen", 0, true},
		{"some", "domain findings hosts inventory partial ready site taken v", list[:2], "host id level seen", 2, true},
		{"all, one of them refused", top, list, "code fix host id level seen", 4, false},
	} {
		r := Judge(inv, playbooks.Services(inv), here(), c.looks, taken)
		raw := asktest.Document(t, r)
		if again := asktest.Document(t, Judge(inv, playbooks.Services(inv), here(), c.looks, taken)); string(again) != string(raw) {
			t.Errorf("%s: the second time it is another\n%s\n%s", c.name, raw, again)
		}
		var doc map[string]any
		if err := json.Unmarshal(raw, &doc); err != nil {
			t.Fatal(err)
		}
		findings, _ := doc["findings"].([]any)
		hosts, _ := doc["hosts"].([]any)
		if keys(doc) != c.top || keys(findings[len(findings)-1]) != c.last || len(hosts) != c.hosts || doc["v"] != 1.0 || doc["ready"] != c.reachedAll || doc["taken"] != "2026-01-02T03:04:05Z" {
			t.Errorf("%s: %s", c.name, raw)
		}
		for i, h := range hosts {
			if m := h.(map[string]any); keys(h) != "address name reached roles" || m["name"] != inv.Hosts[i].Name || m["reached"] != (i != 3) {
				t.Errorf("%s: host %d: %v", c.name, i, h)
			}
		}
	}
}
