//go:build lab && gauntlet

package labtest

import (
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pages is curl as far as Prometheus and Alertmanager want it, on their host.
const pages = `curl -s --noproxy '*' -u "foobar:$(cat /etc/prometheus/foobar.password)" `

// hook takes what Alertmanager posts, a line each.
const hook = `import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(s):
        open("/run/hook", "ab").write(s.rfile.read(int(s.headers["content-length"])) + b"\n")
        s.send_response(200); s.end_headers()
http.server.HTTPServer(("127.0.0.1", 8099), H).serve_forever()`

//go:embed testdata/alerts.yml
var alertCases string

// TestZAlerts: a drop and a spike of the requests, a server that is taken out and a replica
// that stops are told of, and told to be over; what others change of the rules and of whom
// they are told to is taken back without a restart, and what leaves the inventory is gone.
func TestZAlerts(t *testing.T) {
	text := otherLab(t, "--hosts", "lb1,web1,web2")
	text = strings.Replace(text, "[monitoring]\n", "[monitoring]\nprovider = \"prometheus\"\n", 1) + `
[firewall]
loopback_ports = [8099]
[monitoring.alerts]
requests_spike = "400% of 2m for 0s"
requests_drop = "30% of 2m for 0s"
server_out = "for 0s"
replication_stopped = "for 0s"
`
	people := "[[monitoring.notify]]\nkind = \"webhook\"\nurl = { env = \"HOOK\" }\n" + mailed(t, text)
	t.Setenv("HOOK", "http://127.0.0.1:8099/hidden")
	inv := filepath.Join(work, "alerts.toml")
	write := func(text string) {
		if err := os.WriteFile(inv, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(text + people)
	must(t, 0, "deploy", inv)
	converged(t, inv, 3)
	on(t, "lb1", "systemd-run -q --unit hook python3 -c '"+hook+"'")
	load := func(perSecond int) {
		on(t, "web1", "systemctl stop load 2>/dev/null; :")
		if perSecond > 0 {
			on(t, "web1", fmt.Sprintf("systemd-run -q --unit load curl -sk --noproxy '*' --rate %d/s -o /dev/null --connect-to ::lb1.internal:443 'https://www.foobar.com/healthz?[1-100000]'", perSecond))
		}
	}
	load(4)
	rulesAreRight(t)
	dashboardAsks(t, inv)
	for _, at := range []string{"-d {} http://127.0.0.1:9093/api/v2/silences", "http://127.0.0.1:9093/api/v2/alerts", "http://127.0.0.1:9090/api/v1/rules"} {
		if got := on(t, "lb1", "setpriv --reuid nobody --clear-groups curl -s --noproxy '*' -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' "+at); got != "401" {
			t.Errorf("without the password, %s is answered %s", at, got)
		}
	}

	eventually(t, 3*time.Minute, "site without an alert", func() bool {
		return on(t, "lb1", pages+"http://127.0.0.1:9093/api/v2/alerts") == "[]\n"
	})
	told := posts{}
	on(t, "web2", "mariadb -e 'STOP SLAVE SQL_THREAD'")
	must(t, 0, "host", "drain", inv, "web2")
	told.wait(t, "firing", "replication_stopped", "server_out")
	on(t, "web2", "mariadb -e 'START SLAVE SQL_THREAD'")
	must(t, 0, "host", "undrain", inv, "web2")
	told.wait(t, "resolved", "replication_stopped", "server_out")
	for _, subject := range []string{"[FIRING:1] replication_stopped", "[RESOLVED] replication_stopped", "[FIRING:1] server_out"} {
		eventually(t, 2*time.Minute, "e-mail "+subject, func() bool {
			return strings.Contains(on(t, "lb1", "curl -s --noproxy '*' http://10.77.0.1/files/mail.jsonl"), `"to":["ops@foobar.com","dba@foobar.com"],"text":"`) &&
				strings.Contains(on(t, "lb1", "curl -s --noproxy '*' http://10.77.0.1/files/mail.jsonl"), "Subject: "+subject)
		})
	}

	const before = pages + `-G --data-urlencode 'query=count_over_time(site:requests:rate1m[1m] offset 1m) >= 4' http://127.0.0.1:9090/api/v1/query | grep -c '"value"' || :`
	eventually(t, 4*time.Minute, "minute of requests", func() bool { return strings.TrimSpace(on(t, "lb1", before)) == "1" })
	load(0)
	told.wait(t, "firing", "requests_drop")
	load(80)
	told.wait(t, "resolved", "requests_drop")
	told.wait(t, "firing", "requests_spike")
	load(4)
	told.wait(t, "resolved", "requests_spike")
	load(0)

	const pids = "systemctl show -p MainPID prometheus prometheus-alertmanager"
	was := on(t, "lb1", pids)
	on(t, "lb1", "echo '# x' >>/etc/prometheus/rules.d/foobar.yml; chmod 0644 /etc/prometheus/alertmanager.yml; sed -i s/hidden/theirs/ /etc/prometheus/alertmanager.yml; systemctl reload prometheus-alertmanager")
	if got := must(t, 2, "plan", inv); strings.Contains(got.all(), "8099") || !strings.Contains(got.all(), "rules.d/foobar.yml") || !strings.Contains(got.all(), "alertmanager.yml") {
		t.Errorf("the plan of what others changed:\n%s", got.all())
	}
	must(t, 0, "deploy", inv)
	converged(t, inv, 3)
	const counts = pages + `http://127.0.0.1:9090/api/v1/rules | grep -o '"type":"alerting"' | wc -l; ` + pages + `http://127.0.0.1:9093/api/v2/receivers`
	if got := on(t, "lb1", counts); got != "14\n[{\"name\":\"nobody\"},{\"name\":\"webhook-1\"},{\"name\":\"email-2\"}]\n" {
		t.Errorf("rules and receivers: %s", got)
	}
	write(strings.Replace(text, "server_out = \"for 0s\"", "server_out = \"off\"", 1))
	must(t, 0, "deploy", inv)
	converged(t, inv, 3)
	if got := on(t, "lb1", counts+"; stat -c %U:%G:%a /etc/prometheus/alertmanager.yml"); got != "13\n[{\"name\":\"nobody\"}]\nroot:prometheus:640\n" {
		t.Errorf("without one alert and those who were told: %s", got)
	}
	if now := on(t, "lb1", pids); now != was {
		t.Errorf("they were restarted: %s, and now %s", was, now)
	}
}

// mailed is one who is told by e-mail: the lab's mail server, whose certificate lb1 trusts, with
// the lab's token as the password.
func mailed(t *testing.T, inv string) string {
	t.Helper()
	found := regexp.MustCompile(`(?ms)^ca = "([^"]*)".*^token = ([^\n]*)`).FindStringSubmatch(inv)
	if found == nil {
		t.Fatalf("the lab names no authority and no token:\n%s", inv)
	}
	on(t, "lb1", fmt.Sprintf("{ apt-get -qq update && apt-get -qqy install ca-certificates; } >/dev/null 2>&1; echo %s | base64 -d >/usr/local/share/ca-certificates/lab.crt && update-ca-certificates >/dev/null 2>&1",
		base64.StdEncoding.EncodeToString([]byte(read(t, found[1])))))
	return "[[monitoring.notify]]\nkind = \"email\"\nto = [\"ops@foobar.com\", \"dba@foobar.com\"]\nsmarthost = \"10.77.0.1:587\"\nuser = \"alerts\"\npassword = " + found[2] + "\n"
}

// post is a line of what the webhook has been told.
type post struct {
	Status      string
	GroupLabels struct{ Alertname string }
	Alerts      []struct {
		Annotations struct{ Summary, Description string }
	}
}

// posts counts, for each alert, those that have been waited for.
type posts map[string]int

// wait waits until the webhook has been told that each of the alerts is raised, or over.
func (p posts) wait(t *testing.T, status string, names ...string) {
	t.Helper()
	for _, name := range names {
		began := time.Now()
		eventually(t, 4*time.Minute, name+" that is "+status, func() bool {
			n := 0
			for line := range strings.Lines(on(t, "lb1", "cat /run/hook 2>/dev/null; :")) {
				var said post
				if json.Unmarshal([]byte(line), &said) != nil || said.GroupLabels.Alertname != name {
					continue
				}
				if n++; n > p[name] && said.Status == status && said.Alerts[0].Annotations.Description != "" {
					p[name] = n
					tell("%s: %s after %.0f s: %s", name, status, time.Since(began).Seconds(), said.Alerts[0].Annotations.Summary)
					return true
				}
			}
			return false
		})
	}
}

// rulesAreRight has promtool judge the rules with their defaults: each raises its alert while
// there is a reason, and no other does.
func rulesAreRight(t *testing.T) {
	t.Helper()
	rules, err := os.ReadFile("../../../roles/testdata/prometheus/lb1-foobar.yml")
	if err != nil {
		t.Fatal(err)
	}
	on(t, "lb1", fmt.Sprintf("mkdir -p /run/rules && cd /run/rules && echo %s | base64 -d >rules.yml && echo %s | base64 -d >alerts.yml && promtool test rules alerts.yml",
		base64.StdEncoding.EncodeToString(rules), base64.StdEncoding.EncodeToString([]byte(alertCases))))
}

// dashboardAsks has Prometheus answer what the pictures of Grafana's dashboard ask.
func dashboardAsks(t *testing.T, inv string) {
	t.Helper()
	var page struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(must(t, 0, "dashboard", "--grafana", inv).out), &page); err != nil || len(page.Panels) < 10 {
		t.Fatalf("%d pictures, %v", len(page.Panels), err)
	}
	script := ""
	for _, p := range page.Panels {
		for _, q := range p.Targets {
			script += fmt.Sprintf("echo %s | base64 -d >/run/q; echo \"%s: $(promtool query instant -- http://foobar:$(cat /etc/prometheus/foobar.password)@127.0.0.1:9090 \"$(cat /run/q)\" 2>&1 >/run/a && wc -l </run/a || echo refused)\"\n", base64.StdEncoding.EncodeToString([]byte(q.Expr)), p.Title)
		}
	}
	got := on(t, "lb1", script)
	t.Log(got)
	if strings.Contains(got, "refused") || strings.Contains(got, "Servers that get requests: 0") || strings.Contains(got, "Memory: 0") {
		t.Errorf("what the pictures ask has no answer:\n%s", got)
	}
}
