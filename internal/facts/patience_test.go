package facts

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPatience: how long the programs wait is read from their files while they run, and
// what a host claims is bounded.
func TestPatience(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func() Patience {
		t.Helper()
		out, err := exec.Command("sh", "-c", strings.NewReplacer("/etc/nginx", dir, "/etc/haproxy", dir, "/run/haproxy", dir, "/run", dir, "/etc/systemd/system", dir).Replace(patienceScript)).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		f, err := Read(answer(strings.Split(string(out), "\n")...))
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return f.Patience
	}
	if got := look(); got != (Patience{}) {
		t.Errorf("without files: %+v", got)
	}
	write("nginx.conf", "user www-data;\nworker_shutdown_timeout 60s;\nhttp {\n}\n")
	write("haproxy.cfg", "defaults\n    # waits\n    timeout server-fin 5s\n    timeout server 80000ms\nfrontend www\n    timeout server 1ms\n")
	if got := look(); got != (Patience{}) {
		t.Errorf("while nothing runs: %+v", got)
	}
	write("nginx.pid", "1\n")
	l, err := net.Listen("unix", filepath.Join(dir, "admin.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got, want := look(), (Patience{Web: time.Minute, Balancer: 80 * time.Second}); got != want {
		t.Errorf("got %+v, not %+v", got, want)
	}
	for name, text := range map[string]string{"nginx.conf": "http {\nworker_shutdown_timeout 60s;\n", "haproxy.cfg": "frontend www\n    timeout server 1ms\n"} {
		write(name, text)
	}
	if got := look(); got != (Patience{}) {
		t.Errorf("of files of others: %+v", got)
	}
	write("app.service", "[Service]\nEnvironmentFile=/etc/foobar/app.env\nExecStart=/srv/site/current/.start -k sync --timeout 35 --graceful-timeout 30 --limit-request-line 0 app:app\nKillMode=mixed\n")
	if got := look(); got != (Patience{App: 30 * time.Second}) {
		t.Errorf("of the app's unit: %+v", got)
	}
	write("app.service", "[Service]\nExecStart=/usr/bin/app --graceful-timeout 99999999999\n")
	write("nginx.conf", "worker_shutdown_timeout 60ms;")
	write("haproxy.cfg", "timeout server 99999999999999999999ms")
	if got := look(); got != (Patience{}) {
		t.Errorf("of odd numbers: %+v", got)
	}
}
