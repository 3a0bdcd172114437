package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/resource"
	"foobar/internal/sh"
)

// TestRenewalScript runs the script with a certbot and an openssl of the test's own.
func TestRenewalScript(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"bin/certbot": "#!/bin/sh\necho \"$*\" >>" + dir + "/asked\ncase $* in *--dry-run*) exit 0 ;; esac\n" +
			"[ ! -e " + dir + "/broken ] || { echo 'Failed to renew certificate www.example.com with error: no answer'; exit 1; }\n" +
			"case $* in *--force-renewal*) echo new >" + dir + "/live/fullchain.pem ;; esac\n",
		"bin/openssl":        "#!/bin/sh\nfor f; do :; done\necho notAfter=$(cat \"$f\")\n",
		"hook":               "#!/bin/sh\ncat " + dir + "/live/fullchain.pem " + dir + "/live/privkey.pem >" + dir + "/served\n",
		"live/fullchain.pem": "old\n", "live/privkey.pem": "key\n", "served": "old\nkey\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	run := func(how string) (said, asked string, status int) {
		t.Helper()
		_ = os.Remove(filepath.Join(dir, "asked"))
		script := sh.Set("lineage", "www.example.com", "live", filepath.Join(dir, "live"), "deployed", filepath.Join(dir, "served"), "hook", filepath.Join(dir, "hook"),
			"how", how, "server", "https://ca.example/dir", "within", "0") + sh.Func("missing", "exit 3") + sh.Func("refused", "exit 7") + renewalScript
		cmd := exec.Command("sh", "-eu", "-c", script)
		cmd.Env = []string{"PATH=" + filepath.Join(dir, "bin") + ":/usr/bin:/bin"}
		out, _ := cmd.CombinedOutput()
		words, _ := os.ReadFile(filepath.Join(dir, "asked"))
		return string(out), string(words), cmd.ProcessState.ExitCode()
	}
	for _, c := range []struct{ how, said, asked string }{
		{"--dry-run", "the trial succeeded", "--dry-run --server https://ca.example/dir\n"},
		{"", "not due yet: it ends old", "--cert-name www.example.com\n"},
		{"--force-renewal", "renewed: it ends new", "--cert-name www.example.com --force-renewal\n"},
	} {
		if said, asked, status := run(c.how); status != 0 || !strings.Contains(said, c.said) || !strings.HasSuffix(asked, c.asked) {
			t.Errorf("%q: exit %d, certbot %q:\n%s", c.how, status, asked, said)
		}
	}
	if served, err := os.ReadFile(filepath.Join(dir, "served")); err != nil || string(served) != "new\nkey\n" {
		t.Errorf("HAProxy has %q, %v", served, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "broken"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, _, status := run(""); status != 7 || !strings.Contains(said, "with error: no answer") {
		t.Errorf("a failure: exit %d:\n%s", status, said)
	}
}

// TestRenewalOfNone: a host without a certificate is sent to deploy.
func TestRenewalOfNone(t *testing.T) {
	s, h := balancerSite(t)
	list, err := Renewal{}.Resources(s, h)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %d resources", err, len(list))
	}
	if _, err := list[0].Diff(resource.Observed{State: resource.Absent}); err == nil || !strings.Contains(err.Error(), "deploy first") {
		t.Errorf("%v", err)
	}
	if c, err := list[0].Diff(resource.Observed{State: resource.Present}); err != nil || !c.Empty() {
		t.Errorf("a second look renews again: %+v, %v", c, err)
	}
}
