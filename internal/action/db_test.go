package action

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/database/ops"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

// TestDBSite: what replicas log in with is what the role gives them.
func TestDBSite(t *testing.T) {
	inv, err := inventory.Load(sshtest.Inventory(t, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	c := &Common{Console: Console{Err: io.Discard}}
	own, _, err := c.prepare(t.Context(), inv)
	if err != nil {
		t.Fatal(err)
	}
	defer own.App.Close()
	s, err := c.dbSite(inv, c.dbLine())
	if err != nil {
		t.Fatal(err)
	}
	if err := movable(s, own); err != nil {
		t.Fatal(err)
	}
	if s.Source.User != "foobar_repl" || s.Source.Port != 3306 || s.Source.CA == "" || s.Source.Password != own.Master.Password("db/replication").Reveal() {
		t.Errorf("replicas log in as %s at port %d with CA %q", s.Source.User, s.Source.Port, s.Source.CA)
	}
}

// TestRestoreReadsThePasswordOnce: a pipe gives it once, and sudo gets it.
func TestRestoreReadsThePasswordOnce(t *testing.T) {
	t.Setenv(inventory.TokenEnv, "x")
	server := sshtest.Start(t, sshtest.Config{})
	path := sshtest.Site(t, nil, server)
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
	if k, err := keep(reload(t, path)); err != nil || k.write() != nil {
		t.Fatal(err)
	}
	common := Common{Inventory: path, AskBecome: true, Console: Console{In: strings.NewReader("open sesame\n"), Out: io.Discard, Err: io.Discard}}
	v := DBRestore{Moving: Moving{Common: common}, Destroy: "example", Restoring: ops.Restoring{Name: "foobar-20260131T030000Z", Consent: true}}
	err := v.Run(t.Context())
	if got, e := os.ReadFile(heard); e != nil || string(got) != "open sesame" {
		t.Errorf("sudo was given %q, %v: %v", got, e, err)
	}
}
