package measure

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"foobar/internal/monitoring"
	"foobar/internal/play"
	"foobar/internal/sh/shtest"
)

// host is a folder in which the script finds what it asks for.
type host struct {
	t         *testing.T
	dir       string
	questions questions
	log       string // HAProxy's, if nothing else is said
	sender    string
}

// hosts has one for each awk of this machine.
func hosts(t *testing.T, f func(*testing.T, *host)) {
	for _, awk := range []string{"mawk", "gawk"} {
		path, err := exec.LookPath(awk)
		if err != nil {
			continue
		}
		t.Run(awk, func(t *testing.T) {
			dir := t.TempDir()
			h := &host{t: t, dir: dir, log: filepath.Join(dir, "access.json"), sender: filepath.Join(dir, "none")}
			h.questions.log, h.questions.format = h.log, "haproxy"
			for _, sub := range []string{"bin", "state", "events"} {
				if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(path, filepath.Join(dir, "bin", "awk")); err != nil {
				t.Fatal(err)
			}
			h.program("systemctl", "exit 1")
			f(t, h)
		})
	}
}

// program puts a program of the test's own before the machine's.
func (h *host) program(name, script string) {
	h.t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, "bin", name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		h.t.Fatal(err)
	}
}

// run is one run of the script; figures are what it leaves, by Prometheus' name.
func (h *host) run() (figures map[string]float64, said string) {
	h.t.Helper()
	out, err := h.start()
	if err != nil {
		h.t.Fatalf("%v: %s", err, out)
	}
	return h.figures(), string(out)
}

// start is a run, which may fail.
func (h *host) start() ([]byte, error) {
	cmd := exec.Command("bash", "-c", strings.ReplaceAll(string(h.questions.script(h.sender)), play.Events, filepath.Join(h.dir, "events")))
	cmd.Env = append(os.Environ(), "STATE_DIRECTORY="+filepath.Join(h.dir, "state"), "PATH="+filepath.Join(h.dir, "bin")+":"+os.Getenv("PATH"))
	return cmd.CombinedOutput()
}

func (h *host) figures() map[string]float64 {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, "state", "foobar.prom"))
	if err != nil {
		h.t.Fatal(err)
	}
	figures := map[string]float64{}
	for line := range strings.Lines(string(text)) {
		name, value, found := strings.Cut(strings.TrimSpace(line), " ")
		if number, err := strconv.ParseFloat(value, 64); found && err == nil {
			figures[name] = number
		} else if !strings.HasPrefix(line, "# TYPE foobar_") && !strings.HasPrefix(line, "# foobar ") {
			h.t.Errorf("not Prometheus' format: %s", line)
		}
	}
	return figures
}

func (h *host) write(file, text string) {
	h.t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) empty(file string) {
	h.t.Helper()
	if err := os.Truncate(file, 0); err != nil {
		h.t.Fatal(err)
	}
}

func (h *host) rename(from, to string) {
	h.t.Helper()
	if err := os.Rename(from, to); err != nil {
		h.t.Fatal(err)
	}
}

// format is a log's, out of the template of its server, with what a visitor may write that
// looks like another request.
func format(t *testing.T, file, begin, end string, values ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("../../../templates", file))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), begin)
	text, _, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no format of its log", file)
	}
	return strings.NewReplacer(values...).Replace(text) + "\n"
}

const forged = `\",\"status\":500,\"request_time\":99,\"t_active\":99`

// request is a line of HAProxy's log; answer is one of nginx'.
func request(t *testing.T, status, ms int) string {
	line := format(t, "haproxy/haproxy.cfg.tmpl", "log-format '", "'\n", "%Ts.%ms", "1764230400.123", "%s\"", "web1\"", "%ST", strconv.Itoa(status), "%Ta", strconv.Itoa(ms),
		"%B", "512", "%U", "77", "%[capture.req.uri,json(utf8s)]", forged, "%[capture.req.hdr(0),json(utf8s)]", forged)
	return regexp.MustCompile(`%(\[[^]]*\]|[A-Za-z]+)`).ReplaceAllString(line, "1")
}

func answer(t *testing.T, status int, seconds float64) string {
	line := strings.NewReplacer("'\n    '", "").Replace(format(t, "nginx/nginx.conf.tmpl", "escape=json\n    '", "';\n", "$status", strconv.Itoa(status), "$request_time", fmt.Sprintf("%.3f", seconds),
		"$request_uri", forged, "$http_user_agent", forged, "$http_referer", forged+`\\`))
	return regexp.MustCompile(`\$[a-z_0-9]+`).ReplaceAllString(line, "1")
}

func check(t *testing.T, figures, want map[string]float64) {
	t.Helper()
	for name, w := range want {
		got, found := figures[name]
		if math.IsNaN(w) && found {
			t.Errorf("%s is %v; want none", name, got)
		} else if !math.IsNaN(w) && (!found || math.Abs(got-w) > 0.06*w) {
			t.Errorf("%s is %v (there: %v), want %v", name, got, found, w)
		}
	}
}

// TestRequestsAreCounted: from the first run on, each once, by status and time.
func TestRequestsAreCounted(t *testing.T) {
	none := math.NaN()
	for format, line := range map[string]func(status, ms int) string{
		"haproxy": func(status, ms int) string { return request(t, status, ms) },
		"nginx":   func(status, ms int) string { return answer(t, status, float64(ms)/1000) },
	} {
		hosts(t, func(t *testing.T, h *host) {
			h.questions.format = format
			h.write(h.log, strings.Repeat(line(500, 9), 50)) // of before foobar counted
			figures, _ := h.run()
			check(t, figures, map[string]float64{`foobar_requests_total{class="5xx"}`: 0, `foobar_requests_total{class="other"}`: 0, "foobar_requests_per_second": none, "foobar_request_errors_ratio": none})
			for i := range 100 {
				h.write(h.log, line(map[bool]int{true: 503, false: 200}[i%10 == 0], 100+i*10))
			}
			h.write(h.log, line(101, 3600_000)+"not a request\n")
			want := map[string]float64{
				`foobar_requests_total{class="1xx"}`: 1, `foobar_requests_total{class="2xx"}`: 90, `foobar_requests_total{class="3xx"}`: 0, `foobar_requests_total{class="4xx"}`: 0,
				`foobar_requests_total{class="5xx"}`: 10, `foobar_requests_total{class="other"}`: 0, "foobar_request_errors_ratio": 10. / 101,
				`foobar_response_time_seconds{quantile="0.5"}`: 0.6, `foobar_response_time_seconds{quantile="0.95"}`: 1.05, `foobar_response_time_seconds{quantile="0.99"}`: 1.09,
			}
			if format == "haproxy" {
				h.write(h.log, line(-1, -1)) // the visitor left
				want[`foobar_requests_total{class="other"}`], want["foobar_request_errors_ratio"] = 1, 10./102
			}
			figures, _ = h.run()
			check(t, figures, want)
			if figures["foobar_requests_per_second"] <= 0 {
				t.Errorf("the rate is %v", figures["foobar_requests_per_second"])
			}
			figures, _ = h.run()
			check(t, figures, map[string]float64{`foobar_requests_total{class="2xx"}`: 90, "foobar_requests_per_second": 0, "foobar_request_errors_ratio": 0, `foobar_response_time_seconds{quantile="0.5"}`: none})
		})
	}
}

// TestNothingIsLostOrDoubled: whatever happens to the log between two runs.
func TestNothingIsLostOrDoubled(t *testing.T) {
	hosts(t, func(t *testing.T, h *host) {
		line, n := request(t, 200, 5), 0
		log := func(to string, lines int) { h.write(to, strings.Repeat(line, lines)); n += lines }
		total := func(what string) {
			t.Helper()
			if figures, _ := h.run(); figures[`foobar_requests_total{class="2xx"}`] != float64(n) {
				t.Errorf("%s: %v requests, want %d", what, figures[`foobar_requests_total{class="2xx"}`], n)
			}
		}
		h.write(h.log, line)
		h.run()
		log(h.log, 7)
		h.write(h.log, line[:100])
		total("a line that is not whole")
		h.write(h.log, line[100:])
		n++
		total("the rest of it")
		log(h.log, 5)
		h.rename(h.log, h.log+".1")
		log(h.log, 11)
		total("rotated")
		log(h.log+".1", 2)
		log(h.log, 3)
		total("written to the rotated one by a server that has it open")
		h.rename(h.log, h.log+".1")
		total("rotated, and nothing is written")
		log(h.log+".1", 4)
		total("the same, later")
		log(h.log, 6)
		total("and now there is")
		h.write(h.log+".2", strings.Repeat(line, 40))
		h.rename(h.log+".2", h.log+".1")
		total("a file of others in the place of the rotated one")
		h.empty(h.log)
		log(h.log, 2)
		total("emptied, then written to")
		log(h.log, 5)
		h.write(h.log+".2", strings.Repeat(line, 7)) // logrotate's copytruncate
		h.rename(h.log+".2", h.log+".1")
		h.empty(h.log)
		log(h.log, 1)
		total("copied, then emptied")
		log(h.log, 1)
		h.rename(h.log, h.log+".1")
		log(h.log, 1)
		h.rename(h.log, h.log+".2")
		h.rename(h.log+".1", h.log+".3")
		h.rename(h.log+".2", h.log+".1")
		log(h.log, 2)
		n-- // the last line of a log that was rotated twice
		total("rotated twice")
		h.write(filepath.Join(h.dir, "state", "foobar.prom.new"), "of a run that was killed")
		log(h.log, 3)
		total("a run was killed")
	})
}

// TestUnreadLog: of a log that cannot be read to its end nothing is counted yet, and later
// each line once.
func TestUnreadLog(t *testing.T) {
	hosts(t, func(t *testing.T, h *host) {
		line := request(t, 200, 5)
		h.run()
		h.write(h.log, line)
		h.run()
		h.write(h.log, strings.Repeat(line, 5))
		h.program("dd", "head -c "+strconv.Itoa(2*len(line)+9)+"; exit 1")
		if out, err := h.start(); err == nil {
			t.Errorf("it did not fail: %s", out)
		}
		if err := os.Remove(filepath.Join(h.dir, "bin", "dd")); err != nil {
			t.Fatal(err)
		}
		if figures, _ := h.run(); figures[`foobar_requests_total{class="2xx"}`] != 6 {
			t.Errorf("%v requests, want 6", figures[`foobar_requests_total{class="2xx"}`])
		}
	})
}

// TestOddLogs: what a visitor or a power cut leaves is neither a request nor a figure, and
// does not take the room or the time that others need.
func TestOddLogs(t *testing.T) {
	hosts(t, func(t *testing.T, h *host) {
		line, n := request(t, 200, 5), 0
		total := func(what, text string, more int) {
			t.Helper()
			h.write(h.log, text)
			n += more
			if figures, said := h.run(); figures[`foobar_requests_total{class="2xx"}`] != float64(n) || said != "" {
				t.Errorf("%s: %v requests, want %d; it says %q", what, figures[`foobar_requests_total{class="2xx"}`], n, said)
			}
		}
		total("the first run", "", 0)
		total("zeros", strings.Repeat("\x00", 4096)+"\n"+line, 1)
		total("zeros in a line that is not whole", line+strings.Repeat("\x00", 300), 1)
		total("its end", "\n"+line, 1)
		total("a line of a megabyte", `{"ts":1,"client":"`+strings.Repeat("x", 1<<20)+"\"}\n"+line, 1)
		total("a long line that is not whole", strings.Repeat("y", 3<<20), 0)
		total("its end", strings.Repeat("y", 3<<20)+"\n"+line, 1)
		total("lines of others", "\n\n\"\n{}\nfoobar_requests_total{class=\"2xx\"} 9\n# foobar at 1-1 1\n"+line, 1)
		total("all bytes", "\x01\x02\xff\xfe\r\t\\\n"+line, 1)
		total("more than a piece", strings.Repeat(line, 30_000), 30_000)
	})
}

// collected is what a collector has been sent, and how it answers.
type collected struct {
	sync.Mutex
	status int
	bodies [][]byte
}

func (c *collected) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.Lock()
	defer c.Unlock()
	body, err := io.ReadAll(r.Body)
	if err == nil && r.URL.Path == "/secret" && c.status == 200 {
		c.bodies = append(c.bodies, body)
	}
	w.WriteHeader(c.status)
}

// metrics is OTLP in JSON. Source: opentelemetry-proto, metrics.proto.
type metrics struct {
	ResourceMetrics []struct {
		ScopeMetrics []struct {
			Metrics []struct {
				Name, Unit string
				Sum        *struct {
					AggregationTemporality int
					IsMonotonic            bool
					DataPoints             []struct{ StartTimeUnixNano, TimeUnixNano, AsInt string }
				}
				Gauge *struct {
					DataPoints []struct {
						TimeUnixNano string
						AsDouble     *float64
						Attributes   []struct {
							Key   string
							Value struct{ StringValue string }
						}
					}
				}
			}
		}
	}
}

// TestCollectorGetsAll: what it did not take while it was away is sent once it is back,
// with the times of then; all names and units are those of the list.
func TestCollectorGetsAll(t *testing.T) {
	hosts(t, func(t *testing.T, h *host) {
		c := &collected{status: 503}
		server := httptest.NewServer(c)
		defer server.Close()
		app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer app.Close()
		h.questions.app = app.URL // which has no metrics yet
		h.sender = filepath.Join(h.dir, "curl")
		h.write(h.sender, "url = \""+server.URL+"/secret\"\n")
		h.fill()
		h.run()
		h.write(h.log, request(t, 200, 40))
		if _, said := h.run(); !strings.Contains(said, "status 503") {
			t.Errorf("of a collector that takes nothing it says %q", said)
		}
		c.status = 200
		h.write(h.log, request(t, 200, 40))
		if _, said := h.run(); said != "" {
			t.Errorf("it says %q", said)
		}
		h.run()
		if len(c.bodies) != 2 {
			t.Fatalf("%d requests, want 2", len(c.bodies))
		}
		var all, one metrics
		if err := json.Unmarshal(c.bodies[0], &all); err != nil || len(all.ResourceMetrics) != 3 {
			t.Fatalf("%d runs, %v: %s", len(all.ResourceMetrics), err, c.bodies[0])
		}
		if err := json.Unmarshal(c.bodies[1], &one); err != nil || len(one.ResourceMetrics) != 1 {
			t.Errorf("%d runs, %v: %s", len(one.ResourceMetrics), err, c.bodies[1])
		}
		h.listed(all)
		c.status = 400
		h.run()
		c.status = 200
		h.run()
		if err := json.Unmarshal(c.bodies[2], &one); err != nil || len(one.ResourceMetrics) != 1 {
			t.Errorf("after figures that are not understood: %d runs, %v", len(one.ResourceMetrics), err)
		}
	})
}

// fill lets the script find all that it can ask for.
func (h *host) fill() {
	h.questions.backup, h.questions.name, h.questions.stats, h.questions.backend = "backup", "www.foobar.com", "http://127.0.0.1:1/stats;csv", "web"
	for _, event := range []string{"backup", "deploy", "db-switchover", "no event 1", "x\"} 1"} {
		h.write(filepath.Join(h.dir, "events", event), "")
	}
	h.write(h.log, "")
	h.questions.services = []string{"a.service", "b.service"}
	h.program("systemctl", `case $1 in show) ;; *) echo 'a.service loaded failed failed A'; echo 'b.service loaded failed failed B'; exit ;; esac
n=$(cat "$0.runs" 2>/dev/null || echo 0)
echo $((n+1)) >"$0.runs"
printf 'NRestarts=2\nMemoryCurrent=1048576\nCPUUsageNSec=%s\nTasksCurrent=7\nId=a.service\nSubState=running\n\n' $((n+1))000000000
printf 'NRestarts=0\nMemoryCurrent=[not set]\nCPUUsageNSec=18446744073709551615\nTasksCurrent=[not set]\nId=b.service\nSubState=running\n'`)
	h.program("openssl", "case $1 in x509) echo 'notAfter=Jan  1 00:00:00 2100 GMT' ;; esac")
	h.program("curl", `case $* in *127.0.0.1:1*) printf '# pxname,svname\nwww,FRONTEND,,,,,,,,,,,,,,,,OPEN,\nweb,web1,,,,,,,,,,,,,,,,UP 1/2,\nweb,web2,,,,,,,,,,,,,,,,MAINT,\nweb,web3,,,,,,,,,,,,,,,,no check,\nweb,BACKEND,,,,,,,,,,,,,,,,UP,\n' ;; *) exec `+lookedUp(h.t, "curl")+` "$@" ;; esac`)
}

func lookedUp(t *testing.T, program string) string {
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("needs %s", program)
	}
	return path
}

// listed compares what was sent, and the file, with the list that is documented.
func (h *host) listed(all metrics) {
	h.t.Helper()
	figures, _ := h.run()
	raw, err := os.ReadFile(filepath.Join(h.dir, "state", "foobar.prom"))
	if err != nil {
		h.t.Fatal(err)
	}
	text := "\n" + string(raw)
	wants, sent := map[string]monitoring.Metric{}, map[string]bool{}
	for _, source := range monitoring.Metrics() {
		for _, m := range source.Metrics {
			if source.Name == "foobar" {
				wants[m.Name] = m
			}
		}
	}
	last := all.ResourceMetrics[2].ScopeMetrics[0].Metrics
	for _, m := range last {
		want := wants[m.Name]
		if want.Name == "" || m.Unit != want.Unit || (m.Sum != nil) != want.Counter || (m.Gauge != nil) == want.Counter || sent[m.Name] {
			h.t.Errorf("%+v is not as listed: %+v", m, want)
		}
		sent[m.Name] = true
		if m.Sum != nil && (m.Sum.AggregationTemporality != 2 || !m.Sum.IsMonotonic || m.Sum.DataPoints[0].StartTimeUnixNano >= m.Sum.DataPoints[0].TimeUnixNano) {
			h.t.Errorf("%s is no counter: %+v", m.Name, m.Sum)
		}
		if m.Gauge != nil && m.Name == "foobar_response_time_seconds" && (len(m.Gauge.DataPoints) != 3 || m.Gauge.DataPoints[1].Attributes[0].Value.StringValue != "0.95" || *m.Gauge.DataPoints[1].AsDouble != 0.04) {
			h.t.Errorf("%s: %+v", m.Name, m.Gauge)
		}
	}
	for name, m := range wants {
		if name == "foobar_backup_awaited_seconds" {
			continue // only where there is no backup: TestBackupAwaited
		}
		if !sent[name] {
			h.t.Errorf("%s is listed and not sent", name)
		}
		if !strings.Contains(text, "\n# TYPE "+name+" "+map[bool]string{true: "counter", false: "gauge"}[m.Counter]+"\n") && name != "foobar_response_time_seconds" {
			h.t.Errorf("%s is not in the file", name)
		}
	}
	check(h.t, figures, map[string]float64{"foobar_servers_up": 2, "foobar_servers": 3, "foobar_failed_units": 2,
		`foobar_unit_memory_bytes{unit="a.service"}`: 1 << 20, `foobar_unit_tasks{unit="a.service"}`: 7, `foobar_unit_restarts{unit="a.service"}`: 2, `foobar_unit_restarts{unit="b.service"}`: 0, `foobar_requests_total{class="2xx"}`: 2})
	if cores, known := figures[`foobar_unit_cpu_cores{unit="a.service"}`]; !known || cores <= 0 || strings.Contains(text, `_bytes{unit="b.service"}`) || strings.Contains(text, `cores{unit="b.service"}`) {
		h.t.Errorf("what units take, of which systemd counts those of one: %s", text)
	}
	for event, want := range map[string]bool{"deploy": true, "db-switchover": true, "backup": true, "no event 1": false} {
		if at, found := figures[`foobar_event_timestamp_seconds{event="`+event+`"}`]; found != want || want && math.Abs(at-float64(time.Now().Unix())) > 3600 {
			h.t.Errorf("%s was at %.0f, %v", event, at, found)
		}
	}
	if n := strings.Count(text, "foobar_event_timestamp_seconds{"); n != 3 {
		h.t.Errorf("%d events: %s", n, text)
	}
	if days := figures[`foobar_certificate_seconds_left{name="www.foobar.com"}`] / 86400; days < 10000 || figures["foobar_backup_age_seconds"] > 3600 {
		h.t.Errorf("%v days, backup %v", days, figures["foobar_backup_age_seconds"])
	}
}

// TestBackupAwaited: a host that is to make backups and has made none says since when.
func TestBackupAwaited(t *testing.T) {
	hosts(t, func(t *testing.T, h *host) {
		h.questions.backup, h.questions.scheduled = "backup", filepath.Join(h.dir, "key")
		awaited := func(want bool, why string) {
			t.Helper()
			figures, said := h.run()
			if age, is := figures["foobar_backup_awaited_seconds"]; is != want || is && math.Abs(age-7200) > 600 {
				t.Errorf("%s: %v, %v: %s", why, age, is, said)
			}
		}
		awaited(false, "no backups are to be made")
		h.write(h.questions.scheduled, "")
		since := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(h.questions.scheduled, since, since); err != nil {
			t.Fatal(err)
		}
		awaited(true, "none was made")
		h.write(h.questions.scheduled, "another key")
		awaited(true, "none was made, and the key is another")
		h.write(filepath.Join(h.dir, "events", "deploy"), "")
		awaited(true, "none was made, and something else happened")
		h.write(filepath.Join(h.dir, "events", "backup"), "")
		awaited(false, "one was made")
	})
}

// TestScript is what shellcheck says of it.
func TestScript(t *testing.T) {
	shtest.Check(t, map[string]string{"measure": string(questions{log: "/x", format: "haproxy"}.script("/y"))})
}
