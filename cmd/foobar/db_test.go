package main

import (
	"os"
	"path/filepath"
	"testing"

	"foobar/internal/engine"
	"foobar/internal/remote/sshtest"
)

// TestDBRefusals: before any connection.
func TestDBRefusals(t *testing.T) {
	path := sshtest.Inventory(t, "", "")
	for _, args := range [][]string{
		{"db", "switchover", path, "-y"},
		{"db", "switchover", path, "--to", "lb1", "-y"},
		{"db", "switchover", path, "--to", "web2"}, // nobody to ask
		{"db", "failover", path, "--to", "web9", "-y"},
		{"db", "rejoin", path},
		{"db", "rejoin", path, "lb1"},
		{"db", "status", path, "-o", "tui"},
		{"db", "backup", path, "--host", "lb1"},
		{"db", "backup", path, "-o", "tui"},
		{"db", "restore", path},
		{"db", "restore", path, "foobar-20260131T030000Z", "--yes-destroy", "barfoo"},
		{"db", "restore", path, "foobar-20260131T030000Z", "--yes-destroy", ""},
		{"db", "restore", path, "foobar-20260131T030000Z", "--host", "lb1"},
		{"db", "restore", path, path, "--yes-destroy", "foobar"}, // no backup
		{"db", "restore", path, "./foobar-20260131T030000Z.sql.zst", "--yes-destroy", "foobar"},
		{"db", "restore", path, "foobar-20260131T030000Z", "--yes-destroy", "foobar"}, // no master secret
		{"db", "rejoin", path, "web1"},                                                // no master secret is here, and none is made
	} {
		if code := run(args); code != engine.ExitUsage {
			t.Errorf("foobar %v: exit %d, not %d", args, code, engine.ExitUsage)
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "foobar.key")); err == nil {
		t.Error("a master secret was made")
	}
}
