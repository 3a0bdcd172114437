//go:build lab && gauntlet

package labtest

import (
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
	var lines []string
	// For a moment after a reload a worker that is about to end may take a connection.
	eventually(t, 20*time.Second, "one certificate on disk, by nginx and by the database of "+host, func() bool {
		lines = strings.Fields(on(t, host, servedBy))
		return len(lines) == 3 && lines[0] == lines[1] && lines[0] == lines[2]
	})
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
