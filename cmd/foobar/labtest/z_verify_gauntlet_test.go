//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// waited is how long verify waits for what never comes. All of that time passes, so it is not
// that of a slow machine: Prometheus asks four times meanwhile.
const waited = "1m"

// follows: what is sent is found again in Prometheus, a host that it cannot ask is missed
// and its data get old, and an alert reaches its receiver or is missed there.
func follows(t *testing.T, prom string) {
	t.Helper()
	v := verify(t, 0, "--within", seconds(time.Minute)+"s", prom)
	counted := ""
	for _, p := range v.Proved {
		if strings.HasPrefix(p.Text, "Prometheus counts ") {
			counted += p.Host + " "
		}
	}
	if counted != "lb1 web1 web2 web3 " {
		t.Errorf("Prometheus counts requests on %s: %+v", counted, v.Proved)
	}
	eventually(t, time.Minute, "fresh data of each host", func() bool {
		for _, age := range ages(t, prom) {
			if age < 0 || age > 30 {
				return false
			}
		}
		return true
	})
	on(t, "web2", "systemctl stop prometheus-exporter-exporter")
	if v := verify(t, 8, "--within", waited, prom); v.lacks() != "MON04 web2, MON04 web2, MON04 web2" {
		t.Errorf("without the door of web2: %+v", v.Missing)
	}
	eventually(t, time.Minute, "old data of web2 alone", func() bool {
		all := ages(t, prom)
		return all["web2"] > 25 && all["web1"] < 20 && all["web1"] >= 0
	})
	on(t, "web2", "systemctl start prometheus-exporter-exporter")
	alerted(t, prom)
	must(t, 0, "deploy", prom)
	converged(t, prom, 4)
}

// tellingHook takes what Alertmanager tells, into a file, and answers with a status.
const tellingHook = `cat >/root/hook.py <<'X'
import http.server
class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"]))
        with open("/root/hook.log", "ab") as log:
            log.write(text + b"\n")
        self.send_response(STATUS)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 9999), Hook).serve_forever()
X
systemctl stop hook 2>/dev/null; systemd-run -q --unit=hook python3 /root/hook.py
timeout 30 sh -c 'until curl -s -m 1 -o /dev/null http://127.0.0.1:9999/; do sleep 0.1; done'
`

// alerted: a test alert counts as given out only where the receiver took it.
func alerted(t *testing.T, prom string) {
	t.Helper()
	told := filepath.Join(work, "told.toml")
	if err := os.WriteFile(told, []byte(read(t, prom)+"\n[[monitoring.notify]]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9999/\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", told)
	on(t, "lb1", strings.ReplaceAll(tellingHook, "STATUS", "200"))
	v := verify(t, 0, "--alert", "--within", seconds(2*time.Minute)+"s", told)
	if got := on(t, "lb1", "cat /root/hook.log"); !strings.Contains(got, "FoobarVerify") || !strings.Contains(got, strings.TrimPrefix(v.Mark, "foobar-verify/")) {
		t.Errorf("the receiver was told %s", got)
	}
	on(t, "lb1", strings.ReplaceAll(tellingHook, "STATUS", "500"))
	if v := verify(t, 8, "--alert", "--within", waited, told); v.lacks() != "MON05 lb1" || !strings.Contains(v.Missing[0].Text, "requests by webhook failed") {
		t.Errorf("with a receiver that refuses: %+v", v.Missing)
	}
	on(t, "lb1", "systemctl stop hook")
}

// doorRenewed: the door to the exporters shows a renewed certificate, and Prometheus goes on.
func doorRenewed(t *testing.T, prom string) {
	t.Helper()
	const serials = `openssl x509 -in /etc/foobar/tls/host.crt -noout -serial
timeout 10 openssl s_client -connect "$(hostname -I | cut -d' ' -f1):9998" -CAfile /etc/foobar/tls/ca.crt -verify_return_error </dev/null 2>/dev/null | openssl x509 -noout -serial`
	before := strings.Fields(on(t, "web1", serials))
	on(t, "web1", "foobar-certificate sign && foobar-certificate load")
	var after []string
	eventually(t, 20*time.Second, "the door of web1 shows the certificate on disk", func() bool {
		after = strings.Fields(on(t, "web1", serials))
		return len(after) == 2 && after[0] == after[1]
	})
	if len(before) != 2 || before[0] != before[1] || len(after) != 2 || before[0] == after[0] {
		t.Errorf("the serial numbers were %v and are %v", before, after)
	}
	verify(t, 0, "--within", seconds(time.Minute)+"s", prom)
	must(t, 0, "plan", prom)
}

// leavesTwice: packages and data that a first removal was not told of go by a second one,
// which has no list of them on the host any more.
func leavesTwice(t *testing.T, prom string) {
	t.Helper()
	must(t, 0, "deploy", prom)
	must(t, 0, "remove", prom, "web3", "--yes-remove", "web3")
	const there = "dpkg-query -W -f '${db:Status-Status} ${Package}\\n' 'prometheus*' 2>/dev/null | grep -c ^installed; ls /var/lib/foobar/packages | grep -c '[.]agent$'; ls -d /var/lib/prometheus 2>/dev/null; :"
	if got := on(t, "web3", there); got != "4\n4\n/var/lib/prometheus\n" {
		t.Errorf("after a removal that names neither packages nor data: %q", got)
	}
	must(t, 0, "remove", prom, "web3", "--packages", "--data", "--yes-remove", "web3")
	if got := on(t, "web3", there); got != "0\n0\n" {
		t.Errorf("after one that names both: %q", got)
	}
	if r := must(t, 0, "remove", prom, "web3", "--packages", "--data", "--yes-remove", "web3"); !strings.Contains(r.err, "nothing of it is left") {
		t.Errorf("a third time: %s", r.all())
	}
}
