package action

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"foobar/internal/fault"
	"foobar/internal/preflight"
	"foobar/internal/remote"
	"foobar/internal/remote/sshtest"
	"foobar/inventory"
)

// TestCheckRefused: each way of not getting in has its own finding.
func TestCheckRefused(t *testing.T) {
	sshtest.NeedsRunDir(t)
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
		inv, err := inventory.Load(sshtest.Site(t, server, nil))
		if err != nil {
			t.Fatal(err)
		}
		h := inv.Hosts[0]
		h.Private = h.Private[:0] // no other way in
		c.change(h)
		look := preflightHost(ctx, &dialer{common: &Common{}}, inv, h, nil)
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

// TestFolderOfTheMasterSecret: an inventory is read where the folder of its master secret
// is not mounted, so that the site can be looked at; check and a deploy say what is missing.
func TestFolderOfTheMasterSecret(t *testing.T) {
	path := sshtest.Site(t, nil, sshtest.Start(t, sshtest.Config{}))
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString("\n[secrets]\nmaster = \"unmounted/foobar.key\"\n")
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	here, _ := checkHere(context.Background(), inv, true)
	i := slices.IndexFunc(here.Findings, func(f preflight.Finding) bool { return f.ID == "master-secret" })
	if i < 0 || here.Findings[i].Level != preflight.Fail || here.Findings[i].Code != fault.MasterMissing || here.NoMaster != "" {
		t.Errorf("%+v", here)
	}
	if _, err := keep(inv); fault.Of(err) != fault.MasterMissing {
		t.Error(err)
	}
}

// TestCheckHereIDs: the IDs are known, and what is wrong has a fix.
func TestCheckHereIDs(t *testing.T) {
	inv, err := inventory.Load(sshtest.Site(t, nil, sshtest.Start(t, sshtest.Config{})))
	if err != nil {
		t.Fatal(err)
	}
	here, _ := checkHere(context.Background(), inv, false)
	known := []string{"inventory", "master-secret", "secret", "file", "certificate", "app", "replica", "app-env", "ssh-port", "extra-443", "extra-db", "extra-ssh", "public-name"}
	for _, f := range here.Findings {
		if !slices.Contains(known, f.ID) || f.Host != "" || (f.Fix == "") != (f.Level == preflight.OK) {
			t.Errorf("%+v", f)
		}
	}
}

// TestPackagesPassedOver: check names the files of other programs that say what an app needs,
// where no requirements.txt does.
func TestPackagesPassedOver(t *testing.T) {
	for files, want := range map[string]string{
		"":                                     "",
		"requirements.txt Pipfile uv.lock":     "",
		"pyproject.toml":                       "",
		"pyproject.toml setup.py":              "",
		"uv.lock pyproject.toml":               "uv.lock is not read; only pyproject.toml is, of which the newest versions that it allows are installed",
		"Pipfile Pipfile.lock environment.yml": "Pipfile is not read, and no Python packages are installed",
		"Pipfile pyproject.toml":               "Pipfile is not read; only pyproject.toml is, of which the newest versions that it allows are installed",
		"setup.py":                             "setup.py is not read, and no Python packages are installed",
	} {
		dir := t.TempDir()
		for _, file := range append(strings.Fields(files), "wsgi.py") {
			if err := os.WriteFile(filepath.Join(dir, file), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		h := &hereCheck{inv: &inventory.Inventory{}}
		h.inv.App.Source = dir
		h.app()
		if f := h.list[0]; (f.Level == preflight.Warn) != (want != "") || !strings.HasSuffix(f.Seen, want) || want != "" && !strings.Contains(f.Fix, "requirements.txt") {
			t.Errorf("%s: %+v", files, f)
		}
	}
}
