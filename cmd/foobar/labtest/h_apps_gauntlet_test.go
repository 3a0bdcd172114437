//go:build lab && gauntlet

package labtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// ofApp writes an inventory whose app is one of the examples, by the table in its README.
func ofApp(t *testing.T, name, source string) string {
	t.Helper()
	_, text, ok := strings.Cut(read(t, filepath.Join("..", "..", "..", "examples", name, "README.md")), "```toml\n")
	text, _, ended := strings.Cut(text, "```")
	if !ok || !ended {
		t.Fatalf("the README of %s has no table for the inventory", name)
	}
	key := filepath.Join(work, "app.key")
	if err := os.WriteFile(key, []byte("not secret at all, but long enough for Django to sign with"), 0o600); err != nil {
		t.Fatal(err)
	}
	text = strings.NewReplacer("./"+name, source, "keys/django", key).Replace(text)
	table := regexp.MustCompile(`(?ms)^\[app\]\n.*?(^\[)`)
	path := filepath.Join(work, name+".toml")
	if err := os.WriteFile(path, []byte(table.ReplaceAllString(read(t, site), strings.ReplaceAll(text, "$", "$$")+"\n$1")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestH2Apps: a Django project and an ASGI app run as their READMEs say. Migrations come
// before any server switches, and where they fail none does.
func TestH2Apps(t *testing.T) {
	source := filepath.Join(work, "django")
	if err := os.CopyFS(source, os.DirFS("../../../examples/django")); err != nil {
		t.Fatal(err)
	}
	inv := ofApp(t, "django", source)
	defer converged(t, site, 4)
	defer must(t, 0, "deploy", site)
	must(t, 0, "deploy", inv)
	must(t, 0, "plan", inv)
	if got := curl(t, "-d", "text=hello", "https://www.foobar.com/"); !strings.Contains(got, `"id"`) {
		t.Errorf("a note was answered with %q", got)
	}
	for _, path := range []string{"static/admin/css/base.css", "admin/login/"} {
		if code := curl(t, "-o", "/dev/null", "-w", "%{http_code}", "https://www.foobar.com/"+path); code != "200" {
			t.Errorf("%s is answered with %s", path, code)
		}
	}
	eventually(t, 20*time.Second, "note in the log of the worker", func() bool {
		return strings.Contains(foobar("logs", inv, "worker-board").out, "1 notes")
	})
	if main := on(t, "web1", "cat /proc/$(systemctl show -P MainPID app-worker-board@1.service)/comm"); !strings.HasPrefix(main, "python") {
		t.Errorf("systemd asks %s to end, not the worker", main)
	}
	on(t, "web1", "systemctl start app-timer-clear-sessions.service")
	if got := foobar("status", inv).out; !regexp.MustCompile(`clear-sessions +web1 +.* ago +success +in `).MatchString(got) {
		t.Errorf("the status is\n%s", got)
	}
	if got := on(t, "web1", "mariadb -N -e 'SHOW TABLES FROM foobar'"); !strings.Contains(got, "board_note") || strings.Contains(got, "board_draft") {
		t.Errorf("the migrations left %s", got)
	}

	before := on(t, "web2", "readlink /srv/foobar/current")
	broken := "from django.db import migrations\n\n\ndef fails(apps, schema):\n    raise RuntimeError('this migration is broken')\n\n\n" +
		"class Migration(migrations.Migration):\n    dependencies = [('board', '0002_no_drafts')]\n    operations = [migrations.RunPython(fails)]\n"
	if err := os.WriteFile(filepath.Join(source, "board", "migrations", "0003_fails.py"), []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := foobar("deploy", inv); r.code == 0 || !strings.Contains(r.all(), "RuntimeError: this migration is broken") {
		t.Errorf("exit %d\n%s", r.code, tail(r.all(), 20))
	}
	if got := curl(t, "https://www.foobar.com/"); !strings.Contains(got, "hello") {
		t.Errorf("after a migration that failed the page holds %q", got)
	}
	for _, h := range []string{"web1", "web2", "web3"} {
		if now := on(t, h, "readlink /srv/foobar/current"); now != before {
			t.Errorf("%s has switched to %s", h, now)
		}
	}

	events, err := filepath.Abs("../../../examples/asgi")
	if err != nil {
		t.Fatal(err)
	}
	must(t, 0, "deploy", ofApp(t, "asgi", events))
	r := foobar("lab", "curl", "-sS", "-i", "--http1.1", "-m", "3", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13",
		"-H", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-H", "Sec-WebSocket-Protocol: notes, others", "https://www.foobar.com/ws")
	if !strings.Contains(r.out, "101 Switching Protocols") || !strings.Contains(strings.ToLower(r.out), "sec-websocket-protocol: notes\r\n") {
		t.Errorf("a websocket is answered with %s", r.all())
	}
	// nginx holds nothing back, though the app does not ask for that.
	if r := foobar("lab", "curl", "-sSN", "-m", "4", "https://www.foobar.com/events"); !strings.Contains(r.out, "data: 2") {
		t.Errorf("the stream of events holds %q", r.out)
	}
}
