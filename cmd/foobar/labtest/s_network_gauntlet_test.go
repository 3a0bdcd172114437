//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestSClaimMovesNoWrites: a replica that says it is the primary, and has the
// primary's address, gets no writes, whatever its place in the inventory.
func TestSClaimMovesNoWrites(t *testing.T) {
	liarFirst := claimInventory(t)
	const url = "grep -h ^DATABASE_WRITE_URL= /etc/foobar/app.env"
	before := on(t, "web3", url)
	address := addressOf(t, site, "web1")
	on(t, "web2", "mariadb -e 'STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only=OFF'; ip addr add "+address+"/32 dev lo")
	on(t, "web1", "mariadb -e 'SET GLOBAL read_only=ON'") // as after a reboot
	defer func() {
		on(t, "web2", "ip addr del "+address+"/32 dev lo 2>/dev/null; mariadb -e 'SET GLOBAL read_only=ON'")
		must(t, 0, "deploy", site)
		eventually(t, 60*time.Second, "plan without a difference", func() bool { return foobar("plan", site).code == 0 })
	}()
	r := foobar("deploy", liarFirst)
	if r.code == 0 || !strings.Contains(r.all(), "web2 says that it accepts writes, but the other databases follow web1") {
		t.Errorf("deploy: exit %d\n%s", r.code, tail(r.all(), 20))
	}
	if r := foobar("db", "status", liarFirst); !strings.Contains(r.out, "web2 says that it accepts writes") {
		t.Errorf("db status: exit %d\n%s", r.code, r.all())
	}
	// With the primary open the database part still stops for all, but not for
	// those that leave the liar out.
	on(t, "web1", "mariadb -e 'SET GLOBAL read_only=OFF'")
	if r := foobar("plan", liarFirst); !strings.Contains(r.all(), "all take writes") {
		t.Errorf("two that take writes: exit %d\n%s", r.code, tail(r.all(), 20))
	}
	if r := must(t, 2, "plan", "-l", "lb1,web1,web3", liarFirst); strings.Contains(r.out, "app.env") || strings.Contains(r.out, "database-replica") {
		t.Errorf("more differs than the order of the hosts:\n%s", r.out)
	}
	if after := on(t, "web3", url); after != before {
		t.Error("the app of web3 writes elsewhere")
	}
}

// addressOf is a host's address in an inventory.
func addressOf(t *testing.T, inv, host string) string {
	t.Helper()
	m := regexp.MustCompile(`\[hosts\.` + host + `\]\naddress = "([^"]+)"`).FindStringSubmatch(read(t, inv))
	if m == nil {
		t.Fatalf("%s has no address of %s", inv, host)
	}
	return m[1]
}

// claimInventory is the site with web2 before web1, which stays the primary.
func claimInventory(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(site)
	if err != nil {
		t.Fatal(err)
	}
	section := func(name string) string {
		m := regexp.MustCompile(`(?s)\[hosts\.` + name + `\].*?(\n\n|\z|\n\[)`).FindString(string(raw))
		return strings.TrimSuffix(m, "[")
	}
	one, two := section("web1"), section("web2")
	text := strings.Replace(string(raw), one, "@@", 1)
	text = strings.Replace(text, two, one, 1)
	text = strings.Replace(text, "@@", two, 1)
	if strings.Contains(text, "\n[db]\n") {
		text = strings.Replace(text, "\n[db]\n", "\n[db]\nprimary = \"web1\"\n", 1)
	} else {
		text = strings.Replace(text, "\n[hosts.", "\n[db]\nprimary = \"web1\"\n\n[hosts.", 1)
	}
	path := filepath.Join(work, "liar-first.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSChallengeIsNobodys: on the balancer no user can answer the authority, and
// a renewal works while one tries.
func TestSChallengeIsNobodys(t *testing.T) {
	on(t, "lb1", `d=/run/challenge; mkdir -p $d/.well-known/acme-challenge; echo stolen >$d/.well-known/acme-challenge/x; chmod -R a+rX $d
systemd-run -q -u squatter --uid=nobody --gid=nogroup python3 -m http.server 8888 --bind 127.0.0.1 -d $d`)
	defer on(t, "lb1", "systemctl stop squatter; rm -rf /run/challenge")
	eventually(t, 10*time.Second, "program on the old port", func() bool {
		return strings.Contains(on(t, "lb1", "ss -ltn"), ":8888")
	})
	code := func(args ...string) string {
		return strings.TrimSpace(curl(t, append([]string{"-o", "/dev/null", "-w", "%{http_code}"}, args...)...))
	}
	for _, scheme := range []string{"http", "https"} {
		if got := code(scheme + "://www.foobar.com/.well-known/acme-challenge/x"); got != "404" {
			t.Errorf("%s: a challenge that nobody set is answered with %s", scheme, got)
		}
	}
	if got := on(t, "lb1", `find /run/haproxy /run/haproxy-master.sock -type s \( ! -user root -o -perm /022 \) -printf '%p %u %m\n'`); got != "" {
		t.Errorf("others than root may give HAProxy commands:\n%s", got)
	}

	// A renewal that was set up with a port of its own is mended without a new order.
	const serial = "openssl x509 -noout -serial -in /etc/haproxy/certs/www.foobar.com.pem"
	before := on(t, "lb1", serial)
	on(t, "lb1", `sed -i -e 's/^authenticator = .*/authenticator = standalone/' -e '/^manual_/d' -e '/^pref_challs/d' -e '/^\[renewalparams\]$/a http01_port = 8888' /etc/letsencrypt/renewal/www.foobar.com.conf`)
	if r := must(t, 0, "deploy", site); !strings.Contains(r.out, "authenticator: standalone -> manual") {
		t.Errorf("deploy does not say what it changes:\n%s", section(r.out, "lb1"))
	}
	if got := on(t, "lb1", serial+"; grep -c http01_ /etc/letsencrypt/renewal/www.foobar.com.conf || :"); got != before+"0\n" {
		t.Errorf("a new certificate, or the port is still there: %q, then %q", before, got)
	}

	// In certbot's own unit, as the timer does it.
	on(t, "lb1", `d=/run/systemd/system/certbot.service.d; mkdir -p $d
printf '[Service]\nExecStart=\nExecStart=/usr/bin/certbot -q renew --force-renewal --no-random-sleep-on-renew\n' >$d/zz-force.conf
systemctl daemon-reload; systemctl start certbot.service; r=$?; rm -r $d; systemctl daemon-reload; [ $r = 0 ] || { journalctl -u certbot -n 30 --no-pager; exit 1; }`)
	if got := on(t, "lb1", serial); got == before {
		t.Error("the certificate was not renewed")
	}
	if got := strings.TrimSpace(on(t, "lb1", "echo 'show map /etc/haproxy/acme.map' | socat - UNIX-CONNECT:/run/haproxy/admin.sock")); got != "" {
		t.Errorf("an answer is left: %s", got)
	}
	must(t, 0, "plan", site)
}
