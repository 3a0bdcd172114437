package ops

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lostLine is what web2 says of a backup with that many lost views, of which it names some.
func lostLine(count int, names ...string) string {
	return aboutLine(`"checked"`, fmt.Sprintf(`"lost_views":["%s"],"lost_view_count":%d,"checked"`, strings.Join(names, `","`), count))
}

// TestLostViews: what a host says of them is bounded, cleared and counted.
func TestLostViews(t *testing.T) {
	many := strings.Split(strings.Repeat("app.v ", 30), " ")[:30]
	for name, c := range map[string]struct{ line, want string }{
		"none":                 {aboutLine(), ""},
		"an empty list":        {aboutLine(`"checked"`, `"lost_views":[],"lost_view_count":0,"checked"`), ""},
		"two":                  {lostLine(2, "app.a", "app.b"), "has views as text only, because something that they name is gone: app.a, app.b"},
		"more than are named":  {lostLine(25, many[:20]...), ": app.v, app.v, app.v, app.v, app.v and 20 more"},
		"more than may be":     {lostLine(0, many...), ": app.v, app.v, app.v, app.v, app.v and 15 more"},
		"a count without them": {strings.Replace(lostLine(3), `[""]`, `[]`, 1), "is gone: and 3 more"},
		"a wild name":          {lostLine(1, `app.\u001b[2J\u202ex\n`+strings.Repeat("w", 5000)), ": app.x " + strings.Repeat("w", 124) + "…"},
	} {
		b, err := parseBackup(c.line)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := b.Lost(); (c.want == "") != (got == "") || !strings.HasSuffix(got, c.want) || len(b.LostViews) > 20 {
			t.Errorf("%s: %q, %d names", name, got, len(b.LostViews))
		}
	}
}

// TestLostViewsAreAProblem: those of the newest backup, as long as there is no other.
func TestLostViewsAreAProblem(t *testing.T) {
	_, s := newVault(t)
	find := func(list ...HostBackups) (st Status) {
		st.Healthy = true
		s.AddBackups(&st, list, s.now())
		return st
	}
	lost := said(s, "web2", true, "success", lostLine(1, "app.v"))
	st := find(lost)
	if len(st.Findings) != 1 || st.Healthy || st.Findings[0].Code != "DB26" || st.Findings[0].Host != "web2" || !strings.Contains(st.Findings[0].Text, "is gone: app.v") || !strings.HasSuffix(st.Findings[0].Next, "foobar db backup site.toml") {
		t.Errorf("%+v", st)
	}
	if st := find(lost, said(s, "web3", true, "success", at("web3", "31T04"))); len(st.Findings) != 0 || !st.Healthy {
		t.Errorf("a newer one is whole: %+v", st)
	}
}

// TestRestoreNamesLostViews: who restores a backup is told what is not in it.
func TestRestoreNamesLostViews(t *testing.T) {
	v, s := newVault(t)
	v.about = lostLine(1, "app.v")
	var told []string
	s.Say = func(_, text string) { told = append(told, text) }
	if _, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: true}); err != nil {
		t.Fatal(err)
	}
	if last := told[len(told)-1]; !strings.HasSuffix(last, "is gone: app.v; these are not restored") {
		t.Errorf("told is %q", last)
	}
}

// TestAskNewest: the newest file with a record beside it is named, as a number and a line.
func TestAskNewest(t *testing.T) {
	_, s := newVault(t)
	s.Inv.DB.Backup.Path = filepath.Join(t.TempDir(), "it's here")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(s.Inv.DB.Backup.Path, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(shell string) []string {
		t.Helper()
		cmd := exec.Command(shell)
		cmd.Stdin = strings.NewReader(AskNewest(s.Inv))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", shell, err, out)
		}
		return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	}
	if b := ReadNewest(s.Inv, "web2", ask("sh")); b != nil {
		t.Errorf("without a folder there is %+v", b)
	}
	if err := os.Mkdir(s.Inv.DB.Backup.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	put("foobar-20260130T030000Z.sql.zst", "old")
	put("foobar-20260130T030000Z.json", "{}\n")
	put(backupName+".sql.zst", dumped)
	put(backupName+".json", lostLine(1, "app.v")+"\n\"tables\":[\n]}\n")
	put("foobar-20260201T030000Z.sql.zst", "half of one")
	put("foobar-x-20260202T030000Z.sql.zst", "another site's")
	put("foobar-x-20260202T030000Z.json", "{}\n")
	for _, shell := range []string{"sh", "bash"} {
		if b := ReadNewest(s.Inv, "web2", ask(shell)); b == nil || b.Name() != backupName || b.Lies != "web2" || b.LostViewCount != 1 {
			t.Errorf("%s: %+v", shell, b)
		}
	}
	put(backupName+".sql.zst", dumped+"more")
	if b := ReadNewest(s.Inv, "web2", ask("sh")); b != nil {
		t.Errorf("a file of another length counts: %+v", b)
	}
}
