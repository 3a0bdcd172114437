package status

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask/asktest"
	"foobar/inventory"
	"foobar/playbooks"
)

// TestLostViews: those of the newest backup of all hosts are a problem, whatever older
// ones have lost.
func TestLostViews(t *testing.T) {
	hour := func(n int, lost string) *Backup {
		return &Backup{Name: "foobar-x", Began: time.Date(2026, 1, 31, n, 0, 0, 0, time.UTC), lost: lost}
	}
	lost := "foobar-x has views as text only, because something that they name is gone: app.v"
	for name, c := range map[string]struct {
		web2, web3 *Backup
		want       string
	}{
		"no backup":       {nil, nil, ""},
		"whole":           {hour(3, ""), nil, ""},
		"lost":            {hour(3, lost), nil, "problem web2: the newest backup " + lost},
		"an older one is": {hour(3, lost), hour(4, ""), ""},
		"the newer one":   {hour(3, ""), hour(4, lost), "problem web3: the newest backup " + lost},
	} {
		if got := verdict(t, func(s *Status) { s.Hosts[2].Backup, s.Hosts[3].Backup = c.web2, c.web3 }); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	s := whole(t, nil)
	s.Hosts[2].Backup = hour(3, lost)
	if Judge(site(), &s); len(s.Findings) != 1 || s.Findings[0].Code != "DB26" || !strings.Contains(s.Findings[0].Next, "foobar db backup site.toml") {
		t.Errorf("%+v", s.Findings)
	}
}

// TestBackupIsRead: a host is asked for its newest backup where the site makes any.
func TestBackupIsRead(t *testing.T) {
	inv := site()
	services := playbooks.Services(inv)
	if strings.Contains(askOf(inv, services, inv.Hosts[1]).script(), "section backup") {
		t.Error("a site without backups is asked for them")
	}
	inv.DB.Backup = inventory.Backup{Enabled: true, Path: "/var/backups/foobar"}
	if !strings.Contains(askOf(inv, services, inv.Hosts[1]).script(), "section backup") || strings.Contains(askOf(inv, services, inv.Hosts[0]).script(), "section backup") {
		t.Error("database hosts are not asked for backups, or others are")
	}
	about := fmt.Sprintf(`about=8 {"v":1,"site":"foobar","host":"web2","file":"foobar-20260131T030000Z.sql.zst","size":8,"sha256":"%064d","began":"2026-01-31T03:00:00Z","checked":true,"lost_views":["app.v\u001b[2J"],"lost_view_count":1,`, 0)
	answer := heard(t, "web2")
	done := slices.Index(answer, asktest.Token+" done")
	answer = slices.Insert(answer, done, asktest.Token+" begin backup", about)
	h := Read(inv, services, inv.Hosts[2], asktest.Answer(answer...))
	if b := h.Backup; b == nil || b.Name != "foobar-20260131T030000Z" || fmt.Sprint(b.LostViews) != "[app.v]" || !strings.HasSuffix(b.lost, "app.v") {
		t.Errorf("%+v", b)
	}
}
