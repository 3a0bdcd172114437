package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foobar/internal/database"
	"foobar/internal/firewall"
	"foobar/internal/play"
	"foobar/internal/resource"
	"foobar/internal/sh"
	"foobar/inventory"
)

// leavingSite is a site whose first server has a ledger as a deploy writes it.
func leavingSite(t *testing.T) (*play.Site, *inventory.Host) {
	t.Helper()
	s, _ := balancerSite(t)
	h := s.Inv.Group(inventory.Web)[0]
	s.Owned = []resource.Owned{resource.Service{}, resource.File{}, resource.Link{}, database.Account{}}
	f := s.Facts[h.Name]
	f.Owned = []string{"service:nginx.service", "service:rsyslog.service", "service:apt-daily.timer", "file:/etc/nginx/nginx.conf",
		"file:/etc/sysctl.d/60-foobar.conf", "link:/srv/x", "database-account:foobar_app_rw@10.0.0.11"}
	s.Facts[h.Name] = f
	return s, h
}

// TestLeavingTakesItsOwn: services before files; what keeps the host safe, what others use
// and what lies in the databases stays.
func TestLeavingTakesItsOwn(t *testing.T) {
	s, h := leavingSite(t)
	list, err := Leaving{}.Resources(s, h)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range list {
		if resource.StageOf(r) != resource.Converge {
			t.Errorf("%s goes before the balancer has let go of the host", r.ID())
		}
		ids = append(ids, string(r.ID()))
	}
	want := "service:nginx.service file:/etc/nginx/nginx.conf link:/srv/x user:foobar-app user:foobar-build user:foobar-metrics block:/etc/hosts folders:" + s.Inv.Site.Name + " firewall:ufw"
	if got := strings.Join(ids, " "); got != want {
		t.Errorf("%s\nnot %s", got, want)
	}
	all, err := Leaving{Packages: true, Data: true, Backups: true}.Resources(s, h)
	if err != nil || !slices.ContainsFunc(all, func(r resource.Resource) bool { return r.ID() == "packages:removal" }) {
		t.Errorf("packages that are named stay: %v", err)
	}
}

// TestLeavingKeepsTheWayIn: ssh stays open to those whom it was open to, and nothing else
// of foobar's.
func TestLeavingKeepsTheWayIn(t *testing.T) {
	s, h := leavingSite(t)
	s.Inv.Firewall.Enabled, s.Inv.Firewall.Loopback = true, inventory.Strict
	s.Inv.Firewall.Extra = []inventory.Rule{{Port: 8080}}
	list, err := Leaving{}.Resources(s, h)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		f, ok := resource.Unwrap(r).(firewall.UFW)
		if !ok {
			continue
		}
		if f.Loopback.Strict || len(f.Rules) == 0 {
			t.Errorf("loopback %v, rules %v", f.Loopback, f.Rules)
		}
		for _, rule := range f.Rules {
			if rule.Comment != "ssh" {
				t.Errorf("still open: %+v", rule)
			}
		}
		return
	}
	t.Error("the firewall is not looked at")
}

// TestLeavingFolders: releases of foobar's go, uploads beside them stay; so do backups and
// folders that are not marked as foobar's.
func TestLeavingFolders(t *testing.T) {
	dir := t.TempDir()
	site := filepath.Join(dir, "srv")
	for name, text := range map[string]string{
		"srv/releases/0123456789ab/.complete": "sum 0123456789ab app\n", "srv/releases/0123456789ac/own": "x", "srv/media/photo": "x", "etc/tls/host.key": "x", "backups/site.sql.zst": "x",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"current", "beside"} {
		if err := os.Symlink("releases/0123456789ab", filepath.Join(site, link)); err != nil {
			t.Fatal(err)
		}
	}
	head := "foobar_parent(){ :; }\nfoobar_gone(){ rm -f -- \"$1\"; }\nsystemctl(){ :; }\n" +
		sh.Set("units", "", "site", site, "mark", resource.OwnMark, "backups", filepath.Join(dir, "backups")) + "set -- " + sh.Join(filepath.Join(dir, "etc"), filepath.Join(dir, "backups")) + "\n" + releaseMark + leavingVolumes
	ask := func() string {
		out, err := exec.Command("sh", "-c", head+leavingAsk).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.ReplaceAll(string(out), dir, "")
	}
	if got := ask(); got != "/etc\n/srv/releases/0123456789ab\n/srv/current\n/srv/beside\n" {
		t.Errorf("found %q", got)
	}
	if out, err := exec.Command("sh", "-euc", head+leavingScript).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := ask(); got != "" {
		t.Errorf("left %q", got)
	}
	for _, name := range []string{"srv/releases/0123456789ac/own", "srv/media/photo", "backups/site.sql.zst"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone", name)
		}
	}
}
