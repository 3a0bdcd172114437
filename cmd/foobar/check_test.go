package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/engine"
	"foobar/internal/preflight"
	"foobar/internal/remote"
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
	path := siteOn(t, nil, sshtest.Start(t, sshtest.Config{}))
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
	t.Setenv(inventory.TokenEnv, "not to be seen")
	if err := os.WriteFile(filepath.Join(dir, "app", "wsgi.py"), []byte("app = None\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, code = offline(t, path)
	if code != 0 || !r.Ready || !r.Offline || levelOf(r, "secret") != preflight.OK || levelOf(r, "app") != preflight.OK || r.Warnings() != 0 {
		t.Errorf("exit %d, %+v", code, r)
	}
	stdout, _, _ := foobar(t, "check", "--offline", path)
	if !strings.HasSuffix(stdout, "\nnext: foobar check "+path+"\n") || strings.Contains(stdout, "not to be seen") {
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
	path := siteOn(t, nil, sshtest.Start(t, sshtest.Config{}))
	for _, args := range [][]string{{path, "-o", "xml"}, {path, "-l", "nobody"}, {path, "-f", "-1"}, {path + "x"}, {}} {
		if _, stderr, code := foobar(t, append([]string{"check"}, args...)...); code != engine.ExitUsage || stderr == "" {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
}

// TestCheckRefused: each way of not getting in has its own finding.
func TestCheckRefused(t *testing.T) {
	needsRunDir(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	server := sshtest.Start(t, sshtest.Config{})
	for _, c := range []struct {
		id     string
		change func(*inventory.Host)
	}{
		{preflight.SSH, func(h *inventory.Host) { h.SSH.Port = 1 }},
		{preflight.HostKey, func(h *inventory.Host) { h.SSH.KnownHosts = []string{filepath.Join(t.TempDir(), "none")} }},
		{preflight.HostKey, func(h *inventory.Host) { h.HostKey = "SHA256:" + strings.Repeat("A", 43) }},
		{preflight.Auth, func(h *inventory.Host) { h.SSH.Identity = []string{sshtest.Start(t, sshtest.Config{}).ClientKeyFile} }},
	} {
		inv, err := inventory.Load(siteOn(t, server, nil))
		if err != nil {
			t.Fatal(err)
		}
		h := inv.Hosts[0]
		h.Private = h.Private[:0] // no other way in
		c.change(h)
		look := preflightHost(ctx, &dialer{flags: &runFlags{}}, inv, h, nil)
		if look.Refused == nil || look.Refused.ID != c.id || look.Refused.Msg == "" {
			t.Errorf("%s: %+v", c.id, look.Refused)
		}
	}
	for kind, id := range map[remote.Kind]string{remote.ErrSudo: preflight.Root, remote.ErrShell: preflight.Shell, remote.ErrTransport: preflight.SSH} {
		if r := refusal(fmt.Errorf("so: %w", &remote.Error{Kind: kind, Msg: "m", Hint: "h"})); r.ID != id || r.Msg != "m" || r.Hint != "h" {
			t.Errorf("%s: %+v", kind, r)
		}
	}
	if r := refusal(errors.New("cut off")); r.ID != preflight.Shell || r.Msg != "cut off" {
		t.Errorf("%+v", r)
	}
}

// TestCheckHereIDs: the IDs are known, and what is wrong has a fix.
func TestCheckHereIDs(t *testing.T) {
	inv, err := inventory.Load(siteOn(t, nil, sshtest.Start(t, sshtest.Config{})))
	if err != nil {
		t.Fatal(err)
	}
	here, _ := checkHere(context.Background(), inv, false)
	for _, f := range here.Findings {
		if !slices.ContainsFunc(preflight.IDs(), func(i preflight.ID) bool { return i.Name == f.ID }) || f.Host != "" || (f.Fix == "") != (f.Level == preflight.OK) {
			t.Errorf("%+v", f)
		}
	}
}
