package roles

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
	"foobar/internal/resource"
)

// TestGuardedNginx: a configuration with which the server no longer answers the balancer's
// question goes, and the one before it comes back.
func TestGuardedNginx(t *testing.T) {
	const before = "map $request_uri $loggable {\n    default 1;\n    /old 0;\n  }\n"
	for name, c := range map[string]struct {
		turn, answers, kept string
		good                bool
		code                fault.Code
		said                string
	}{
		"as well as before":     {"reload", "old:/healthz:200 new:/healthz:204", before, true, "", ""},
		"asked for the old":     {"reload", "old:/old:200 new:/old:200", before, true, "", ""},
		"asked for the new":     {"reload", "old:/old:200 new:/healthz:200", before, true, "", ""},
		"ill before":            {"reload", "old:/healthz:502 new:/healthz:502", before, true, "", ""},
		"worse":                 {"reload", "old:/healthz:200 new:/healthz:401", before, false, "SVC18", "nginx does not answer well what it answered well before: www.foobar.com/healthz (401) www.foobar.com/old (no answer)\nthe configuration before it is back, and nginx answers with it as it did"},
		"worse after a restart": {"restart", "old:/healthz:200 new:/healthz:502", before, false, "SVC18", "(502)"},
		"does not start":        {"restart", "old:/healthz:200 new:dies:0", before, false, "SVC18", "it dies\nthe configuration before it is back"},
		"no copy":               {"reload", "old:/healthz:200 new:/healthz:500", "", true, "RUN01", "so it stays"},
	} {
		s := serverSite(t, `[hosts.web1]
address = "203.0.113.11"
private_address = "10.0.0.11"
roles = ["web", "app"]
`)
		h := s.Inv.Host("web1")
		dir := t.TempDir()
		write := func(name, text string) {
			t.Helper()
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		is := `is=new; grep -q old ` + dir + `/runs && is=old`
		write("bin/systemctl", "#!/bin/sh\necho \"$*\" >>"+dir+"/did\ncase $1 in daemon-reload) exit 0 ;; esac\ncat "+dir+"/nginx.conf >"+dir+"/runs\n"+is+"\n! grep -q \" $is:dies\" "+dir+"/answers\n")
		write("bin/curl", "#!/bin/sh\n"+is+"\nfor url; do :; done\np=/${url#https://*/}\ntr ' ' '\\n' <"+dir+"/answers | while IFS=: read -r a b c; do [ \"$a$b\" != \"$is$p\" ] || printf %s \"$c\"; done\n")
		write("bin/nginx", "#!/bin/sh\n")
		write("bin/journalctl", "#!/bin/sh\necho it dies\n")
		write("bin/sleep", "#!/bin/sh\nn=$(cat "+dir+"/uptime)\necho $((n + 3)) >"+dir+"/uptime\n")
		write("uptime", "100\n")
		write("nginx.conf", "new")
		write("runs", before)
		write("answers", " "+c.answers+"\n")
		write("drop-in", "new")
		write("kept/drop-in.absent", "")
		write("kept/nginx.conf", c.kept)
		if c.kept == "" { // it was not there before
			if err := os.Rename(filepath.Join(dir, "kept/nginx.conf"), filepath.Join(dir, "kept/nginx.conf.absent")); err != nil {
				t.Fatal(err)
			}
		}
		script := strings.NewReplacer(nginxKept, dir+"/kept", nginxConf, dir+"/nginx.conf", nginxDropIn, dir+"/drop-in", "/run/nginx.pid", dir+"/pid", "/proc/uptime", dir+"/uptime").Replace(nginxTakeIn(s, h, c.turn))
		b := balancer{dir: dir + "/bin"}
		said, code := b.run(t, script)
		want := 0
		if c.code == "RUN01" {
			want = 1
		} else if c.code != "" {
			want = statusOf(t, c.code)
		}
		raw, _ := os.ReadFile(filepath.Join(dir, "nginx.conf"))
		if code != want || (string(raw) == "new") != c.good || !strings.Contains(said, c.said) {
			t.Errorf("%s: exit %d, not %d; the file is %q, and it said %q", name, code, want, raw, said)
		}
		if _, err := os.Stat(filepath.Join(dir, "kept")); c.code == "SVC18" && err == nil {
			t.Errorf("%s: the copy is still there", name)
		}
		if _, err := os.Stat(filepath.Join(dir, "drop-in")); (err == nil) != c.good {
			t.Errorf("%s: a file that was not there before: %v", name, err)
		}
		did, _ := os.ReadFile(filepath.Join(dir, "did"))
		if n := strings.Count(string(did), c.turn+" nginx.service"); n != 1 && c.good || n != 2 && !c.good {
			t.Errorf("%s: nginx was turned %d times: %s", name, n, did)
		}
	}
}

// TestNginxIsGuarded: the service has the guard, its files are kept for it, and what lies
// on hosts to load renewed certificates is as it was.
func TestNginxIsGuarded(t *testing.T) {
	s, h := allInOne(t)
	all := wanted(t, Nginx{}, s, h)
	server := all["service:nginx.service"].(resource.Service)
	for _, path := range []string{nginxConf, nginxDropIn} {
		if f := all[resource.NewID("file", path)].(resource.File); f.Keep != nginxKept {
			t.Errorf("%s is kept in %q", path, f.Keep)
		}
	}
	if !server.OneByOne || server.ReloadScript == "" || server.RestartWith == "" {
		t.Errorf("%+v", server)
	}
	loads, err := tlsLoads(s, h)
	if err != nil || strings.Contains(strings.Join(loads, ""), nginxKept) {
		t.Errorf("%v, %s", err, loads)
	}
}

// TestFilesOfARunningNginx: they are put in the turn of their host, so that what is taken
// back on an earlier one lies on none after it; before nginx runs it starts with them.
func TestFilesOfARunningNginx(t *testing.T) {
	s, h := allInOne(t)
	for _, running := range []bool{false, true} {
		want := resource.Prepare
		if running {
			waiting(s, time.Minute, 0)
			want = resource.Converge
		}
		list, err := Nginx{}.Resources(s, h)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			if id := r.ID(); (id == resource.NewID("file", nginxConf) || id == resource.NewID("file", nginxDropIn)) && resource.StageOf(r) != want {
				t.Errorf("nginx runs: %v: %s is of stage %v", running, id, resource.StageOf(r))
			}
		}
	}
}
