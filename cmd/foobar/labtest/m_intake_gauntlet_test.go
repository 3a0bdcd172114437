//go:build lab && gauntlet

package labtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMOutage: for ten minutes under load the monitoring service takes nothing, and a collector
// is killed meanwhile; afterwards all that was logged and counted has arrived.
func TestMOutage(t *testing.T) {
	must(t, 0, "deploy", site)
	mark := fmt.Sprintf("outage%d-", time.Now().UnixNano())
	const perSecond, before, during, after = 5, 50, 3000, 50
	const all = before + during + after
	load := background(t, "lab", "curl", "--rate", fmt.Sprintf("%d/s", perSecond), "-sS", "-o", "/dev/null", "-w", `%{http_code}\n`, fmt.Sprintf("https://www.foobar.com/?%s[1-%d]", mark, all))
	answered := func(n int) {
		eventually(t, 11*time.Minute, fmt.Sprintf("answer to %d requests", n), func() bool { return strings.Count(load.said.String(), "\n") >= n })
	}
	answered(before)
	began := time.Now()
	must(t, 0, "lab", "intake", "--outage", "503")
	defer foobar("lab", "intake", "--outage", "0")
	answered(before + during/2)
	on(t, "web1", "systemctl kill -s KILL otelcol-sumo")
	answered(before + during)
	must(t, 0, "lab", "intake", "--outage", "0")
	ended := time.Now()
	t.Logf("the service took nothing for %.0f s", ended.Sub(began).Seconds())
	if code := load.ended(); code != 0 || strings.Count(load.said.String(), "200\n") != all {
		t.Fatalf("the load ended with %d, and %d of %d requests were well", code, strings.Count(load.said.String(), "200\n"), all)
	}
	request := regexp.MustCompile(mark + `\d+`)
	arrived := func(hosts ...string) (lines int, of map[string]bool) {
		of = map[string]bool{}
		for _, h := range hosts {
			for line := range strings.Lines(must(t, 0, "lab", "intake", "logs", "--host", h, "--contains", mark).out) {
				lines++
				of[request.FindString(line)] = true
			}
		}
		return lines, of
	}
	servers := []string{"web1", "web2", "web3"}
	eventually(t, 5*time.Minute, "lines of all requests", func() bool {
		_, balancer := arrived("lb1")
		_, served := arrived(servers...)
		return len(balancer) >= all && len(served) >= all
	})
	measured(t, append(servers, "lb1")...) // what comes twice has come by then
	if lines, _ := arrived("lb1"); lines != all {
		t.Errorf("of %d requests there are %d lines of the balancer", all, lines)
	}
	// One that is killed reads again what it did not note as read.
	if lines, _ := arrived("web2", "web3"); lines > all {
		t.Errorf("of %d requests there are %d lines of two of the servers", all, lines)
	}
	last := began
	for _, p := range points(t, "lb1", "foobar_requests_per_second") {
		if p.Time.Before(began) || p.Time.After(ended.Add(time.Minute)) {
			continue
		}
		if gap := p.Time.Sub(last); gap > 100*time.Second {
			t.Errorf("there are no figures of the %.0f s before %s", gap.Seconds(), p.Time)
		}
		last = p.Time
	}
	if ended.Sub(last) > 100*time.Second {
		t.Errorf("the last figures of the outage are of %s", last)
	}
	must(t, 0, "plan", site)
}

// TestMRefused: a token or a service that are wrong, too many requests, a full disk and another
// package than was meant are named, and all else of the host is done.
func TestMRefused(t *testing.T) {
	must(t, 0, "deploy", site)
	text := read(t, site)
	line := func(key string) string { return regexp.MustCompile(`(?m)^` + key + ` = .*$`).FindString(text) }
	wrong := filepath.Join(work, "wrong-token")
	if err := os.WriteFile(wrong, []byte("another\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const fresh = "systemctl stop otelcol-sumo; rm -rf /var/lib/otelcol-sumo/credentials/*"
	const full = "systemctl stop otelcol-sumo; mount -t tmpfs -o size=8k,mode=0700,uid=otelcol-sumo,gid=otelcol-sumo faults /var/lib/otelcol-sumo/storage; head -c 8192 /dev/zero >/var/lib/otelcol-sumo/storage/full; :"
	soon := []string{"[tls]", "[deploy]\nhealth_timeout = \"10s\"\n[tls]"}
	for i, c := range []struct {
		name, do, undo string
		pairs          []string
		says           string
	}{
		{"wrong token", fresh, "", []string{line("token"), `token = { file = "` + wrong + `" }`}, "HTTP status code: 401"},
		{"service away", fresh, "", []string{line("endpoint"), `endpoint = "https://10.77.0.1:9"`}, "connection refused"},
		{"too many requests", fresh, "", nil, "answers with the status 429"},
		{"disk full", full, "umount /var/lib/otelcol-sumo/storage", nil, "no space left"},
		{"another package", "", "", []string{line("file"), "url = \"http://10.77.0.1/files/\"\nsha256 = \"" + strings.Repeat("0", 64) + "\""}, "sha256"},
	} {
		t.Run(c.name, func(t *testing.T) {
			inv := edit(t, fmt.Sprintf("refused%d.toml", i), append(soon, c.pairs...)...)
			on(t, "web3", "chmod 0644 /etc/foobar/app.env; "+c.do)
			if c.name == "too many requests" {
				must(t, 0, "lab", "intake", "--outage", "429")
			}
			r := foobar("deploy", "-l", "web3", inv)
			must(t, 0, "lab", "intake", "--outage", "0")
			t.Logf("exit %d\n%s", r.code, tail(r.err, 30))
			if r.code != 8 || !strings.Contains(r.all(), c.says) {
				t.Errorf("exit %d, without a word of %s:\n%s", r.code, c.says, tail(r.all(), 40))
			}
			if mode := on(t, "web3", "stat -c %a /etc/foobar/app.env"); mode == "644\n" {
				t.Errorf("the rest of the host was left as it was")
			}
			if c.undo != "" {
				on(t, "web3", c.undo)
			}
		})
	}
	must(t, 0, "deploy", site)
	converged(t, site, 4)
}
