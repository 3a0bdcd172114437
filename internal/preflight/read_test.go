package preflight

import (
	"fmt"
	"strings"
	"testing"

	"foobar/internal/ask/asktest"
	"foobar/internal/fault"
	"foobar/internal/firewall"
	"foobar/inventory"
	"foobar/playbooks"
)

// TestReadForms: the forms in which hosts say things, also odd and hostile ones.
func TestReadForms(t *testing.T) {
	lines := func(text string) []string { return strings.Split(text, "\n") }
	forms := map[string]func(string) string{
		"endpoint": func(s string) string { at, ok := firewall.Endpoint(s); return fmt.Sprint(at, ok) },
		"source":   withoutUser,
		"site":     siteOf,
		"why":      complaint,
		"reach":    func(s string) string { how, _ := readReach(lines(s)); return how },
		"name": func(s string) string {
			r := readName(lines(s))
			return strings.TrimSpace(joined(r.Addresses) + " " + r.Error)
		},
		"host": func(s string) string { return strings.Join(hostPort(s), " ") },
		"fetched": func(s string) string {
			f := readFetched(lines(s), nil)
			return fmt.Sprintf("ok %v, HTTP %d, tcp %q, helper %v, roots %v: %s", f.ok, f.status, f.tcp, f.helper, !f.noRoots, f.said)
		},
		"disk": func(s string) string {
			var parts []string
			for _, d := range readDisks(lines(s)) {
				parts = append(parts, fmt.Sprintf("%s on %q: %d of %d MiB (unknown %v), inodes %d (unlisted %v)", d.path, d.mount, d.free, d.size, d.unknown, d.inodesFree, d.inodesUnlisted))
			}
			return strings.Join(parts, "; ")
		},
		"lock": func(s string) string {
			var a Answer
			a.locks(lines(s))
			return strings.Trim(a.Lock+" | "+a.AptLock, " ")
		},
	}
	for _, c := range []struct{ form, says, want string }{
		{"endpoint", "0.0.0.0:22", "0.0.0.0:22 true"},
		{"endpoint", "[::]:22", "[::]:22 true"},
		{"endpoint", "*:80", "[::]:80 true"},
		{"endpoint", "127.0.0.53%lo:53", "127.0.0.53:53 true"},
		{"endpoint", "[fe80::1]%eth0:546", "[fe80::1]:546 true"},
		{"endpoint", "1.2.3.4:65536", "invalid AddrPort false"},
		{"endpoint", "1.2.3.4", "invalid AddrPort false"},
		{"source", "http://mirror/debian", "http://mirror/debian"},
		{"source", "https://u:p@w@host/x@y", "https://host/x@y"},
		{"source", "mirror+file:/etc/apt/m", "mirror+file:/etc/apt/m"},
		{"site", "http://mirror/debian", "mirror"},
		{"site", "cdrom:[Debian]", "cdrom:[Debian]"},
		{"why", "E: Failed to fetch http://x/y  404  Not Found [IP: 1.2.3.4 80]", "404 Not Found"},
		{"why", "E: Failed to fetch https://x/y  Could not resolve 'x' / Success", "Could not resolve 'x'"},
		{"why", "E: Failed to fetch https://x/y", ""},
		{"why", "E: Failed to fetch u  bad\x1b[2J thing", "bad thing"},
		{"why", "W: something else", ""},
		{"reach", "open", "open"},
		{"reach", "bash: connect: Connection refused\nbash: line 1: /dev/tcp: Connection refused", "refused"},
		{"reach", "noise\ntimeout", "timeout"},
		{"reach", "bash: connect: No route to host", "No route to host"},
		{"reach", "", "no answer"},
		{"reach", "no colon", "no answer"},
		{"name", "10.0.0.1 STREAM a\n10.0.0.1 DGRAM\n::ffff:10.0.0.1 RAW\nfd77::1 STREAM", "10.0.0.1, fd77::1"},
		{"name", "", "it does not resolve"},
		{"name", "nonsense\n\n-", "it does not resolve"},
		{"host", "https://a.example/dir", "a.example 443"},
		{"host", "http://a.example", "a.example 80"},
		{"host", "https://[fd77::1]:14000/", "fd77::1 14000"},
		{"host", "://", " "},
		{"fetched", "fetched", `ok true, HTTP 0, tcp "", helper true, roots true: `},
		{"fetched", "E: Failed to fetch u  404  Not Found\ntcp open", `ok false, HTTP 404, tcp "open", helper true, roots true: 404 Not Found`},
		{"fetched", "tcp open", `ok false, HTTP 0, tcp "open", helper false, roots true: `},
		{"fetched", "no roots\nE: Failed to fetch u  Certificate\ntcp timeout", `ok false, HTTP 0, tcp "timeout", helper true, roots false: Certificate`},
		{"fetched", "E: Failed to fetch u  first\nE: Failed to fetch u  second", `ok false, HTTP 0, tcp "", helper true, roots true: first`},
		{"disk", "/var kib /dev/sda 2048 1024 1024 50% /\n/var inodes /dev/sda 10 1 9 10% /", `/var on "/": 1 of 2 MiB (unknown false), inodes 9 (unlisted false)`},
		{"disk", "/var kib /dev/sda 2048 1024 1024 50% /\n/var inodes /dev/sda 0 0 0 - /", `/var on "/": 1 of 2 MiB (unknown false), inodes 0 (unlisted true)`},
		{"disk", "/var kib\n/var inodes", `/var on "": 0 of 0 MiB (unknown true), inodes 0 (unlisted true)`},
		{"disk", "relative kib a b c d e f\n\n/x", ""},
		{"lock", "foobar 7 ann@laptop\nfoobar 8 bob@desk", "ann@laptop |"},
		{"lock", "foobar 7", "pid 7 |"},
		{"lock", "apt 5 dpkg /var/lib/dpkg/lock\napt 6 apt /x", "| dpkg (pid 5) holds /var/lib/dpkg/lock"},
		{"lock", "apt 5", "| a process (pid 5) holds"},
		{"lock", "other 5 x\n\x1b", "|"},
	} {
		if got := forms[c.form](c.says); got != c.want {
			t.Errorf("%s of %q: got\n%s\nwant\n%s", c.form, c.says, got, c.want)
		}
	}
}

// TestReadRefuses: an answer that does not say what the host is counts for nothing.
func TestReadRefuses(t *testing.T) {
	for _, text := range []string{"", "tok done", "tok begin system\ninit systemd\ntok done", "tok begin facts\nos debian"} {
		if a, err := Read(asktest.Answer(strings.Split(text, "\n")...)); err == nil {
			t.Errorf("%q: %+v", text, a)
		}
	}
}

// TestEnds: how a report sums up, and what comes next.
func TestEnds(t *testing.T) {
	bad := Finding{ID: "os", Host: "web1", Level: Fail, Seen: "it runs AIX", Fix: "install Debian"}
	warn := Finding{ID: "lock", Host: "web1", Level: Warn, Seen: "held", Fix: "wait"}
	for name, c := range map[string]struct {
		r          Report
		says, next string
	}{
		"ready":            {Report{Ready: true}, "can be deployed: 0 failures, 0 warnings\n", "foobar deploy 'my site.toml'"},
		"ready, a warning": {Report{Ready: true, Findings: []Finding{warn}}, "can be deployed: 0 failures, 1 warning\n", "foobar deploy 'my site.toml'"},
		"partial":          {Report{Ready: true, Partial: true}, "can be deployed, as far as it was checked: ", "foobar deploy 'my site.toml'"},
		"offline":          {Report{Ready: true, Offline: true}, "can be deployed, as far as foobar can tell without connecting: ", "foobar check 'my site.toml'"},
		"failed":           {Report{Findings: []Finding{bad, warn, bad}}, "is not ready: 2 failures (web1 os, web1 os), 1 warning\n", "fix what failed, then: foobar check 'my site.toml'"},
		"failed offline":   {Report{Offline: true, Findings: []Finding{bad}}, "is not ready: 1 failure (web1 os), 0 warnings\n", "fix what failed, then: foobar check --offline 'my site.toml'"},
		"unreachable":      {Report{Hosts: []Host{{Name: "web1"}}}, "is not ready, and some hosts could not be checked: ", "fix what failed, then: foobar check 'my site.toml'"},
	} {
		c.r.Inventory, c.r.Domain = "my site.toml", "www.foobar.com"
		text := plain(t, c.r)
		if !strings.Contains(text, "\nwww.foobar.com "+c.says) || !strings.HasSuffix(text, "\nnext: "+c.next+"\n") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	for _, list := range []string{`"findings":[]`, `"hosts":[]`} {
		if doc := string(asktest.Document(t, Judge(site(), playbooks.Services(site()), Here{}, nil, taken))); !strings.Contains(doc, list) {
			t.Errorf("no %s in %s", list, doc)
		}
	}
}

// TestScriptAsks: a host is asked for what its roles need, and for no more.
func TestScriptAsks(t *testing.T) {
	for name, c := range map[string]struct {
		host   int
		change func(*inventory.Inventory)
		with   string
		not    string
	}{
		"a balancer":        {0, nil, "section name www.foobar.com", " /tmp /var/lib/mysql"},
		"its authority":     {0, nil, "section acme;", "section reach 10.77.0.11"},
		"its web servers":   {0, nil, "section reach 10.77.0.12:443", " /srv;"},
		"a database":        {1, nil, " /tmp /var/lib/mysql", "section name "},
		"its neighbour":     {1, nil, "section reach 10.77.0.13:3306", "section acme"},
		"own certificate":   {0, func(inv *inventory.Inventory) { inv.TLS = inventory.TLS{Cert: "c", Key: "k"} }, "section name", "section acme"},
		"without collector": {1, func(inv *inventory.Inventory) { inv.Monitoring.Enabled = false }, " /srv;", "section intake"},
	} {
		inv := site()
		if c.change != nil {
			c.change(inv)
		}
		if script := Script(inv, playbooks.Services(inv), inv.Hosts[c.host], nil); !strings.Contains(script, c.with) || strings.Contains(script, c.not) {
			t.Errorf("%s: %q %v, %q %v", name, c.with, strings.Contains(script, c.with), c.not, strings.Contains(script, c.not))
		}
	}
}

// TestEveryFindingHasACode: what is not well can be looked up, whichever check found it.
func TestEveryFindingHasACode(t *testing.T) {
	for id, want := range map[string]fault.Code{
		"clock": "HOST03", "time-sync": "HOST03", "disk": "HOST02", "memory": "HOST05", "os": "HOST01", "reboot": "HOST10", "address": "HOST11", "reach": "HOST12",
		"dns": "ACME01", "dns-here": "ACME01", "acme": "ACME05", "port-443": "SVC01", "package-ufw": "PKG06", "apt-lock": "PKG01", "apt-mirror": "PKG02", "dpkg": "PKG03",
		"site": "RUN09", "lock": "RUN01", "master-secret": "SEC07", "loopback": "FW06", "app": "CLI05", "certificate": "TLS01", "database-data": "DB07", "made up later": "RUN14",
	} {
		list := coded([]Finding{{ID: id, Level: Warn, Seen: "x"}, {ID: id, Level: OK}, {ID: id, Level: Fail, Code: "SSH04"}, {ID: id, Level: Warn, Seen: "not checked: it is so"}})
		if list[0].Code != want || list[1].Code != "" || list[2].Code != "SSH04" || list[3].Code != fault.NotProven {
			t.Errorf("%s: %+v", id, list)
		}
		if _, ok := fault.Lookup(list[0].Code); !ok {
			t.Errorf("%s: %s is not in the catalogue", id, list[0].Code)
		}
	}
}
