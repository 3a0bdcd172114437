package status

import (
	"strings"
	"testing"
	"time"

	"foobar/internal/play"
)

const saidOfTimers = `Id=app-timer-mail.timer
LoadState=loaded
ActiveState=active
NextElapseUSecRealtime=Mon 2025-11-24 16:10:00 UTC

Id=app-timer-mail.service
LoadState=loaded
ActiveState=%ACTIVE%
Result=%RESULT%
ExecMainStatus=3
ExecMainExitTimestamp=%EXIT%
`

// TestTimers: how the last run ended and when the next one is; a run that failed is a
// problem until one went well, and named once.
func TestTimers(t *testing.T) {
	taken := time.Unix(1764000300, 0).UTC()
	services := []play.Service{{Name: "app", Units: []string{"app.service"}}, {Name: "timer-mail", Units: []string{"app-timer-mail.timer"}, Job: "app-timer-mail.service"}}
	for name, c := range map[string]struct{ active, result, exit, row, finding string }{
		"well":    {"inactive", "success", "@1764000000", "mail   web1  5m ago    success  in 5m", ""},
		"failed":  {"failed", "exit-code", "@1764000000", "mail   web1  5m ago    exit 3  in 5m", "timer mail failed (exit 3), 5m ago"},
		"slow":    {"failed", "timeout", "@1764000000", "mail   web1  5m ago    timeout  in 5m", "timer mail failed (timeout), 5m ago"},
		"not yet": {"inactive", "success", "", "mail   web1  never     -      in 5m", ""},
		"running": {"activating", "success", "", "mail   web1  never     runs   in 5m", ""},
	} {
		text := strings.NewReplacer("%ACTIVE%", c.active, "%RESULT%", c.result, "%EXIT%", c.exit).Replace(saidOfTimers)
		h := Host{Name: "web1", Timers: readTimers(text, services), System: &System{FailedUnits: []string{"app-timer-mail.service"}}}
		s := Status{Taken: taken, Hosts: []Host{h}}
		var b strings.Builder
		timers(&b, s)
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), strings.Join(strings.Fields(c.row), " ")) {
			t.Errorf("%s: %s", name, b.String())
		}
		j := &judge{s: &s, file: "site.toml"}
		j.timers(&h)
		j.system(&h)
		got := ""
		for _, f := range j.findings {
			got += f.Text
			if f.Severity != Problem || !strings.Contains(f.Next, "logs site.toml timer-mail") {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if got != c.finding {
			t.Errorf("%s: the findings are %q", name, got)
		}
	}
	if got := readTimers("Id=app-timer-mail.service\nLoadState=not-found\n", services); got != nil {
		t.Errorf("a host without it has %+v", got)
	}
}
