package roles

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"foobar/internal/distro"
	"foobar/internal/resource"
)

// TestLogWhereOthersMayWrite: below a folder that others may write to, a log is made
// in a folder of root's alone, and through no link.
func TestLogWhereOthersMayWrite(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	for _, c := range []struct {
		name, before, refused string
	}{
		{"not there yet", "", ""},
		{"there with another owner", "mkdir nginx; echo kept >nginx/access.json; chown 65534 nginx/access.json", ""},
		{"a folder of another's", "mkdir nginx; chown 65534 nginx", "others than root can change"},
		{"a folder that others can change", "mkdir nginx; chmod 0777 nginx", "others than root can change"},
		{"a link for the folder", "mkdir other; ln -s other nginx", "is a link"},
		{"a link for the log", "mkdir nginx; echo 1 >target; ln -s ../target nginx/access.json", "it is a link"},
	} {
		dir, err := filepath.EvalSymlinks(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, "nginx", "access.json")
		if out, err := exec.Command("sh", "-euc", "cd "+dir+"\numask 022\nchmod 0775 .\n"+c.before).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", c.name, out)
		}
		change, err := accessLog(distro.Release{OpenLogs: true}, file, "daemon").Compare(resource.Observed{State: resource.Absent})
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("sh", "-euc", change.Steps[0].(resource.Run).Script).CombinedOutput()
		if c.refused != "" {
			if err == nil || !strings.Contains(string(out), c.refused) {
				t.Errorf("%s: %v, %s", c.name, err, out)
			}
			continue
		}
		info, statErr := os.Lstat(file)
		if err != nil || statErr != nil {
			t.Errorf("%s: %v, %v: %s", c.name, err, statErr, out)
			continue
		}
		if got := fmt.Sprintf("%04o %d", info.Mode().Perm(), info.Sys().(*syscall.Stat_t).Uid); got != "0640 1" {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}
