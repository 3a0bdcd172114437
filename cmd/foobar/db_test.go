package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"foobar/internal/engine"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

const dbInventory = `[site]
domain = "www.foobar.com"
email = "ops@foobar.com"
[app]
source = "./app"
[monitoring]
enabled = false
[hosts.lb1]
address = "203.0.113.10"
private_address = "10.0.0.10"
roles = ["lb"]
[hosts.web1]
address = "10.0.0.11"
[hosts.web2]
address = "10.0.0.12"
`

func dbFile(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "site.toml")
	if err := os.CopyFS(filepath.Join(dir, "app"), os.DirFS("../../examples/app")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(dbInventory), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDBRefusals: before any connection.
func TestDBRefusals(t *testing.T) {
	path := dbFile(t)
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

// TestDBSite: what replicas log in with is what the role gives them.
func TestDBSite(t *testing.T) {
	inv, err := inventory.Load(dbFile(t))
	if err != nil {
		t.Fatal(err)
	}
	own, err := prepare(context.Background(), inv)
	if err != nil {
		t.Fatal(err)
	}
	defer own.close()
	f := &runFlags{}
	s, err := f.dbSite(inv, own, f.dbLine(inv))
	if err != nil {
		t.Fatal(err)
	}
	if s.Source.User != "foobar_repl" || s.Source.Port != 3306 || s.Source.CA == "" || s.Source.Password != own.base.Master.Password("db/replication").Reveal() {
		t.Errorf("replicas log in as %s at port %d with CA %q", s.Source.User, s.Source.Port, s.Source.CA)
	}
}

// TestRestoreReadsThePasswordOnce: a pipe gives it once, and sudo gets it.
func TestRestoreReadsThePasswordOnce(t *testing.T) {
	t.Setenv(inventory.TokenEnv, "x")
	server := sshtest.Start(t, sshtest.Config{})
	path := siteOn(t, nil, server)
	writeTo := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	writeTo(filepath.Join(filepath.Dir(path), "app", "wsgi.py"), "app = None\n")
	// This sudo keeps the word that it is given, and starts nothing.
	heard := filepath.Join(t.TempDir(), "heard")
	writeTo(filepath.Join(server.Bin, "sudo"), "#!/bin/sh\nwhile [ \"$1\" != -p ]; do shift; done\nprintf %s \"$2\" >&2\nIFS= read -r word\nprintf %s \"$word\" >"+heard+"\nexit 1\n")
	if _, _, err := loadMaster(reload(t, path), true); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteString("open sesame\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	stdin := os.Stdin
	os.Stdin = r
	defer func() { os.Stdin = stdin; r.Close() }()
	_, stderr, _ := foobar(t, "db", "restore", path, "foobar-20260131T030000Z", "--yes-destroy", "example", "-K")
	if got, err := os.ReadFile(heard); err != nil || string(got) != "open sesame" {
		t.Errorf("sudo was given %q, %v\n%s", got, err, stderr)
	}
}
