package ops

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/inventory"
)

func TestBackupNode(t *testing.T) {
	for name, c := range map[string]struct {
		spoil        func(f *fleet, s *Site)
		host, choice string
	}{
		"the first replica":     {nil, "", "web2"},
		"by name":               {nil, "web1", "web1"},
		"the inventory's":       {func(_ *fleet, s *Site) { s.Inv.DB.Backup.Host = "web3" }, "", "web3"},
		"the first is broken":   {func(f *fleet, _ *Site) { f.servers["web2"].stopped = true }, "", "web3"},
		"the first is behind":   {func(f *fleet, _ *Site) { f.servers["web2"].lag = 60 }, "", "web3"},
		"none replicates":       {func(f *fleet, _ *Site) { f.servers["web2"].stopped, f.servers["web3"].silent = true, true }, "", ""},
		"the named one is off":  {func(f *fleet, _ *Site) { f.servers["web3"].off = true }, "web3", ""},
		"the only one there is": {func(_ *fleet, s *Site) { s.Inv.Hosts = s.Inv.Hosts[:1] }, "", "web1"},
		"switched off":          {func(_ *fleet, s *Site) { s.Inv.DB.Backup.Enabled = false }, "", ""},
	} {
		v, s := newVault(t)
		if c.spoil != nil {
			c.spoil(v.fleet, s)
		}
		n, err := s.backupNode(s.Look(context.Background(), false), c.host)
		if got := map[bool]string{true: ""}[err != nil]; err == nil {
			got = n.Name()
			if got != c.choice {
				t.Errorf("%s: %s, not %s", name, got, c.choice)
			}
		} else if c.choice != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAddBackups(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	answer := func(since time.Time, unit, result string, about ...string) string {
		return "timer.NextElapseUSecRealtime=Sun 2026-02-01 03:00:00 UTC\ntimer.LoadState=loaded\ntimer.ActiveState=active\n" +
			"service.ActiveState=" + unit + "\nservice.Result=" + result + "\n" +
			"elapse=2026-02-01 03:00:00\nelapse=2026-02-02 03:00:00\n" + fmt.Sprintf("since=%d\n", since.Unix()) + strings.Join(about, "\n")
	}
	about := fmt.Sprintf("about=%d %s\n", len(dumped), aboutLine())
	for name, c := range map[string]struct {
		out, finding string
	}{
		"good":                {answer(now.AddDate(0, -1, 0), "inactive", "success", about), ""},
		"new":                 {answer(now.Add(-time.Hour), "inactive", "success"), ""},
		"none":                {answer(now.AddDate(0, 0, -3), "inactive", "success"), "has a good backup"},
		"old":                 {answer(now.AddDate(0, -1, 0), "inactive", "success", strings.Replace(about, aboutLine(), aboutLine("20260131T03", "20260128T03", "2026-01-31T03", "2026-01-28T03"), 1)), "is 3 days old"},
		"failed":              {answer(now.AddDate(0, -1, 0), "failed", "exit-code", about), "failed"},
		"an unfinished one":   {answer(now.AddDate(0, -1, 0), "inactive", "success", about, "restoring="+backupName), "has not ended"},
		"a file that is half": {answer(now.AddDate(0, 0, -3), "inactive", "success", strings.Replace(about, "about=8", "about=7", 1)), "has a good backup"},
		"not deployed":        {"timer.LoadState=not-found\ntimer.ActiveState=inactive\n", ""},
	} {
		_, s := newVault(t)
		h := HostBackups{Host: "web2"}
		h.read(c.out, s.Inv)
		s.sift(&h)
		st := Status{Healthy: true}
		s.AddBackups(&st, []HostBackups{h}, now)
		if name == "good" && !st.Next.Equal(time.Date(2026, 2, 1, 3, 0, 0, 0, time.UTC)) {
			t.Errorf("the next one is due %s", st.Next)
		}
		switch {
		case c.finding == "" && (len(st.Findings) > 0 || !st.Healthy):
			t.Errorf("%s: %+v", name, st.Findings)
		case c.finding != "" && (len(st.Findings) != 1 || st.Healthy || !strings.Contains(st.Findings[0].Text, c.finding)):
			t.Errorf("%s: %+v", name, st.Findings)
		}
	}
}

// TestParseBackup: what a host says goes into command lines.
func TestParseBackup(t *testing.T) {
	if b, err := parseBackup(aboutLine()); err != nil || b.Name() != backupName || b.Rows != 3 {
		t.Errorf("got %+v, %v", b, err)
	}
	for _, bad := range []string{"", "{}", `{"v":2}`, aboutLine(`"file":"foobar`, `"file":"../foobar`), aboutLine(`"file":"foobar`, `"file":"foo bar`), aboutLine(sumOf(dumped), "x")} {
		if _, err := parseBackup(bad); err == nil {
			t.Errorf("taken: %s", bad)
		}
	}
}

// TestUnit: one that runs is waited for, any other is started first; what it says
// and how it ended are handed on.
func TestUnit(t *testing.T) {
	for state, want := range map[string]string{"inactive": "one, error: no room", "active": "it is under way already, one, error: no room"} {
		_, s := newFleet(t)
		dir := t.TempDir()
		for program, text := range map[string]string{
			"systemctl": `cd ` + dir + `
case $* in
*ActiveState*) cat state; echo failed >state ;;
*InvocationID*) cat id ;;
*Result*) echo exit-code ;;
esac`,
			"journalctl": `[ "$1" = --sync ] || [ -e ` + dir + `/said ] || { : >` + dir + `/said; echo one; echo 'error: no room'; }`,
		} {
			if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range map[string]string{"state": state, "id": "before"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		n := &Node{Host: &inventory.Host{Name: "web1"}, target: hereTarget{path: dir}, dialect: s.Dialect}
		said, result, err := s.unit(t.Context(), n, "it's.service", "echo activating >"+dir+"/state; echo after >"+dir+"/id")
		id, _ := os.ReadFile(filepath.Join(dir, "id"))
		if started := string(id) == "after\n"; err != nil || result != "exit-code" || strings.Join(said, ", ") != want || started != (state == "inactive") {
			t.Errorf("%s: %q, %q, started %v, %v", state, said, result, started, err)
		}
		if got := reason(said, result); got != "no room" {
			t.Errorf("%s: the reason is %q", state, got)
		}
	}
}
