package logs

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/ask"
	"foobar/internal/ask/asktest"
	"foobar/internal/planview"
	"foobar/internal/play"
	"foobar/inventory"
	"foobar/playbooks"
)

func TestSince(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, berlin)
	for text, want := range map[string]string{
		"": "0001-01-01T00:00:00Z", "10m": "2026-01-31T10:50:00Z", "2d": "2026-01-29T11:00:00Z", "1w": "2026-01-24T11:00:00Z",
		"2026-01-30": "2026-01-29T23:00:00Z", "2026-01-30 10:00": "2026-01-30T09:00:00Z", "2026-01-30T10:00:00Z": "2026-01-30T10:00:00Z",
		"11:30": "2026-01-31T10:30:00Z",
	} {
		q := Query{Lines: 1}
		if err := q.Begin(text, now); err != nil || q.since.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q: %s, %v; want %s", text, q.since.UTC().Format(time.RFC3339), err, want)
		}
	}
	for _, text := range []string{"yesterday", "-5m", "0s", "10", "2026-13-01"} {
		if err := (&Query{Lines: 1}).Begin(text, now); err == nil || !strings.Contains(err.Error(), "--since "+text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// site is a balancer and a server of all the rest.
func site(engine string) play.Services {
	address := []netip.Addr{netip.MustParseAddr("10.0.0.11")}
	inv := &inventory.Inventory{Hosts: []*inventory.Host{{Name: "lb1", Private: address, Roles: []string{inventory.LB}},
		{Name: "web1", Private: address, Roles: []string{inventory.Web, inventory.App, inventory.DB}}}}
	inv.DB.Engine = engine
	return playbooks.Services(inv)
}

func TestQuery(t *testing.T) {
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{Lines: 100}, ""}, {Query{Lines: MostLines, Service: "certbot"}, ""},
		{Query{Lines: 1, Service: "apache"}, `"apache" is not a service; the services are haproxy, certbot, certificate, nginx, app, mariadb, backup, ssh, unattended-upgrades, ufw, otelcol-sumo, metrics, access`},
		{Query{Lines: 0}, "--lines 0"}, {Query{Lines: MostLines + 1}, "--lines 10001"},
	} {
		err := cmp.Or(c.q.Begin("", time.Now()), c.q.Check(site("mariadb")))
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.q, err, c.want)
		}
	}
}

// TestSourcesFollowRoles: a host is asked only for what its roles bring.
func TestSourcesFollowRoles(t *testing.T) {
	for _, c := range []struct{ engine, host, service, want string }{
		{"mariadb", "lb1", "", "haproxy /var/log/haproxy.log"},
		{"mariadb", "web1", "", "nginx /var/log/nginx/error.log app mariadb"},
		{"mysql", "web1", "", "nginx /var/log/nginx/error.log app mysql /var/log/mysql/error.log"},
		{"mysql", "lb1", "access", "/var/log/haproxy-access.json"},
		{"mysql", "web1", "access", "/var/log/nginx/access.json"},
		{"mysql", "lb1", "certificate", ""},
		{"mysql", "web1", "certificate", "certificate"},
		{"mysql", "web1", "otelcol-sumo", "otelcol-sumo"}, // also where it is switched off
	} {
		var names []string
		for _, s := range (Query{Service: c.service}).sources(site(c.engine)[c.host]) {
			name := s.service.Name
			if s.file != nil {
				name = s.file.Path
			}
			names = append(names, name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.service, c.host, got, c.want)
		}
	}
}

// TestLogFilesAreWhereRolesPutThem looks into the configurations that roles write.
func TestLogFilesAreWhereRolesPutThem(t *testing.T) {
	for path, golden := range map[string]string{
		"/var/log/haproxy.log": "haproxy/rsyslog.conf", "/var/log/haproxy-access.json": "haproxy/rsyslog.conf",
		"/var/log/nginx/error.log": "nginx/server.conf", "/var/log/nginx/access.json": "nginx/server.conf",
	} {
		text, err := os.ReadFile("../../roles/testdata/" + golden)
		if err != nil || !strings.Contains(string(text), path) {
			t.Errorf("%s does not log to %s: %v", golden, path, err)
		}
		if !slices.ContainsFunc(site("mariadb").Each(), func(s play.Service) bool {
			return slices.ContainsFunc(s.Files, func(f play.File) bool { return f.Path == path })
		}) {
			t.Errorf("logs does not read %s", path)
		}
	}
}

func TestScriptAsksTheJournal(t *testing.T) {
	bin := t.TempDir()
	fake := "#!/bin/sh\nprintf '%s\\n' \"$*\"\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "journalctl"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ service, since, want string }{
		{"nginx", "", "--quiet --no-pager --output=json --output-fields=MESSAGE,PRIORITY --lines=7 _SYSTEMD_UNIT=nginx.service + UNIT=nginx.service"},
		{"ufw", "90s", "--quiet --no-pager --output=json --output-fields=MESSAGE,PRIORITY --lines=7 --since=-90s --grep=ufw _SYSTEMD_UNIT=ufw.service + UNIT=ufw.service + _TRANSPORT=kernel"},
		{"ssh", "2026-01-31T00:00:00Z", "--quiet --no-pager --output=json --output-fields=MESSAGE,PRIORITY --lines=7 --since=@1769817600 _SYSTEMD_UNIT=ssh.service + UNIT=ssh.service + SYSLOG_IDENTIFIER=sshd SYSLOG_IDENTIFIER=sshd-session SYSLOG_IDENTIFIER=sudo"},
	} {
		q := Query{Lines: 7, Service: c.service}
		if err := q.Begin(c.since, time.Now()); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/bin/sh", "-c", ask.Script("tok", q.Script(&Answer{sources: q.sources(site("mariadb")["web1"])[:1]})))
		cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "TZ=UTC"}
		out, err := cmd.CombinedOutput()
		if want := "\ntok begin zone\n+0000\n\ntok begin 0\n" + c.want + "\n\ntok done\n"; err != nil || string(out) != want {
			t.Errorf("%s: %v\ngot  %swant %s", c.service, err, out, want)
		}
	}
}

func TestParseJournal(t *testing.T) {
	for line, want := range map[string]string{
		`{"__REALTIME_TIMESTAMP":"1769857200123456","PRIORITY":"3","MESSAGE":"hello"}`:           "2026-01-31T11:00:00.123456Z 3 hello",
		`{"__REALTIME_TIMESTAMP":"1769857200000000","MESSAGE":[27,91,51,49,109,114,101,100,10]}`: "2026-01-31T11:00:00Z - \x1b[31mred",
		`{"__REALTIME_TIMESTAMP":"1769857200000000","PRIORITY":"6","MESSAGE":null}`:              "2026-01-31T11:00:00Z 6 (a message longer than 4 KiB; see journalctl there)",
		`{"__REALTIME_TIMESTAMP":"1769857200000000","PRIORITY":["6","5"]}`:                       "2026-01-31T11:00:00Z - ",
		`{"MESSAGE":"no time"}`: "none", `No journal files were found.`: "none", ``: "none",
	} {
		got := "none"
		if e, ok := parseJournal(line); ok {
			priority := "-"
			if e.Priority != nil {
				priority = fmt.Sprint(*e.Priority)
			}
			got = e.Time.Format(time.RFC3339Nano) + " " + priority + " " + e.Message
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

func TestParseFiles(t *testing.T) {
	zone := time.FixedZone("", -5*3600)
	for _, c := range []struct {
		format play.Format
		line   string
		want   string
	}{
		{play.Stamped, "2026-01-31T12:00:00.5+01:00 notice Server web/web2 is UP", "2026-01-31T11:00:00.5Z notice Server web/web2 is UP"},
		{play.Stamped, "not stamped", "none"},
		{play.NginxErrors, "2026/01/31 06:00:00 [error] 15#15: *1 connect() failed", "2026-01-31T11:00:00Z [error] 15#15: *1 connect() failed"},
		{play.NginxErrors, "short", "none"},
		{play.Requests, `{"ts":1769857200.474,"client":"192.0.2.7","srv":"web3","status":200,"t_active":22,"method":"GET","uri":"\/a?b"}`, "2026-01-31T11:00:00.474Z GET /a?b 200 22ms 192.0.2.7 -> web3"},
		{play.Requests, `{"ts":"2026-01-31T11:00:00+00:00","msec":1769857200.358,"client":"192.0.2.7","method":"GET","uri":"/","status":200,"request_time":0.022,"upstream":""}`, "2026-01-31T11:00:00.358Z GET / 200 22ms 192.0.2.7"},
		{play.Requests, `{"ts":"yesterday"}`, "none"},
	} {
		got := "none"
		if e, ok := parseFile(c.format, c.line, zone); ok {
			got = e.Time.Format(time.RFC3339Nano) + " " + e.Message
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.line, got, c.want)
		}
	}
}

// fileService is a service whose log is in a folder of the test.
func fileService(dir string) play.Service {
	return play.Service{Name: "app", Files: []play.File{{Path: filepath.Join(dir, "app.log")}}}
}

// TestLogsOfAnotherAccount: a log in a folder of the database server's is read as
// that account; a link there leads to nothing that only root may read.
func TestLogsOfAnotherAccount(t *testing.T) {
	for _, s := range site("mysql").Each() {
		for _, f := range s.Files {
			script := Query{Lines: 3}.Script(&Answer{sources: []source{{s, &f}}})
			as := strings.Contains(script, "as(){\nsetpriv --reuid=mysql --regid=mysql --init-groups -- \"$@\"\n}") && strings.Count(script, "as tail") == 1 && strings.Count(script, "as timeout 20 gzip") == 1
			if as != strings.HasPrefix(f.Path, "/var/log/mysql/") {
				t.Errorf("%s is read with\n%s", f.Path, script)
			}
		}
	}
}

// TestLogsMerge asks two hosts: a rotated log, lines without a time, escapes, the
// bound.
func TestLogsMerge(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"app.log.1": "2026-01-31T11:00:00Z first\n",
		"app.log":   "2026-01-31T11:00:02Z third \x1b[31mred\n  at line 7\n2026-01-31T11:00:04Z fifth\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	q := Query{Service: "app", Lines: 10}
	shown := func(asJSON bool, hosts ...string) (out, notes string) {
		t.Helper()
		var answers []*Answer
		for _, name := range hosts {
			a := q.On(name, []play.Service{fileService(dir)})
			said, err := exec.Command("/bin/sh", "-c", ask.Script(asktest.Token, q.Script(a))).Output()
			if err != nil {
				t.Fatal(err)
			}
			a.Read(asktest.Answer(strings.Split(string(said), "\n")...))
			answers = append(answers, a)
		}
		var o, n strings.Builder
		if err := q.Show(answers, asJSON, &o, &n); err != nil {
			t.Fatal(err)
		}
		return o.String(), n.String()
	}
	out, notes := shown(false, "lb1", "web1")
	want := "2026-01-31T11:00:00.000Z  lb1   app  first\n2026-01-31T11:00:00.000Z  web1  app  first\n" +
		"2026-01-31T11:00:02.000Z  lb1   app  third red\n2026-01-31T11:00:02.000Z  lb1   app    at line 7\n" +
		"2026-01-31T11:00:02.000Z  web1  app  third red\n2026-01-31T11:00:02.000Z  web1  app    at line 7\n" +
		"2026-01-31T11:00:04.000Z  lb1   app  fifth\n2026-01-31T11:00:04.000Z  web1  app  fifth\n"
	if out != want || notes != "" {
		t.Errorf("notes %q\ngot\n%swant\n%s", notes, out, want)
	}
	q.Lines, q.since = 2, time.Date(2026, 1, 31, 11, 0, 3, 0, time.UTC)
	out, notes = shown(true, "web1")
	var e entry
	if err := json.Unmarshal([]byte(out), &e); err != nil || e.Message != "fifth" || e.Host != "web1" || notes != "" {
		t.Errorf("%v: %s, notes %q", err, out, notes)
	}
	q.Lines, q.since = 1, time.Time{}
	if out, notes = shown(false, "lb1", "web1"); strings.Count(out, "\n") != 1 || !strings.Contains(notes, "-n 10 shows more") {
		t.Errorf("bounded: %q, notes %q", out, notes)
	}
}

// TestRotatedLogs: where the log itself has too few lines, those of the files before it are
// read, whatever logrotate is told to call them, and none that is older than was asked for.
func TestRotatedLogs(t *testing.T) {
	for name, files := range map[string][]string{"numbered": {"app.log", "app.log.1", "app.log.2.gz", "app.log.10.gz"}, "at once compressed": {"app.log", "app.log.1.gz", "app.log.2.gz", "app.log.3.gz"},
		"dated": {"app.log", "app.log-20260131", "app.log-20260130.gz", "app.log-20260129.gz"}} {
		dir := t.TempDir()
		now := time.Now().Truncate(time.Second)
		for day, file := range files {
			at, path := now.Add(time.Duration(-day)*24*time.Hour), filepath.Join(dir, file)
			text := []byte(at.Add(-time.Minute).Format(time.RFC3339) + fmt.Sprintf(" begin %d\n", day) + at.Format(time.RFC3339) + fmt.Sprintf(" end %d\n", day))
			if strings.HasSuffix(file, ".gz") {
				var packed bytes.Buffer
				w := gzip.NewWriter(&packed)
				if _, err := w.Write(text); err != nil || w.Close() != nil {
					t.Fatal(err)
				}
				text = packed.Bytes()
			}
			if err := errors.Join(os.WriteFile(path, text, 0o600), os.Chtimes(path, at, at)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "app.log.4.xz"), []byte("\xfd7zXZ\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			lines int
			since string
			want  string
		}{{3, "", "end 1 begin 0 end 0"}, {100, "", "begin 3 end 3 begin 2 end 2 begin 1 end 1 begin 0 end 0"}, {1, "", "end 0"},
			{100, "49h", "begin 2 end 2 begin 1 end 1 begin 0 end 0"}, {100, now.Add(-48 * time.Hour).Format(time.RFC3339), "end 2 begin 1 end 1 begin 0 end 0"}} {
			q := Query{Service: "app", Lines: c.lines}
			if err := q.Begin(c.since, time.Now()); err != nil {
				t.Fatal(err)
			}
			a := q.On("web1", []play.Service{fileService(dir)})
			said, err := exec.Command("/bin/sh", "-c", ask.Script(asktest.Token, q.Script(a))).Output()
			if err != nil {
				t.Fatal(err)
			}
			a.Read(asktest.Answer(strings.Split(string(said), "\n")...))
			entries, _ := q.merge([]*Answer{a})
			var got []string
			for _, e := range entries {
				got = append(got, e.Message)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s, %d lines since %q: %q, want %q", name, c.lines, c.since, got, c.want)
			}
		}
	}
}

func TestLogsComplain(t *testing.T) {
	a := &Answer{host: "web1", sources: []source{{service: play.Service{Name: "app"}}}, zone: time.UTC}
	a.Read(asktest.Answer("nonsense", "tok begin zone", "+0100", "tok begin 0", "No journal files were \x1b[31mfound.", "and more", "tok begin 7", "x", "tok done"))
	if _, offset := time.Unix(0, 0).In(a.zone).Zone(); offset != 3600 {
		t.Errorf("the zone is %d s east", offset)
	}
	var out, notes strings.Builder
	if err := (Query{Lines: 5}).Show([]*Answer{nil, a}, false, &out, &notes); err != nil {
		t.Fatal(err)
	}
	if want := "web1: No journal files were found.\nnothing was logged\n"; notes.String() != want || out.Len() != 0 {
		t.Errorf("got %q, want %q", notes.String(), want)
	}
}

// TestLogsColours: the host, and how grave an entry is; bare text for pipes, and none in
// JSON.
func TestLogsColours(t *testing.T) {
	grave, warning := 3, 4
	at := time.Date(2026, 1, 31, 11, 0, 0, 0, time.UTC)
	list := []entry{{Time: at, Host: "web1", Service: "app", Message: "broken\n\nhere", Priority: &grave}, {Time: at, Host: "web1", Service: "app", Message: "odd", Priority: &warning},
		{Time: at, Host: "lb1", Service: "haproxy", Message: "GET / 503", Record: map[string]any{"status": 503.0}}, {Time: at, Host: "lb1", Service: "haproxy", Message: "GET /"}}
	shown := func(f form) string {
		var out strings.Builder
		if err := f.write(list, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	painted := shown(form{hosts: 4, names: 7, paint: planview.SGR})
	for _, want := range []string{"\x1b[36mweb1\x1b[0m", "  \x1b[31mbroken\x1b[0m\n", "  \x1b[31mhere\x1b[0m\n", "\x1b[33modd\x1b[0m", "\x1b[31mGET / 503\x1b[0m", "  haproxy  GET /\n"} {
		if !strings.Contains(painted, want) {
			t.Errorf("%q is not in\n%q", want, painted)
		}
	}
	sgr := regexp.MustCompile("\x1b\\[[0-9;]*m")
	if bare := shown(form{hosts: 4, names: 7}); bare != sgr.ReplaceAllString(painted, "") || !strings.Contains(bare, "web1  app\n") {
		t.Errorf("bare\n%spainted\n%s", bare, painted)
	}
	if said := shown(form{asJSON: true, paint: planview.SGR}); strings.Contains(said, "[3") {
		t.Errorf("colours in JSON: %s", said)
	}
}
