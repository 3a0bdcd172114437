package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestHalfAnUploadGoes: what a run that was killed has left on its way to a host is taken
// away before the next run looks at anything, so that its disk does not fill up.
func TestHalfAnUploadGoes(t *testing.T) {
	dir := t.TempDir()
	stage := filepath.Join(dir, "stage")
	if err := os.MkdirAll(filepath.Join(stage, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"killed-0", "folder/x", "../owned.json"} {
		if err := os.WriteFile(filepath.Join(stage, name), make([]byte, 1<<16), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	script := strings.NewReplacer("/var/lib/foobar", dir, "/run/foobar", filepath.Join(dir, "run"), "/run/systemd", dir).Replace(prepareScript)
	out, err := exec.Command("sh", "-euc", "stop="+dir+"/stop\nfoobar_dir() { mkdir -p \"$3\"; }\nfoobar_parent() { :; }\nsection() { :; }\n"+script).CombinedOutput()
	left, _ := filepath.Glob(filepath.Join(stage, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v\n%s", left, err, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "owned.json")); err != nil {
		t.Error("what is not of an upload went, too:", err)
	}
}
