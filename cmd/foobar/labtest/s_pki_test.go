//go:build lab

package labtest

import (
	"os"
	"strings"
	"testing"
	"time"
)

// pidsOf are the services that users would feel the restart of.
const pidsOf = "systemctl show -p MainPID -p InvocationID --value nginx.service mariadb.service app.service"

// servedBy prints the serial numbers of the certificates that a web and database
// host has on disk and shows to others: all three are one.
const servedBy = `cd /etc/foobar/tls
shown(){ timeout 10 openssl s_client "$@" -CAfile ca.crt -verify_return_error </dev/null 2>/dev/null | openssl x509 -noout -serial; }
n=$(hostname) ip=$(sed -n 's/^bind_address *= *\([^,]*\).*/\1/p' /etc/mysql/mariadb.conf.d/90-foobar.cnf)
openssl x509 -in host.crt -noout -serial
shown -connect 127.0.0.1:443 -servername "$n.internal" -verify_hostname "$n.internal"
shown -connect "$ip:3306" -starttls mysql -verify_ip "$ip"`

// oneCertificate asserts that a host shows what it has, and returns its serial.
func oneCertificate(t *testing.T, host string) string {
	t.Helper()
	lines := strings.Fields(on(t, host, servedBy))
	if len(lines) != 3 || lines[0] != lines[1] || lines[0] != lines[2] {
		t.Errorf("%s has, and shows by nginx and by the database: %q", host, lines)
	}
	return strings.Join(lines[:min(1, len(lines))], "")
}

// TestSCertificateRenewsItself: what the timer starts needs no controller,
// restarts nothing, and leaves the next deploy nothing to do.
func TestSCertificateRenewsItself(t *testing.T) {
	before := on(t, "web2", pidsOf)
	first := oneCertificate(t, "web2")
	on(t, "web2", `s=/root/short-certificate
sed 's/ -days 90 / -days 5 /' /usr/local/sbin/foobar-certificate >$s
cmp -s $s /usr/local/sbin/foobar-certificate && exit 1
sh $s sign && sh $s load
rm $s`)
	short := oneCertificate(t, "web2")
	if r := must(t, 8, "status", site); !strings.Contains(r.out, "foobar-certificate.timer") {
		t.Errorf("status does not say that the renewal is late:\n%s", r.out)
	}
	if r := must(t, 2, "plan", site); !strings.Contains(section(r.out, "web2"), "ends") {
		t.Errorf("a deploy would not renew it:\n%s", r.out)
	}
	on(t, "web2", "systemctl is-active -q foobar-certificate.timer && systemctl start foobar-certificate.service")
	last := oneCertificate(t, "web2")
	if first == short || short == last {
		t.Errorf("the certificates were %s, %s (short) and %s (renewed)", first, short, last)
	}
	if after := on(t, "web2", pidsOf); after != before {
		t.Errorf("something restarted: %q became %q", before, after)
	}
	must(t, 0, "plan", site)
	on(t, "web2", `k=$(sha256sum /etc/foobar/tls/host.key); systemctl start foobar-certificate.service; [ "$(sha256sum /etc/foobar/tls/host.key)" = "$k" ]`)
	for _, user := range []string{"mysql", "www-data", "foobar-app"} {
		on(t, "web2", "! setpriv --reuid "+user+" --regid "+user+" --init-groups cat /etc/foobar/tls/issuer.pem 2>/dev/null")
	}
}

// TestSNewCA: the private CA is replaced in one deploy, and no request is lost.
func TestSNewCA(t *testing.T) {
	hosts := []string{"web1", "web2", "web3"}
	before, serial := map[string]string{}, map[string]string{}
	for _, h := range hosts {
		before[h], serial[h] = on(t, h, pidsOf), oneCertificate(t, h)
	}
	old := on(t, "lb1", "cat /etc/foobar/tls/ca.crt")
	text := read(t, site)
	if !strings.Contains(text, "\n[secrets]\n") {
		t.Fatalf("the inventory has no [secrets]:\n%s", text)
	}
	// From now on it is the site's: a second change back would cost a deploy.
	if err := os.WriteFile(site, []byte(strings.Replace(text, "\n[secrets]\n", "\n[secrets]\nca_generation = 2\n", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	limited := must(t, 2, "plan", site, "-l", "web1")
	if strings.Contains(limited.out, "reissue") || strings.Contains(limited.out, "trust:") || !strings.Contains(limited.out, "/etc/foobar/tls/ca.crt") {
		t.Errorf("a run that leaves hosts out does more than trust both:\n%s", limited.out)
	}
	end := browse(t)
	r := must(t, 0, "deploy", site)
	end("the CA was replaced")
	if !strings.Contains(r.out, "foobar private CA 2") {
		t.Errorf("the deploy does not say what it replaces:\n%s", r.out)
	}
	for _, h := range append(hosts, "lb1") {
		if now := on(t, h, "cat /etc/foobar/tls/ca.crt"); now == old || strings.Count(now, "BEGIN CERTIFICATE") != 1 {
			t.Errorf("%s trusts %s", h, now)
		}
	}
	for _, h := range hosts {
		if oneCertificate(t, h) == serial[h] {
			t.Errorf("%s has the old certificate", h)
		}
		if after := on(t, h, pidsOf); after != before[h] {
			t.Errorf("%s: something restarted: %q became %q", h, before[h], after)
		}
	}
	// New connections, by the new certificates alone.
	for _, h := range hosts[1:] {
		on(t, h, "mariadb -e 'STOP SLAVE; START SLAVE'")
	}
	for _, h := range hosts[1:] {
		eventually(t, 30*time.Second, "replication on "+h, func() bool {
			return strings.Contains(on(t, h, "mariadb -e 'SHOW SLAVE STATUS\\G'"), "Slave_IO_Running: Yes")
		})
	}
	converged(t, site, 4)
}
