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

// at is web2's or another host's backup of a day and hour of January 2026.
func at(host, day string) string {
	return sealed(host, `"web2"`, `"`+host+`"`, "20260131T03", "202601"+day, "2026-01-31T03", "2026-01-"+strings.Replace(day, "T", "T", 1))
}

func TestVouch(t *testing.T) {
	_, s := newVault(t)
	for name, c := range map[string]struct {
		line   string
		signed bool
		doubt  string
	}{
		"as its host wrote it":  {aboutLine(), true, ""},
		"unsigned":              {bareLine(), false, ""},
		"another's signature":   {sealed("web3"), false, "not signed by web2"},
		"another site's name":   {strings.Replace(aboutLine(), `"site":"foobar"`, `"site":"barfoo"`, 1), false, "not signed"},
		"another digest":        {strings.Replace(aboutLine(), sumOf(dumped), sumOf("x"), 1), false, "not signed"},
		"other rows":            {strings.Replace(aboutLine(), sumOf(countedLine+"\n"), sumOf("x"), 1), false, "not signed"},
		"of the future":         {at("web2", "31T13"), false, "future"},
		"a clock that is ahead": {aboutLine("20260131T030000", "20260131T120500", "2026-01-31T03:00:0", "2026-01-31T12:05:0"), true, ""},
		"a name of another day": {aboutLine("20260131T03", "20260130T03"), false, "its name says another time"},
		"for ever the newest":   {aboutLine("20260131T03", "99991231T03"), false, "its name says another time"},
		"ended too soon":        {aboutLine("2026-01-31T03:00:09Z", "2026-01-31T02:59:59Z"), false, "before it began"},
	} {
		b, err := parseBackup(c.line)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.vouch(&b); b.Signed != c.signed || (b.Doubt == "") != (c.doubt == "") || !strings.Contains(b.Doubt, c.doubt) {
			t.Errorf("%s: signed %v, %q", name, b.Signed, b.Doubt)
		}
	}
	b, err := parseBackup(strings.Replace(bareLine(), `"checked"`, `"signed":true,"doubt":"none","checked"`, 1))
	if err != nil || b.Signed || b.Doubt != "" {
		t.Errorf("a host says itself that a backup is signed: %+v, %v", b, err)
	}
}

// said is what a host says of its timer and its backups.
func said(s *Site, host string, ran bool, result string, lines ...string) HostBackups {
	out := "timer.LoadState=loaded\ntimer.ActiveState=active\nservice.ActiveState=inactive\nservice.Result=" + result + "\n" +
		"service.ExecMainStartTimestampMonotonic=" + map[bool]string{true: "17", false: "0"}[ran] + "\n" +
		"elapse=2026-02-01 03:00:00\nelapse=2026-02-02 03:00:00\n" + fmt.Sprintf("since=%d\n", s.now().AddDate(0, -1, 0).Unix())
	for _, l := range lines {
		out += fmt.Sprintf("about=%d %s\n", len(dumped), l)
	}
	h := HostBackups{Host: host}
	h.read(out, s.Inv)
	s.sift(&h)
	return h
}

// TestOneHostHidesNothing: what one host claims of its backups, its timer or the
// time does not hide that another has stopped.
func TestOneHostHidesNothing(t *testing.T) {
	_, s := newVault(t)
	forEver := said(s, "web3", true, "success", at("web3", "31T03"))
	forEver.period, forEver.since = 10*365*24*time.Hour, s.now()
	for name, c := range map[string]struct {
		list []HostBackups
		says string // in one finding; "" for none
	}{
		"all is well":               {[]HostBackups{said(s, "web1", false, "exec-condition"), said(s, "web2", true, "success", at("web2", "31T03")), said(s, "web3", false, "exec-condition")}, ""},
		"another has taken over":    {[]HostBackups{said(s, "web1", false, "exec-condition"), said(s, "web2", true, "exec-condition", at("web2", "20T03")), said(s, "web3", true, "success", at("web3", "31T03"))}, ""},
		"after a restart":           {[]HostBackups{said(s, "web1", false, "success"), said(s, "web2", true, "success", at("web2", "31T03")), said(s, "web3", false, "success")}, ""},
		"none of late":              {[]HostBackups{said(s, "web2", true, "success", at("web2", "20T03")), said(s, "web3", false, "exec-condition")}, "the newest good backup is 11 days old"},
		"another has a fresh one":   {[]HostBackups{said(s, "web2", true, "success", at("web2", "20T03")), said(s, "web3", true, "success", at("web3", "31T03"))}, "web2: it should make the backups, and has made none for 11 days"},
		"one of the future":         {[]HostBackups{said(s, "web2", true, "exec-condition", at("web2", "31T03")), said(s, "web3", true, "exec-condition", at("web3", "31T23"))}, "web3: 1 of the backups here are not counted"},
		"a period of ten years":     {[]HostBackups{said(s, "web1", false, "exec-condition"), said(s, "web2", true, "exec-condition"), {Host: "web3", Deployed: true, Timer: "active", period: 10 * 365 * 24 * time.Hour, since: s.now()}}, "no host that answers has a good backup"},
		"another's period and time": {[]HostBackups{said(s, "web1", false, "exec-condition"), said(s, "web2", true, "success", at("web2", "20T03")), forEver}, "web2: it should make the backups"},
	} {
		st := Status{Healthy: true}
		s.AddBackups(&st, c.list, s.now())
		var all []string
		for _, f := range st.Findings {
			all = append(all, f.Host+": "+f.Text)
		}
		if got := strings.Join(all, "\n"); (c.says == "") != (got == "") || !strings.Contains(got, c.says) || len(all) > 1 {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestChoose(t *testing.T) {
	_, s := newVault(t)
	top := s.Look(context.Background(), false)
	for name, c := range map[string]struct {
		list []HostBackups
		host string
		want string
	}{
		"the host whose turn it is": {[]HostBackups{said(s, "web1", false, ""), said(s, "web2", true, "", at("web2", "31T03")), said(s, "web3", true, "", at("web3", "31T04"))}, "", "web2"},
		"not the primary":           {[]HostBackups{said(s, "web1", true, "", at("web1", "31T05")), said(s, "web2", true, "", at("web2", "31T03"))}, "", "web2"},
		"it has none of late":       {[]HostBackups{said(s, "web2", true, "", at("web2", "20T03")), said(s, "web3", true, "", at("web3", "31T04"))}, "", "web3"},
		"nor has anybody":           {[]HostBackups{said(s, "web2", true, "", at("web2", "20T03")), said(s, "web3", true, "", at("web3", "19T04"))}, "", "web2"},
		"signed before unsigned":    {[]HostBackups{said(s, "web2", true, "", bareLine()), said(s, "web3", true, "", at("web3", "30T04"))}, "", "web3"},
		"of before they were":       {[]HostBackups{said(s, "web2", true, "", bareLine()), said(s, "web3", true, "")}, "", "web2"},
		"by name":                   {[]HostBackups{said(s, "web2", true, "", at("web2", "31T03")), said(s, "web3", true, "", at("web3", "20T04"))}, "web3", "web3"},
	} {
		if b := s.Choose(top, c.list, c.host); b == nil || b.Lies != c.want {
			t.Errorf("%s: %+v", name, b)
		}
	}
	if b := s.Choose(top, nil, ""); b != nil {
		t.Errorf("out of nothing: %+v", b)
	}
}

// TestRestoreOfTwoHosts: where two hosts offer a name, the operator says whose backup
// is meant.
func TestRestoreOfTwoHosts(t *testing.T) {
	v, s := newVault(t)
	v.others = map[string]string{"web1": sealed("web1", `"web2"`, `"web1"`, sumOf(dumped), sumOf("the bump"))}
	if _, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: true}); err == nil || !strings.Contains(err.Error(), "--host web1 or --host web2") {
		t.Errorf("two hosts: %v", err)
	}
	v.untouched("two hosts")
	if _, err := s.Restore(context.Background(), Restoring{Name: backupName, Host: "web2", Consent: true}); err != nil {
		t.Error(err)
	}
}

// TestRestoreUnsigned: only with --unsigned, or to finish what was begun with it.
func TestRestoreUnsigned(t *testing.T) {
	v, s := newVault(t)
	v.about, v.fails = bareLine(), "load"
	if _, err := s.Restore(context.Background(), Restoring{Name: backupName, Consent: true, Unsigned: true}); err == nil {
		t.Fatal("no error")
	}
	if _, err := s.Restore(context.Background(), Restoring{Name: backupName}); err != nil {
		t.Errorf("the second run: %v", err)
	}
	v.want("web1", "web2", "web3")
}

// TestFetchKeepsWhatIsThere: a host cannot put another file over one that was
// copied before, nor fill this machine's disk.
func TestFetchKeepsWhatIsThere(t *testing.T) {
	v, s := newVault(t)
	dir := t.TempDir()
	top := s.Look(context.Background(), false)
	fetch := func() error {
		b := s.Choose(top, s.Backups(context.Background(), top), "web2")
		if b == nil {
			t.Fatal("no backup was found")
		}
		_, err := s.Fetch(context.Background(), top, *b, dir)
		return err
	}
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	if err := fetch(); err != nil {
		t.Errorf("once more: %v", err)
	}
	v.files[backupName] = "the bump"
	v.about = aboutLine(sumOf(dumped), sumOf("the bump"))
	if err := fetch(); err == nil || !strings.Contains(err.Error(), "exists, and is not the backup") {
		t.Errorf("another file of the name: %v", err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, backupName+".sql.zst")); err != nil || string(raw) != dumped {
		t.Errorf("what was there is now %q, %v", raw, err)
	}
	dir = t.TempDir()
	top.Node("web2").target = vaultTarget{top.Node("web2").target.(vaultTarget).fleetTarget, v}
	b := *s.Choose(top, s.Backups(context.Background(), top), "web2")
	b.Size = 1 << 60
	if _, err := s.Fetch(context.Background(), top, b, dir); err == nil || !strings.Contains(err.Error(), "has room for") {
		t.Errorf("an exabyte: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("something was copied: %v, %v", left, err)
	}
}

// TestUnreadIsNotEmpty: a server that breaks off while it is asked for rows has
// not said that there are none. The client is a stand-in, the script the real one.
func TestUnreadIsNotEmpty(t *testing.T) {
	for name, c := range map[string]struct {
		client, unread string
		filled         bool
	}{
		"empty":            {"exit 0", "", false},
		"a row":            {"echo 1; echo 1", "", true},
		"a row, then not":  {"echo 1; echo 'ERROR 145' >&2; exit 1", "", true},
		"a broken table":   {"echo \"ERROR 145 (HY000) at line 1: Table './a/t' is marked as crashed\" >&2; exit 1", "Table './a/t' is marked as crashed", true},
		"the server stops": {"echo 'ERROR 2013 (HY000)' >&2; exit 1", "ERROR 2013", true},
		"killed":           {"kill -9 $$", "status 137", true},
	} {
		_, s := newFleet(t)
		s.Inv.DB.Backup = inventory.Backup{Path: t.TempDir()}
		dir := t.TempDir()
		for program, text := range map[string]string{"mariadb": "case $(cat) in *information_schema*) echo 'SELECT 1 FROM `a`.`t` LIMIT 1;' ;; *) " + c.client + " ;; esac", "systemctl": "echo inactive"} {
			if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		n := &Node{Host: &inventory.Host{Name: "web1"}, target: hereTarget{path: dir}, dialect: s.Dialect}
		seen, err := s.restoreLook(context.Background(), n)
		if err != nil || seen.filled != c.filled || (c.unread == "") != (seen.unread == "") || !strings.Contains(seen.unread, c.unread) {
			t.Errorf("%s: %+v, %v", name, seen, err)
		}
	}
}
