package preflight

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"foobar/internal/facts"
	"foobar/inventory"
	"foobar/playbooks"
)

// expect is a finding that must be there.
type expect struct{ host, id, level, says string }

func check(t *testing.T, name string, r Report, want ...expect) {
	t.Helper()
	for _, f := range r.Findings {
		if !listed(f.ID) {
			t.Errorf("%s: %s is not among IDs", name, f.ID)
		}
	}
	for _, w := range want {
		found := false
		for _, f := range r.Findings {
			found = found || f.Host == w.host && f.ID == w.id && f.Level == w.level && strings.Contains(f.Seen, w.says) && (f.Fix != "") == (f.Level != OK)
		}
		if !found {
			t.Errorf("%s: no %+v in\n%s", name, w, plain(t, r))
		}
	}
}

func listed(id string) bool {
	for name := range ids() {
		if name == id || strings.HasSuffix(name, "-") && strings.HasPrefix(id, name) {
			return true
		}
	}
	return false
}

// otherLedger is owned.json of a site, as the script prints it among the facts.
const otherLedger = "tok begin ledger\n" + `{"version":1,"site":"other","owned":["file:/x"]}` + "\ntok begin facts\n"

// TestFindings: one thing wrong at a time.
func TestFindings(t *testing.T) {
	listen := func(at, who string) []string {
		return []string{"LISTEN 0      128    0.0.0.0:22", "LISTEN 0 5 " + at + " 0.0.0.0:* users:((" + who + "))\nLISTEN 0      128    0.0.0.0:22"}
	}
	strict := func(inv *inventory.Inventory) { inv.Firewall.Loopback = inventory.Strict }
	tunnel := func(inv *inventory.Inventory) {
		inv.Firewall.Extra = []inventory.Rule{{Port: 51820, Proto: "udp", Hosts: []string{"web1"}}}
	}
	from := func(inv *inventory.Inventory) {
		inv.Firewall.SSHFrom = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	}
	packages := func(names string) []string {
		return []string{"begin packages\n", "begin packages\n" + names}
	}
	for _, c := range []struct {
		name, state, host string
		replace           []string
		change            func(*inventory.Inventory)
		want              expect
	}{
		{"Ubuntu", "bare", "web1", []string{"os debian", "os ubuntu", "pretty Debian GNU/Linux 13 (trixie)", "pretty Ubuntu 24.04"}, nil, expect{"web1", "os", Fail, "Ubuntu 24.04"}},
		{"Debian 11", "bare", "web1", []string{"codename trixie", "codename bullseye"}, nil, expect{"web1", "os", Fail, "deploys to Debian 13 and Debian 12, and with allow_untested = true in [deploy] to Ubuntu 24.04 and Ubuntu 22.04"}},
		{"Debian 12", "bare", "web1", []string{"codename trixie", "codename bookworm"}, nil, expect{"web1", "os", OK, "Debian"}},
		{"Ubuntu that may be tried", "bare", "web1", []string{"os debian", "os ubuntu", "codename trixie", "codename noble"}, func(inv *inventory.Inventory) { inv.Deploy.AllowUntested = true }, expect{"web1", "os", Warn, "never run"}},
		{"half upgraded", "bare", "web1", []string{"codename trixie", "codename bookworm"}, nil, expect{"web1", "upgrade", Warn, "it runs Debian 12, and one of its package sources is for trixie"}},
		{"a replica of an older series", "deployed", "web3", []string{"db version 11.8.9-MariaDB", "db version 10.11.19-MariaDB"}, nil, expect{"", "database", Warn, "web3 runs 10.11.19, older than 11.8.9 of the primary web1"}},
		{"a replica of a newer series", "deployed", "web3", []string{"db version 11.8.9-MariaDB", "db version 12.3.1-MariaDB"}, nil, expect{"", "database", OK, "web1 is the primary"}},
		{"a replica of an older fix", "deployed", "web3", []string{"db version 11.8.9-MariaDB", "db version 11.8.2-MariaDB"}, nil, expect{"", "database", OK, "web1 is the primary"}},
		{"upgraded", "deployed", "web1", []string{`"version": 1,`, `"version": 1, "system": "debian bookworm",`}, nil, expect{"web1", "upgrade", Warn, "it runs Debian 13, and ran Debian 12 at its last deploy"}},
		{"another processor", "bare", "web1", []string{"arch amd64", "arch riscv64"}, nil, expect{"web1", "arch", Warn, "riscv64"}},
		{"no systemd", "bare", "web1", []string{"init systemd", "init runit"}, nil, expect{"web1", "systemd", Fail, "runit"}},
		{"a full disk", "bare", "web1", []string{disks(t, "web1"), "300000"}, nil, expect{"web1", "disk", Fail, "/, /var, /var/lib/mysql, /srv need"}},
		{"no inodes", "bare", "web1", []string{inodes(t, "web1"), "900"}, nil, expect{"web1", "inodes", Fail, "900 inodes"}},
		{"too large a buffer pool", "bare", "web1", nil, func(inv *inventory.Inventory) { inv.DB.BufferPool = 64 << 30 }, expect{"web1", "memory", Fail, "64G"}},
		{"a clock of its own", "bare", "web1", []string{"virt systemd-nspawn", "virt kvm"}, nil, expect{"web1", "time-sync", Warn, "not synchronised yet"}},
		{"chrony is at work", "bare", "web1", []string{"virt systemd-nspawn", "virt kvm\ntime chronyd", "init systemd", "init systemd\nsynchronised yes"}, nil, expect{"web1", "time-sync", OK, "synchronised"}},
		{"port taken", "bare", "lb1", append(listen("*:80", `"apache2",pid=7,fd=3`), "seen\n", "seen\npid 7 apache2.service\n"), nil, expect{"lb1", "port-80", Fail, "port 80 is needed by haproxy, but apache2 (pid 7) of apache2.service uses it on ::"}},
		{"port taken on one address", "bare", "lb1", listen("127.0.0.1:8404", `"x",pid=7,fd=3`), nil, expect{"lb1", "port-8404", Fail, "x (pid 7)"}},
		{"port taken elsewhere", "bare", "lb1", listen("10.77.0.11:8404", `"x",pid=7,fd=3`), nil, expect{"lb1", "ports", OK, "free: 80, 443, 8404"}},
		{"a foreign socket unit", "bare", "web1", append(listen("127.0.0.1:9000", `"systemd",pid=1,fd=3`), "/run/initctl ", "127.0.0.1:9000 odd.socket odd.service\n/run/initctl "), nil, expect{"web1", "port-9000", Fail, "odd.socket"}},
		{"the app's socket", "bare", "web1", append(listen("127.0.0.1:9000", `"systemd",pid=1,fd=3`), "/run/initctl ", "127.0.0.1:9000 app.socket app.service\n/run/initctl "), nil, expect{"web1", "ports", OK, "held by foobar's services: 9000"}},
		{"seen from a router's address", "bare", "web1", []string{"virt systemd-nspawn", "virt systemd-nspawn\nssh-client ::ffff:198.51.100.7"}, from, expect{"web1", "way-in", Fail, "this host sees foobar connect from 198.51.100.7"}},
		{"seen from a tunnel", "bare", "web1", []string{"virt systemd-nspawn", "virt systemd-nspawn\ntunnel wg0 51820"}, nil, expect{"web1", "way-in", Warn, "by the tunnel wg0: a deploy refuses a firewall that shuts its port 51820/udp"}},
		{"of a tunnel that is open", "bare", "web1", []string{"virt systemd-nspawn", "virt systemd-nspawn\ntunnel wg0 51820\nsshd-port 22\nsshd-port 2222"}, tunnel, expect{"web1", "way-in", OK, "the ports 22, 2222: the firewall keeps them open"}},
		{"seen from the jump host", "bare", "web1", []string{"virt systemd-nspawn", "virt systemd-nspawn\nssh-client 10.0.0.9\nssh-port 22\nsshd-port 22\nsshd-port 2222"}, from, expect{"web1", "way-in", OK, "the ports 22, 2222: the firewall keeps them open"}},
		{"loopback becomes strict", "bare", "web1", listen("127.0.0.1:6379", `"redis-server",pid=7,fd=3`), strict, expect{"web1", "loopback", Warn, "redis-server (127.0.0.1:6379)"}},
		{"loopback is strict", "bare", "web1", append(listen("127.0.0.1:6379", `"redis-server",pid=7,fd=3`), "seen\n", "seen\nstrict\n"), strict, expect{"web1", "loopback", OK, "redis-server (127.0.0.1:6379)"}},
		{"no ss", "bare", "web1", []string{"seen\n", ""}, nil, expect{"web1", "ports", Warn, "not checked"}},
		{"broken off", "bare", "web1", []string{"begin dpkg\n", "begin dpkg\nThe following packages are only half configured\n"}, nil, expect{"web1", "dpkg", Warn, "half configured"}},
		{"apt at work", "bare", "web1", []string{"begin locks\n", "begin locks\napt 555 unattended-upgr /var/lib/dpkg/lock-frontend\n"}, nil, expect{"web1", "apt-lock", Warn, "unattended-upgr (pid 555) holds /var/lib/dpkg/lock-frontend"}},
		{"foobar at work", "bare", "web1", []string{"begin locks\n", "begin locks\nfoobar 555 ann@laptop, since 2026-01-01T00:00:00Z\n"}, nil, expect{"web1", "lock", Warn, "ann@laptop"}},
		{"MySQL", "bare", "web1", packages("installed mysql-server-8.0\n"), nil, expect{"web1", "package-mysql-server", Fail, "MariaDB cannot"}},
		{"MySQL where no database is to be", "bare", "lb1", packages("installed mysql-server-8.0\n"), nil, expect{"lb1", "packages", OK, "none"}},
		{"nginx of somebody else", "bare", "web1", packages("installed nginx\n"), nil, expect{"web1", "package-nginx", Warn, "replaces its configuration"}},
		{"nftables", "bare", "web1", []string{"begin enabled\n", "begin enabled\nnftables\n"}, nil, expect{"web1", "package-nftables", Warn, "nftables is there"}},
		{"another firewall", "bare", "web1", []string{"begin enabled\n", "begin enabled\nshorewall\n"}, nil, expect{"web1", "package-shorewall", Warn, "its own rules in the place of ufw's"}},
		{"rules of nftables that drop", "bare", "web1", []string{"begin enabled\n", "begin beside\n" + nftDrops + "tok begin enabled\n"}, nil, expect{"web1", "firewall", Fail, "another firewall drops what ufw lets in: chain input of nftables' table inet filter"}},
		{"and where they came later", "deployed", "web1", []string{"begin enabled\n", "begin beside\n" + nftDrops + "tok begin enabled\n"}, nil, expect{"web1", "firewall", Warn, "table inet filter"}},
		{"and where the firewall was off until now", "deployed", "web1", []string{"seen\nours\n", "seen\n", "begin enabled\n", "begin beside\n" + nftDrops + "tok begin enabled\n"}, nil, expect{"web1", "firewall", Fail, "table inet filter"}},
		{"a tunnel, where the firewall was off until now", "deployed", "web1", []string{"seen\nours\n", "seen\n", "virt systemd-nspawn", "virt systemd-nspawn\ntunnel wg0 51820"}, nil, expect{"web1", "way-in", Warn, "shuts its port 51820/udp"}},
		{"containers of Podman", "bare", "web1", listen("0.0.0.0:8080", `"conmon",pid=7,fd=3`), nil, expect{"web1", "shut", Warn, "the containers that Podman publishes at 8080/tcp"}},
		{"a router", "bare", "lb1", []string{"begin enabled\n", "begin beside\nforwarding 1\ntable ip nat {\n\tchain p {\n\t\toifname \"eth0\" masquerade\n\t}\n}\ntok begin enabled\n"}, nil, expect{"lb1", "shut", Warn, "the way out for others"}},
		{"what others reach", "bare", "web1", []string{"pid 69 ssh.service", `LISTEN 0 128 0.0.0.0:10050 0.0.0.0:* users:(("zabbix_agentd",pid=71,fd=4))
LISTEN 0 128 *:8080 *:* users:(("docker-proxy",pid=72,fd=4))
LISTEN 0 128 127.0.0.1:25 0.0.0.0:* users:(("master",pid=73,fd=4))
UNCONN 0 0 0.0.0.0:51820 0.0.0.0:*
UNCONN 0 0 [::]:51820 [::]:*
UNCONN 0 0 0.0.0.0:161 0.0.0.0:* users:(("snmpd",pid=74,fd=4))
UNCONN 0 0 10.77.0.12%host0:68 0.0.0.0:* users:(("systemd-network",pid=75,fd=4))
UNCONN 0 0 127.0.0.1:323 0.0.0.0:* users:(("chronyd",pid=76,fd=4))
pid 69 ssh.service`}, tunnel, expect{"web1", "shut", Warn, "nothing will reach zabbix_agentd 10050/tcp, snmpd 161/udp any more"}},
		{"firewalld without ours", "bare", "web1", []string{"begin enabled\n", "begin enabled\nfirewalld\n"}, func(inv *inventory.Inventory) { inv.Firewall.Enabled = false }, expect{"web1", "packages", OK, "none"}},
		{"a mirror that is gone", "bare", "web1", []string{"debian/dists/trixie/InRelease\nrc 0\n", "debian/dists/trixie/InRelease\nrc 100\nE: Failed to fetch http://u:pw@mirror/debian/dists/trixie/InRelease  404  Not Found [IP: 10.0.0.1 80]\n"}, nil, expect{"web1", "apt-mirror", Fail, "http://mirror/debian (trixie) gives no packages: 404 Not Found"}},
		{"a mirror that is gone, later", "deployed", "web1", []string{"debian/dists/trixie/InRelease\nrc 0\n", "debian/dists/trixie/InRelease\nrc 124\n"}, nil, expect{"web1", "apt-mirror", Warn, "no answer in time"}},
		{"a mirror with a password", "bare", "web1", []string{"uri http://mirror/debian/dists/trixie/InRelease\nrc 0", "uri http://u:pw@mirror/debian/dists/trixie/InRelease\nrc 7"}, nil, expect{"web1", "apt-mirror", Fail, "http://mirror/debian (trixie)"}},
		{"sources that cannot be read", "bare", "web1", []string{"begin sources\nrc 0\n", "begin sources\nrc 100\nE: Malformed entry 1 in list file\n"}, nil, expect{"web1", "apt-sources", Fail, "Malformed entry"}},
		{"not its address", "bare", "web1", []string{"address 10.77.0.12/24", "address 10.77.0.99/24"}, nil, expect{"web1", "address", Fail, "10.77.0.12 is not an address of this host, which has 10.77.0.99"}},
		{"not its address, where nothing listens on it", "bare", "lb1", []string{"address 10.77.0.11/24", "address 10.0.0.99/24"}, nil, expect{"lb1", "address", Warn, "10.77.0.11"}},
		{"no way to another host", "bare", "web1", []string{"10.77.0.13: connect: Connection refused\n10.77.0.13: line 1: /dev/tcp/10.77.0.13/3306: Connection refused", "timeout"}, nil, expect{"web1", "reach", Warn, "10.77.0.13:3306 of web2 gives no answer"}},
		{"from another of its addresses", "bare", "web1", []string{"line 1: /dev/tcp/10.77.0.13/3306: Connection refused", "line 1: /dev/tcp/10.77.0.13/3306: Connection refused\nsource 10.77.0.99"}, nil, expect{"web1", "address", Fail, "it reaches web2 from 10.77.0.99, which is none of the addresses that the inventory gives it (10.77.0.12"}},
		{"behind a router", "bare", "web1", []string{"address 10.77.0.12/24", "address 10.77.0.99/24", "line 1: /dev/tcp/10.77.0.13/3306: Connection refused", "line 1: /dev/tcp/10.77.0.13/3306: Connection refused\nsource 10.77.0.99"}, func(inv *inventory.Inventory) {
			inv.Host("web1").Private = []netip.Addr{netip.MustParseAddr("10.77.0.12")}
		}, expect{"web1", "address", Fail, "10.77.0.12 is not an address of this host"}},
		{"from its own address", "bare", "web1", []string{"line 1: /dev/tcp/10.77.0.13/3306: Connection refused", "line 1: /dev/tcp/10.77.0.13/3306: Connection refused\nsource 10.77.0.12"}, nil, expect{"web1", "reach", OK, "web2:3306"}},
		{"no route", "bare", "web1", []string{"10.77.0.13: connect: Connection refused\n10.77.0.13: line 1: /dev/tcp/10.77.0.13/3306: Connection refused", "10.77.0.13: connect: No route to host"}, nil, expect{"web1", "reach", Warn, "No route to host"}},
		{"an account of one's own", "bare", "lb1", []string{`"newOrder"`, `"meta": {"externalAccountRequired": true}, "newOrder"`}, nil, expect{"lb1", "acme", Warn, "external account binding"}},
		{"which is there", "deployed", "lb1", []string{`"newOrder"`, `"meta": {"externalAccountRequired": true}, "newOrder"`}, nil, expect{"lb1", "acme", OK, "answers"}},
		{"no ACME there", "bare", "lb1", []string{"newOrder", "other"}, nil, expect{"lb1", "acme", Fail, "not as an ACME directory"}},
		{"an ACME server of nobody's", "bare", "lb1", []string{"begin acme\n", "begin acme\nE: Failed to fetch https://10.77.0.1:14000/dir  SSL connection failed: certificate verify failed / Success [IP: 10.77.0.1 14000]\ntcp open\n", "fetched\n\ntok begin acme-text", "\ntok begin acme-text"}, nil, expect{"lb1", "acme", Fail, "has no certificate that this host trusts: SSL connection failed: certificate verify failed"}},
		{"no roots yet", "bare", "lb1", []string{"begin acme\n", "begin acme\nno roots\nE: Failed to fetch https://10.77.0.1:14000/dir  SSL connection failed: certificate verify failed / Success [IP: 10.77.0.1 14000]\ntcp open\n", "fetched\n\ntok begin acme-text", "\ntok begin acme-text"}, nil, expect{"lb1", "acme", Warn, "its certificate was not checked"}},
		{"no ACME needed", "bare", "lb1", nil, func(inv *inventory.Inventory) { inv.TLS = inventory.TLS{Cert: "c", Key: "k"} }, expect{"lb1", "acme", OK, "not needed"}},
		{"no intake", "bare", "web1", []string{"404  Not Found", "Could not connect to 10.77.0.1:8088 (10.77.0.1). - connect (111: Connection refused)", "tcp open", "tcp refused"}, nil, expect{"web1", "intake", Fail, "Connection refused"}},
		{"another site's host", "bare", "web1", []string{"virt systemd-nspawn\n", "virt systemd-nspawn\n" + otherLedger}, nil, expect{"web1", "site", Fail, `"other"`}},
		{"reboot", "bare", "web1", []string{"begin reboot\n", "begin reboot\npending\nlinux-image-6\n"}, nil, expect{"web1", "reboot", Warn, "linux-image-6"}},
		{"a database of somebody's", "bare", "web2", []string{"virt systemd-nspawn\n", "virt systemd-nspawn\ndb installed\ndb data\ndb schemas 3\n"}, nil, expect{"", "database", Fail, "web2 holds databases already"}},
		{"and what it holds", "bare", "web2", []string{"virt systemd-nspawn\n", "virt systemd-nspawn\ndb installed\ndb data\ndb schemas 3\n"}, nil, expect{"web2", "database-data", Warn, "3 databases"}},
	} {
		inv := site()
		if c.change != nil {
			c.change(inv)
		}
		r := Judge(inv, playbooks.Services(inv), here(), looks(t, inv, c.state, map[string][]string{c.host: c.replace}), taken)
		check(t, c.name, r, c.want)
		if c.want.level == Fail && r.Ready || c.want.level == Warn && c.state == "bare" && r.Warnings() == 0 {
			t.Errorf("%s: ready %v, %d warnings", c.name, r.Ready, r.Warnings())
		}
		if strings.Contains(plain(t, r), "pw@") {
			t.Errorf("%s: a password is shown", c.name)
		}
	}
}

const nftDrops = "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n"

// disks and inodes are what a recording says is free on /, for tests to replace.
func disks(t *testing.T, host string) string  { return freeOf(t, host, "/ kib ") }
func inodes(t *testing.T, host string) string { return freeOf(t, host, "/ inodes ") }

func freeOf(t *testing.T, host, line string) string {
	t.Helper()
	for _, l := range heard(t, "bare", host) {
		if strings.HasPrefix(l, line) {
			return strings.Fields(l)[5]
		}
	}
	t.Fatal("no " + line)
	return ""
}

// TestClock: a host's clock, and the controller's own.
func TestClock(t *testing.T) {
	for _, c := range []struct {
		name string
		off  []time.Duration // by host
		want []expect
	}{
		{"right", []time.Duration{time.Second, 0, 0, -time.Second}, []expect{{"lb1", "clock", OK, "right"}}},
		{"one is slow", []time.Duration{0, -20 * time.Second, 0, 0}, []expect{{"web1", "clock", Warn, "20 s behind"}, {"web2", "clock", OK, "right"}}},
		{"one is far off", []time.Duration{0, 0, 3 * time.Hour, 0}, []expect{{"web2", "clock", Fail, "3 h ahead of"}}},
		{"all are off alike", []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour + time.Second}, []expect{{"", "clock", Fail, "it is wrong"}, {"web2", "clock", OK, "as the other hosts"}}},
		{"all are off, each otherwise", []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour}, []expect{{"lb1", "clock", Fail, "60 min ahead of"}}},
	} {
		inv := site()
		list := looks(t, inv, "bare", nil)
		for i, off := range c.off {
			list[i].Answer.Offset = off
		}
		check(t, c.name, Judge(inv, playbooks.Services(inv), here(), list, taken), c.want...)
	}
}

func addrs(texts ...string) (list []netip.Addr) {
	for _, s := range texts {
		list = append(list, netip.MustParseAddr(s))
	}
	return list
}

// TestNames: where the site's name may point, by who is asked.
func TestNames(t *testing.T) {
	const nat, pub, pub6 = "10.77.0.11", "198.51.100.7", "2001:db8::7"
	points := func(texts ...string) Resolved { return Resolved{Addresses: addrs(texts...)} }
	none := Resolved{Error: "it does not resolve"}
	for _, c := range []struct {
		name       string
		address    string // of lb1
		own        []string
		host, here Resolved
		cert       bool
		want       expect
		ready      bool
	}{
		{"right", pub, []string{pub, nat}, points(pub), points(pub), false, expect{"lb1", "dns", OK, "points to " + pub}, true},
		{"right, public behind a forwarded address", pub, []string{nat}, points(pub), points(pub), false, expect{"lb1", "dns", OK, pub}, true},
		{"the private address", pub, []string{pub, nat}, points(nat), points(nat), false, expect{"lb1", "dns", Fail, "not the load balancer"}, false},
		{"somewhere else", pub, []string{pub}, points("198.51.100.9"), points("198.51.100.9"), false, expect{"lb1", "dns", Fail, "198.51.100.9, which is not"}, false},
		{"a placeholder", pub, []string{pub}, points("8.8.8.8"), points("8.8.8.8"), false, expect{"lb1", "dns", Fail, "a placeholder?"}, false},
		{"a stray AAAA", pub, []string{pub}, points(pub, "2001:db8::dead"), points(pub), false, expect{"lb1", "dns", Fail, "its AAAA record to 2001:db8::dead"}, false},
		{"a right AAAA", pub, []string{pub, pub6}, points(pub, pub6), points(pub, pub6), false, expect{"lb1", "dns", OK, pub6}, true},
		{"only AAAA", pub, []string{pub, pub6}, points(pub6), points(pub6), false, expect{"lb1", "dns", Warn, "without IPv6"}, true},
		{"NXDOMAIN", pub, []string{pub}, none, none, false, expect{"lb1", "dns", Fail, "does not resolve"}, false},
		{"NXDOMAIN with a certificate of one's own", pub, []string{pub}, none, none, true, expect{"lb1", "dns", Warn, "does not resolve"}, true},
		{"the host has no resolver", pub, []string{pub}, none, points(pub), false, expect{"lb1", "dns", Warn, "does not resolve"}, true},
		{"and the controller's is right", pub, []string{pub}, none, points(pub), false, expect{"", "dns-here", OK, pub}, true},
		{"and the controller's is wrong", pub, []string{pub}, none, points("198.51.100.9"), false, expect{"", "dns-here", Fail, "198.51.100.9"}, false},
		{"the host's own hosts file", pub, []string{pub}, points("127.0.1.1"), points(pub), false, expect{"lb1", "dns", Warn, "was not checked"}, true},
		{"the controller has none", pub, []string{pub}, points(pub), none, false, expect{"", "dns-here", Warn, "lb1's does, and decides"}, true},
		{"the controller has an inside view", pub, []string{pub}, points(pub), points("192.168.1.1"), false, expect{"", "dns-here", Warn, "differs from lb1's"}, true},
		{"behind NAT", nat, []string{nat}, points(pub), points(pub), false, expect{"lb1", "dns", Warn, "behind NAT"}, true},
		{"an alias", pub, []string{pub}, points(pub), Resolved{Addresses: addrs(pub), Canonical: "edge.example.net"}, false, expect{"", "dns-here", OK, "an alias of edge.example.net"}, true},
	} {
		inv := site()
		inv.Hosts[0].Address, inv.Hosts[0].Private = c.address, addrs(c.own[len(c.own)-1])
		if c.cert {
			inv.TLS = inventory.TLS{Cert: "c", Key: "k"}
		}
		list := looks(t, inv, "bare", nil)
		a := &list[0].Answer
		a.Facts.Addresses = nil
		for _, own := range addrs(c.own...) {
			a.Facts.Addresses = append(a.Facts.Addresses, netip.PrefixFrom(own, own.BitLen()))
		}
		a.Names["www.foobar.com"] = c.host
		for to := range list {
			list[to].Answer.Reach[c.own[len(c.own)-1]+":443"] = "open"
		}
		seen := here()
		seen.Names["www.foobar.com"] = c.here
		r := Judge(inv, playbooks.Services(inv), seen, list, taken)
		check(t, c.name, r, c.want)
		if r.Ready != c.ready {
			t.Errorf("%s: ready is %v\n%s", c.name, r.Ready, plain(t, r))
		}
	}
}

// TestNamesOfAnAlias: the inventory has an alias of ssh_config for the balancer, whose
// public address the host itself does not have.
func TestNamesOfAnAlias(t *testing.T) {
	inv := site()
	inv.Hosts[0].Address, inv.Hosts[0].Private = "edge", addrs("10.77.0.11")
	list := looks(t, inv, "bare", nil)
	list[0].Login.Address = "198.51.100.7:2222"
	a := &list[0].Answer
	a.Facts.Addresses = []netip.Prefix{netip.MustParsePrefix("10.77.0.11/24")}
	a.Names["www.foobar.com"] = Resolved{Addresses: addrs("198.51.100.7")}
	seen := here()
	seen.Names["www.foobar.com"] = a.Names["www.foobar.com"]
	check(t, "an alias", Judge(inv, playbooks.Services(inv), seen, list, taken), expect{"lb1", "dns", OK, "points to 198.51.100.7"})
}

// TestNamesWithoutTheBalancer: -l without it must not make the site fail.
func TestNamesWithoutTheBalancer(t *testing.T) {
	inv := site()
	seen := here()
	seen.Names["www.foobar.com"] = Resolved{Error: "it does not resolve"}
	r := Judge(inv, playbooks.Services(inv), seen, looks(t, inv, "bare", nil)[1:2], taken)
	check(t, "-l web1", r, expect{"", "dns-here", Warn, "lb1 was not asked"})
	if !r.Ready || !r.Partial {
		t.Errorf("ready %v, partial %v", r.Ready, r.Partial)
	}
}

// TestMasterSecret: a new site has none yet; one that was deployed has lost it.
func TestMasterSecret(t *testing.T) {
	inv := site()
	seen := here()
	seen.NoMaster = "foobar.key"
	check(t, "new", Judge(inv, playbooks.Services(inv), seen, looks(t, inv, "bare", nil), taken), expect{"", "master-secret", OK, "the first deploy makes foobar.key"})
	check(t, "lost", Judge(inv, playbooks.Services(inv), seen, looks(t, inv, "deployed", nil), taken), expect{"", "master-secret", Fail, "the passwords on lb1, web1, web2, web3 come from it"})
	seen.NoMaster, seen.Belongs = "", func(f facts.Facts) bool { return f.Hostname != "web2" }
	check(t, "another", Judge(inv, playbooks.Services(inv), seen, looks(t, inv, "deployed", nil), taken), expect{"", "master-secret", Fail, "the passwords on web2 come from another master secret"})
	seen.NoMaster = "foobar.key"
	if r := Judge(inv, playbooks.Services(inv), seen, nil, taken); !r.Ready || !r.Offline {
		t.Errorf("offline: %+v", r)
	}
}

// TestDetour: a host that answers only at another of its addresses is not well.
func TestDetour(t *testing.T) {
	inv := site()
	list := looks(t, inv, "bare", nil)
	list[1].Login.Address = "[fd77::12]:22"
	list[2].Login.Pinned, list[2].Login.Sudo, list[2].Login.User = true, true, "admin"
	check(t, "another address", Judge(inv, playbooks.Services(inv), here(), list, taken), expect{"web1", "ssh", Warn, "no answer at 10.77.0.12; fd77::12 answered"},
		expect{"web2", "ssh", OK, "its key is the inventory's"}, expect{"web2", "root", OK, "sudo makes admin root"})
}

// TestKnownByECDSAAlone: check says which line makes a better key known.
func TestKnownByECDSAAlone(t *testing.T) {
	inv := site()
	list := looks(t, inv, "bare", nil)
	list[1].Login.Keys = facts.HostKeys{Kinds: []string{"ecdsa-sha2-nistp256"}, More: "add to F: L"}
	list[2].Login.Keys = facts.HostKeys{Kinds: []string{"ecdsa-sha2-nistp256", "ssh-ed25519"}}
	list[3].Login.Keys = facts.HostKeys{Kinds: []string{"ssh-ed25519-cert-v01@openssh.com"}}
	r := Judge(inv, playbooks.Services(inv), here(), list, taken)
	check(t, "ecdsa", r, expect{"web1", "host-key", Warn, "known_hosts has only its ECDSA key"}, expect{"web3", "ssh", OK, "an authority of known_hosts signed its key"})
	for _, f := range r.Findings {
		if f.ID == HostKey && (f.Host != "web1" || f.Fix != "add to F: L") {
			t.Errorf("%+v", f)
		}
	}
}
