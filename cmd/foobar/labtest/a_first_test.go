//go:build lab

package labtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestA2FirstDeploy ends what the tests before it have cut off. Run alone it finds bare
// hosts, as TestD2Reset and TestW1MySQL do.
func TestA2FirstDeploy(t *testing.T) {
	must(t, 0, "deploy", "-v", site)
}

func TestA3PageFromEveryServer(t *testing.T) {
	seen := map[string]bool{}
	for range 30 {
		for _, line := range strings.Split(curl(t, "-D", "-", "-o", "/dev/null", "https://www.foobar.com/"), "\n") {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.EqualFold(name, "X-Served-By") {
				seen[value] = true
			}
		}
		if len(seen) == 3 {
			break
		}
	}
	if len(seen) != 3 {
		t.Errorf("only %v answered", seen)
	}
	// HAProxy 3.0 refuses the last one, which 2.6 takes.
	for host, refused := range map[string]string{"www.foobar.com": "", "WWW.foobar.com.:80": "", "www.foobar.com:@example.com": "400 "} {
		if got := curl(t, "-H", "Host: "+host, "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "http://www.foobar.com/x"); (refused == "" || got != refused) && (!strings.HasPrefix(got, "30") || !strings.HasSuffix(got, " https://www.foobar.com/x")) {
			t.Errorf("port 80 answers %q to a request for %s, not a redirect to https", got, host)
		}
	}
	if got := curl(t, "-o", "/dev/null", "-w", "%{http_version} %{http_code}", "https://www.foobar.com/static/style.css"); got != "2 200" {
		t.Errorf("a static file over HTTP/2: %q", got)
	}
	curl(t, "-H", "X-Request-ID: a-client", "-o", "/dev/null", "https://www.foobar.com/?by-one-id")
	eventually(t, 10*time.Second, "the id of a request in the logs of HAProxy and nginx", func() bool {
		log := on(t, "lb1", "grep -h by-one-id /var/log/haproxy-access.json | tail -n 1")
		id := regexp.MustCompile(`"req_id":"(\w+)"`).FindStringSubmatch(log)
		return id != nil && slices.ContainsFunc([]string{"web1", "web2", "web3"}, func(h string) bool {
			return strings.Contains(on(t, h, "grep -h by-one-id /var/log/nginx/access.json | tail -n 1"), id[1])
		})
	})
}

func TestA4WriteIsReadBackFromAReplica(t *testing.T) {
	var wrote struct {
		ID      int    `json:"id"`
		WroteTo string `json:"wrote_to"`
	}
	text := fmt.Sprintf("labtest %d", time.Now().UnixNano())
	answer := curl(t, "-X", "POST", "-H", "Content-Type: application/json", "-d", `{"text":"`+text+`"}`, "https://www.foobar.com/api/notes")
	if err := json.Unmarshal([]byte(answer), &wrote); err != nil || wrote.ID == 0 {
		t.Fatalf("the write answered %s", answer)
	}
	eventually(t, 20*time.Second, "read of the write from a replica", func() bool {
		var read struct {
			ReadFrom string `json:"read_from"`
		}
		answer := curl(t, "https://www.foobar.com/api/notes")
		return json.Unmarshal([]byte(answer), &read) == nil && strings.Contains(answer, text) && read.ReadFrom != "" && read.ReadFrom != wrote.WroteTo
	})
}

func TestA5SecondRunChangesNothing(t *testing.T) {
	converged(t, site, 4)
	fewProcesses(t)
}

// mostStarts is how many processes a host may start for a deploy that finds nothing to do.
var mostStarts = map[string]int{"lb1": 70, "web1": 90, "web2": 90, "web3": 90}

// fewProcesses: the login of a converged deploy and all that it asks. What the
// hosts start by themselves meanwhile is not in the best of some runs.
func fewProcesses(t *testing.T) {
	var most map[string]int
	for range 5 {
		before, now := lastProcess(t), map[string]int{}
		must(t, 0, "deploy", site)
		after := lastProcess(t)
		over := false
		for host, n := range after {
			now[host] = n - before[host] - 1 // which was cat
			over = over || now[host] > mostStarts[host]
		}
		most = now
		if !over {
			break
		}
	}
	for host, n := range most {
		t.Logf("%s starts %d processes for a converged deploy", host, n)
		if n > mostStarts[host] {
			t.Errorf("%s: that is more than %d", host, mostStarts[host])
		}
	}
}

// lastProcess is the last process number of each host. Each host counts its own, one
// by one, so that the difference is how many it has started. Source: proc_loadavg(5).
func lastProcess(t *testing.T) map[string]int {
	t.Helper()
	last := map[string]int{}
	for host := range mostStarts {
		f := strings.Fields(foobar("lab", "exec", host, "--", "cat", "/proc/loadavg").out)
		n, err := strconv.Atoi(f[len(f)-1])
		if err != nil {
			t.Fatalf("%s says %q", host, f)
		}
		last[host] = n
	}
	return last
}

func TestA6NothingIsOpenThatNeedNotBe(t *testing.T) {
	script, wants := map[string]string{}, map[string][]string{}
	for _, want := range []struct{ from, host, port, is string }{
		{"lb1", "10.77.0.12", "443", "open"}, {"lb1", "10.77.0.12", "3306", "closed"}, {"lb1", "10.77.0.12", "9000", "closed"},
		{"web1", "10.77.0.13", "3306", "open"}, {"web1", "10.77.0.13", "443", "closed"}, {"web1", "10.77.0.13", "9000", "closed"},
		{"web1", "10.77.0.11", "443", "open"}, {"web1", "10.77.0.11", "8404", "closed"},
		{"lb1", "fd77::12", "443", "open"}, {"lb1", "fd77::12", "3306", "closed"},
	} {
		script[want.from] += "(timeout " + seconds(time.Second) + " bash -c ': </dev/tcp/" + want.host + "/" + want.port + "' 2>/dev/null && is=open || is=closed; echo " + want.host + " " + want.port + " $is) & "
		wants[want.from] = append(wants[want.from], want.host+" "+want.port+" "+want.is)
	}
	for from, text := range script {
		got := strings.Split(strings.TrimSpace(on(t, from, text+"wait")), "\n")
		slices.Sort(got)
		slices.Sort(wants[from])
		if !slices.Equal(got, wants[from]) {
			t.Errorf("from %s: %v, not %v", from, got, wants[from])
		}
	}
}

func TestA7SecretsStaySecret(t *testing.T) {
	token := regexp.MustCompile(`token *= *\{ *file *= *"(.*)"`).FindStringSubmatch(read(t, site))
	if token == nil {
		t.Fatal("the inventory names no token file")
	}
	needle := strings.TrimSpace(read(t, token[1]))
	for _, host := range []string{"lb1", "web1", "web2", "web3"} {
		readable := on(t, host, "grep -rlE 'PRIVATE KEY-|mysql://[^ ]*:|"+needle+"' /etc /var/lib/foobar /var/log /run/systemd 2>/dev/null | while read -r f; do find \"$f\" -perm /004; done; true")
		for _, f := range strings.Fields(readable) {
			if !strings.HasPrefix(f, "/etc/ssl/") {
				t.Errorf("%s: others can read %s", host, f)
			}
		}
	}
	score := on(t, "web1", "systemd-analyze security --no-pager app.service | tail -n 1")
	if !strings.Contains(score, "OK") {
		t.Errorf("systemd-analyze security says of the app: %s", score)
	}
}

// TestA8IntakeHearsFromAllHosts waits for all hosts side by side: what a collector sends it
// gathers for seconds.
func TestA8IntakeHearsFromAllHosts(t *testing.T) {
	for range 5 {
		curl(t, "-o", "/dev/null", "https://www.foobar.com/")
	}
	hosts := []string{"lb1", "web1", "web2", "web3"}
	for _, host := range hosts {
		eventually(t, 90*time.Second, "metrics from "+host, func() bool {
			return strings.Contains(foobar("lab", "intake", "metrics", "--host", host).out, "system.cpu")
		})
		on(t, host, "systemctl start --no-block foobar-metrics.service") // else within a minute
	}
	// Who became root is sent, and not what a command was given.
	on(t, "lb1", "sudo -u nobody /bin/echo p4ss-as-argument")
	for _, host := range hosts {
		figures := []string{"foobar_failed_units", "foobar_reboot_pending", "foobar_certificate_seconds_left", "foobar_requests_total", "foobar_requests_per_second", "foobar_request_errors_ratio"}
		eventually(t, 60*time.Second, "figures of "+host, func() bool {
			came := foobar("lab", "intake", "metrics", "--host", host, "--contains", "foobar_").out
			return !slices.ContainsFunc(figures, func(name string) bool { return !strings.Contains(came, name+" ") })
		})
		category := "foobar/web/nginx"
		if host == "lb1" {
			category = "foobar/lb/haproxy"
		}
		eventually(t, 60*time.Second, "access log from "+host, func() bool {
			return strings.TrimSpace(foobar("lab", "intake", "logs", "--host", host, "--category", category).out) != ""
		})
	}
	audit := func() string {
		return foobar("lab", "intake", "logs", "--host", "lb1", "--category", "foobar/lb/audit").out
	}
	eventually(t, 60*time.Second, "mark of the deploy", func() bool { return strings.Contains(audit(), `\"verb\":\"deploy\"`) })
	eventually(t, 60*time.Second, "line of sudo", func() bool { return strings.Contains(audit(), "COMMAND=/bin/echo") })
	if strings.Contains(audit(), "p4ss-as-argument") {
		t.Errorf("the arguments of a command were sent:\n%s", tail(audit(), 5))
	}
}
