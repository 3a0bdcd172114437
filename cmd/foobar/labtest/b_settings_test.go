//go:build lab

package labtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// settings: what the server would not take, or not so, is refused before anything is
// touched. What is right is in force after one deploy, without a restart where the server
// takes it while it runs, and is drift where somebody changes it.
func (s *scene) settings(t *testing.T) {
	t.Helper()
	with := func(lines string) string {
		path := filepath.Join(work, s.engine+"-settings.toml")
		if err := os.WriteFile(path, []byte(read(t, s.site)+"\n[db.settings]\n"+lines+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := func() string { return on(t, "web1", "cd /etc/mysql && find . -type f -exec sha256sum {} + | sort") }
	began := "systemctl show -p InvocationID " + s.engine + ".service"
	before, run := files(), on(t, "web1", began)
	for _, wrong := range []string{"foo_bar = 1", "innodb_foo = 3", "max_allowed_packet = 1", `slow_query_log = "maybe"`, `innodb_io_capacity = "many"`} {
		r := foobar("deploy", with(wrong))
		if name, _, _ := strings.Cut(wrong, " "); r.code == 0 || !strings.Contains(strings.ReplaceAll(r.all(), "-", "_"), name) {
			t.Errorf("%s: exit %d\n%s", wrong, r.code, tail(r.all(), 20))
		}
	}
	if now := files(); now != before {
		t.Errorf("a refused file changed others:\n%s\nnot\n%s", now, before)
	}
	if code := curl(t, "-o", "/dev/null", "-w", "%{http_code}", "https://www.foobar.com/"); code != "200" {
		t.Errorf("after refusals the site answers with %s", code)
	}
	right := with("max_allowed_packet = \"48M\"\nlong_query_time = 0.5\nsql_mode = \"STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION\"\nwait_timeout = 600")
	must(t, 0, "deploy", right)
	converged(t, right, len(s.servers)+1)
	const ask = "SELECT @@global.max_allowed_packet, @@global.long_query_time, @@global.sql_mode, @@global.wait_timeout"
	want := "50331648\t0.500000\tSTRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION\t600"
	if got := strings.TrimSpace(s.ask(t, "web1", ask)); got != want {
		t.Errorf("in force is %q, not %q", got, want)
	}
	if now := on(t, "web1", began); now != run {
		t.Error("what a server takes while it runs has cost a restart")
	}
	s.ask(t, "web1", "SET GLOBAL wait_timeout=700")
	if r := must(t, 2, "plan", right); !strings.Contains(section(r.out, "web1"), "wait_timeout") {
		t.Errorf("the plan does not name what somebody has set:\n%s", r.out)
	}
	must(t, 0, "deploy", right)
	if got := strings.TrimSpace(s.ask(t, "web1", ask)); got != want {
		t.Errorf("after drift in force is %q, not %q", got, want)
	}
}
