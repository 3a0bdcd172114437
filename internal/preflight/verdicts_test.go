package preflight

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"foobar/internal/ask/asktest"
	"foobar/inventory"
	"foobar/playbooks"
)

// told is a report as lines: a finding's host, level, ID, words and what to do.
func told(r Report) (list []string) {
	for _, f := range r.Findings {
		l := fmt.Sprintf("%s %s %s: %s", f.Host, f.Level, f.ID, f.Seen)
		if f.Fix != "" {
			l += " | " + f.Fix
		}
		list = append(list, strings.TrimSpace(l))
	}
	return list
}

// news are the lines of a report that another one lacks.
func news(r, before Report) (list []string) {
	old := told(before)
	for _, l := range told(r) {
		if !slices.Contains(old, l) {
			list = append(list, l)
		}
	}
	return list
}

// instead are looks in which texts of one host's answer are replaced.
func instead(t *testing.T, list []Look, state, host string, replace ...string) []Look {
	t.Helper()
	list = slices.Clone(list)
	for i := range list {
		if list[i].Host.Name == host {
			var err error
			if list[i].Answer, err = Read(asktest.Answer(heard(t, state, host, replace...)...)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return list
}

// TestVerdicts: one host's answer differs, and these lines of the report differ with it.
func TestVerdicts(t *testing.T) {
	const (
		mirror  = "debian/dists/trixie/InRelease\nrc 0\n"
		refused = "10.77.0.13: connect: Connection refused\n10.77.0.13: line 1: /dev/tcp/10.77.0.13/3306: Connection refused\n"
		caught  = "begin acme\nGet:1 https://10.77.0.1:14000/dir [638 B]\nFetched 638 B in 0s (5182 B/s)\nfetched\n"
		silent  = "begin intake\nErr:1 https://10.77.0.1:8088/\n  404  Not Found [IP: 10.77.0.1 8088]\nE: Failed to fetch https://10.77.0.1:8088/  404  Not Found [IP: 10.77.0.1 8088]\nE: Download Failed\ntcp open\n"
		asked   = "E: Failed to fetch https://10.77.0.1:8088/  404  Not Found [IP: 10.77.0.1 8088]"
	)
	listen := func(at, users, more string) []string {
		return []string{"begin ports\nseen\n", "begin ports\nseen\nLISTEN 0 5 " + at + " 0.0.0.0:* " + users + "\n" + more}
	}
	after := func(section, lines string) []string {
		return []string{"begin " + section + "\n", "begin " + section + "\n" + lines}
	}
	inv := site()
	services := playbooks.Services(inv)
	recorded := map[string][]Look{"bare": looks(t, inv, "bare", nil), "deployed": looks(t, inv, "deployed", nil)}
	for _, c := range []struct {
		name, state, host string
		replace           []string
		want              []string
	}{
		{"nothing", "bare", "web1", nil, nil},
		{"no name for the system", "bare", "web1", []string{"pretty Debian GNU/Linux 13 (trixie)\n", "", "os debian", "os alpine"}, []string{
			"web1 fail os: it runs alpine; foobar deploys to Debian 13 and Debian 12, and with allow_untested = true in [deploy] to Ubuntu 24.04 and Ubuntu 22.04, where it was never run | install Debian 13 on it"}},
		{"Ubuntu", "bare", "web1", []string{"pretty Debian GNU/Linux 13 (trixie)\n", "pretty Ubuntu 24.04.3 LTS\n", "os debian", "os ubuntu", "codename trixie", "codename noble", "/dists/trixie", "/dists/noble"}, []string{
			"web1 fail os: it runs Ubuntu 24.04.3 LTS, on which foobar was never run; it deploys to Debian 13 and Debian 12 | allow_untested = true under [deploy], or install Debian 13 on it"}},
		{"an upgrade that is not finished", "bare", "web1", []string{"pretty Debian GNU/Linux 13 (trixie)\n", "pretty Debian GNU/Linux 12 (bookworm)\n", "codename trixie", "codename bookworm"}, []string{
			"web1 ok os: Debian GNU/Linux 12 (bookworm)",
			"web1 warn upgrade: it runs Debian 12, and one of its package sources is for trixie | see which: foobar exec site.toml -b -l web1 -- 'grep -rnF trixie /etc/apt/sources.list /etc/apt/sources.list.d'; if it is Debian's own source, finish the upgrade: apt full-upgrade"}},
		{"upgraded since the last deploy", "deployed", "web1", []string{`"version": 1,`, `"version": 1, "system": "debian bookworm",`}, []string{
			"web1 warn upgrade: it was upgraded: it runs Debian 13, and ran Debian 12 at its last deploy | foobar plan site.toml shows what that changes; then: foobar deploy site.toml"}},
		{"a processor that is not named", "bare", "web1", []string{"arch amd64\n", ""}, []string{
			"web1 warn arch: unknown; foobar is tested only on amd64 | make sure that the collector's package is for this architecture"}},
		{"systemd without a version", "bare", "web1", []string{"systemd 257\n", ""}, []string{
			"web1 fail systemd: process 1 is systemd, and services need systemd | install and boot it: foobar exec site.toml -b -l web1 -- 'apt-get install -y systemd-sysv && reboot'"}},
		{"no section on the system", "bare", "web1", []string{"init systemd\nsystemd 257\n", ""}, []string{
			"web1 fail systemd: process 1 is unknown, and services need systemd | install and boot it: foobar exec site.toml -b -l web1 -- 'apt-get install -y systemd-sysv && reboot'"}},
		{"time service that does not synchronise", "bare", "web1", []string{"virt systemd-nspawn", "virt kvm\ntime chronyd"}, []string{
			"web1 warn time-sync: chronyd is installed, and the clock is not synchronised | foobar exec site.toml -b -l web1 -- 'systemctl status chronyd'"}},
		{"clock of a deployed host", "deployed", "web1", []string{"virt systemd-nspawn", "virt kvm"}, []string{
			"web1 warn time-sync: the clock is not synchronised | foobar exec site.toml -b -l web1 -- 'timedatectl timesync-status'"}},
		{"a program without a unit", "bare", "web1", listen("0.0.0.0:443", `users:(("nc",pid=7,fd=3))`, ""), []string{
			"web1 fail port-443: port 443 is needed by nginx, but nc (pid 7) uses it on 0.0.0.0 | foobar exec site.toml -b -l web1 -- 'kill 7', and find out what started it",
			"web1 ok ports: free: 8081, 9000, 3306, 13133, 13134, 13135"}},
		{"a program in a user's scope", "bare", "web1", listen("0.0.0.0:443", `users:(("nc",pid=7,fd=3))`, "pid 7 session-1.scope\n"), []string{
			"web1 fail port-443: port 443 is needed by nginx, but nc (pid 7) uses it on 0.0.0.0 | foobar exec site.toml -b -l web1 -- 'kill 7', and find out what started it",
			"web1 ok ports: free: 8081, 9000, 3306, 13133, 13134, 13135"}},
		{"a listener without a name", "bare", "web1", listen("[::]:443", "", ""), []string{
			"web1 fail port-443: port 443 is needed by nginx, but a program that could not be named uses it on :: | foobar exec site.toml -b -l web1 -- 'ss -ltnp sport = :443'",
			"web1 ok ports: free: 8081, 9000, 3306, 13133, 13134, 13135"}},
		{"one program on two ports", "bare", "web1", listen("*:443", `users:(("x",pid=7,fd=3))`, "LISTEN 0 5 *:9000 *:* users:((\"x\",pid=7,fd=4))\npid 7 it's.service\n"), []string{
			`web1 fail port-443: port 443 is needed by nginx, but x (pid 7) of it's.service uses it on :: | foobar exec site.toml -b -l web1 -- 'systemctl disable --now '"'"'it'"'"'"'"'"'"'"'"'s.service'"'"''`,
			`web1 fail port-9000: port 9000 is needed by app, but x (pid 7) of it's.service uses it on :: | foobar exec site.toml -b -l web1 -- 'systemctl disable --now '"'"'it'"'"'"'"'"'"'"'"'s.service'"'"''`,
			"web1 ok ports: free: 8081, 3306, 13133, 13134, 13135"}},
		{"a port that is none", "bare", "web1", listen("0.0.0.0:65979", `users:(("x",pid=7,fd=3))`, ""), nil},
		{"sshd on a port of a role", "bare", "web1", listen("0.0.0.0:443", `users:(("sshd",pid=7,fd=3))`, "pid 7 ssh.service\n"), []string{
			"web1 fail port-443: port 443 is needed by nginx, but sshd (pid 7) of ssh.service uses it on 0.0.0.0 | let sshd listen on another port (Port in sshd_config), and name it in the inventory: ssh.port",
			"web1 ok ports: free: 8081, 9000, 3306, 13133, 13134, 13135"}},
		{"the other engine", "bare", "web1", after("packages", "installed mysql-server\n"), []string{
			"web1 fail package-mysql-server: mysql-server is there: MariaDB cannot be installed with it, and its data is where MariaDB's will be; save it before you remove it | foobar exec site.toml -b -l web1 -- 'apt-get purge mysql-server'"}},
		{"only a link-local address", "bare", "web1", []string{"address 10.77.0.12/24\naddress fd77::12/64", "address fe80::1/64"}, []string{
			"web1 fail address: 10.77.0.12, fd77::12 is not an address of this host, which has none that others could reach | foobar exec site.toml -b -l web1 -- 'ip addr'"}},
		{"a host without the time", "bare", "web1", []string{"begin clock\n1795569841.355093002\n", "begin clock\n"}, []string{
			"web1 warn clock: not checked: the host did not report its time | foobar exec site.toml -b -l web1 -- date"}},
		{"Docker", "bare", "web1", after("packages", "installed docker.io\n"), []string{
			"web1 warn package-docker.io: docker.io is there: ports that its containers publish bypass ufw | foobar exec site.toml -b -l web1 -- 'docker ps'"}},
		{"another writer of logs", "bare", "lb1", after("packages", "installed syslog-ng-core\n"), []string{
			"lb1 fail package-syslog-ng: syslog-ng is there: rsyslog, which writes HAProxy's log, cannot be installed with it, and a deploy does not take it away | foobar exec site.toml -b -l lb1 -- 'apt-get remove syslog-ng'"}},
		{"nginx of others", "bare", "web1", after("packages", "installed nginx\n"), []string{
			"web1 warn package-nginx: nginx is installed already: a deploy replaces its configuration | save it first: foobar exec site.toml -b -l web1 -- 'tar -C /etc -cz nginx | base64' > nginx.b64"}},
		{"an exporter of others", "bare", "web1", []string{"begin packages\n", "begin strangers\ninstalled prometheus-node-exporter\nconfig-files prometheus\ntok begin packages\n"}, []string{
			"web1 fail package-prometheus-node-exporter: prometheus-node-exporter is there and is not foobar's: a deploy leaves it alone, and does not go on with the monitoring of this host | write enabled = false or another provider into [monitoring] of site.toml; or save what you need and take it away: foobar exec site.toml -b -l web1 -- 'apt-get purge prometheus-node-exporter'"}},
		{"a lock of a process without a name", "bare", "web1", after("locks", "apt 555\nfoobar 556\n"), []string{
			"web1 warn apt-lock: a process (pid 555) holds | a deploy waits for up to 5 min; see what it does: foobar exec site.toml -b -l web1 -- 'ps -ef --forest'",
			"web1 warn lock: another run holds the host: pid 556 | wait for it to end, or: foobar deploy site.toml --lock-wait 10m"}},
		{"the first lock of each counts", "bare", "web1", after("locks", "apt 1 dpkg /a\napt 2 apt /b\nfoobar 3 ann\nfoobar 4 bob\n"), []string{
			"web1 warn apt-lock: dpkg (pid 1) holds /a | a deploy waits for up to 5 min; see what it does: foobar exec site.toml -b -l web1 -- 'ps -ef --forest'",
			"web1 warn lock: another run holds the host: ann | wait for it to end, or: foobar deploy site.toml --lock-wait 10m"}},
		{"updates left", "bare", "web1", after("dpkg", "updates left: 0001\nmore\n"), []string{
			"web1 warn dpkg: an installation was interrupted: updates left: 0001 | nothing to do: a deploy finishes it first; by hand: foobar exec site.toml -b -l web1 -- 'dpkg --configure -a'"}},
		{"apt that failed without output", "bare", "web1", []string{"begin sources\nrc 0\n\n12\n", "begin sources\nrc 100\n\n0\n"}, []string{
			"web1 fail apt-sources: apt cannot read its sources: status 100 | foobar exec site.toml -b -l web1 -- 'apt-get update'"}},
		{"apt that failed, on a deployed host", "deployed", "web1", []string{"begin sources\nrc 0\n", "begin sources\nrc 124\nE: one\nE: two\n"}, []string{
			"web1 warn apt-sources: apt cannot read its sources: one | foobar exec site.toml -b -l web1 -- 'apt-get update'"}},
		{"no sources", "bare", "web1", []string{"begin sources\nrc 0\n\n12\n", "begin sources\nrc 0\n\n0\n"}, []string{
			"web1 fail apt-sources: there are no package sources | write Debian's into /etc/apt/sources.list.d/debian.sources there"}},
		{"a CD-ROM", "bare", "web1", []string{"uri http://mirror/" + mirror, "uri cdrom:[Debian]/dists/trixie/InRelease\nrc 100\n"}, []string{
			`web1 fail apt-mirror: a CD-ROM of the installer is still a package source | foobar exec site.toml -b -l web1 -- 'sed -i '"'"'s/^deb cdrom:/# &/'"'"' /etc/apt/sources.list'`}},
		{"a mirror's 404", "bare", "web1", []string{mirror, "debian/dists/trixie/InRelease\nrc 100\nE: Failed to fetch http://mirror/debian/dists/trixie/InRelease  404  Not Found [IP: 10.0.0.1 80]\n"}, []string{
			"web1 fail apt-mirror: http://mirror/debian (trixie) gives no packages: 404 Not Found | correct it in its file: foobar exec site.toml -b -l web1 -- 'grep -rnF mirror /etc/apt/sources.list /etc/apt/sources.list.d'"}},
		{"a mirror without a name", "bare", "web1", []string{mirror, "debian/dists/trixie/InRelease\nrc 100\nE: Failed to fetch http://x  Temporary failure resolving 'mirror'\n"}, []string{
			"web1 fail apt-mirror: http://mirror/debian (trixie) gives no packages: Temporary failure resolving 'mirror' | allow the host to connect to it, or set apt's proxy there (Acquire::http::Proxy); then: foobar exec site.toml -b -l web1 -- 'apt-get update'"}},
		{"no address", "bare", "web1", []string{"address 10.77.0.12/24\naddress fd77::12/64\n", ""}, []string{
			"web1 warn address: not checked: the host did not report its addresses | foobar exec site.toml -b -l web1 -- 'ip addr'"}},
		{"one address of two", "bare", "web1", []string{"address fd77::12/64\n", ""}, []string{
			`web1 warn address: fd77::12 is not an address of this host, which has 10.77.0.12 | private_address = "10.77.0.12" under [hosts.web1]`}},
		{"another host not asked for", "bare", "web1", []string{refused, "", "tok begin reach 10.77.0.13:3306\n", ""}, []string{
			"web1 warn reach: 10.77.0.13:3306 of web2 cannot be reached: not asked | foobar exec site.toml -b -l web1 -- 'ip route get 10.77.0.13'",
			"web1 ok reach: web3:3306 can be reached"}},
		{"another host without an answer", "bare", "web1", []string{refused, ""}, []string{
			"web1 warn reach: 10.77.0.13:3306 of web2 cannot be reached: no answer | foobar exec site.toml -b -l web1 -- 'ip route get 10.77.0.13'",
			"web1 ok reach: web3:3306 can be reached"}},
		{"another host in time-out", "bare", "web1", []string{refused, "timeout\n"}, []string{
			"web1 warn reach: 10.77.0.13:3306 of web2 gives no answer | open the network between them (security group, router)",
			"web1 ok reach: web3:3306 can be reached"}},
		{"ACME of HTTP 500", "bare", "lb1", []string{caught, "begin acme\nE: Failed to fetch https://10.77.0.1:14000/dir  500  Internal Server Error [IP: 10.77.0.1 14000]\ntcp open\n"}, []string{
			"lb1 fail acme: https://10.77.0.1:14000/dir answers HTTP 500 Internal Server Error | see tls.acme_directory"}},
		{"no helper to ask with", "bare", "lb1", []string{caught, "begin acme\ntcp open\n"}, []string{
			"lb1 warn acme: https://10.77.0.1:14000/dir accepts connections; its answer was not checked: there is no /usr/lib/apt/apt-helper to ask with | nothing to do: a deploy asks it"}},
		{"ACME that was not asked", "bare", "lb1", []string{caught, "begin other\n", "tok begin acme-text", "tok begin other-text"}, []string{
			"lb1 fail acme: https://10.77.0.1:14000/dir cannot be reached: no answer | allow the host to connect to 10.77.0.1:14000 over TCP, and check its DNS"}},
		{"an intake in time-out", "bare", "web1", []string{silent, "begin intake\ntcp timeout\n"}, []string{
			"web1 fail intake: https://10.77.0.1:8088 cannot be reached: timeout | allow the host to connect to 10.77.0.1:8088 over TCP, and check its DNS"}},
		{"an intake of another's certificate", "bare", "web1", []string{asked, "E: Failed to fetch https://10.77.0.1:8088/  SSL connection failed: certificate verify failed / Success [IP: 10.77.0.1 8088]"}, []string{
			"web1 fail intake: https://10.77.0.1:8088 has no certificate that this host trusts: SSL connection failed: certificate verify failed | if its authority is private, name the roots with monitoring.ca; if not, look for a proxy that answers in its place"}},
		{"a site of others", "bare", "web1", []string{"virt systemd-nspawn\n", "virt systemd-nspawn\n\n" + otherLedger}, []string{
			`web1 fail site: it belongs to the site "other", whose files and services a deploy would remove | name = "other" under [site], or to take it over: foobar exec site.toml -b -l web1 -- 'rm /var/lib/foobar/owned.json'`}},
		{"a reboot for many", "bare", "web1", after("reboot", "pending\na\nb\nc\nd\n"), []string{
			"web1 warn reboot: it needs a reboot for a, b, c | foobar exec site.toml -b -l web1 -- 'systemctl reboot'"}},
		{"a reboot for nothing said", "bare", "web1", after("reboot", "pending\n"), []string{
			"web1 warn reboot: it needs a reboot | foobar exec site.toml -b -l web1 -- 'systemctl reboot'"}},
		{"a name without an answer", "bare", "lb1", []string{"fd77::11        STREAM www.foobar.com\nfd77::11        DGRAM  \nfd77::11        RAW    \n10.77.0.11      STREAM \n10.77.0.11      DGRAM  \n10.77.0.11      RAW    \n", ""}, []string{
			"lb1 warn dns: www.foobar.com: it does not resolve | let www.foobar.com point to A 10.77.0.11, AAAA fd77::11"}},
	} {
		before := Judge(inv, services, here(), recorded[c.state], taken)
		r := Judge(inv, services, here(), instead(t, recorded[c.state], c.state, c.host, c.replace...), taken)
		if got := news(r, before); !slices.Equal(got, c.want) {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
		if failed := slices.ContainsFunc(c.want, func(l string) bool { return strings.Contains(l, " "+Fail+" ") }); r.Ready == failed {
			t.Errorf("%s: ready is %v", c.name, r.Ready)
		}
	}
}

// TestRefusals: each way in which a host cannot be reached. The others are judged
// all the same.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name    string
		refused Refusal
		want    string
	}{
		{"no answer", Refusal{ID: SSH, Msg: "web2: no answer"}, "web2 fail ssh: no answer | foobar ssh site.toml web2"},
		{"a changed key", Refusal{ID: HostKey, Msg: "web2: another key", Hint: "see why"}, "web2 fail host-key: another key | see why"},
		{"no login", Refusal{ID: Auth, Msg: "web1: of another"}, "web2 fail login: web1: of another | foobar ssh site.toml web2"},
		{"no sudo", Refusal{ID: Root, Msg: "100%s"}, "web2 fail root: 100%s | foobar ssh site.toml web2"},
		{"no shell", Refusal{ID: Shell, Msg: "web2: "}, "web2 fail shell:  | foobar ssh site.toml web2"},
	} {
		inv := site()
		inv.Hosts = inv.Hosts[:3]
		list := looks(t, inv, "bare", nil)
		before := Judge(inv, playbooks.Services(inv), here(), list, taken)
		list[2] = Look{Host: inv.Hosts[2], Refused: &c.refused}
		r := Judge(inv, playbooks.Services(inv), here(), list, taken)
		if got := news(r, before); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: got\n%s", c.name, strings.Join(got, "\n"))
		}
		if r.Ready || !r.Unreachable() || r.Failures() != 1 || r.Hosts[2].Reached || !r.Hosts[1].Reached {
			t.Errorf("%s: ready %v, hosts %+v", c.name, r.Ready, r.Hosts)
		}
		for _, l := range told(r) {
			if strings.HasPrefix(l, "ok database:") {
				t.Errorf("%s: a primary is named, and one database was not seen: %s", c.name, l)
			}
		}
	}
	inv := site()
	r := Judge(inv, playbooks.Services(inv), Here{}, []Look{{Host: inv.Hosts[1], Refused: &Refusal{ID: SSH, Msg: "x"}}}, taken)
	if got := told(r); len(got) != 1 || !r.Partial || r.Offline || !slices.Equal(r.Hosts[0].Roles, []string{inventory.Web, inventory.App, inventory.DB}) {
		t.Errorf("that one alone: %q, %+v", got, r)
	}
}
