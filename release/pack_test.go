package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wanted are files that both packages have.
var wanted = []string{
	"/usr/bin/foobar", "/usr/share/man/man1/foobar.1.gz", "/usr/share/man/man1/foobar-deploy.1.gz", "/usr/share/man/man1/foobar-db-switchover.1.gz",
	"/usr/share/bash-completion/completions/foobar", "/usr/share/fish/vendor_completions.d/foobar.fish",
	"/usr/share/doc/foobar/README.md", "/usr/share/doc/foobar/examples/full.toml", "/usr/share/doc/foobar/licenses.txt", "/usr/share/doc/foobar/foobar.cdx.json",
}

// checkDeb reads the package as dpkg does, and unpacks it.
func checkDeb(t *testing.T, path string) {
	t.Helper()
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Log("dpkg-deb is not here; the .deb is not looked into")
		return
	}
	if out, err := command("", "dpkg-deb", "-f", path, "Package", "Version", "Maintainer"); err != nil ||
		out != "Package: foobar\nVersion: 1.2.3~rc1\nMaintainer: Somebody <somebody@example.com>\n" {
		t.Errorf("%v: %s", err, out)
	}
	list, err := command("", "dpkg-deb", "-c", path)
	if err != nil {
		t.Fatal(err, list)
	}
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		if fields[1] != "root/root" || fields[0][5] == 'w' || fields[0][8] == 'w' || fields[3] != "2023-11-14" {
			t.Errorf("owner, mode or time: %s", line)
		}
	}
	for _, name := range append([]string{"/usr/share/zsh/vendor-completions/_foobar"}, wanted...) {
		if !strings.Contains(list, " ."+name+"\n") {
			t.Errorf("%s is not in the .deb", name)
		}
	}
	root := t.TempDir()
	if out, err := command("", "dpkg-deb", "-x", path, root); err != nil {
		t.Fatal(err, out)
	}
	if out, err := command(root, "md5sum", "-c", "--quiet", control(t, path)); err != nil {
		t.Errorf("md5sums: %s", out)
	}
	page, err := command("", "gzip", "-dc", filepath.Join(root, "usr/share/man/man1/foobar-deploy.1.gz"))
	if err != nil || !strings.Contains(page, `"Nov 2023" "foobar v1.2.3-rc1"`) {
		t.Errorf("the page of deploy: %v\n%.200s", err, page)
	}
	licences, err := os.ReadFile(filepath.Join(root, "usr/share/doc/foobar/licenses.txt"))
	if err != nil || !strings.Contains(string(licences), "github.com/spf13/cobra v") || !strings.Contains(string(licences), "Copyright 2009 The Go Authors") {
		t.Errorf("the licences of what is built in are not all there: %v", err)
	}
}

// control unpacks the package's md5sums.
func control(t *testing.T, path string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "control")
	if out, err := command("", "dpkg-deb", "-e", path, dir); err != nil {
		t.Fatal(err, out)
	}
	return filepath.Join(dir, "md5sums")
}

// checkRPM reads the package as rpm does.
func checkRPM(t *testing.T, path string) {
	t.Helper()
	if _, err := exec.LookPath("rpm"); err != nil {
		t.Log("rpm is not here; the .rpm is not looked into (apt-get install rpm)")
		return
	}
	out, err := command("", "rpm", "-qp", "--qf", `%{NAME} %{VERSION} %{BUILDHOST} %{BUILDTIME}\n[%{FILENAMES} %{FILEUSERNAME}:%{FILEGROUPNAME} %{FILEMODES:perms}\n]`, path)
	if err != nil || !strings.Contains(out, "foobar 1.2.3~rc1 localhost 1700000000\n") {
		t.Errorf("%v: %.200s", err, out)
	}
	for _, name := range append([]string{"/usr/share/zsh/site-functions/_foobar"}, wanted...) {
		mode := "-rw-r--r--"
		if name == "/usr/bin/foobar" {
			mode = "-rwxr-xr-x"
		}
		if !strings.Contains(out, name+" root:root "+mode+"\n") {
			t.Errorf("%s is not in the .rpm as it should be:\n%s", name, out)
		}
	}
	if out, err := command("", "rpm", "-K", "--nosignature", path); err != nil {
		t.Errorf("digests of the .rpm: %v %s", err, out)
	}
}
