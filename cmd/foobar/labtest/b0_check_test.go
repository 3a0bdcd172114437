//go:build lab

package labtest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// checked is the document of check -o json.
type checked struct {
	V        int  `json:"v"`
	Ready    bool `json:"ready"`
	Findings []struct {
		ID, Host, Level, Seen, Fix string
	} `json:"findings"`
	Hosts []struct {
		Name    string
		Reached bool
	} `json:"hosts"`
}

func check(t *testing.T, code int, args ...string) checked {
	t.Helper()
	r := must(t, code, append([]string{"check", "-o", "json"}, args...)...)
	var c checked
	if err := json.Unmarshal([]byte(r.out), &c); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, r.out)
	}
	if c.V != 1 || c.Ready != (code == 0) {
		t.Errorf("version %d, ready %v, exit %d", c.V, c.Ready, code)
	}
	return c
}

// level is that of a finding: the worst, when there are several.
func (c checked) level(host, id string) string {
	worst := ""
	for _, f := range c.Findings {
		if f.Host == host && f.ID == id && (worst == "" || worst == "ok" || f.Level == "fail") {
			worst = f.Level
		}
	}
	return worst
}

// well expects that nothing stands in the way, and that what the lab's hosts
// can show was seen.
func (c checked) well(t *testing.T) {
	t.Helper()
	for _, f := range c.Findings {
		// This machine does not know the lab's names.
		if f.Level != "ok" && f.ID != "dns-here" {
			t.Errorf("%s %s: %s: %s (%s)", f.Level, f.Host, f.ID, f.Seen, f.Fix)
		}
	}
	for _, host := range []string{"lb1", "web1", "web2", "web3"} {
		want := strings.Fields("ssh root os arch systemd clock time-sync disk memory ports packages dpkg apt-lock apt-mirror address reach intake site")
		if host == "lb1" {
			want = append(want, "dns", "acme")
		}
		for _, id := range want {
			if got := c.level(host, id); got != "ok" {
				t.Errorf("%s: %s is %q", host, id, got)
			}
		}
	}
}

// checkBare is called before the first deploy: bare hosts are ready, and stay bare.
func checkBare(t *testing.T) {
	t.Helper()
	const look = "find / -xdev -newer /run/foobar-labtest-mark -type f -not -path '/proc/*' -not -path '/sys/*' -not -path '/var/log/*'; ls -d /run/foobar-check* /var/lib/foobar 2>/dev/null; true"
	on(t, "web1", "touch /run/foobar-labtest-mark")
	check(t, 0, site).well(t)
	if left := on(t, "web1", look); left != "" {
		t.Errorf("check left on the host: %s", left)
	}
	on(t, "web1", "rm /run/foobar-labtest-mark")
	if r := must(t, 0, "check", site); !strings.HasSuffix(r.out, "\nnext: foobar deploy "+site+"\n") {
		t.Errorf("check ends with:\n%s", tail(r.out, 5))
	}
}

func TestB01CheckOfAHealthySite(t *testing.T) { check(t, 0, site).well(t) }

// TestB02CheckFindsWhatIsWrong breaks several things on several hosts and asks once.
func TestB02CheckFindsWhatIsWrong(t *testing.T) {
	on(t, "lb1", "cp -a /etc/hosts /root/hosts.labtest; echo 'fd77::99 www.foobar.com' >>/etc/hosts; echo '10.77.0.11 www.foobar.com' >>/etc/hosts")
	on(t, "web1", `systemctl stop app.service app.socket
systemd-run -q --collect --unit=labtest-squatter python3 -m http.server --bind 127.0.0.1 9000
until ss -Hltn sport = :9000 | grep -q .; do sleep 0.1; done
touch /run/reboot-required`)
	on(t, "web2", `systemd-run -q --collect --unit=labtest-apt python3 -c '
import fcntl, time
f = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(f, fcntl.LOCK_EX)
time.sleep(300)'
systemd-run -q --collect --unit=labtest-lock flock `+lockFile+` sleep 300
until ! flock -n `+lockFile+` true && grep -q ":$(stat -c %i /var/lib/dpkg/lock-frontend) " /proc/locks; do sleep 0.1; done
ip addr del fd77::13/64 dev host0`)
	on(t, "web3", "sed -n 's,/debian trixie main,/nothing-here trixie main,p' /etc/apt/sources.list >/etc/apt/sources.list.d/labtest.list; test -s /etc/apt/sources.list.d/labtest.list")
	restore := func() {
		on(t, "lb1", "mv /root/hosts.labtest /etc/hosts")
		on(t, "web1", "systemctl stop labtest-squatter; rm /run/reboot-required; systemctl start app.socket app.service")
		on(t, "web2", "systemctl stop labtest-apt labtest-lock; ip addr add fd77::13/64 dev host0 nodad")
		on(t, "web3", "rm /etc/apt/sources.list.d/labtest.list")
	}
	defer func() {
		if restore != nil {
			restore()
		}
	}()
	c := check(t, 1, site)
	for _, want := range []struct{ host, id, level string }{
		{"lb1", "dns", "fail"}, {"lb1", "ports", "ok"},
		{"web1", "port-9000", "fail"}, {"web1", "reboot", "warn"}, {"web1", "apt-lock", "ok"},
		{"web2", "apt-lock", "warn"}, {"web2", "lock", "warn"}, {"web2", "address", "warn"},
		{"web3", "apt-mirror", "warn"}, {"web3", "ports", "ok"},
	} {
		if got := c.level(want.host, want.id); got != want.level {
			t.Errorf("%s: %s is %q, not %q", want.host, want.id, got, want.level)
		}
	}
	for _, f := range c.Findings {
		if (f.Fix == "") != (f.Level == "ok") {
			t.Errorf("a finding that is %s has the fix %q: %+v", f.Level, f.Fix, f)
		}
		if f.ID == "port-9000" && !strings.Contains(f.Seen+f.Fix, "labtest-squatter.service") {
			t.Errorf("who has the port is not said: %+v", f)
		}
	}
	check(t, 0, "-l", "web3", site) // what is wrong elsewhere does not count
	restore()
	restore = nil
	check(t, 0, site).well(t)
	// The balancer's checks may not have found web1 well again yet.
	eventually(t, 30*time.Second, "plan without a difference", func() bool { return foobar("plan", site).code == 0 })
}

// TestB03CheckWhereNobodyAnswers: the others are looked at all the same.
func TestB03CheckWhereNobodyAnswers(t *testing.T) {
	c := check(t, 4, edit(t, "check-gone.toml", "10.77.0.13", "10.77.0.99", "fd77::13", "fd77::99"))
	if c.level("web2", "ssh") != "fail" || c.level("web1", "os") != "ok" {
		t.Errorf("%+v", c)
	}
	check(t, 4, "-l", "web1", edit(t, "check-login.toml", `user = "root"`, `user = "nosudo"`))
}
