package roles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFiguresOfEachHost: what each host is asked for, and in which file it says so.
func TestFiguresOfEachHost(t *testing.T) {
	s := collectorSite(t)
	s.Inv.DB.Backup.Enabled = true
	for host, want := range map[string]string{
		"lb1":     "log=/var/log/haproxy-access.json format=haproxy events=/var/lib/foobar-events made='' scheduled='' services='haproxy.service ufw.service otelcol-sumo.service' name=www.foobar.com stats='http://127.0.0.1:8404/stats;csv' backend=web ",
		"web1":    "log=/var/log/nginx/access.json format=nginx events=/var/lib/foobar-events made=backup scheduled=/etc/foobar/backup.key services='nginx.service app.service mariadb.service ufw.service otelcol-sumo.service' name=web1.internal stats='' backend='' ",
		"static1": "log=/var/log/nginx/access.json format=nginx events=/var/lib/foobar-events made='' scheduled='' services='nginx.service ufw.service otelcol-sumo.service' name=static1.internal stats='' backend='' ",
		"app1":    "log='' format='' events=/var/lib/foobar-events made='' scheduled='' services='app.service ufw.service otelcol-sumo.service' name='' stats='' backend='' ",
		"db1":     "log='' format='' events=/var/lib/foobar-events made=backup scheduled=/etc/foobar/backup.key services='mariadb.service ufw.service otelcol-sumo.service' name='' stats='' backend='' ",
	} {
		if text := strings.ReplaceAll(collectorText(t, s, host, "/usr/local/sbin/foobar-metrics"), "\n", " "); !strings.Contains(text, want) {
			t.Errorf("%s: not %s: %.600s", host, want, text)
		}
	}
	golden := filepath.Join("testdata", "collector", "foobar-metrics.service")
	got := collectorText(t, s, "lb1", "/etc/systemd/system/foobar-metrics.service")
	if *updateCollector {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || got != string(want) {
		t.Errorf("%s differs (%v); look at it, then run go test ./roles -update-collector\n%s", golden, err, got)
	}
}
