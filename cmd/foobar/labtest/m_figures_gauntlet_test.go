//go:build lab && gauntlet

package labtest

import (
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// point is a figure as the stand-in of the monitoring service has it.
type point struct {
	Time       time.Time
	Name       string
	Value      float64
	Attributes map[string]string
}

// points are a host's, the oldest first.
func points(t *testing.T, host, name string) (all []point) {
	t.Helper()
	for line := range strings.Lines(must(t, 0, "lab", "intake", "metrics", "--json", "--host", host, "--contains", name+" ").out) {
		var p point
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if p.Name == name {
			all = append(all, p)
		}
	}
	slices.SortStableFunc(all, func(a, b point) int { return a.Time.Compare(b.Time) })
	return all
}

// lastOf is the last value of a figure, of that with the word if it has several.
func lastOf(t *testing.T, host, name, word string) float64 {
	t.Helper()
	all := points(t, host, name)
	for i := len(all) - 1; i >= 0; i-- {
		if a := all[i].Attributes; word == "" || a["quantile"] == word || a["class"] == word {
			return all[i].Value
		}
	}
	t.Fatalf("nothing of %s %s came from %s", name, word, host)
	return 0
}

// measure has a host count now, whatever its timer says. The time is its own.
func measure(t *testing.T, host string) (began time.Time) {
	t.Helper()
	said := strings.TrimSpace(on(t, host, "date +%s; systemctl start foobar-metrics.service"))
	second, err := strconv.ParseInt(said, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(second, 0)
}

// measured does so on several hosts, and waits until it has arrived.
func measured(t *testing.T, hosts ...string) {
	t.Helper()
	for _, h := range hosts {
		arrived(t, h, measure(t, h))
	}
}

func arrived(t *testing.T, host string, since time.Time) {
	t.Helper()
	eventually(t, 60*time.Second, "figures of "+host, func() bool {
		all := points(t, host, "foobar_reboot_pending")
		return len(all) > 0 && !all[len(all)-1].Time.Before(since)
	})
}

// answers takes what a client says of each answer, and when it said so.
type answers struct {
	mu    sync.Mutex
	lines []string
	times []time.Time
	rest  string
}

func (a *answers) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	lines := strings.SplitAfter(a.rest+string(p), "\n")
	a.rest = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		a.lines, a.times = append(a.lines, line), append(a.times, time.Now())
	}
	return len(p), nil
}

func (a *answers) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.lines)
}

// knownLoad is so many requests at a known rate, and what the client saw of them: how many
// a second from the first answer to the last, and the 95th percentile of their times, in
// seconds. Meanwhile during is called, with a function that waits until so many requests
// are answered.
func knownLoad(t *testing.T, requests int, during func(answered func(int))) (rate, p95 float64) {
	t.Helper()
	// curl writes to its standard error at once, and to a standard output that is no terminal in blocks.
	client := exec.Command(binary, "lab", "curl", "--rate", "15/s", "-sS", "-o", "/dev/null", "-w", `%{stderr}%{http_code} %{time_pretransfer} %{time_total}\n`, fmt.Sprintf("https://www.foobar.com/?[1-%d]", requests))
	var said answers
	client.Stderr = &said
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	during(func(n int) {
		eventually(t, 2*time.Minute, fmt.Sprintf("answer to %d requests", n), func() bool { return said.count() >= n })
	})
	if err := client.Wait(); err != nil {
		t.Fatal(err)
	}
	var times []float64
	for _, line := range said.lines {
		var code int
		var sent, all float64
		if _, err := fmt.Sscan(line, &code, &sent, &all); err != nil || code != 200 {
			t.Fatalf("%v: %s", err, line)
		}
		times = append(times, all-sent)
	}
	if len(times) != requests {
		t.Fatalf("%d answers to %d requests", len(times), requests)
	}
	slices.Sort(times)
	return float64(requests-1) / said.times[requests-1].Sub(said.times[0]).Seconds(), times[requests*95/100]
}

// TestMFigures: over a rotation of the logs and while the collector is away, each request
// is counted once; under a known load the rate and the times are the client's; and all that
// is documented has arrived, from the hosts of which that is said.
func TestMFigures(t *testing.T) {
	inv := edit(t, "own-metrics.toml", "[app]\n", "[app]\nmetrics_path = \"/metrics\"\n")
	must(t, 0, "deploy", inv)
	defer must(t, 0, "deploy", site)
	made := backup(t)
	servers := []string{"web1", "web2", "web3"}
	all := append([]string{"lb1"}, servers...)
	for _, h := range all {
		on(t, h, "systemctl stop foobar-metrics.timer; while systemctl -q is-active foobar-metrics.service; do sleep 0.1; done")
	}
	measured(t, all...)
	counted := func() (answered, served float64) {
		for _, h := range servers {
			served += lastOf(t, h, "foobar_requests_total", "2xx")
		}
		return lastOf(t, "lb1", "foobar_requests_total", "2xx"), served
	}
	siteBefore, servedBefore := counted()
	const requests = 300
	knownLoad(t, requests, func(answered func(int)) {
		answered(30)
		on(t, "lb1", "systemctl stop otelcol-sumo; logrotate -f /etc/logrotate.d/haproxy; systemctl start foobar-metrics.service; systemctl start otelcol-sumo")
		for _, h := range servers {
			on(t, h, "systemctl kill -s KILL otelcol-sumo; systemctl start foobar-metrics.service; logrotate -f /etc/logrotate.d/nginx")
		}
	})
	measured(t, all...)
	answered, served := counted()
	if answered-siteBefore != requests || served-servedBefore != requests {
		t.Errorf("of %d requests the balancer counted %v and the servers %v", requests, answered-siteBefore, served-servedBefore)
	}

	rate, p95 := knownLoad(t, 2*requests, func(answered func(int)) {
		answered(60)
		measure(t, "lb1")
		answered(2*requests - 60)
		arrived(t, "lb1", measure(t, "lb1"))
	})
	near(t, "requests per second", lastOf(t, "lb1", "foobar_requests_per_second", ""), rate, 0.05*rate)
	// The client's times begin and end some milliseconds outside the balancer's.
	near(t, "the 95th percentile", lastOf(t, "lb1", "foobar_response_time_seconds", "0.95"), p95, max(0.2*p95, 0.005))
	documented(t, made.LiesOn, all, servers)
	for host, bounds := range map[string]map[string][2]float64{
		"lb1":       {"foobar_request_errors_ratio": {0, 0}, "foobar_certificate_seconds_left": {3600, 800 * 86400}, "foobar_servers_up": {3, 3}, "foobar_servers": {3, 3}},
		"web1":      {"foobar_reboot_pending": {0, 0}, "foobar_failed_units": {0, 5}, "foobar_app_series": {1, 1}, "guestbook_up": {1, 1}, "foobar_certificate_seconds_left": {30 * 86400, 90 * 86400}},
		made.LiesOn: {"foobar_backup_age_seconds": {0, 3600}},
	} {
		for name, b := range bounds {
			if got := lastOf(t, host, name, ""); got < b[0] || got > b[1] {
				t.Errorf("%s of %s is %v", name, host, got)
			}
		}
	}
	for _, h := range all {
		on(t, h, "systemctl start foobar-metrics.timer")
	}
	for path, want := range map[string]string{"/metrics": "404", "/metrics/../x": "400", "/metrics/%2e%2e/x": "400"} {
		if code := curl(t, "--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", "https://www.foobar.com"+path); code != want {
			t.Errorf("a visitor who asks for the app's metrics by %s is answered with %s", path, code)
		}
	}
	converged(t, inv, 4)
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	t.Logf("%s: %.4g; the client's: %.4g", what, got, want)
	if math.Abs(got-want) > by {
		t.Errorf("%s is %.4g, and the client's is %.4g", what, got, want)
	}
}

// documented compares what has arrived with docs/metrics.md.
func documented(t *testing.T, backups string, all, servers []string) {
	t.Helper()
	var hosts []struct {
		Name    string
		Metrics map[string]int
	}
	if err := json.Unmarshal([]byte(must(t, 0, "lab", "intake", "hosts", "--json").out), &hosts); err != nil {
		t.Fatal(err)
	}
	came := map[string]map[string]int{}
	for _, h := range hosts {
		came[h.Name] = h.Metrics
	}
	on := map[string][]string{"the balancers": {"lb1"}, "the balancers and the web servers": all, "the web servers": servers, "every host": all, "the database hosts": servers, "the database hosts that have made a backup": {backups}, "the hosts that run an app with app.metrics_path": servers}
	for _, h := range servers {
		if came[h]["foobar_backup_age_seconds"] == 0 {
			on["the database hosts that have made none"] = append(on["the database hosts that have made none"], h)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| ([^|]+) \\|$").FindAllStringSubmatch(read(t, "../../../docs/metrics.md"), -1)
	if len(rows) < 20 {
		t.Fatalf("docs/metrics.md lists %d metrics", len(rows))
	}
	for _, row := range rows {
		name, where := row[1], on[row[2]]
		if strings.HasPrefix(name, "mysql.replica.") {
			where = servers[1:] // not of the primary
		}
		if where == nil {
			continue // the table of the logs
		}
		for _, h := range where {
			if came[h][name] == 0 && !slices.Contains(notInContainers, name) {
				t.Errorf("%s lists %s, and none came from it", h, name)
			}
		}
	}
}

// notInContainers have nothing to count there.
var notInContainers = []string{"system.filesystem.utilization", "system.filesystem.usage", "system.filesystem.inodes.usage", "system.paging.usage", "foobar_unit_memory_bytes", "foobar_unit_tasks"}
