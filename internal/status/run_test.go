package status

import (
	"strings"
	"testing"

	"foobar/playbooks"
)

func TestNewerKernel(t *testing.T) {
	for name, c := range map[string]struct{ lines, want string }{
		"no answer":         {"", ""},
		"a container":       {"6.1.0-28-amd64|6.1.0-28-amd64|runs #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)|installed ", ""},
		"the newest":        {"6.12.63+deb13-amd64|6.12.57+deb13-amd64|6.12.63+deb13-amd64|6.12.63+deb13-amd64|runs #1 SMP PREEMPT_DYNAMIC Debian 6.12.63-1 (2025-12-30)|installed 6.12.63-1", ""},
		"an older":          {"6.12.57+deb13-amd64|6.12.57+deb13-amd64|6.12.57+deb13-amd64|6.12.63+deb13-amd64|runs #1 SMP PREEMPT_DYNAMIC Debian 6.12.57-1 (2025-11-05)|installed 6.12.57-1", "6.12.63+deb13-amd64"},
		"another kind":      {"6.1.0-28-cloud-amd64|6.1.0-28-cloud-amd64|6.1.0-28-cloud-amd64|6.1.0-30-amd64|runs #1 SMP Debian 6.1.119-1 (2024-11-22)|installed 6.1.119-1", ""},
		"one name, rebuilt": {"6.1.0-28-amd64|6.1.0-28-amd64|6.1.0-28-amd64|runs #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)|installed 6.1.119-2", "6.1.119-2"},
		"Ubuntu":            {"6.8.0-45-generic|6.8.0-45-generic|6.8.0-45-generic|6.8.0-49-generic|runs #45-Ubuntu SMP PREEMPT_DYNAMIC Fri Aug 30|installed 6.8.0-45.45", "6.8.0-49-generic"},
		"removed":           {"6.1.0-26-amd64|6.1.0-26-amd64|6.1.0-28-amd64|runs #1 SMP Debian 6.1.112-1 (2024-09-30)|installed ", "6.1.0-28-amd64"},
	} {
		var lines []string
		if c.lines != "" {
			lines = strings.Split(c.lines, "|")
		}
		if got := newerKernel(lines); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLastRunAndVersions(t *testing.T) {
	line := func(id, outcome, changed string) []string {
		if outcome != "" {
			outcome = `"ended":"2026-01-02T03:05:00Z","outcome":"` + outcome + `",`
		}
		return []string{`{"from":"10.0.0.9","v":1,"id":"20260102T030405Z-` + id + `","at":"2026-01-02T03:04:05Z","by":"alice@desk","verb":"deploy",` + outcome + `"changed":` + changed + `}`}
	}
	s := Status{programs: programs(playbooks.Services(site())), Hosts: []Host{
		{Name: "lb1", LastRun: readLastRun(line("aaaaaa", "ok", "2")), Packages: map[string]string{"haproxy": "3.0.11-1+deb13u1"}},
		{Name: "web1", LastRun: readLastRun(line("aaaaaa", "ok", "3")), Packages: map[string]string{"nginx": "1.26.3-3+deb13u11", "mariadb-server": "1:11.8.9+ds-0+deb13u1"}},
		{Name: "web2", LastRun: readLastRun(line("bbbbbb", "", "0")), Packages: map[string]string{"nginx": "1.26.2-3", "mariadb-server": "1:11.8.9+ds-0+deb13u1"}},
		{Name: "web3", LastRun: readLastRun(append(line("aaaaaa", "failed", "1"), "held"))},
		{Name: "web4", LastRun: readLastRun(append(line("cccccc", "", "0"), "held"))},
		{Name: "web5", LastRun: readLastRun(nil)},
	}}
	s.Taken = s.Hosts[0].LastRun.At.Add(3 * 60e9)
	var b strings.Builder
	versions(&b, s)
	lastRuns(&b, s)
	const want = `
VERSIONS haproxy 3.0.11, nginx 1.26.3 (web1), 1.26.2 (web2), mariadb 11.8.9

LAST RUN  AGO  BY          COMMAND  CHANGED  ENDED    ON
aaaaaa    3m   alice@desk  deploy   5        ok       lb1 web1
bbbbbb    3m   alice@desk  deploy   0        cut off  web2
aaaaaa    3m   alice@desk  deploy   1        failed   web3
cccccc    3m   alice@desk  deploy   0        running  web4
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	if r := s.Hosts[0].LastRun; r.From != "10.0.0.9" || r.Changed != 2 || r.State != "ended" {
		t.Errorf("%+v", r)
	}
}

// TestARunOfTheFarFuture: a host may say when it likes that its last run was.
func TestARunOfTheFarFuture(t *testing.T) {
	s := whole(t, nil)
	s.Hosts[0].LastRun = readLastRun([]string{`{"v":1,"id":"20260304T120000Z-aaaaaa","at":"9990-01-01T00:00:00Z","verb":"deploy"}`})
	if text := plain(t, s); !strings.Contains(text, "aaaaaa    -106751d") {
		t.Error(text)
	}
}
