package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/engine"
	"foobar/internal/preflight"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

// offline checks an inventory without connecting and returns the findings.
func offline(t *testing.T, path string) (preflight.Report, int) {
	t.Helper()
	stdout, stderr, code := foobar(t, "check", "--offline", "-o", "json", path)
	var r preflight.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("exit %d, %v: %s%s", code, err, stdout, stderr)
	}
	return r, code
}

func levelOf(r preflight.Report, id string) string {
	for _, f := range r.Findings {
		if f.ID == id {
			return f.Level
		}
	}
	return ""
}

// TestCheckOffline: what the inventory names is read, and nothing is made.
func TestCheckOffline(t *testing.T) {
	path := sshtest.Site(t, nil, sshtest.Start(t, sshtest.Config{}))
	dir := filepath.Dir(path)
	if err := os.WriteFile(filepath.Join(dir, "app", "other.py"), []byte("app = None\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv(inventory.TokenEnv, "")
	os.Unsetenv(inventory.TokenEnv)
	r, code := offline(t, path)
	if code != engine.ExitFailed || r.Ready || levelOf(r, "secret") != preflight.Fail || levelOf(r, "app") != preflight.Warn || levelOf(r, "master-secret") != preflight.OK {
		t.Errorf("exit %d, %+v", code, r)
	}
	t.Setenv(inventory.TokenEnv, "not-to-be-seen")
	if err := os.WriteFile(filepath.Join(dir, "app", "wsgi.py"), []byte("app = None\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, code = offline(t, path)
	if code != 0 || !r.Ready || !r.Offline || levelOf(r, "secret") != preflight.OK || levelOf(r, "app") != preflight.OK || r.Warnings() != 3 { // one database, and two names of an example
		t.Errorf("exit %d, %+v", code, r)
	}
	stdout, _, _ := foobar(t, "check", "--offline", path)
	if !strings.HasSuffix(stdout, "\nnext: foobar check "+path+"\n") || strings.Contains(stdout, "not-to-be-seen") {
		t.Errorf("it says %s", stdout)
	}
	if _, err := os.Stat(filepath.Join(dir, "foobar.key")); err == nil {
		t.Error("check makes the master secret")
	}
	if err := os.WriteFile(filepath.Join(dir, "foobar.key"), []byte("c2hvcnQ=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, code = offline(t, path); code != engine.ExitFailed || levelOf(r, "master-secret") != preflight.Fail {
		t.Errorf("a damaged master secret: exit %d, %+v", code, r)
	}
}

// TestCheckUsage: what cannot be looked at is refused before any connection.
func TestCheckUsage(t *testing.T) {
	path := sshtest.Site(t, nil, sshtest.Start(t, sshtest.Config{}))
	for _, args := range [][]string{{path, "-o", "xml"}, {path, "-l", "nobody"}, {path, "-f", "-1"}, {path + "x"}, {}} {
		if _, stderr, code := foobar(t, append([]string{"check"}, args...)...); code != engine.ExitUsage || stderr == "" {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
}
