package roles

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"foobar/internal/sh"
)

// TestMounted: mounts as the kernel lists them, with and without optional fields.
func TestMounted(t *testing.T) {
	mounts := filepath.Join(t.TempDir(), "mountinfo")
	text := "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" +
		"40 22 8:17 / /var/lib/mysql rw,noatime shared:20 - xfs /dev/sdb1 rw\n" +
		"41 40 8:33 / /var/lib/mysql/bin\\040logs rw - ext4 /dev/sdc1 rw\n" +
		"42 22 8:17 / /var/lib/mysql2 rw - xfs /dev/sdb1 rw\n" +
		"43 22 0:50 / /srv/site/media rw shared:9 master:1 - nfs4 nas:/media rw,vers=4.2\n"
	if err := os.WriteFile(mounts, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{
		"/var/lib/mysql": "xfs /var/lib/mysql\next4 /var/lib/mysql/bin logs\n", "/srv/site": "nfs4 /srv/site/media\n", "/srv": "nfs4 /srv/site/media\n", "/etc": "", "/never/was/there": "",
	} {
		out, err := exec.Command("sh", "-euc", sh.Set("mounts", mounts)+leavingVolumes+"mounted "+folder).CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%s: %v: %q, not %q", folder, err, out, want)
		}
	}
}

// TestNetworkShareStays: what other hosts may use is not emptied.
func TestNetworkShareStays(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/photo", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for kind, goes := range map[string]bool{"nfs4": false, "cifs": false, "fuse.sshfs": false, "ext4": true, "fuseblk": true} {
		if err := os.WriteFile(dir+"/mounts", []byte("43 22 0:50 / "+dir+" rw - "+kind+" nas:/media rw\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-euc", sh.Set("mounts", dir+"/mounts")+leavingVolumes+"going "+dir+" -name photo -print").CombinedOutput()
		if err != nil || (len(out) > 0) != goes {
			t.Errorf("%s: %v: %q", kind, err, out)
		}
	}
}

// TestVolumesAreEmptied: a volume at a folder that goes loses what is in it, and stays; one
// inside a folder that goes keeps what is in it, even where it is of the same file system.
// The way to a volume may lead through a link, and a folder may never have been.
func TestVolumesAreEmptied(t *testing.T) {
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("mounts need root: %s", out)
	}
	dir := t.TempDir()
	script := `set -eu
cd ` + dir + `
mkdir -p data site/code site/var/media site/bound other disk/backups
ln -s disk link
mount -t tmpfs none disk/backups; touch disk/backups/dump
mount -t tmpfs none data; mount -t tmpfs none site/var/media; touch other/kept; mount --bind other site/bound
mkdir data/lost+found data/foobar
touch data/ibdata1 data/foobar/t.ibd site/var/media/photo site/code/app.py
foobar_parent(){ :; }
foobar_gone(){ rm -f -- "$1"; }
systemctl(){ :; }
` + sh.Set("units", "", "site", dir+"/site", "mark", "mark", "backups", dir+"/none") + "set -- " + sh.Join(dir+"/data", dir+"/site", dir+"/link/backups", dir+"/never/was") + "\n" + releaseMark + leavingVolumes + `
ask(){
` + leavingAsk + `}
ask "$@"
echo --
` + leavingScript + `
ask "$@"
echo --
find data site disk -type f -o -type d -empty | sort
`
	cmd := exec.Command("unshare", "-m", "sh", "-c", script)
	out, err := cmd.CombinedOutput()
	want := "/data\n/site\n/link/backups\n--\n--\ndata/lost+found\ndisk/backups\nsite/bound/kept\nsite/var/media/photo\n"
	if got := strings.ReplaceAll(string(out), dir, ""); err != nil || got != want {
		t.Errorf("%v: %s", err, got)
	}
}
