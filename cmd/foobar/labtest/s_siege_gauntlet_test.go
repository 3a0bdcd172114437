//go:build lab && gauntlet

package labtest

import (
	_ "embed"
	"strings"
	"testing"
	"time"
)

// attackerLoop runs on a host as one of its service users until it is ended: in
// every folder in which that user may make names it puts links to root's canary
// where root is about to write, as soon as it sees a name that root made.
//
//go:embed testdata/attacker.py
var attackerLoop string

// serviceUsers are those whose programs take input from outside.
var serviceUsers = []string{"mysql", "otelcol-sumo", "foobar-app", "www-data", "haproxy", "nobody"}

var siegedHosts = []string{"lb1", "web1", "web2", "web3"}

// underAttack is a siege of all hosts.
type underAttack struct {
	t      *testing.T
	before map[string]string
}

// siege plants the canaries, notes what root has, changes each host by a script,
// gives the collector's folders to its user as the vendor's package does, and starts
// a loop for every service user, which is told how.
func siege(t *testing.T, drift string, how ...string) *underAttack {
	t.Helper()
	a := &underAttack{t: t, before: map[string]string{}}
	for _, h := range siegedHosts {
		on(t, h, "umask 077; mkdir -p /root/canary.d; echo root >/root/canary; touch /root/canary /root/canary.d")
	}
	for _, h := range siegedHosts {
		a.before[h] = rootsOwn(t, h)
	}
	for _, h := range siegedHosts {
		on(t, h, drift)
		on(t, h, `cat >/usr/local/lib/labtest-attacker.py <<'END'
`+attackerLoop+`END
chown -R otelcol-sumo:otelcol-sumo /etc/otelcol-sumo
rm -f /run/lock/foobar.lock
for u in `+strings.Join(serviceUsers, " ")+`; do
  ! id -u $u >/dev/null 2>&1 || systemd-run -q --collect --unit=labtest-attacker-$u -p User=$u -p Nice=5 python3 /usr/local/lib/labtest-attacker.py `+strings.Join(how, " ")+`
done`)
	}
	for _, h := range siegedHosts {
		eventually(t, 30*time.Second, "loops on "+h, func() bool {
			return strings.Contains(on(t, h, "ls /run/lock /dev/shm; true"), "labtest-attacked-nobody")
		})
	}
	return a
}

// end ends the loops, says what they did, and takes their links away.
func (a *underAttack) end() {
	t := a.t
	t.Helper()
	for _, h := range siegedHosts {
		said := on(t, h, `systemctl stop 'labtest-attacker-*' 2>/dev/null
journalctl -q -u 'labtest-attacker-*' -o cat --since -10min | grep '^replaced' | sort | uniq -c | sort -rn | head -n 20
find / /run /dev/shm -xdev -name '*.was-[0-9]*' -prune -exec rm -rf {} + 2>/dev/null
find / -xdev -lname '/root/canary*' -delete 2>/dev/null; find /run /dev/shm -lname '/root/canary*' -delete 2>/dev/null
find /run/lock /dev/shm /tmp /var/tmp -name 'labtest-attacked-*' -delete 2>/dev/null
rm -f /usr/local/lib/labtest-attacker.py; true`)
		t.Logf("%s: %s", h, said)
	}
}

// lift has the site converge and fails where anything of root's has changed.
func (a *underAttack) lift() {
	t := a.t
	t.Helper()
	must(t, 0, "deploy", site)
	must(t, 0, "plan", site)
	for _, h := range siegedHosts {
		if diff := differ(a.before[h], rootsOwn(t, h)); diff != "" {
			t.Errorf("on %s root's files are not as they were:\n%s", h, diff)
		}
		on(t, h, "rm -r /root/canary /root/canary.d")
	}
}

// rootsOwn lists what is root's: the canaries to the last change of their inode,
// the rest by content, mode and owner.
func rootsOwn(t *testing.T, host string) string {
	t.Helper()
	return on(t, host, `stat -c '%n %A %u:%g %z' /root/canary /root/canary.d /etc/shadow; ls -A /root/canary.d
find /etc /root /usr/local -xdev -type f ! -name 'labtest-*' ! -name '*.foobar-old' ! -path '/root/.*' -exec sha256sum {} + | sort -k 2
find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /var/lib/mysql -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /run \
  -o -path /var/lib/foobar -o -path /var/lib/apt -o -path /var/cache -o -path /var/lib/systemd -o -path /var/backups -o -path '/var/lib/otelcol-sumo' -o -path '/srv/*/releases' -o -path '/root/.*' \) -prune \
  -o ! -name 'labtest-*' -printf '%p %M %u:%g %l\n' | sort
find /var/lib/foobar /run/foobar /var/backups/foobar ! -user root -printf 'not root: %p %u\n' 2>/dev/null; true`)
}

// differ is what two sorted lists do not share.
func differ(before, after string) string {
	count := map[string]int{}
	for _, l := range strings.Split(before, "\n") {
		count[l]--
	}
	for _, l := range strings.Split(after, "\n") {
		count[l]++
	}
	var lines []string
	for _, l := range append(strings.Split(before, "\n"), strings.Split(after, "\n")...) {
		switch n := count[l]; {
		case n < 0:
			lines = append(lines, "- "+l)
		case n > 0:
			lines = append(lines, "+ "+l)
		}
		count[l] = 0
	}
	return strings.Join(lines[:min(len(lines), 40)], "\n")
}

// TestSFilesUnderAttack: root writes in each role, and makes a backup, while every
// service user does its worst to names in all folders it can reach.
func TestSFilesUnderAttack(t *testing.T) {
	a := siege(t, `for f in /etc/nginx/nginx.conf /etc/haproxy/haproxy.cfg /etc/mysql/mariadb.conf.d/90-foobar.cnf /etc/otelcol-sumo/sumologic.yaml \
  /etc/systemd/system/app.service /etc/ssh/sshd_config.d/00-foobar.conf /etc/sysctl.d/60-foobar.conf /etc/ufw/before.rules; do
  [ ! -e $f ] || echo '# drift' >>$f
done
rm -f /var/log/nginx/access.json; chmod 0600 /var/log/haproxy-access.json 2>/dev/null; true`)
	// A service user may well make a verb fail: what counts is what becomes of root.
	for _, args := range [][]string{{"deploy", site}, {"db", "backup", site}} {
		r := foobar(args...)
		t.Logf("under attack: foobar %s: exit %d\n%s", strings.Join(args, " "), r.code, tail(r.err, 12))
	}
	a.end()
	a.lift()
}

// TestSFilesDatabaseUnderAttack: the same loops against a restore, a switchover
// and the way back. A service user may make a verb fail, not have root write.
func TestSFilesDatabaseUnderAttack(t *testing.T) {
	must(t, 0, "deploy", site)
	b := backup(t)
	a := siege(t, "true", "marks")
	for _, args := range [][]string{
		{"db", "restore", site, b.name(), "--yes-destroy", "foobar"},
		{"db", "switchover", site, "--to", "web2", "-y"},
		{"db", "switchover", site, "--to", "web1", "-y"},
	} {
		r := foobar(args...)
		t.Logf("under attack: foobar %s: exit %d\n%s", strings.Join(args, " "), r.code, tail(r.err, 12))
	}
	a.end()
	// What the attack cut off is finished, and the site is as it was.
	if r := foobar("db", "status", site); strings.Contains(r.out, "cut off") {
		must(t, 0, "db", "restore", site, b.name())
	}
	if r := foobar("db", "switchover", site, "--to", "web1", "-y"); r.code != 0 {
		t.Logf("back to web1: exit %d\n%s", r.code, tail(r.err, 5))
	}
	a.lift()
	onSite().primaryIs(t, "web1")
}
