//go:build lab && gauntlet

package labtest

import (
	"strings"
	"testing"
)

// TestUNewCAMySQL is TestSNewCA on MySQL, under a load of writes.
func TestUNewCAMySQL(t *testing.T) {
	s := onMySQL(t)
	s.primaryIs(t, "web1")
	pids := strings.Replace(pidsOf, "mariadb", "mysql", 1)
	before := map[string]string{}
	for _, h := range s.servers {
		before[h] = on(t, h, pids)
	}
	s.write(t, strings.Replace(read(t, s.site), "\n[secrets]\n", "\n[secrets]\nca_generation = 2\n", 1))
	w := startWriter(t, "new-ca")
	must(t, 0, "deploy", s.site)
	w.everywhere(t, s)
	if w.failed > 0 {
		t.Errorf("%d requests failed while the CA was replaced", w.failed)
	}
	for _, h := range s.servers {
		if after := on(t, h, pids); after != before[h] {
			t.Errorf("%s: something restarted: %q became %q", h, before[h], after)
		}
		shown := on(t, h, `cd /etc/foobar/tls; ip=$(sed -n 's/^bind_address *= *\([^,]*\).*/\1/p' /etc/mysql/mysql.conf.d/zz-foobar.cnf)
openssl x509 -in host.crt -noout -serial
timeout 10 openssl s_client -connect "$ip:3306" -starttls mysql -CAfile ca.crt -verify_return_error -verify_ip "$ip" </dev/null 2>/dev/null | openssl x509 -noout -serial`)
		if lines := strings.Fields(shown); len(lines) != 2 || lines[0] != lines[1] {
			t.Errorf("%s has and shows %q", h, lines)
		}
	}
	for _, h := range s.servers[1:] { // new connections
		s.ask(t, h, s.sql.stop+"; "+s.sql.start)
	}
	s.whole(t, "web1")
}
