package main

import (
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
