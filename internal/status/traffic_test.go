package status

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/monitoring/measure"
	"foobar/internal/sh"
	"foobar/playbooks"
)

// logFormat is that of haproxy.cfg, with verbs of fmt for the begin, the server, the
// status and the time of a request, in this order.
func logFormat(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../templates/haproxy/haproxy.cfg.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "log-format '")
	format, _, found := strings.Cut(rest, "'\n")
	if !found {
		t.Fatal("haproxy.cfg has no log-format")
	}
	return strings.NewReplacer(
		"%Ts.%ms", "%.3f", "%s\"", "%s\"", "\"%ci\"", `"2001:db8::7"`, "%ft", "www~", "%b\"", "web\"", "%ST", "%d", "%Ta", "%d", "%TR", "0", "%Tw", "0", "%Tc", "1", "%Tr", "2",
		"%B", "512", "%U", "77", "%ts", "--", "%fc", "3", "%rc", "0", "%sslv", "TLSv1.3", "%ID", "0A1B",
		"%[capture.req.method,json(utf8s)]", "GET", "%[capture.req.uri,json(utf8s)]", `/?a=\"ts\":1,{}`, "%[capture.req.ver]", "HTTP/1.1", "%[capture.req.hdr(0),json(utf8s)]", "a browser").Replace(format)
}

// counted is what the script says of a log and the rotated one before it, under each awk.
func counted(t *testing.T, most int, rotated, log string) (all map[string]*Balancer) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "access log.json")
	for name, text := range map[string]string{file + ".1": rotated, file: log} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := "section(){ :; }\n" + sh.Set("log", file, "most", fmt.Sprint(most), "span", "60", "program", measure.Times+trafficCount) + askTraffic
	all = map[string]*Balancer{}
	for _, awk := range []string{"mawk", "gawk"} {
		path, err := exec.LookPath(awk)
		if err != nil {
			continue
		}
		dir := t.TempDir()
		if err := os.Symlink(path, filepath.Join(dir, "awk")); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/bin/sh", "-euc", script)
		cmd.Env = append(os.Environ(), "LC_ALL=C", "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", awk, err)
		}
		b := &Balancer{Servers: []Server{{Name: "web1"}, {Name: "web2"}}}
		b.readTraffic(strings.Split(string(out), "\n"))
		if b.Lately == nil {
			t.Fatalf("%s says nothing: %s", awk, out)
		}
		all[awk] = b
	}
	if len(all) == 0 {
		t.Skip("needs mawk or gawk")
	}
	return all
}

// TestTrafficCounts: requests of a minute, over a rotation, with lines between them that
// are not whole or not requests.
func TestTrafficCounts(t *testing.T) {
	format, now := logFormat(t), float64(time.Now().Unix())
	line := func(ago float64, server string, status, ms int) string {
		return fmt.Sprintf(format+"\n", now-ago-float64(ms)/1000, server, status, ms)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var times []int
	var rotated, log strings.Builder
	rotated.WriteString(line(300, "web1", 500, 9))
	for i := range 3000 {
		ms := int(math.Exp(random.NormFloat64()*1.2 + 3.5))
		times = append(times, ms)
		to := &log
		if i < 1000 {
			to = &rotated
		}
		to.WriteString(line(50-float64(i)/100, []string{"web1", "web2"}[i%2], map[bool]int{true: 503, false: 200}[i%100 == 1], ms))
	}
	log.WriteString(line(1, "<NOSRV>", 308, 0) + line(1, "web1", 101, 3600_000) + line(1, "web1", 200, -1))
	log.WriteString("\n\"ts\" \"srv\" \"status\"\nnot a request\n" + line(1, "web1; rm", 200, 1) + line(1, "web1", 200, 7)[:120])
	slices.Sort(times)
	for awk, b := range counted(t, 4<<20, rotated.String(), log.String()) {
		l, web1, web2 := b.Lately, b.Servers[0].Lately, b.Servers[1].Lately
		if l.Window != 60 || l.Requests != 3004 || l.Errors != 30 || math.Abs(l.Rate-3004.0/60) > 0.01 || math.Abs(l.ErrorRate-30.0/3004) > 1e-6 {
			t.Errorf("%s: the site: %+v", awk, l)
		}
		if web1.Requests != 1502 || web1.Errors != 0 || web2.Requests != 1500 || web2.Errors != 30 {
			t.Errorf("%s: web1: %+v, web2: %+v", awk, web1, web2)
		}
		for share, got := range map[float64]int64{0.5: l.Times.P50, 0.95: l.Times.P95, 0.99: l.Times.P99} {
			if want := float64(times[int(share*float64(len(times)))]); math.Abs(float64(got)-want) > 0.05*want+1 {
				t.Errorf("%s: percentile %v is %d ms, want %v", awk, share, got, want)
			}
		}
	}
}

// TestTrafficIsBounded: where a minute is more than may be read, the rate is that of the
// seconds that were read, and nothing older is counted beside them.
func TestTrafficIsBounded(t *testing.T) {
	format, now := logFormat(t), float64(time.Now().UnixNano())/1e9
	var log strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&log, format+"\n", now-50+float64(i)/100, "web1", 200, 5)
	}
	for awk, b := range counted(t, 200_000, log.String(), log.String()) {
		// The window ends when awk looks, which a busy machine may do seconds later.
		if l := b.Lately; l.Window < 5 || l.Window > 50 || l.Requests < 500 || l.Requests > 1000 || math.Abs(l.Rate-float64(l.Requests)/l.Window) > 0.1 {
			t.Errorf("%s: %+v", awk, l)
		}
	}
}

// TestTrafficOfNobody: without a log, or with an old one, nothing was answered.
func TestTrafficOfNobody(t *testing.T) {
	format := logFormat(t)
	for name, log := range map[string]string{"none": "", "old": fmt.Sprintf(format+"\n", 1.7e9, "web1", 200, 5), "cut": "{\"ts\":17"} {
		for awk, b := range counted(t, 4<<20, "", log) {
			if l := b.Lately; l.Requests != 0 || l.Rate != 0 || l.Times != nil || b.Servers[1].Lately.Requests != 0 {
				t.Errorf("%s, %s: %+v", awk, name, l)
			}
		}
	}
}

// TestTrafficIsReadAsNumbers: what is no number, or makes none, is nothing.
func TestTrafficIsReadAsNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "nil",
		"window 60\nsite 10":               "nil",
		"window 0\nsite 10 1 2 3 4":        "nil",
		"window NaN\nsite 10 1 2 3 4":      "nil",
		"site 10 1 2 3 4":                  "nil",
		"window 5\nsite 10 1":              "10 2.0 1",
		"window 5\nsite 10 99 -3 x 1e3":    "10 2.0 10 0 0 0",
		"window 5\nsite 10 1 2 3 4\nhello": "10 2.0 1 2 3 4",
	} {
		var b Balancer
		b.readTraffic(strings.Split(text, "\n"))
		got := "nil"
		if l := b.Lately; l != nil {
			got = fmt.Sprintf("%d %.1f %d", l.Requests, l.Rate, l.Errors)
			if l.Times != nil {
				got += fmt.Sprintf(" %d %d %d", l.Times.P50, l.Times.P95, l.Times.P99)
			}
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// TestTrafficIsAskedOfTheBalancer: it alone sees the whole site.
func TestTrafficIsAskedOfTheBalancer(t *testing.T) {
	inv := site()
	services := playbooks.Services(inv)
	for _, h := range inv.Hosts {
		asked := strings.Contains(askOf(inv, services, h).script(), "section traffic")
		if asked != (h.Name == "lb1") {
			t.Errorf("%s is asked: %v", h.Name, asked)
		}
	}
}
