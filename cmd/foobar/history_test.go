package main

import (
	"os"
	"strings"
	"testing"

	"foobar/internal/engine"
	"foobar/internal/remote/sshtest"
)

func TestHistoryRefusals(t *testing.T) {
	path := sshtest.Inventory(t, "", "")
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for _, args := range [][]string{{"history"}, {"history", path, "last"}, {"history", path, "last", "--hosts"}, {"history", path, "last", "-o", "tui"}, {"history", path, "-o", "tui"},
		{"history", path, "--speed", "2"}, {"history", path, "last", "--speed", "-1"}, {"history", path, "-l", "nobody"}, {"history", "missing.toml"}} {
		if code := run(args); code != engine.ExitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	if code := run([]string{"history", path}); code != 0 {
		t.Errorf("a site without runs: exit %d", code)
	}
}

// TestEveryChangeIsInHistory: backups and restores, too, also those that failed.
func TestEveryChangeIsInHistory(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	path := sshtest.Site(t, sshtest.Start(t, sshtest.Config{}), nil) // the databases' host refuses the connection
	master := strings.TrimSuffix(path, "site.toml") + "foobar.key"
	if err := os.WriteFile(master, []byte("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(strings.TrimSuffix(path, "site.toml")+"app/wsgi.py", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SUMOLOGIC_INSTALLATION_TOKEN", "x")
	for _, args := range [][]string{{"db", "backup", path}, {"db", "restore", path, "foobar-20260131T030000Z"}} {
		if _, said, code := foobar(t, args...); code == 0 || code == 64 {
			t.Errorf("%q: exit %d: %s", args, code, said)
		}
	}
	out, said, code := foobar(t, "history", path)
	if code != 0 || !strings.Contains(out, "db backup") || !strings.Contains(out, "db restore") {
		t.Errorf("exit %d:\n%s%s", code, out, said)
	}
}
