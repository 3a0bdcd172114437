//go:build lab

package labtest

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fault is something broken on a host and the code that the run must name.
type fault struct {
	name, host, do string
	code           string
	exit           int
	args           []string
	undo           string
}

// fails runs foobar and expects a code in what it says, and where to read of it.
func fails(t *testing.T, code string, exit int, args ...string) {
	t.Helper()
	began := time.Now()
	r := foobar(args...)
	t.Logf("%s: exit %d in %.1f s", code, r.code, time.Since(began).Seconds())
	said := regexp.MustCompile(`(?m)^see: foobar docs .*\b`+code+`\b`).MatchString(r.err) && strings.Contains(r.err, "["+code+"]")
	if r.code != exit || !said {
		t.Errorf("foobar %s: exit %d, not %d with %s:\n%s", strings.Join(args, " "), r.code, exit, code, tail(r.err, 40))
	}
}

func provoke(t *testing.T, faults []fault) {
	t.Helper()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			if f.do != "" {
				on(t, f.host, f.do)
			}
			fails(t, f.code, f.exit, f.args...)
			if f.undo != "" {
				on(t, f.host, f.undo)
			}
		})
	}
}

// TestH2HostFaults: a full disk, ports, services, configurations, what foobar
// keeps on a host, and the way in.
func TestH2HostFaults(t *testing.T) {
	locked := edit(t, "locked-out.toml", "[secrets]", "[firewall]\nssh_from = \"198.51.100.0/24\"\n[secrets]")
	plan := filepath.Join(work, "stale.plan")
	must(t, 0, "plan", "-l", "web2", "--out", plan, site)
	provoke(t, []fault{
		{"stale plan", "web2", "echo '# by hand' >>/etc/nginx/nginx.conf", "RUN02", 6, []string{"deploy", "--plan", plan}, ""},
		{"disk full", "web2", "cp -a /etc/nginx /root/; mount -t tmpfs -o size=1m,mode=0755 faults /etc/nginx; cp -a /root/nginx/. /etc/nginx; head -c 2M /dev/zero >/etc/nginx/full 2>/dev/null || :",
			"HOST02", 1, []string{"deploy", "-l", "web2", "-r", "nginx", site}, "umount /etc/nginx; rm -r /root/nginx"},
		{"damaged ledger", "web2", "cp /var/lib/foobar/owned.json /root/; head -c 40 /root/owned.json >/var/lib/foobar/owned.json",
			"RUN10", 1, []string{"plan", "-l", "web2", site}, ""},
		{"ledger of another site", "web2", `sed 's/"site": "[^"]*"/"site": "another"/' /root/owned.json >/var/lib/foobar/owned.json`,
			"RUN09", 1, []string{"plan", "-l", "web2", site}, "mv /root/owned.json /var/lib/foobar/owned.json"},
		{"port taken", "lb1", "systemctl stop haproxy; systemd-run -q --unit=thief socat TCP-LISTEN:80,reuseaddr,fork -; until ss -Hltn sport = :80 | grep -q .; do sleep 0.1; done",
			"SVC01", 1, []string{"deploy", "-l", "lb1", "-r", "haproxy", site}, "systemctl stop thief; systemctl reset-failed thief 2>/dev/null; systemctl start haproxy"},
		{"configuration refused", "web3", "echo 'Garbage yes' >/etc/ssh/sshd_config.d/99-faults.conf; echo '# by hand' >>/etc/ssh/sshd_config.d/00-foobar.conf",
			"SVC02", 1, []string{"deploy", "-l", "web3", "-r", "base", site}, "rm /etc/ssh/sshd_config.d/99-faults.conf"},
		{"service does not start", "web3", "mkdir -p /usr/lib/systemd/system/nginx.service.d; printf '[Service]\\nExecStartPre=/bin/sh -c \"echo no nginx today; exit 1\"\\n' >/usr/lib/systemd/system/nginx.service.d/faults.conf; systemctl stop nginx",
			"SVC03", 1, []string{"deploy", "-l", "web3", "-r", "nginx", site}, "rm -r /usr/lib/systemd/system/nginx.service.d; systemctl daemon-reload"},
		{"firewall locks out", "web3", "", "FW01", 7, []string{"deploy", "-l", "web3", "-r", "firewall", "--timeout", seconds(3*time.Second) + "s", locked}, ""},
	})
	must(t, 0, "deploy", site)
}

// TestH3SiteFaults: the certificate authority, the balancer's view, databases.
func TestH3SiteFaults(t *testing.T) {
	text := read(t, site)
	directory := regexp.MustCompile(`(?m)^acme_directory.*$`).FindString(text)
	patient := edit(t, "unhealthy.toml", "[tls]", "[deploy]\nhealth_timeout = \""+seconds(2*time.Second)+"s\"\n[tls]")
	database := []string{"plan", "-r", "database", site}
	// A row that only one replica has: it cannot apply the primary's of that number.
	on(t, "web1", "mariadb -e 'CREATE DATABASE faults; CREATE TABLE faults.t (id INT PRIMARY KEY)'")
	on(t, "web3", "until mariadb -e 'DESCRIBE faults.t' >/dev/null 2>&1; do sleep 0.1; done; mariadb -e 'SET sql_log_bin=0; INSERT INTO faults.t VALUES (1)'")
	provoke(t, []fault{
		{"authority away", "", "", "ACME05", 1, []string{"deploy", "-l", "lb1", "-r", "letsencrypt", edit(t, "away.toml", directory, `acme_directory = "https://127.0.0.1:1/dir"`)}, ""},
		{"port 80 closed on the way", "lb1", "iptables -I INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset; ip6tables -I INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset", "ACME02", 1,
			[]string{"deploy", "-l", "lb1", "-r", "letsencrypt", edit(t, "alias.toml", "[site]", "[site]\naliases = [\"shut.foobar.com\"]")},
			"iptables -D INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset; ip6tables -D INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset"},
		{"server unhealthy", "lb1", "ip route add blackhole 10.77.0.13; until echo 'show servers state' | socat - UNIX-CONNECT:/run/haproxy/admin.sock | awk '$4 == \"web2\" && $6 == 0 { f = 1 } END { exit !f }'; do sleep 0.2; done", "SVC05", 8, []string{"deploy", "-l", "lb1", patient}, "ip route del blackhole 10.77.0.13"},
		{"replica broken", "web1", "mariadb -e 'INSERT INTO faults.t VALUES (1)'", "DB01", 1, database, "mariadb -e 'DROP DATABASE faults'"},
		{"two primaries", "web3", "mariadb -e 'SET sql_log_bin=0; DELETE FROM faults.t; START SLAVE'; until mariadb -e 'SHOW SLAVE STATUS\\G' | grep -q 'Slave_SQL_Running: Yes' && ! mariadb -e 'DESCRIBE faults.t' >/dev/null 2>&1; do sleep 0.1; done; mariadb -e 'STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only=OFF'", "DB06", 1, database, "mariadb -e 'SET GLOBAL read_only=ON'"},
	})
	must(t, 0, "deploy", site)
	eventually(t, 30*time.Second, "plan without a difference", func() bool { return foobar("plan", site).code == 0 })
	converged(t, site, 4)
}
