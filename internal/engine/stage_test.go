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

// TestFoldersAreTakenAsTheyAre: where foobar's folders are as it leaves them, a deploy is
// content with one look at them; where others may write in one, it is seen and ended.
func TestFoldersAreTakenAsTheyAre(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the folders are root's")
	}
	for name, want := range map[string]string{"": "", "stage": "asked", "run": "asked", "root": "asked"} {
		dir := filepath.Join(t.TempDir(), "root")
		for _, d := range []string{"stage", "run"} {
			if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if name != "" {
			if err := os.Chmod(filepath.Join(dir, "..", "root", strings.TrimPrefix(name, "root")), 0o770); err != nil {
				t.Fatal(err)
			}
		}
		script := strings.NewReplacer("/var/lib/foobar", dir, "/run/foobar", filepath.Join(dir, "run"), "/run/systemd", dir).Replace(prepareScript)
		out, err := exec.Command("sh", "-euc", "stop="+dir+"/stop\nasked=\nfoobar_parent() { asked=asked; }\nsection() { :; }\n"+script+"\nprintf %s \"$asked\"").CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("others may write in %q: %q, %v", name, out, err)
		}
		for _, d := range []string{"", "stage", "run"} {
			if info, err := os.Stat(filepath.Join(dir, d)); err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("others may write in %q: %q is left with the mode %v, %v", name, d, info.Mode(), err)
			}
		}
	}
}
